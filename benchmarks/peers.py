"""Other optimizers, each as it is meant to be used: sequential, ask then tell, one process.

Each gets what groat gets, as far as it takes it: the space with its scales and conditions, the
configuration in use today where a problem declares one, standard errors where a problem has any
(BoTorch and Ax take them), and nothing about the reference point. Settings are the
libraries' defaults, except for the population sizes, which are made to fit 100 trials.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from benchmarks import checksums, cube, optuna_peer, pymoo_peer
from benchmarks.problems import Problem
from benchmarks.runs import Log, Peer, Run


def sobol(problem: Problem, seed: int, trials: int) -> Run:
    """Evaluate scrambled Sobol points, the default configuration first."""
    log = Log(problem)
    with log.thinking():
        configurations = cube.spread(problem.space, trials, seed)
    for configuration in configurations:
        log.evaluate(configuration)
    return log.run()


def ax(problem: Problem, seed: int, trials: int) -> Run:
    """Run Ax; see `ax_peer`."""
    from benchmarks import ax_peer  # noqa: PLC0415 - heavy, and only in the extra `bench`

    return ax_peer.qlognehvi(problem, seed, trials)


def botorch(problem: Problem, seed: int, trials: int) -> Run:
    """Run BoTorch; see `botorch_peer`."""
    from benchmarks import botorch_peer  # noqa: PLC0415 - heavy: it imports torch

    return botorch_peer.qlognehvi(problem, seed, trials)


PEERS: dict[str, tuple[Peer, str]] = {
    "optuna-tpe": (optuna_peer.tpe, "optuna"),
    "optuna-nsga2": (optuna_peer.nsga2, "optuna"),
    "optuna-gp": (optuna_peer.gaussian_process, "optuna"),
    "optuna-gp-flat": (optuna_peer.gaussian_process_flat, "optuna"),
    "ax": (ax, "ax-platform"),
    "botorch-qlognehvi": (botorch, "botorch"),
    "pymoo-nsga2": (pymoo_peer.nsga2, "pymoo"),
    "scipy-sobol": (sobol, "scipy"),
}
"""By name: the peer, and the distribution whose version it depends on."""

_ADAPTERS = {
    "optuna": "optuna_peer",
    "ax-platform": "ax_peer",
    "botorch": "botorch_peer",
    "pymoo": "pymoo_peer",
    "scipy": "peers",
}
"""By distribution: the module here that asks it."""


def can_run(name: str, problem: Problem) -> bool:
    """Whether a peer has something of its own to say about a problem.

    Without conditions there is nothing to flatten: `optuna_gp_flat` would be `optuna_gp`.
    """
    has_conditions = any(parameter.active_when for parameter in problem.space.parameters)
    return name != "optuna-gp-flat" or has_conditions


def version(name: str) -> str:
    """Return a peer's library and its version, with a checksum of the code that asks it.

    Ax is not for everyone: it may be missing.
    """
    distribution = PEERS[name][1]
    modules = (_ADAPTERS[distribution], "cube", "runs")
    checksum = checksums.of_code(Path(__file__).with_name(f"{module}.py") for module in modules)
    try:
        return f"{distribution} {metadata.version(distribution)}+{checksum}"
    except metadata.PackageNotFoundError:
        return f"{distribution}, not installed"
