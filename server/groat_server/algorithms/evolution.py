"""What evolutions share: what the past says of each configuration, and who comes of whom.

pymoo selects and mates; what parents hand down is decided in `variation`.
"""

# pymoo has no type stubs: what it returns is unknown until it is an array again.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUntypedBaseClass=false

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from pymoo.core.crossover import Crossover
from pymoo.core.mating import Mating
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem as PymooProblem
from pymoo.operators.selection.tournament import TournamentSelection

from groat_server.algorithms import variation
from groat_server.algorithms.base import Floats, History, Pending, Problem
from groat_server.space import Space

Integers: TypeAlias = npt.NDArray[np.int64]

_BROODS = 20
_BROOD_SIZE = 16
_CROSSED, _MUTATED = 0.9, 0.7
"""Chances of each child: what it has of two parents should sometimes be tried as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What is known of ``k`` different configurations, all of them measured.

    Attributes:
        points: Shape ``(k, d)``, canonical.
        losses: Shape ``(k, m)``.
        violations: Shape ``(k,)``. Sum over the constraints, each in shares of the
            largest violation seen; 0 where all are kept.
    """

    points: Floats
    losses: Floats
    violations: Floats


def evaluated(history: History) -> Evaluated:
    """Gather what breeding goes by.

    Trials on few examples count as told. Where a configuration was told more than once,
    what it was on the most examples counts, and of several such the mean. One that was
    INFEASIBLE there is left out.
    """
    counts = np.where(history.example_counts > 0, history.example_counts, np.inf)
    points, inverse = np.unique(history.points, axis=0, return_inverse=True)
    owner = inverse.ravel()  # numpy 2.0.0 gives it another axis
    most = np.zeros(len(points))
    np.maximum.at(most, owner, counts)
    best = counts == most[owner]
    told = np.hstack([history.losses, history.violations])[best]
    sums, times = np.zeros((len(points), told.shape[1])), np.zeros((len(points), 1))
    np.add.at(sums, owner[best], told)
    np.add.at(times, owner[best], 1.0)
    means = sums / times
    measured = np.isfinite(means).all(axis=1)
    losses, violations = np.split(means[measured], [history.losses.shape[1]], axis=1)
    return Evaluated(
        points=points[measured], losses=losses, violations=_total_violation(violations)
    )


def _total_violation(violations: Floats) -> Floats:
    excess = np.maximum(violations, 0.0)
    worst = excess.max(axis=0, initial=0.0)
    return np.sum(excess / np.where(worst > 0, worst, 1.0), axis=1)


def population_size(problem: Problem) -> int:
    """Return the option, else a tenth of the affordable trials, 16 to 100; 40 when unbounded."""
    affordable = problem.affordable_trials
    chosen = 40 if affordable is None else int(np.clip(affordable // 10, 16, 100))
    return int(problem.options.get("population_size") or chosen)


def grown(problem: Problem, history: History, pending: Pending) -> Evaluated | None:
    """Return what breeding goes by; ``None`` while the first population is not all asked."""
    known_trials = len(history.numbers) + len(pending.numbers)
    past = evaluated(history)
    return past if known_trials >= population_size(problem) and len(past.points) else None


def broods(space: Space, parents: Floats, count: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Yield children of tournament winners; most asks need the first brood only.

    Args:
        space: Where they live.
        parents: Shape ``(k, d)``, canonical, the fittest first.
        count: How many new ones are wanted.
        rng: The dice.

    Yields:
        Shape ``(16, d)``, canonical.
    """
    mating = Mating(
        selection=TournamentSelection(func_comp=_fitter),
        crossover=_Crossed(space),
        mutation=_Mutated(space),
    )
    cradle, population = PymooProblem(n_var=space.d), Population.new(X=parents)
    for _ in range(_BROODS + count):
        children = mating.do(cradle, population, _BROOD_SIZE, random_state=rng)
        yield np.asarray(children.get("X"), dtype=np.float64)


def _fitter(population: Population, pairs: Integers, **_: object) -> Integers:
    # The population is sorted, so the smaller index is the fitter one.
    del population
    return pairs.min(axis=1, keepdims=True)


class _Crossed(Crossover):
    def __init__(self, space: Space) -> None:
        super().__init__(n_parents=2, n_offsprings=2, prob=_CROSSED)
        self._space = space

    # pymoo's own returns nothing, which is what its type is taken from.
    def _do(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        problem: PymooProblem,
        X: Floats,  # noqa: N803  (pymoo's name for it)
        *_: object,
        random_state: np.random.Generator,
        **__: object,
    ) -> Floats:
        """Cross parents ``(2, n, d)`` both ways round."""
        del problem
        pairs = ((X[0], X[1]), (X[1], X[0]))
        return np.stack([variation.crossed(self._space, *pair, random_state) for pair in pairs])


class _Mutated(Mutation):
    def __init__(self, space: Space) -> None:
        super().__init__(prob=_MUTATED)
        self._space = space

    def _do(
        self,
        problem: PymooProblem,
        X: Floats,  # noqa: N803  (pymoo's name for it)
        *_: object,
        random_state: np.random.Generator,
        **__: object,
    ) -> Floats:
        del problem
        return variation.mutated(self._space, X, random_state)
