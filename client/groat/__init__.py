"""groat: a cost-aware multi-objective optimizer for systems built on language models."""
