"""Studies of population-based training in a list: what was suggested, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from groat_server.algorithms.base import History, Pending, Problem, Suggestion
from groat_server.algorithms.population_based import PopulationBased
from groat_server.space import Space
from groat_server.testing import SMOOTH, problem_of

NAN = float("nan")


@dataclass(slots=True)
class Past:
    """A study in a list: what was suggested, and the losses that were told, if any."""

    problem: Problem
    trials: list[Suggestion] = field(default_factory=list)
    told: dict[int, Sequence[float]] = field(default_factory=dict)
    violations: dict[int, float] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)

    def history(self) -> History:
        numbers = sorted(self.told)
        losses = np.array([self.told[n] for n in numbers], dtype=float)
        losses = losses.reshape(len(numbers), self.problem.objectives)
        kept = np.where(np.isfinite(losses[:, :1]), -1.0, np.nan)
        violations = [
            [self.violations.get(number, float(kept[row, 0]))] * self.problem.constraints
            for row, number in enumerate(numbers)
        ]
        violations = np.array(violations).reshape(len(numbers), self.problem.constraints)
        trials = [self.trials[number] for number in numbers]
        return History(
            numbers=np.array(numbers, dtype=np.int64),
            points=self._points(numbers),
            losses=losses,
            errors=np.full_like(losses, np.nan),
            violations=violations,
            violation_errors=np.full_like(violations, np.nan),
            example_counts=np.array([one.example_count for one in trials], dtype=np.int64),
            parents=_parents(trials),
            generators=tuple(one.generator for one in trials),
            slots=tuple(one.slot for one in trials),
            notes=tuple(one.notes for one in trials),
        )

    def pending(self) -> Pending:
        numbers = self.running()
        trials = [self.trials[number] for number in numbers]
        return Pending(
            numbers=np.array(numbers, dtype=np.int64),
            points=self._points(numbers),
            example_counts=np.array([one.example_count for one in trials], dtype=np.int64),
            parents=_parents(trials),
            slots=tuple(one.slot for one in trials),
            notes=tuple(one.notes for one in trials),
            excluded=self._points(sorted(self.failed)),
            lost=tuple(self.trials[number].slot for number in sorted(self.failed)),
        )

    def running(self) -> list[int]:
        return [n for n in range(len(self.trials)) if n not in self.told and n not in self.failed]

    def ask(self, count: int = 1) -> list[Suggestion]:
        """Ask, and add what comes to the trials."""
        rng = np.random.default_rng(len(self.trials))
        asked = PopulationBased().suggest(self.problem, self.history(), self.pending(), count, rng)
        self.trials += asked
        return asked

    def _points(self, numbers: Sequence[int]) -> np.ndarray:
        points = [self.trials[number].point for number in numbers]
        return np.array(points, dtype=float).reshape(len(numbers), self.problem.space.d)


def _parents(trials: Sequence[Suggestion]) -> np.ndarray:
    numbers = [-1 if one.parent is None else one.parent for one in trials]
    return np.array(numbers, dtype=np.int64)


def sized(size: int, *, space: Space = SMOOTH, objectives: int = 1, **options: float) -> Problem:
    stated = problem_of(space, objectives, constraints=1)
    return replace(stated, options={"population_size": size, **options})


def begun(*losses: float, quantile: float = 0.0) -> Past:
    """Let a member for each loss finish step 0."""
    return begun_with([[loss] for loss in losses], quantile=quantile)


def begun_with(losses: Sequence[Sequence[float]], *, quantile: float = 0.0) -> Past:
    """Let a member for each row of losses finish step 0."""
    past = Past(sized(len(losses), objectives=len(losses[0]), exploit_quantile=quantile))
    past.ask(len(losses))
    past.told.update(enumerate(losses))
    return past


def slots(suggestions: Sequence[Suggestion]) -> list[str]:
    return [one.slot for one in suggestions]
