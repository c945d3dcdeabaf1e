"""Search quality per trial: groat, through a real server, beside its peers.

Run ``python -m benchmarks.quality``; finished runs are kept in ``results/quality.jsonl`` and
are not repeated, so it can be stopped at any time.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import (
    charts,
    fresh,
    groat_runs,
    lines,
    peers,
    problems,
    readme,
    report,
    results,
)
from benchmarks.runs import Peer

OPTIMIZERS: dict[str, Peer] = groat_runs.ALGORITHMS | {
    name: peer for name, (peer, _) in peers.PEERS.items()
}
_KNOWN = results.RESULTS / "quality.jsonl"
_TRIALS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One run to make; small, since it travels to another process."""

    problem: str
    optimizer: str
    seed: int
    trials: int

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """As `results.Row.key`."""
        fingerprint = problems.look_up(self.problem).fingerprint()
        name = self.optimizer
        return (self.problem, fingerprint, name, version(name), self.seed, self.trials)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing of the asked runs, then write up everything that is known."""
    chosen = _parser().parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by every process below; two would fight
    asked = _tasks(chosen, chosen.problems, chosen.optimizers)
    known = {row.key for row in results.read(_KNOWN)}
    missing = [task for task in asked if task.key not in known]
    failed = fresh.make(missing, perform, partial(lines.append, _KNOWN), jobs=chosen.jobs)
    rows = _rows(_tasks(chosen, problems.NAMES, list(OPTIMIZERS)))
    if rows:
        stem = "quality" if chosen.trials == _TRIALS else f"quality-{chosen.trials}"
        (results.RESULTS / f"{stem}.md").write_text(report.markdown(rows, chosen.trials))
        charts.draw(rows, results.RESULTS / f"{stem}.png")
    if rows and chosen.trials == _TRIALS:
        readme.put("quality", report.summary(rows))
    Console().print(Markdown(report.markdown(_rows(asked), chosen.trials)))
    return 1 if failed else 0


def version(optimizer: str) -> str:
    """Return the version of an optimizer; rows of another one are made again."""
    is_ours = optimizer in groat_runs.ALGORITHMS
    return groat_runs.version() if is_ours else peers.version(optimizer)


def perform(task: Task) -> results.Row:
    """Make one run."""
    problem = problems.look_up(task.problem)
    start = time.monotonic()
    run = OPTIMIZERS[task.optimizer](problem, task.seed, task.trials)
    return results.Row(
        problem=task.problem,
        fingerprint=problem.fingerprint(),
        optimizer=task.optimizer,
        version=version(task.optimizer),
        seed=task.seed,
        curve=results.curve(problem, run),
        cpu_s=round(run.cpu_s, 2),
        wall_s=round(time.monotonic() - start, 2),
        commit=_commit(),
        date=datetime.now(UTC).date().isoformat(),
        fallbacks=run.fallbacks,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", nargs="+", choices=problems.NAMES, default=problems.NAMES)
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=list(OPTIMIZERS))
    parser.add_argument("--seeds", type=int, default=5, help="runs per problem and optimizer")
    parser.add_argument("--trials", type=int, default=_TRIALS)
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    return parser


def _tasks(
    chosen: argparse.Namespace, asked: Sequence[str], optimizers: Sequence[str]
) -> list[Task]:
    return [
        Task(problem=problem, optimizer=optimizer, seed=seed, trials=chosen.trials)
        for seed in range(chosen.seeds)  # outermost, so that an early end has as many of each
        for optimizer in optimizers
        for problem in asked
        if optimizer in groat_runs.ALGORITHMS or peers.can_run(optimizer, problems.look_up(problem))
    ]


def _rows(tasks: Sequence[Task]) -> list[results.Row]:
    """Return what is known of these runs, in their order."""
    known = {row.key: row for row in results.read(_KNOWN)}
    return [known[task.key] for task in tasks if task.key in known]


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
