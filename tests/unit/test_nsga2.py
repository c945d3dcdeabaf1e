"""NSGA-II as a function of history: who survives, who breeds, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groat_server import front
from groat_server.algorithms.base import Problem
from groat_server.algorithms.nsga2 import Nsga2, population_size
from groat_server.testing import FINITE, MIXED, SMOOTH, ask, different_points, problem_of, told


def sized(problem: Problem, size: int) -> Problem:
    return replace(problem, options={"population_size": size})


def test_the_first_population_is_the_design() -> None:
    """Breeding starts when as many trials are known as the population holds."""
    problem, points = sized(problem_of(SMOOTH), 10), different_points(SMOOTH, 10)

    generators = [ask(Nsga2(), problem, told(problem, points[:n]))[0].generator for n in (9, 10)]

    assert generators == ["sobol", "nsga2"]


def test_children_stay_near_good_parents() -> None:
    """With parents in one corner, their children are in that corner too."""
    problem, points = sized(problem_of(SMOOTH, objectives=1), 8), different_points(SMOOTH, 60)
    history = told(problem, points)
    history.losses[:] = points.sum(axis=1, keepdims=True)

    children = np.array([one.point for one in ask(Nsga2(), problem, history, count=40)])

    assert np.median(children.sum(axis=1)) < 0.6 < np.median(points.sum(axis=1))


def test_kept_constraints_come_before_losses() -> None:
    """Parents that keep the constraint beat better ones that violate it."""
    problem = sized(problem_of(SMOOTH, objectives=1, constraints=1), 8)
    points = different_points(SMOOTH, 60)
    history = told(problem, points)
    history.losses[:] = points[:, :1]
    history.violations[:] = 0.6 - points[:, :1]

    children = np.array([one.point for one in ask(Nsga2(), problem, history, count=40)])

    assert np.mean(children[:, 0] > 0.55) > 0.8


def test_the_least_violation_leads_while_nothing_is_allowed() -> None:
    """Without any feasible trial, children are near the smallest violation."""
    problem = sized(problem_of(SMOOTH, objectives=1, constraints=1), 8)
    points = different_points(SMOOTH, 60)
    history = told(problem, points)
    history.violations[:] = 0.01 + 100.0 * points[:, 1:]

    children = np.array([one.point for one in ask(Nsga2(), problem, history, count=40)])

    assert np.median(children[:, 1]) < 0.25


def test_labels_are_inherited_and_seldom_drawn_anew() -> None:
    """When all parents share a label, most children have it, some do not."""
    problem, points = sized(problem_of(MIXED), 8), different_points(MIXED, 80)
    dense = points[points[:, 0] > 2 / 3]

    children = np.array(
        [one.point for one in ask(Nsga2(), problem, told(problem, dense), count=60)]
    )

    assert 0.75 < np.mean(children[:, 0] > 2 / 3) < 1.0


def test_evolution_beats_the_design() -> None:
    """After 150 trials the volume is larger than that of as many Sobol points."""
    problem, reference = problem_of(SMOOTH), np.array([1.6, 1.6])
    points = np.empty((0, 2))
    for _ in range(15):
        asked = ask(Nsga2(), sized(problem, 20), told(problem, points), count=10)
        points = np.concatenate([points, [one.point for one in asked]])
    designed = ask(Nsga2(), sized(problem, 999), told(problem, points[:0]), count=150)
    losses = [told(problem, p).losses for p in (points, np.array([d.point for d in designed]))]

    evolved, spread = (front.hypervolume(rows, reference) for rows in losses)

    assert evolved > spread + 0.001


@pytest.mark.parametrize(("affordable", "size"), [(None, 40), (50, 16), (400, 40), (9_999, 100)])
def test_the_population_grows_with_what_can_be_afforded(affordable: int | None, size: int) -> None:
    """A tenth of the trials, within bounds."""
    problem = replace(problem_of(FINITE), affordable_trials=affordable)

    assert population_size(problem) == size
