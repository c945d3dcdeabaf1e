"""Halving on a table of real scores: several workers at once, in one process."""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.rag_table import Floats, Table
from groat import model
from groat_server.algorithms import look_up
from groat_server.algorithms.base import AwaitsResults, History, Pending, Problem, Suggestion
from groat_server.space import Space

WORKERS = 4


class Workload:
    """A table as a search: the only parameter is which row to try.

    So what is measured is how far each configuration is taken, not how it was found.

    Args:
        table: What is known.
        seed: Of the order of the questions. All configurations meet them in it.
    """

    def __init__(self, table: Table, seed: int) -> None:
        self.size, self.examples = table.answerable.shape
        order = np.random.default_rng(seed).permutation(self.examples)
        per_question = np.stack([-table.answerable[:, order], table.usd[:, order]], axis=-1)
        self._sums = per_question.cumsum(axis=1)
        self._squares = (per_question**2).cumsum(axis=1)
        rows = model.IntDomain(min=0, max=self.size - 1)
        parameter = model.Parameter(id="row", domain=rows)
        self.space = Space(model.SearchSpace(parameters=(parameter,)))

    def losses(self, row: int, examples: int) -> Floats:
        """Return what a configuration looks like on so many examples, shape ``(2,)``."""
        return self._sums[row, examples - 1] / examples

    def errors(self, row: int, examples: int) -> Floats:
        """Return the standard errors of these losses, shape ``(2,)``."""
        spread = self._squares[row, examples - 1] / examples - self.losses(row, examples) ** 2
        return np.sqrt(np.maximum(spread, 0.0) / (examples - 1))

    def row(self, point: Floats) -> int:
        """Return which row of the table a point stands for."""
        row = self.space.decode(point)["row"]
        assert isinstance(row, int)
        return row


@dataclass(slots=True)
class Progress:
    """What a run has come to.

    Attributes:
        whole: Rows of the table, in the order in which they were told on all examples.
        spent: For each of them, the share of all the table's examples that was handed
            out by then, finished or not.
        trials: Told trials per number of examples.
        cpu_s: Processor time of the algorithm alone.
    """

    whole: list[int] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    trials: dict[int, int] = field(default_factory=dict)
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Trial:
    number: int
    row: int
    suggestion: Suggestion
    losses: Floats
    errors: Floats


class Simulation:
    """One study: asks, and tells in the order in which workers would finish.

    A worker takes one unit of time per example. A trial that continues another
    needs only the examples that are new.

    Args:
        workload: What is searched.
        algorithm: Its name.
        options: Its options.
        seed: Of the study.
    """

    def __init__(
        self, workload: Workload, algorithm: str, options: Mapping[str, float], seed: int
    ) -> None:
        self._workload, self._algorithm = workload, look_up(algorithm)
        self._problem = Problem(
            space=workload.space,
            objectives=2,
            constraints=0,
            reference=np.full(2, np.nan),
            seed=seed,
            options=options,
            sampler="random",
        )
        self._told = dict[int, _Trial]()
        self._running = dict[int, _Trial]()
        self._queue: list[tuple[float, int]] = []
        self._handed_out = 0
        self._progress = Progress()

    def run(self) -> Progress:
        """Go on until nothing is suggested any more and nobody works."""
        now, is_over = 0.0, False
        while not is_over or self._running:
            while not is_over and len(self._running) < WORKERS:
                try:
                    asked = self._ask()
                except AwaitsResults:
                    break
                is_over = asked is None
                if asked is not None:
                    heapq.heappush(self._queue, (now + self._hand_out(asked), asked.number))
            if self._running:
                now, number = heapq.heappop(self._queue)
                self._tell(self._running.pop(number))
        return self._progress

    def _ask(self) -> _Trial | None:
        number = len(self._told) + len(self._running)
        rng = np.random.default_rng([self._problem.seed, number])
        past = self._history(), self._pending()
        start = time.process_time()
        try:
            found = self._algorithm.suggest(self._problem, *past, 1, rng)
        finally:
            self._progress.cpu_s += time.process_time() - start
        return self._trial(number, found[0]) if found else None

    def _trial(self, number: int, found: Suggestion) -> _Trial:
        whole = replace(found, example_count=found.example_count or self._workload.examples)
        row = self._workload.row(found.point)
        losses = self._workload.losses(row, whole.example_count)
        errors = self._workload.errors(row, whole.example_count)
        return _Trial(number, row, whole, losses, errors)

    def _hand_out(self, trial: _Trial) -> float:
        """Give a trial to a worker and return how long it takes."""
        parent = trial.suggestion.parent
        done = 0 if parent is None else self._told[parent].suggestion.example_count
        examples = trial.suggestion.example_count - done
        self._running[trial.number] = trial
        self._handed_out += examples
        return float(examples)

    def _tell(self, trial: _Trial) -> None:
        self._told[trial.number] = trial
        progress, count = self._progress, trial.suggestion.example_count
        progress.trials[count] = progress.trials.get(count, 0) + 1
        if count == self._workload.examples:
            every = self._workload.size * self._workload.examples
            progress.whole.append(trial.row)
            progress.spent.append(round(self._handed_out / every, 5))

    def _history(self) -> History:
        trials = [self._told[number] for number in sorted(self._told)]
        n = len(trials)
        return History(
            losses=np.array([one.losses for one in trials]).reshape(n, 2),
            errors=np.array([one.errors for one in trials]).reshape(n, 2),
            violations=np.empty((n, 0)),
            violation_errors=np.empty((n, 0)),
            generators=tuple(one.suggestion.generator for one in trials),
            **self._common(trials),
        )

    def _pending(self) -> Pending:
        trials = [self._running[number] for number in sorted(self._running)]
        return Pending(excluded=np.empty((0, self._workload.space.d)), **self._common(trials))

    def _common(self, trials: Sequence[_Trial]) -> dict[str, Any]:
        told = [one.suggestion for one in trials]
        parents = [-1 if one.parent is None else one.parent for one in told]
        points = [one.point for one in told]
        return {
            "numbers": np.array([one.number for one in trials], dtype=np.int64),
            "points": np.array(points, dtype=float).reshape(len(trials), self._workload.space.d),
            "example_counts": np.array([one.example_count for one in told], dtype=np.int64),
            "parents": np.array(parents, dtype=np.int64),
            "slots": tuple(one.slot for one in told),
            "notes": tuple(one.notes for one in told),
        }
