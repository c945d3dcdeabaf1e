"""NSGA-II: many cheap trials, no model, any number of objectives.

pymoo says who survives; what that works on is the history, so that nothing has to be
remembered between two asks.
"""

# pymoo has no type stubs: what it returns is unknown until it is an array again.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter

import numpy as np
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from groat_server.algorithms import design, evolution
from groat_server.algorithms.base import (
    Floats,
    History,
    Integers,
    Pending,
    Problem,
    Suggestion,
)

_MEMORY = 100
"""Trials that are remembered: no population is larger but for the option."""


class Nsga2:
    """Survivors of the history, crossed and mutated.

    The first ``population_size`` trials come from the Sobol design. From then on
    each ask selects that many survivors by constraint violation, rank and
    crowding, and breeds from them. INFEASIBLE trials never breed. Of a long history
    it knows the fittest hundred, or as many as the population has, and the newest.

    Source:
        Deb, Pratap, Agarwal and Meyarivan (2002), NSGA-II.
        https://doi.org/10.1109/4235.996017
        Steady-state here: parents are chosen anew for each ask instead of once
        a generation, as trials finish one by one.
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
        """See `Algorithm.suggest`."""
        past = evolution.grown(problem, history, pending)
        if past is None:
            return design.sobol_suggestions(problem, history, pending, count)
        parents = _survivors(past, evolution.population_size(problem), rng)
        known = design.Known(problem, history, pending)
        broods = evolution.broods(problem.space, parents, count, rng)
        points = known.choose(broods, count, rng)
        return [Suggestion(point=point, generator="nsga2") for point in points]

    def memory(self, problem: Problem) -> int:
        """See `Selective.memory`."""
        return max(_MEMORY, int(problem.options.get("population_size") or 0))

    def fittest(self, history: History, size: int) -> Integers:
        """Return a row of each of the fittest configurations, then more rows of theirs.

        Of a configuration's rows that on the most examples comes first, and the newest of
        these. What cannot breed comes last.
        """
        past, dice = evolution.evaluated(history), np.random.default_rng(len(history.numbers))
        fit = _survivors(past, min(size, len(past.points)), dice)
        places = {point.tobytes(): place for place, point in enumerate(fit)}
        keys = [point.tobytes() for point in history.points]
        place = np.array([places.get(key, len(fit)) for key in keys])
        counts = np.where(history.example_counts > 0, history.example_counts, np.inf)
        turns, met = np.zeros(len(keys)), Counter[bytes]()
        for row in np.lexsort((-history.numbers, -counts)):
            turns[row] = met[keys[row]]
            met[keys[row]] += 1
        return np.lexsort((place, turns, place == len(fit)))[:size]


def _survivors(past: evolution.Evaluated, size: int, rng: np.random.Generator) -> Floats:
    """Select the fittest, shape ``(k, d)``, the fittest first."""
    if not size:
        return past.points
    population = Population.new(X=past.points, F=past.losses, G=past.violations[:, None])
    judged = PymooProblem(n_var=past.points.shape[1], n_obj=past.losses.shape[1], n_ieq_constr=1)
    survivors = RankAndCrowding().do(judged, population, n_survive=size, random_state=rng)
    violation = np.array([one.CV[0] for one in survivors])
    # Only feasible ones are ranked; among the others the violation alone decides.
    rank = [one.get("rank") if one.CV[0] <= 0 else 0 for one in survivors]
    crowding = [one.get("crowding") if one.CV[0] <= 0 else 0.0 for one in survivors]
    order = np.lexsort((-np.array(crowding), np.array(rank), violation))
    return np.asarray(survivors[order].get("X"), dtype=np.float64)
