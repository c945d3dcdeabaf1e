"""Where a person who tunes by hand stands: what is tried, and what is best so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groat import model
from groat_server.front import non_dominated
from groat_server.guard.plan.case import HandTold, PlanCase
from groat_server.guard.plan.screening import Floats

_NEWEST = 60
"""Older trials are not looked through for pairs that differ in one thing."""

_WIDE = 3.0
"""Positive losses that differ by more than this factor are compared by their logarithm."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A configuration with the mean of its trials.

    Attributes:
        score: 0 is best in everything; only compares.
        is_on_front: Nothing told is better in everything.
    """

    configuration: model.Configuration
    numbers: tuple[int, ...]
    score: float
    is_on_front: bool


class Standing:
    """What the told trials say, as far as they ran on ``count`` examples or more.

    Attributes:
        base: The configuration to go on from: the best one told, or today's.
        best: All told configurations, best first.
    """

    def __init__(self, case: PlanCase, count: int) -> None:
        self.count = count
        self._case = case
        self._covering = [one for one in case.told if case.covers(one, count)]
        least = min(count or case.least_examples, case.least_examples)
        self._compared = [one for one in case.told if case.covers(one, least)]
        self._keys = {_key(one.configuration): one for one in reversed(self._covering)}
        self.best = _scored(case, [one for one in self._covering if _is_good(one)])
        self.base = self.best[0].configuration if self.best else case.baseline

    def among(self, configurations: Sequence[model.Configuration]) -> Standing:
        """Return what the trials of just these configurations say."""
        keys = set(map(_key, configurations))
        told = [one for one in self._covering if _key(one.configuration) in keys]
        return Standing(replace(self._case, told=told), self.count)

    def tried(self, configuration: model.Configuration) -> HandTold | None:
        """Return the first trial of a configuration, failed ones included."""
        return self._keys.get(_key(configuration))

    @property
    def has_begun(self) -> bool:
        """Today's configuration has been compared with others, if on fewer examples."""
        today = _key(self._case.baseline)
        compared = {_key(one.configuration) for one in self._compared}
        return today in self._keys or (bool(self.best) and today in compared)

    @property
    def is_confirmed(self) -> bool:
        """The best has been run twice."""
        return bool(self.best) and len(self.best[0].numbers) > 1

    def score_of(self, configuration: model.Configuration) -> float | None:
        """Return the score of a told configuration; ``None`` when it failed or is not told."""
        same = (one for one in self.best if _key(one.configuration) == _key(configuration))
        return next((one.score for one in same), None)

    def has_tested(self, parameter_id: str, value: model.Value) -> bool:
        """Whether some trial differs from another, or from today's, in just this value.

        Trials on fewer examples count too, where they are enough to compare.
        """
        recent = [one.configuration for one in self._compared[-_NEWEST:]]
        others = [self._case.baseline, *recent]
        return any(
            differences(one, other) == {parameter_id}
            for one in recent
            if one.get(parameter_id) == value
            for other in others
        )


def differences(one: model.Configuration, other: model.Configuration) -> set[str]:
    """Return the parameters that are active in both and differ."""
    return {key for key, value in one.items() if key in other and other[key] != value}


def _key(configuration: model.Configuration) -> frozenset[tuple[str, model.Value]]:
    return frozenset(configuration.items())


def _is_good(told: HandTold) -> bool:
    return told.is_measured and told.is_feasible and bool(np.isfinite(told.losses).all())


def _scored(case: PlanCase, good: Sequence[HandTold]) -> tuple[Scored, ...]:
    """Order configurations: the front first, the more balanced the better.

    The score is the sum of losses, each between 0 and 1 over the front. So on
    a front of two nobody wins, and the tie goes to the configuration in use,
    then to the first objective, then to the older trial.
    """
    groups = dict[frozenset[tuple[str, model.Value]], list[HandTold]]()
    for one in good:
        groups.setdefault(_key(one.configuration), []).append(one)
    if not groups:
        return ()
    means = np.array([np.mean([one.losses for one in same], axis=0) for same in groups.values()])
    front = non_dominated(means)
    scores = _scores(means, front)
    found = [
        Scored(same[0].configuration, tuple(one.number for one in same), float(score), bool(kept))
        for same, score, kept in zip(groups.values(), scores, front, strict=True)
    ]
    today = _key(case.baseline)
    order = sorted(
        range(len(found)),
        key=lambda i: (
            not front[i],
            round(found[i].score, 9),
            _key(found[i].configuration) != today,
            *means[i],
            found[i].numbers[0],
        ),
    )
    return tuple(found[i] for i in order)


def _scores(means: Floats, front: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    logs = means.copy()
    for j in range(means.shape[1]):
        low, high = means[:, j].min(), means[:, j].max()
        if low > 0 and high > _WIDE * low:
            logs[:, j] = np.log(means[:, j])
    halves = logs / 2  # The span of two huge losses would not fit a float.
    low, high = halves[front].min(axis=0), halves[front].max(axis=0)
    with np.errstate(over="ignore"):
        return ((halves - low) / np.where(high > low, high - low, 1.0)).sum(axis=1)
