"""Whether the budget guard keeps what it promises, in simulated studies whose truth is known.

Run ``python -m benchmarks.guard``; finished pieces are kept in ``results/guard.jsonl`` and are
not repeated, so it can be stopped at any time and goes on where it was. Everything runs through
the product's own code: whole studies through its engine over a store in memory, the rest through
the guard's functions. ``--quick`` runs a little of everything, keeps nothing, and fails where
one of the promises that must hold always does not.
"""

from __future__ import annotations

import argparse
import atexit
import functools
import itertools
import math
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track

from benchmarks import (
    guard_gains,
    guard_ledger,
    guard_outcomes,
    guard_promises,
    guard_report,
    guard_rows,
    guard_spends,
    guard_verdicts,
    machine,
)
from benchmarks.guard_house import House
from benchmarks.guard_ledger import Cell
from benchmarks.guard_rows import Row
from benchmarks.results import RESULTS


@dataclass(frozen=True, slots=True)
class Task:
    """One piece to make; small, since it travels to another process.

    Attributes:
        size: Simulated studies in it, or repetitions.
        code: As `guard_rows.Row.code`.
    """

    kind: str
    cell: str
    seed: int
    size: int
    code: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        """As `guard_rows.Row.key`."""
        return (self.kind, self.cell, self.seed, self.code)


CELLS = {
    cell.name: cell
    for cell in (
        *(
            Cell(rule=rule, workers=workers, trials=trials, is_heavy=is_heavy)
            for rule, workers, trials, is_heavy in itertools.product(
                guard_ledger.RULES,
                guard_ledger.WORKERS,
                (guard_ledger.SMALL, guard_ledger.LARGE),
                (False, True),
            )
        ),
        *(
            Cell(rule=guard_ledger.TRANCHES, workers=4, trials=8, is_heavy=heavy, announces=False)
            for heavy in (False, True)
        ),
    )
}
_SMALL = [c for c in CELLS.values() if c.trials == guard_ledger.SMALL and c.announces]
_LARGE = [c for c in CELLS.values() if c.trials == guard_ledger.LARGE]


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing, then write up everything that is known of this code."""
    parser = argparse.ArgumentParser(prog="guard", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a little of everything; keep nothing")
    parser.add_argument("--studies", type=int, default=10_000, help="small studies in tranches")
    parser.add_argument("--share", type=float, default=1.0, help="of the rounds of all else")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--report", action="store_true", help="only write up what is known")
    chosen = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by every process below; two would fight
    if chosen.quick:
        return _quick()
    tasks, known = planned(chosen.studies, chosen.share), {row.key for row in guard_rows.read()}
    if not chosen.report:
        _make([task for task in tasks if task.key not in known], chosen.jobs)
    rows = current(guard_rows.read())
    text = guard_report.markdown(rows)
    (RESULTS / "guard.md").write_text(text)
    guard_report.draw(rows, RESULTS / "guard.png")
    Console().print(Markdown(text))
    return 0


def current(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that the code as it is now would make."""
    codes = {kind: guard_rows.code(kind) for kind in guard_rows.DECIDING}
    return [row for row in rows if row.code == codes[row.kind]]


