"""Hypervolume per dollar that a search spends, where trials differ fifty-fold in what they take.

Run ``python -m benchmarks.spend``; finished searches are kept in ``results/spend.jsonl`` and
are not repeated, so it can be stopped at any time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import (
    fresh,
    machine,
    priced_usage,
    problems,
    readme,
    results,
    spend_charts,
    spend_report,
    spend_rows,
    spend_runs,
)
from benchmarks.spend_rows import Row

OPTIMIZERS = (*spend_runs.GROAT, *spend_runs.PEERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One search to make; small, since it travels to another process."""

    problem: str
    optimizer: str
    seed: int

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """As `spend_rows.Row.key`."""
        version = spend_runs.version(self.optimizer)
        return (self.problem, fingerprint(self.problem), self.optimizer, version, self.seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing of the asked searches, then write up everything that is known."""
    chosen = _parser().parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by every process below; two would fight
    asked = _tasks(chosen.seeds, chosen.problems, chosen.optimizers)
    known = {row.key for row in spend_rows.read()}
    missing = [task for task in asked if task.key not in known]
    failed = fresh.make(missing, perform, spend_rows.append, jobs=chosen.jobs)
    rows = _rows(_tasks(chosen.seeds, problems.PRICED, OPTIMIZERS))
    text = spend_report.markdown(rows)
    if rows:
        (results.RESULTS / "spend.md").write_text(text)
        spend_charts.draw(rows, results.RESULTS / "spend.png")
        readme.put("spend", spend_report.summary(rows))
    Console().print(Markdown(text))
    return 1 if failed else 0


def fingerprint(problem: str) -> str:
    """Return a checksum that changes with the problem, its money and the limits of a search."""
    facts = (
        problems.look_up(problem).fingerprint(),
        priced_usage.fingerprint(),
        spend_runs.CAP,
        spend_runs.OVERTIME,
        spend_runs.TRIALS,
    )
    return f"{zlib.crc32(repr(facts).encode()):08x}"


def perform(task: Task) -> Row:
    """Make one search."""
    problem, start = problems.look_up(task.problem), time.monotonic()
    found = spend_runs.search(task.optimizer, problem, task.seed)
    return Row(
        problem=task.problem,
        fingerprint=fingerprint(task.problem),
        optimizer=task.optimizer,
        version=spend_runs.version(task.optimizer),
        seed=task.seed,
        curve=results.curve(problem, found.run),
        spent=found.spent,
        ended=found.ended,
        said=found.said,
        cpu_s=round(found.run.cpu_s, 2),
        wall_s=round(time.monotonic() - start, 2),
        commit=machine.commit(),
        date=datetime.now(UTC).date().isoformat(),
        fallbacks=found.run.fallbacks,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="spend", description=__doc__)
    parser.add_argument("--problems", nargs="+", choices=problems.PRICED, default=problems.PRICED)
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=OPTIMIZERS)
    parser.add_argument("--seeds", type=int, default=5, help="searches per problem and optimizer")
    parser.add_argument("--jobs", type=int, default=1, help="searches at a time")
    return parser


def _tasks(seeds: int, asked: Sequence[str], optimizers: Sequence[str]) -> list[Task]:
    return [
        Task(problem=problem, optimizer=optimizer, seed=seed)
        for seed in range(seeds)  # outermost, so that an early end has as many of each
        for optimizer in optimizers
        for problem in asked
    ]


def _rows(tasks: Sequence[Task]) -> list[Row]:
    """Return what is known of these searches, in their order."""
    known = {row.key: row for row in spend_rows.read()}
    return [known[task.key] for task in tasks if task.key in known]


if __name__ == "__main__":
    sys.exit(main())
