"""What an ask costs: processor time beside the peers, waiting beside workers, and long pasts.

Run ``python -m benchmarks.latency`` on a machine with nothing else to do; finished measurements
are kept in ``results/latency.jsonl`` and are not repeated, so it can be stopped at any time.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import (
    fresh,
    latency_chart,
    latency_report,
    latency_rows,
    latency_runs,
    machine,
    problems,
    readme,
)
from benchmarks.latency_rows import Key, Row
from benchmarks.results import RESULTS

PROBLEMS = ("zdt1", "mixed_rag")
SIZES = (20, 50, 100, 200, 500, 1_000)
MODELS = {
    "groat-auto": SIZES,
    "groat-bayesian": SIZES,
    "optuna-tpe": SIZES,
    "optuna-gp": SIZES[:3],
    "botorch-qlognehvi": SIZES[:3],
    "ax": SIZES[:3],
}
"""After how many told trials each is asked; the quickest first."""

PASTS = {
    "groat-nsga2": (100, 1_000, 10_000, 100_000),
    "optuna-tpe": (100, 1_000, 10_000),
}
"""The same where no model is fitted."""

ONCE = 100_000
"""Pasts as long as this are imported with the first seed only."""

MEASURES: dict[str, Callable[[str, problems.Problem, int, int], latency_runs.Timing]] = {
    "asks": latency_runs.asks,
    "thinking": latency_runs.thinking,
    "crowd": latency_runs.crowd,
    "cycles": latency_runs.cycles,
}
_CONTENDERS = tuple(MODELS | PASTS)
_WORKERS_TOLD = 60


@dataclass(frozen=True, slots=True)
class Task:
    """One measurement to make; small, since it travels to another process."""

    measure: str
    contender: str
    problem: str
    told: int
    seed: int

    @property
    def key(self) -> Key:
        """As `latency_rows.Row.key`."""
        fingerprint = problems.look_up(self.problem).fingerprint()
        version, where = latency_rows.version(self.contender), latency_rows.this_machine()
        what = (self.measure, self.contender, self.problem, fingerprint)
        return (*what, self.told, self.seed, version, where)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing of the asked measurements, then write up everything that is known."""
    chosen = _parser().parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by every process below
    asked = [task for task in tasks(chosen.seeds) if _is_chosen(task, chosen)]
    known = {row.key for row in latency_rows.read()}
    missing = [task for task in asked if task.key not in known]
    failed = fresh.make(missing, perform, latency_rows.append)
    rows = _known(tasks(chosen.seeds))
    if rows:
        (RESULTS / "latency.md").write_text(latency_report.markdown(rows))
        latency_chart.draw(rows, RESULTS / "latency.png")
        readme.put("latency", latency_report.summary(rows))
    Console().print(Markdown(latency_report.markdown(_known(asked))))
    return 1 if failed else 0


def perform(task: Task) -> Row:
    """Make one measurement."""
    problem = problems.look_up(task.problem)
    return Row(
        measure=task.measure,
        contender=task.contender,
        problem=task.problem,
        fingerprint=problem.fingerprint(),
        told=task.told,
        seed=task.seed,
        version=latency_rows.version(task.contender),
        machine=latency_rows.this_machine(),
        timing=MEASURES[task.measure](task.contender, problem, task.told, task.seed),
        commit=machine.commit(),
        date=datetime.now(UTC).date().isoformat(),
    )


def tasks(seeds: int) -> list[Task]:
    """Return every measurement, a seed outermost, so that an early end has as many of each."""
    return [task for seed in range(seeds) for task in _tasks_of(seed)]


def _tasks_of(seed: int) -> list[Task]:
    pasts = [
        Task("cycles", name, "zdt1", told, seed)
        for name, sizes in PASTS.items()
        for told in sizes
        if told < ONCE or seed == 0
    ]
    waits = [
        Task(measure, "groat-bayesian", problem, _WORKERS_TOLD, seed)
        for problem in PROBLEMS
        for measure in ("thinking", "crowd")
    ]
    asks = [
        Task("asks", name, problem, told, seed)
        for name, sizes in MODELS.items()
        for problem in PROBLEMS
        for told in sizes
    ]
    return [*waits, *asks, *pasts]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="latency", description=__doc__)
    parser.add_argument("--measures", nargs="+", choices=MEASURES, default=list(MEASURES))
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=PROBLEMS)
    parser.add_argument("--contenders", nargs="+", choices=_CONTENDERS, default=_CONTENDERS)
    parser.add_argument("--told", nargs="+", type=int, help="only after so many told trials")
    parser.add_argument("--seeds", type=int, default=3, help="measurements of each")
    return parser


def _is_chosen(task: Task, chosen: argparse.Namespace) -> bool:
    return (
        task.measure in chosen.measures
        and task.problem in chosen.problems
        and task.contender in chosen.contenders
        and (not chosen.told or task.told in chosen.told)
    )


def _known(asked: Sequence[Task]) -> list[Row]:
    """Return what is known of these measurements, in their order."""
    known = {row.key: row for row in latency_rows.read()}
    return [known[task.key] for task in asked if task.key in known]


if __name__ == "__main__":
    sys.exit(main())
