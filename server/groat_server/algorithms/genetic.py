"""A genetic algorithm: many cheap trials, no model, one objective."""

from __future__ import annotations

import numpy as np

from groat_server.algorithms import design, evolution
from groat_server.algorithms.base import Floats, History, Pending, Problem, Suggestion


class GeneticAlgorithm:
    """The best of the whole history, crossed and mutated.

    The first ``population_size`` trials come from the Sobol design. From then on each ask
    selects that many survivors, by constraint violation and then by loss, and breeds from
    the winners of binary tournaments. INFEASIBLE trials never breed.

    Source:
        Whitley (1989), The GENITOR algorithm and selection pressure: why rank-based
        allocation of reproductive trials is best (steady state, selection by rank).
        Deb (2000), An efficient constraint handling method for genetic algorithms,
        section 3. https://doi.org/10.1016/S0045-7825(99)00389-8
        Survivors are chosen anew for each ask, as trials finish one by one.
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
            ValueError: There is more than one objective.
        """
        if problem.objectives != 1:
            raise ValueError(f"one objective, not {problem.objectives}; nsga2 takes several")
        past = evolution.grown(problem, history, pending)
        if past is None:
            return design.sobol_suggestions(problem, history, pending, count)
        parents = _survivors(past, evolution.population_size(problem))
        known = design.Known(problem, history, pending)
        broods = evolution.broods(problem.space, parents, count, rng)
        points = known.choose(broods, count, rng)
        return [Suggestion(point=point, generator="genetic") for point in points]


def _survivors(past: evolution.Evaluated, size: int) -> Floats:
    """Select the fittest, shape ``(k, d)``, the fittest first."""
    order = np.lexsort((past.losses[:, 0], past.violations))
    return past.points[order[:size]]
