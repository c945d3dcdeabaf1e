"""One ask: where the front stands, what to believe, and the points worth most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from groat_server import front
from groat_server.algorithms.base import Bools, Floats, History, Problem
from groat_server.algorithms.bayesian import candidates, goal
from groat_server.algorithms.bayesian.features import features
from groat_server.algorithms.bayesian.improvement import Improvement
from groat_server.algorithms.bayesian.many import SampledImprovement
from groat_server.algorithms.bayesian.models import Models
from groat_server.algorithms.bayesian.thrift import Thrift
from groat_server.algorithms.design import Known

_MOST_SEARCHES = 16
_MOST_EXACT_OBJECTIVES = 3
_FEW = 8
_MANY_ROWS = 16
_SHORT_LIST = 32
_LITTLE_DOUBT = 0.3
"""On priced_rag, means of four searches after 30 USD: 0.70 and 0.61 with 0.3 (by price, by
latency), 0.67 and 0.62 with 0.1, 0.67 and 0.55 with 0.5, 0.68 and 0.57 with all of the doubt.
With 0.1 a search among tools and orders misses three times as much, with 0.3 half as much again.
"""


@dataclass(frozen=True, slots=True)
class Choice:
    """A point to try.

    Attributes:
        point: Shape ``(d,)``.
        gain: The hypervolume that it is expected to add, relative to what the
            models take the front to have; ``None`` where that is not exact.
    """

    point: Floats
    gain: float | None


class Step:
    """The state in which one ask searches.

    The front to improve on is what the models expect of each trial, never what it was
    told; so a trial on part of the examples counts as far as its errors let them believe it.
    To leave those out once there are whole ones would make what is known by them look
    new: the search stays around it until it has gone on to all examples. On mixed_rag,
    with halving from 27 to 243 questions, the whole trials' normalised volume came to
    0.24 so, and to 0.29 with them: means of 15 runs, 9 of them better, 5 worse.

    Turns alternate. One looks as far as `goal.reference_point` and counts on the models'
    doubt, as expected improvement does; the other stays with what is typical of the space and
    takes the models nearly at their word. The first alone spends many trials at the ends of
    the front and on what might be; the second alone would neither extend the front nor
    find out where the models are wrong. With four objectives or more turns steer the search,
    and what it found is judged with all of the doubt.

    Args:
        problem: The study.
        history: The trials that the models know; at least one is measured.
        models: Fitted to ``history``.
        pending: Shape ``(p, d)``, canonical; believed to come out as predicted.
        turn: Even where what is known has its turn; the next search has the other.
    """

    def __init__(
        self, problem: Problem, history: History, models: Models, pending: Floats, turn: int
    ) -> None:
        self._problem = problem
        self._thrift = Thrift.of(problem)
        self._turn = turn
        self._seen = history.losses[history.is_measured]
        self._points = history.points[history.is_measured]
        self._feasible = history.is_feasible[history.is_measured]
        self._believed = np.empty((0, problem.space.d))
        self._models = models
        self._believe(pending)

    def best(self, known: Known, count: int, rng: np.random.Generator) -> list[Choice]:
        """Choose points one after the other, each believed before the next.

        Of more than 16 points several come from each search.

        Args:
            known: Configurations to leave out; chosen ones are added.
            count: How many are wanted.
            rng: The dice.

        Returns:
            Fewer than ``count`` only when every configuration is known.
        """
        chosen = list[Choice]()
        share = -(-count // _MOST_SEARCHES)
        while len(chosen) < count:
            ranked, gains_of = self._ranked(known, rng)
            more = known.choose([ranked], min(share, count - len(chosen)), rng)
            if not more:
                break
            points = np.array(more)
            chosen += map(Choice, more, gains_of(points))
            self._believe(points)
            self._turn += 1
        return chosen

    def _believe(self, points: Floats) -> None:
        inputs = features(self._problem.space, points)
        likely = self._models.feasibility.log_chances(inputs) > np.log(0.5)
        self._models = self._models.believing(inputs)
        self._points = np.concatenate([self._points, points])
        self._believed = np.concatenate([self._believed, points])
        self._feasible = np.concatenate([self._feasible, likely])

    def _ranked(self, known: Known, rng: np.random.Generator) -> tuple[Floats, _Gains]:
        space = self._problem.space
        losses = self._models.medians(features(space, self._points))
        best = goal.front_of(losses, self._feasible)
        parents = self._points[self._is_parent(losses)]
        everywhere = candidates.drawn(space, rng)
        pool = candidates.first_pool(space, everywhere, parents, rng)
        hoped = self._models.hopes(features(space, pool))
        reference = goal.reference_point(best, self._seen, hoped, self._problem.reference)
        corner, doubt = reference, 1.0
        if self._is_to_use_what_is_known():
            corner, doubt = self._typical_corner(best, everywhere, reference), _LITTLE_DOUBT
        exact = self._problem.objectives <= _MOST_EXACT_OBJECTIVES
        steering = self._score(best if exact else goal.loneliest(best, _MANY_ROWS), corner, doubt)
        found = candidates.search(space, self._cooled(steering), pool, known, rng)
        if not exact:
            return self._judged(found, losses, corner, rng), _unknown
        return found, self._gains(best, reference)

    def _is_to_use_what_is_known(self) -> bool:
        """Whether it is the turn of what is known, and not of what is not; they alternate."""
        return self._turn % 2 == 0

    def _typical_corner(self, best: Floats, everywhere: Floats, reference: Floats) -> Floats:
        expected = self._models.medians(features(self._problem.space, everywhere))
        return goal.typical_corner(best, expected, reference, self._problem.reference)

    def _gains(self, best: Floats, reference: Floats) -> _Gains:
        """Shares of the hypervolume, one measure for all trials whatever they were chosen by."""
        score, reached = self._score(best, reference, 1.0), _share_of_box(best, reference)
        return lambda points: [
            float(gain) / reached if reached > 0 else None for gain in np.exp(score(points))
        ]

    def _is_parent(self, losses: Floats) -> Bools:
        """The feasible front; while nothing is feasible, the rows nearest to it."""
        parent = self._feasible.copy()
        if parent.any():
            parent[parent] = front.non_dominated(losses[parent])
            return parent
        inputs = features(self._problem.space, self._points)
        chances = self._models.feasibility.log_chances(inputs)
        parent[np.argsort(-chances, kind="stable")[:_FEW]] = True
        return parent

    def _score(self, best: Floats, reference: Floats, doubt: float) -> candidates.Score:
        """Expected improvement, with this share of the models' standard deviations."""
        models = self._models
        improvement = Improvement(best, reference, [one.warp for one in models.objectives])

        def score(points: Floats) -> Floats:
            inputs = features(self._problem.space, points)
            predicted = [one.surrogate.predict(inputs) for one in models.objectives]
            means, sds = zip(*predicted, strict=True)
            expected = np.maximum(improvement.expected(means, [doubt * sd for sd in sds]), 1e-300)
            return np.log(expected) + models.feasibility.log_chances(inputs)

        return score

    def _cooled(self, score: candidates.Score) -> candidates.Score:
        """Weigh gain by spend, where spends are worth weighing."""
        thrift = self._thrift
        return (lambda points: score(points) - thrift.penalties(points)) if thrift else score

    def _judged(
        self, found: Floats, losses: Floats, reference: Floats, rng: np.random.Generator
    ) -> Floats:
        """Reorder the first of ``found (n, d)`` by sampled improvement.

        With many objectives boxes become too many to be exact: the search is
        steered by a thinned front, and sampling judges what it found.
        """
        space, models, first = self._problem.space, self._models, found[:_SHORT_LIST]
        if not len(first):
            return found
        parents = np.flatnonzero(self._is_parent(losses))
        baseline = self._points[parents[goal.lonely_rows(losses[parents], _MANY_ROWS)]]
        improvement = SampledImprovement.over(
            models.objectives,
            reference,
            features(space, baseline),
            features(space, self._believed),
            int(rng.integers(2**31)),
        )
        inputs = features(space, first)
        values = improvement.log_expected(inputs) + models.feasibility.log_chances(inputs)
        order = np.argsort(-values, kind="stable")
        return np.concatenate([first[order], found[_SHORT_LIST:]])


_Gains: TypeAlias = Callable[[Floats], Sequence[float | None]]


def _unknown(points: Floats) -> Sequence[float | None]:
    return [None] * len(points)


def _share_of_box(best: Floats, reference: Floats) -> float:
    """The front's hypervolume in the unit of `Improvement.expected`."""
    widths = reference - np.minimum(best, reference).min(axis=0, initial=np.inf)
    volume = float(np.prod(np.where(widths > 0, widths, 1.0)))
    return front.hypervolume(best, reference) / volume
