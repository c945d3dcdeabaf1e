"""Train a population of networks, and as many with one configuration each, and compare.

``python -m examples.population.run`` from the top of the checkout. It starts a
groat server, is its only client, and leaves its results in ``out/population/``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import track

import groat
from examples.serving import fresh, served

from . import show
from .training import (
    Checkpoint,
    Plan,
    constants,
    population,
    train_constants,
    train_population,
)

OUT = Path("out") / "population"
RIVALS: dict[str, groat.model.AlgorithmKind] = {
    "sobol": groat.Sobol(),
    "bayesian": groat.Bayesian(),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the example; returns the exit code."""
    parser = argparse.ArgumentParser(prog="population", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="one comparison each [1]")
    parser.add_argument("--members", type=int, default=12, help="networks [12]")
    parser.add_argument("--intervals", type=int, default=20, help="of training, for each [20]")
    parser.add_argument(
        "--rival", choices=RIVALS, default="sobol", help="what chooses constant schedules [sobol]"
    )
    wanted = parser.parse_args(arguments)
    torch.set_num_threads(1)  # The matrices are small: a second thread only gets in the way.
    console = Console(width=max(110, Console().width))
    results = dict[int, show.Ways]()
    for seed in wanted.seeds:
        plan = Plan(members=wanted.members, intervals=wanted.intervals, seed=seed)
        results[seed] = compared(plan, RIVALS[wanted.rival], console)
    if len(results) > 1:
        console.print(show.seeds(results))
    return 0


def compared(plan: Plan, rival: groat.model.AlgorithmKind, console: Console) -> show.Ways:
    """Train both ways with the same number of steps, and show what came of it."""
    folder, total = fresh(OUT), plan.members * plan.intervals
    with (
        tempfile.TemporaryDirectory() as checkpoints,
        served(folder) as address,
        groat.Client(address) as client,
    ):
        members = train_population(population(client, plan), plan, Path(checkpoints))
        alone = train_constants(constants(client, plan, rival), plan)
        ways: dict[str, list[Checkpoint]] = {
            "population": list(track(members, "a population", total, console=console)),
            "constant": list(track(alone, "one by one  ", total, console=console)),
        }
    console.print(show.comparison(ways), show.schedule(ways["population"], 0.1))
    if find_spec("matplotlib"):
        show.draw(folder / "fronts.png", ways)
        console.print(f"Picture: {folder / 'fronts.png'}   Database: {folder / 'groat.db'}")
    return ways


if __name__ == "__main__":
    sys.exit(main())
