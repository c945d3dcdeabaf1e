"""Population-based training: configurations that change while their models train.

What it finds is a schedule of configurations, and the trained model at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import numpy as np

from groat_server.algorithms import design, variation
from groat_server.algorithms.base import (
    AwaitsResults,
    Floats,
    History,
    Pending,
    Problem,
    Suggestion,
)
from groat_server.algorithms.population import Population, Slot, places

_QUANTILE = 0.2
_CHILDREN = 16
_FAILURES_FORGIVEN = 1
_STEP = 0.1
"""How far a number goes when it is explored: standard deviation, in shares of its axis."""


class PopulationBased:
    """Members that train interval by interval, the worst going on as copies of the best.

    Each trial trains one member for one interval from where its parent stopped.
    At step 0 each has a configuration of the Sobol design. Before any later step
    the member is compared with the newest trial of every other one. Among the
    worst quantile it *exploits*, which is to go on from a trial of the best
    quantile, and *explores*, with a configuration a step away from that one's.
    Else it goes on from its own trial with its own configuration.

    A step that FAILED is tried once more, then the member exploits wherever it
    stands. So it does after an INFEASIBLE trial; with nobody to copy it starts
    anew. The search ends with the budget, not by itself.

    Source:
        Jaderberg et al. (2017), Population Based Training of Neural Networks,
        with truncation selection. https://arxiv.org/abs/1711.09846
        Dushatskiy et al. (2023), Multi-Objective Population Based Training, for
        comparing by non-dominated rank. https://arxiv.org/abs/2306.01436
        Unlike there, trials past the member's own step neither count nor are
        copied: else whoever comes last in a round would lose to those that only
        trained for longer. And numbers move along their axis, not by a factor.
    """

    is_heavy = False

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`.

        Raises:
            AwaitsResults: Every member has a pending trial.
        """
        del rng  # Dice belong to a slot: a step tried again is decided the same way.
        population = Population(history, pending, population_size(problem))
        breeding = _Breeding(problem, history, population)
        fresh = _new_configurations(problem, history, pending, count)
        steps = (breeding.step(slot) or _started(fresh, slot) for slot in population.next_slots())
        chosen = list(islice((step for step in steps if step is not None), count))
        interval = int(problem.options.get("interval", 0))
        if not chosen and population.is_waiting:
            raise AwaitsResults
        return [replace(step, example_count=interval) for step in chosen]


def population_size(problem: Problem) -> int:
    """Return the option, else a tenth of the affordable trials, from 8 to 20; 20 when unbounded."""
    affordable = problem.affordable_trials
    default = 20 if affordable is None else int(np.clip(affordable // 10, 8, 20))
    return int(problem.options.get("population_size") or default)


def _new_configurations(
    problem: Problem, history: History, pending: Pending, count: int
) -> Iterator[Suggestion]:
    # A generator, as most asks need none of them.
    yield from design.sobol_suggestions(problem, history, pending, count)


def _started(fresh: Iterator[Suggestion], slot: Slot) -> Suggestion | None:
    configuration = next(fresh, None)
    return None if configuration is None else replace(configuration, slot=str(slot))


class _Breeding:
    """Decides from which trial each member goes on, and with what configuration."""

    def __init__(self, problem: Problem, history: History, population: Population) -> None:
        self._problem = problem
        self._history = history
        self._population = population
        self._is_measured = history.is_measured
        self._quantile = problem.options.get("exploit_quantile") or _QUANTILE
        self._infeasible = set(problem.space.keys(history.points[~self._is_measured]))

    def step(self, slot: Slot) -> Suggestion | None:
        """Suggest a member's next step; ``None`` when there is no trial to go on from."""
        own = self._population.newest(slot.step - 1).get(slot.member)
        if own is None:
            return None
        stays = bool(self._is_measured[own]) and slot.attempt <= _FAILURES_FORGIVEN
        donors = self._ahead(own, slot) if stays else self._alive(own, slot)
        if donors:
            # The first attempt and the one that repeats it have the same dice.
            attempt = 0 if stays else slot.attempt
            rng = design.dice(self._problem.seed, slot.step, slot.member, attempt)
            row = int(rng.choice(donors))
            return self._going_on(row, self._explored(self._history.points[row], rng), slot)
        return self._going_on(own, self._history.points[own], slot) if stays else None

    def _ahead(self, own: int, slot: Slot) -> list[int]:
        """Return whom a member copies that could go on: nobody unless it is among the worst."""
        order, place = self._ordered(slot)
        share = self._share(len(order))
        if own not in order[len(order) - share :]:
            return []
        return [row for row in order[:share] if place[row] < place[own]]

    def _alive(self, own: int, slot: Slot) -> list[int]:
        """Return whom a member copies that cannot go on: the best of the others.

        When all are INFEASIBLE, then what anybody last measured.
        """
        order, _ = self._ordered(slot)
        others = [row for row in order if row != own and self._is_measured[row]]
        earlier = self._population.newest(slot.step - 1, measured=True)
        return others[: max(1, self._share(len(order)))] or list(earlier.values())

    def _ordered(self, slot: Slot) -> tuple[list[int], dict[int, int]]:
        """Return everyone's newest trial up to the step before, best first, and their places."""
        rows = list(self._population.newest(slot.step - 1).values())
        place = dict(zip(rows, places(self._history, rows).tolist(), strict=True))
        return sorted(rows, key=lambda row: place[row]), place

    def _share(self, size: int) -> int:
        """Return how many are in a quantile: at least one, at most half."""
        return min(max(1, round(self._quantile * size)), size // 2)

    def _explored(self, point: Floats, rng: np.random.Generator) -> Floats:
        """Return a configuration near ``point (d,)``, or itself when none there can work.

        Every number moves a little, as in the paper, and then any one parameter:
        were all labels changed at once, little of a good configuration was left.
        """
        space = self._problem.space
        parents = np.repeat(point[None], _CHILDREN, axis=0)
        moved = variation.mutated(space, parents, rng, step=_STEP, share=1.0)
        moved = space.canonical(np.where(space.is_categorical, parents, moved))
        children = variation.mutated(space, moved, rng, step=_STEP)
        allowed = children[space.allowed(children)]
        keys = zip(allowed, space.keys(allowed), strict=True)
        return next((child for child, key in keys if key not in self._infeasible), point)

    def _going_on(self, row: int, point: Floats, slot: Slot) -> Suggestion:
        return Suggestion(
            point=point,
            generator="population_based",
            parent=int(self._history.numbers[row]),
            slot=str(slot),
        )
