"""A study played through in arrays: asked by several workers, told in any order, checked."""

# A rehearsal asserts, as tests do.
# ruff: noqa: S101

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from groat_server.algorithms.base import (
    Algorithm,
    AwaitsResults,
    Floats,
    History,
    Pending,
    Problem,
    Suggestion,
)
from groat_server.testing.builders import plain

_RETOLD = 5


@dataclass(slots=True)
class Rehearsed:
    """One trial of a rehearsal.

    Attributes:
        losses: Shape ``(m,)``; NaN when it did not work; ``None`` while it runs.
        is_failed: It says nothing about its configuration.
    """

    number: int
    suggestion: Suggestion
    losses: Floats | None = None
    is_failed: bool = False

    @property
    def is_running(self) -> bool:
        """Whether its worker has not told."""
        return self.losses is None and not self.is_failed


@dataclass(slots=True)
class Rehearsal:
    """A study in memory.

    Attributes:
        trials: By number.
        is_over: The algorithm had nothing more to suggest.
    """

    problem: Problem
    trials: list[Rehearsed] = field(default_factory=list[Rehearsed])
    is_over: bool = False

    def run(self, algorithm: Algorithm, *, trials: int, workers: int) -> None:
        """Play so many trials with so many workers; one in ten fails, one in ten cannot work."""
        rng = np.random.default_rng(7)
        while len(self.trials) < trials and not self.is_over:
            running = [one for one in self.trials if one.is_running]
            waits = len(running) >= workers or not self._ask(algorithm)
            if waits and running:
                self._tell(running[int(rng.integers(len(running)))], rng)
            elif waits:
                self.is_over = True

    def _ask(self, algorithm: Algorithm) -> bool:
        """Ask for one more trial, twice, to see the same answer."""
        answers = [self._suggest(algorithm) for _ in range(2 if len(self.trials) % _RETOLD else 1)]
        assert all(plain(answer) == plain(answers[0]) for answer in answers)
        for suggestion in answers[0]:
            self.trials.append(Rehearsed(len(self.trials), suggestion))
        return bool(answers[0])

    def _suggest(self, algorithm: Algorithm) -> Sequence[Suggestion]:
        dice = np.random.default_rng([3, len(self.trials)])
        try:
            return algorithm.suggest(self.problem, self.history(), self.pending(), 1, dice)
        except AwaitsResults:
            assert any(one.is_running for one in self.trials), "awaits results of nobody"
            return []

    def _tell(self, trial: Rehearsed, rng: np.random.Generator) -> None:
        fate = float(rng.random())
        if fate < 0.1:
            trial.is_failed = True
        elif fate < 0.2:
            trial.losses = np.full(self.problem.objectives, np.nan)
        else:
            phases = np.arange(self.problem.objectives)
            trial.losses = np.cos(3.0 * trial.suggestion.point.sum() + phases)

    def history(self) -> History:
        """What is told, as an engine would state it."""
        told = [one for one in self.trials if one.losses is not None]
        losses = np.array([one.losses for one in told]).reshape(-1, self.problem.objectives)
        violations = np.empty((len(told), 0))
        return History(
            numbers=np.array([one.number for one in told], dtype=np.int64),
            points=self._points(told),
            losses=losses,
            errors=np.full_like(losses, np.nan),
            violations=violations,
            violation_errors=violations,
            example_counts=np.array([s.suggestion.example_count for s in told], dtype=np.int64),
            parents=_parents(told),
            generators=tuple(one.suggestion.generator for one in told),
            slots=tuple(one.suggestion.slot for one in told),
            notes=tuple(one.suggestion.notes for one in told),
        )

    def pending(self) -> Pending:
        """What runs or failed, as an engine would state it."""
        running = [one for one in self.trials if one.is_running]
        failed = [one for one in self.trials if one.is_failed]
        counts = [one.suggestion.example_count for one in running]
        return Pending(
            numbers=np.array([one.number for one in running], dtype=np.int64),
            points=self._points(running),
            example_counts=np.array(counts, dtype=np.int64),
            parents=_parents(running),
            slots=tuple(one.suggestion.slot for one in running),
            notes=tuple(one.suggestion.notes for one in running),
            excluded=self._points([one for one in failed if one.suggestion.parent is None]),
            lost=tuple(one.suggestion.slot for one in failed if one.suggestion.slot),
        )

    def _points(self, trials: Sequence[Rehearsed]) -> Floats:
        points = [one.suggestion.point for one in trials]
        return np.array(points).reshape(-1, self.problem.space.d)

    def check(self) -> None:
        """Check every suggestion against all before it."""
        space = self.problem.space
        suggestions = [one.suggestion for one in self.trials]
        points = self._points(self.trials)
        np.testing.assert_array_equal(space.canonical(points), points)
        assert space.allowed(points).all()
        slots = Counter(one.slot for one in suggestions if one.slot)
        assert not slots or max(slots.values()) == 1
        bare = [
            key for key, one in zip(space.keys(points), suggestions, strict=True) if not one.slot
        ]
        assert len(set(bare)) == len(bare)
        for trial in self.trials:
            parent = trial.suggestion.parent
            assert parent is None or parent < trial.number
            assert parent is None or self.trials[parent].losses is not None
            assert parent is None or trial.suggestion.slot
            assert len(trial.suggestion.slot) <= 64


def _parents(trials: Sequence[Rehearsed]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    parents = [-1 if (p := one.suggestion.parent) is None else p for one in trials]
    return np.array(parents, dtype=np.int64)
