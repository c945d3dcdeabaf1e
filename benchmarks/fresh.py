"""Runs made in fresh processes, and kept as soon as they are done."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

T = TypeVar("T")
R = TypeVar("R")


def make(
    tasks: Sequence[T],
    perform: Callable[[T], R],
    keep: Callable[[Sequence[R]], None],
    *,
    jobs: int = 1,
) -> int:
    """Make all runs and return how many failed; a failure is told, and the others go on.

    Args:
        tasks: In the order in which they are begun. Small, since they travel.
        perform: Makes one run; a function of a module, for the same reason.
        keep: Is given what came of each run, in this process.
        jobs: Runs at a time.
    """
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    failed, context = 0, multiprocessing.get_context("spawn")
    # A bar that is drawn more often is a load of its own beside what is timed.
    progress = Progress(
        *columns, TimeElapsedColumn(), console=Console(stderr=True), refresh_per_second=1
    )
    with (
        ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool,
        progress,
    ):
        bar = progress.add_task("runs", total=len(tasks))
        futures = {pool.submit(perform, task): task for task in tasks}
        for future in as_completed(futures):
            if error := future.exception():
                failed += 1
                progress.console.print(f"failed: {futures[future]}: {error}", markup=False)
            else:
                keep([future.result()])
            progress.advance(bar)
    return failed
