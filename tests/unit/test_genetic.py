"""The genetic algorithm as a function of history: one objective, the best breed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groat_server.algorithms.base import Algorithm, Floats, Problem
from groat_server.algorithms.genetic import GeneticAlgorithm
from groat_server.algorithms.random import RandomSearch
from groat_server.space import Space
from groat_server.testing import (
    EVERYTHING,
    SMOOTH,
    ask,
    different_points,
    problem_of,
    told,
    waiting,
)


def single(space: Space, constraints: int = 0, size: int = 8) -> Problem:
    problem = problem_of(space, objectives=1, constraints=constraints)
    return replace(problem, options={"population_size": size})


def children(
    problem: Problem, points: Floats, losses: Floats, violations: Floats | float = 0.0
) -> Floats:
    history = told(problem, points)
    history.losses[:, 0] = losses
    history.violations.T[:] = violations
    return np.array([one.point for one in ask(GeneticAlgorithm(), problem, history, count=40)])


def test_the_first_population_is_the_design() -> None:
    """Breeding starts when as many trials are known as the population holds."""
    problem, points = single(SMOOTH, size=10), different_points(SMOOTH, 10)

    asked = [ask(GeneticAlgorithm(), problem, told(problem, points[:n]))[0] for n in (9, 10)]

    assert [one.generator for one in asked] == ["sobol", "genetic"]


def test_several_objectives_are_refused() -> None:
    """One loss has an order, several have none."""
    problem = problem_of(SMOOTH, objectives=2)

    with pytest.raises(ValueError, match="nsga2"):
        ask(GeneticAlgorithm(), problem, told(problem, different_points(SMOOTH, 3)))


def test_the_best_breed() -> None:
    """Children are where the eight best of sixty are."""
    points = different_points(SMOOTH, 60)
    losses = points.sum(axis=1)

    found = children(single(SMOOTH), points, losses)

    assert np.median(found.sum(axis=1)) < np.sort(losses)[8]


def test_kept_constraints_come_before_the_loss() -> None:
    """Parents that keep the constraint beat better ones that violate it."""
    points = different_points(SMOOTH, 60)

    found = children(single(SMOOTH, 1), points, points[:, 0], 0.6 - points[:, 0])

    assert np.mean(found[:, 0] > 0.5) > 0.8


def test_the_least_violation_leads_while_nothing_is_allowed() -> None:
    """Without any feasible trial, children are near the smallest violation."""
    points = different_points(SMOOTH, 60)

    found = children(single(SMOOTH, 1), points, -points[:, 1], 0.01 + 100.0 * points[:, 1])

    assert np.median(found[:, 1]) < 0.25


def nearest(algorithm: Algorithm, seed: int) -> float:
    """Return how near 200 trials come to a fixed configuration, with other dice for each ten."""
    target, problem = different_points(EVERYTHING, 1), replace(single(EVERYTHING), seed=seed)
    points = np.empty((0, EVERYTHING.d))
    nothing = waiting(problem, points, 0)
    for batch in range(20):
        history = told(problem, points)
        history.losses[:, 0] = abs(points - target).sum(axis=1)
        rng = np.random.default_rng([seed, batch])
        asked = algorithm.suggest(problem, history, nothing, 10, rng)
        points = np.concatenate([points, [one.point for one in asked]])
    return float(abs(points - target).sum(axis=1).min())


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_it_closes_in_on_every_kind_of_parameter(seed: int) -> None:
    """Over all kinds, 200 trials come at least twice as near as those of random search."""
    evolved, drawn = (
        nearest(algorithm, seed) for algorithm in (GeneticAlgorithm(), RandomSearch())
    )

    assert evolved < drawn / 2
