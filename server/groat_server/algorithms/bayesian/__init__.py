"""The parts of Bayesian search; only `groat_server.algorithms.bayes` puts them together."""
