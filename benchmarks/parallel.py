"""Eight workers at once against one after the other: hypervolume by trials and by time.

Run ``python -m benchmarks.parallel``; finished searches are kept in ``results/parallel.jsonl``
and are not repeated, so it can be stopped at any time.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import (
    fresh,
    machine,
    parallel_chart,
    parallel_report,
    parallel_rows,
    parallel_runs,
    problems,
    readme,
    results,
)
from benchmarks.parallel_rows import Row
from benchmarks.parallel_runs import TRIALS, WAYS

PROBLEMS = ("zdt1", "re21", "mixed_rag", "agent_tools", "dtlz2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One search to make; small, since it travels to another process."""

    problem: str
    way: str
    seed: int
    trials: int

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """As `parallel_rows.Row.key`."""
        fingerprint, version = parallel_rows.fingerprint(self.problem), WAYS[self.way].version
        return (self.problem, self.way, fingerprint, version, self.seed, self.trials)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing of the asked searches, then write up everything that is known."""
    chosen = _parser().parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by every process below; two would fight
    asked = _tasks(chosen, chosen.problems, chosen.ways)
    known = {row.key for row in parallel_rows.read()}
    missing = [task for task in asked if task.key not in known]
    failed = fresh.make(missing, perform, parallel_rows.append, jobs=chosen.jobs)
    rows = _rows(_tasks(chosen, PROBLEMS, list(WAYS)))
    text = parallel_report.markdown(rows)
    if rows:
        stem = "parallel" if chosen.trials == TRIALS else f"parallel-{chosen.trials}"
        (results.RESULTS / f"{stem}.md").write_text(text)
        parallel_chart.draw(rows, results.RESULTS / f"{stem}.png")
    if rows and chosen.trials == TRIALS:
        readme.put("parallel", parallel_report.summary(rows))
    Console().print(Markdown(text))
    return 1 if failed else 0


def perform(task: Task) -> Row:
    """Make one search."""
    problem, way, start = problems.look_up(task.problem), WAYS[task.way], time.monotonic()
    outcome = parallel_runs.search(way, problem, task.seed, task.trials)
    return Row(
        problem=task.problem,
        way=task.way,
        fingerprint=parallel_rows.fingerprint(task.problem),
        version=way.version,
        seed=task.seed,
        curve=results.curve(problem, outcome.run),
        times=outcome.times,
        cpu_s=round(outcome.run.cpu_s, 2),
        wall_s=round(time.monotonic() - start, 2),
        commit=machine.commit(),
        date=datetime.now(UTC).date().isoformat(),
        fallbacks=outcome.run.fallbacks,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="parallel", description=__doc__)
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=PROBLEMS)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seeds", type=int, default=5, help="searches of each")
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--jobs", type=int, default=2, help="searches at a time")
    return parser


def _tasks(chosen: argparse.Namespace, asked: Sequence[str], ways: Sequence[str]) -> list[Task]:
    return [
        Task(problem=problem, way=way, seed=seed, trials=chosen.trials)
        for seed in range(chosen.seeds)  # outermost, so that an early end has as many of each
        for way in ways
        for problem in asked
    ]


def _rows(tasks: Sequence[Task]) -> list[Row]:
    """Return what is known of these searches, in their order."""
    known = {row.key: row for row in parallel_rows.read()}
    return [known[task.key] for task in tasks if task.key in known]


if __name__ == "__main__":
    sys.exit(main())