def planned(studies: int, share: float = 1.0) -> list[Task]:
    """Return everything that is wanted, in rounds, so that an early end has some of all.

    Args:
        studies: Small ones in tranches, in all.
        share: Of everything else.
    """
    fast = [cell.name for cell in _SMALL if cell.rule == guard_ledger.TRANCHES]
    others = [cell.name for cell in _SMALL if cell.rule != guard_ledger.TRANCHES]
    silent = [name for name, cell in CELLS.items() if not cell.announces]
    once = [*_tasks("latencies", [""], 1, 100), *_tasks("intervals", [""], 1, 100)]
    rounds = _rounds(
        _tasks("ledger", [cell.name for cell in _LARGE], 10, 6),
        _tasks("ledger", fast, 5, 20),
        _tasks("ledger", others, 5, 10),
        _tasks("ledger", silent, 5, 20),
        _tasks("verdicts", [str(error) for error in guard_verdicts.ERRORS], 10, 30),
        _tasks("outcomes", [""], 40, 40),
        _tasks("stops", guard_gains.SEARCHES, 10, 10),
        _tasks("gains", guard_gains.SEARCHES, 10, 30),
        _tasks("promises", [""], 30, 1),
        _tasks("histories", [""], 20, 10),
    )
    more = _tasks("ledger", fast, -(-studies // (20 * len(fast))), 20)
    return list(dict.fromkeys([*once, *rounds[: math.ceil(share * len(rounds))], *more]))


def _tasks(kind: str, cells: Sequence[str], seeds: int, size: int) -> list[Task]:
    code = guard_rows.code(kind)
    pairs = itertools.product(range(seeds), cells)
    return [Task(kind, cell, seed, size, code) for seed, cell in pairs]


def _rounds(*groups: Sequence[Task]) -> list[Task]:
    """Mix groups so that each is as far along as the others at any time."""
    placed = [(i / len(group), task) for group in groups for i, task in enumerate(group)]
    return [task for _, task in sorted(placed, key=lambda one: one[0])]


def perform(task: Task) -> Row:
    """Make one piece."""
    begun = time.process_time()
    result = _result(task, _house())
    return Row(
        kind=task.kind,
        cell=task.cell,
        seed=task.seed,
        code=task.code,
        result=result,
        seconds=round(time.process_time() - begun, 2),
        commit=machine.commit(),
        date=datetime.now(UTC).date().isoformat(),
    )


def _result(task: Task, house: House) -> list[dict[str, object]]:
    seeds = range(task.seed * task.size, (task.seed + 1) * task.size)
    makers: dict[str, Callable[[], list[dict[str, object]]]] = {
        "ledger": lambda: [guard_ledger.studies(CELLS[task.cell], seeds, house)],
        "intervals": lambda: guard_spends.rows(task.size, task.seed),
        "verdicts": lambda: [
            asdict(guard_verdicts.judged(float(task.cell), seed, house)) for seed in seeds
        ],
        "outcomes": lambda: guard_outcomes.outcomes(task.seed, house, task.size),
        "stops": lambda: [row for seed in seeds for row in guard_gains.stops(task.cell, seed)],
        "gains": lambda: [row for seed in seeds for row in guard_gains.forecasts(task.cell, seed)],
        "promises": lambda: [guard_promises.monotone(seed, house) for seed in seeds],
        "histories": lambda: [guard_promises.ledger(seed, house) for seed in seeds],
        "latencies": lambda: guard_promises.latencies(house, task.size, _sizes(task)),
    }
    return makers[task.kind]()


def _sizes(task: Task) -> Sequence[int]:
    return guard_promises.SIZES if task.size > 10 else guard_promises.SIZES[:1]


@functools.cache
def _house() -> House:
    house = House.open()
    atexit.register(house.close)
    return house


def _make(tasks: Sequence[Task], jobs: int) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        made = as_completed([pool.submit(perform, task) for task in tasks])
        for done in track(made, "pieces", total=len(tasks), console=Console(stderr=True)):
            guard_rows.append([done.result()])


def quick_tasks() -> list[Task]:
    """Return a little of everything."""
    some = [
        cell.name
        for cell in (*_SMALL, *(c for c in CELLS.values() if not c.announces))
        if cell.workers == 4 and not cell.is_heavy and cell.rule != guard_ledger.HELD_95
    ]
    return [
        *_tasks("ledger", some, 1, 3),
        *_tasks("intervals", [""], 1, 2),
        *_tasks("verdicts", ["0.5"], 1, 2),
        *_tasks("outcomes", [""], 1, 1),
        *_tasks("stops", guard_gains.SEARCHES, 1, 1),
        *_tasks("gains", guard_gains.SEARCHES, 1, 2),
        *_tasks("promises", [""], 1, 1),
        *_tasks("histories", [""], 1, 2),
        *_tasks("latencies", [""], 1, 3),
    ]


def _quick() -> int:
    rows = [perform(task) for task in quick_tasks()]
    Console().print(Markdown(guard_report.markdown(rows)))
    broken = guard_report.broken(rows)
    for one in broken:
        print(one, file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
