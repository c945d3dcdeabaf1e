"""How many examples halving spares, on real scores that are replayed.

Run ``python -m benchmarks.halving``; finished runs are kept in ``results/halving.jsonl`` and
are not repeated, so it can be stopped at any time. No server is involved: the algorithms are
asked in process, as nothing but their choices matters here.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console
from rich.markdown import Markdown
from rich.progress import track

from benchmarks import halving_report, halving_rows, machine
from benchmarks.halving_rows import Row, Setting
from benchmarks.halving_runs import Simulation, Workload
from benchmarks.rag_table import Table
from benchmarks.results import RESULTS

SETTINGS = (
    Setting("random"),
    Setting("successive_halving", 5, 3),
    Setting("successive_halving", 8, 3),
    Setting("successive_halving", 16, 3, is_recommended=True),
    Setting("successive_halving", 24, 3),
    Setting("successive_halving", 48, 3),
    Setting("successive_halving", 18, 2),
    Setting("successive_halving", 9, 4),
    Setting("successive_halving", 36, 4),
    Setting("hyperband", 5, 3),
    Setting("hyperband", 16, 3, is_recommended=True),
    Setting("hyperband", 48, 3),
)


@dataclass(frozen=True, slots=True)
class Task:
    """One run to make; small, since it travels to another process."""

    setting: Setting
    seed: int

    @property
    def key(self) -> tuple[Setting, int, str, str]:
        """As `halving_rows.Row.key`."""
        return (self.setting, self.seed, _table().fingerprint, halving_rows.version())


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what is missing, then write up everything that was asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="runs per setting")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time")
    chosen = parser.parse_args(arguments)
    os.environ["OMP_NUM_THREADS"] = "1"  # inherited by every process below; two would fight
    tasks = [Task(setting, seed) for seed in range(chosen.seeds) for setting in SETTINGS]
    known = {row.key for row in halving_rows.read()}
    _make([task for task in tasks if task.key not in known], chosen.jobs)
    rows = {row.key: row for row in halving_rows.read()}
    asked = [rows[task.key] for task in tasks]
    text = halving_report.markdown(asked, SETTINGS, _table())
    (RESULTS / "halving.md").write_text(text)
    halving_report.draw(asked, SETTINGS, _table(), RESULTS / "halving.png")
    Console().print(Markdown(text))
    return 0


def perform(task: Task) -> Row:
    """Make one run."""
    setting, table = task.setting, _table()
    workload = Workload(table, task.seed)
    rungs = {
        "min_examples": setting.min_examples,
        "max_examples": workload.examples,
        "reduction_factor": setting.factor,
    }
    options = {} if setting.is_whole else rungs
    progress = Simulation(workload, setting.algorithm, options, task.seed).run()
    return Row(
        algorithm=setting.algorithm,
        min_examples=setting.min_examples,
        factor=setting.factor,
        seed=task.seed,
        table=table.fingerprint,
        version=halving_rows.version(),
        whole=progress.whole,
        spent=progress.spent,
        trials={str(count): progress.trials[count] for count in sorted(progress.trials)},
        cpu_s=round(progress.cpu_s, 2),
        commit=machine.commit(),
        date=datetime.now(UTC).date().isoformat(),
    )


@functools.cache
def _table() -> Table:
    return Table.load()


def _make(tasks: Sequence[Task], jobs: int) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        done = pool.map(perform, tasks)
        for row in track(done, "runs", total=len(tasks), console=Console(stderr=True)):
            halving_rows.append([row])


if __name__ == "__main__":
    sys.exit(main())
