"""NSGA-II: many cheap trials, no model, any number of objectives.

pymoo says who survives; what that works on is the history, so that nothing has to be
remembered between two asks.
"""

# pymoo has no type stubs: what it returns is unknown until it is an array again.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import numpy as np
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from groat_server.algorithms import design, evolution
from groat_server.algorithms.base import Floats, History, Pending, Problem, Suggestion


class Nsga2:
    """Survivors of the whole history, crossed and mutated.

    The first ``population_size`` trials come from the Sobol design. From then on
    each ask selects that many survivors by constraint violation, rank and
    crowding, and breeds from them. INFEASIBLE trials never breed.

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


def _survivors(past: evolution.Evaluated, size: int, rng: np.random.Generator) -> Floats:
    """Select the fittest, shape ``(k, d)``, the fittest first."""
    population = Population.new(X=past.points, F=past.losses, G=past.violations[:, None])
    judged = PymooProblem(n_var=past.points.shape[1], n_obj=past.losses.shape[1], n_ieq_constr=1)
    survivors = RankAndCrowding().do(judged, population, n_survive=size, random_state=rng)
    violation = np.array([one.CV[0] for one in survivors])
    # Only feasible ones are ranked; among the others the violation alone decides.
    rank = [one.get("rank") if one.CV[0] <= 0 else 0 for one in survivors]
    crowding = [one.get("crowding") if one.CV[0] <= 0 else 0.0 for one in survivors]
    order = np.lexsort((-np.array(crowding), np.array(rank), violation))
    return np.asarray(survivors[order].get("X"), dtype=np.float64)
