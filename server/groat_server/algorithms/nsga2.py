"""NSGA-II: many cheap trials, no model, any number of objectives.

pymoo brings the operators; what they work on is the history, so that nothing has to
be remembered between two asks.
"""

# pymoo has no type stubs: what it returns is unknown until it is an array again.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pymoo.core.duplicate import NoDuplicateElimination
from pymoo.core.mixed import MixedVariableMating
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.core.variable import Choice, Real
from pymoo.operators.crossover.sbx import SBX
from pymoo.operators.crossover.ux import UX
from pymoo.operators.mutation.pm import PM
from pymoo.operators.mutation.rm import ChoiceRandomMutation
from pymoo.operators.selection.tournament import TournamentSelection
from pymoo.operators.survival.rank_and_crowding import RankAndCrowding

from groat_server.algorithms import design
from groat_server.algorithms.base import Floats, History, Pending, Problem, Suggestion
from groat_server.space import Space

Integers: TypeAlias = npt.NDArray[np.int64]

_BROODS = 20
_BROOD_SIZE = 16


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
        size = problem.options.get("population_size") or population_size(problem)
        known_trials = len(history.numbers) + len(pending.numbers)
        if known_trials < size or not history.is_measured.any():
            return design.sobol_suggestions(problem, history, pending, count)
        known = design.Known(problem, history, pending)
        broods = _broods(problem.space, _survivors(problem, history, size, rng), count, rng)
        points = known.choose(broods, count, rng)
        return [Suggestion(point=point, generator="nsga2") for point in points]


def population_size(problem: Problem) -> int:
    """Return a tenth of the affordable trials, from 16 to 100; 40 when unbounded."""
    affordable = problem.affordable_trials
    return 40 if affordable is None else int(np.clip(affordable // 10, 16, 100))


def _survivors(
    problem: Problem, history: History, size: int, rng: np.random.Generator
) -> Population:
    """Select the fittest, sorted with the fittest first."""
    measured = history.is_measured
    population = Population.new(
        X=[dict(enumerate(point)) for point in history.points[measured].tolist()],
        F=history.losses[measured],
        G=_total_violation(history.violations[measured])[:, None],
    )
    judged = PymooProblem(n_var=problem.space.d, n_obj=problem.objectives, n_ieq_constr=1)
    survivors = RankAndCrowding().do(judged, population, n_survive=size, random_state=rng)
    return survivors[_fitness_order(survivors)]


def _total_violation(violations: Floats) -> Floats:
    """Add violations up, each in shares of the largest seen; 0 where all are kept."""
    excess = np.maximum(violations, 0.0)
    worst = excess.max(axis=0, initial=0.0)
    return np.sum(excess / np.where(worst > 0, worst, 1.0), axis=1)


def _fitness_order(survivors: Population) -> Integers:
    violation = np.array([one.CV[0] for one in survivors])
    # Only feasible ones are ranked; among the others the violation alone decides.
    rank = [one.get("rank") if one.CV[0] <= 0 else 0 for one in survivors]
    crowding = [one.get("crowding") if one.CV[0] <= 0 else 0.0 for one in survivors]
    return np.lexsort((-np.array(crowding), np.array(rank), violation))


def _broods(
    space: Space, survivors: Population, count: int, rng: np.random.Generator
) -> Iterator[Floats]:
    """Yield canonical children ``(16, d)``; most asks need the first brood only."""
    mating, cradle = _mating(space), PymooProblem(vars=_variables(space))
    for _ in range(_BROODS + count):
        children = mating.do(cradle, survivors, _BROOD_SIZE, random_state=rng, n_max_iterations=1)
        rows = [[child.X[j] for j in range(space.d)] for child in children]
        yield space.canonical(np.array(rows, dtype=float))


def _variables(space: Space) -> dict[int, Real | Choice]:
    """Numbers and ordered levels move along their axis; labels are drawn anew."""
    return {
        j: Choice(options=((np.arange(levels) + 0.5) / levels).tolist())
        if is_categorical
        else Real(bounds=(0.0, 1.0))
        for j, (is_categorical, levels) in enumerate(
            zip(space.is_categorical, space.levels.tolist(), strict=True)
        )
    }


def _mating(space: Space) -> MixedVariableMating:
    # One gene a child on average. pymoo's own default counts labels one by one, and
    # would draw half of them anew in each child.
    share = 1.0 / space.d
    return MixedVariableMating(
        selection=TournamentSelection(func_comp=_fitter),  # pyright: ignore[reportArgumentType]
        crossover={Real: SBX(eta=15, prob=0.9), Choice: UX()},
        mutation={Real: PM(eta=20, prob_var=share), Choice: ChoiceRandomMutation(prob_var=share)},
        # Known ones are left out by `Known`, which sees more of them.
        eliminate_duplicates=NoDuplicateElimination(),  # pyright: ignore[reportArgumentType]
    )


def _fitter(population: Population, pairs: Integers, **_: object) -> Integers:
    # The population is sorted, so the smaller index is the fitter one.
    del population
    return pairs.min(axis=1, keepdims=True)
