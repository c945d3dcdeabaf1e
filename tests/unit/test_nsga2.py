"""NSGA-II as a function of history: who survives, who breeds, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groat import model
from groat_server import front
from groat_server.algorithms.base import Algorithm, Floats, Problem
from groat_server.algorithms.evolution import evaluated, population_size
from groat_server.algorithms.nsga2 import Nsga2
from groat_server.algorithms.random import RandomSearch
from groat_server.space import Space
from groat_server.testing import (
    EVERYTHING,
    FINITE,
    MIXED,
    SMOOTH,
    ask,
    different_points,
    problem_of,
    told,
    waiting,
)

STEPS = ("plan", "search", "read", "draft", "check", "write")
TOOLS = tuple("abcdefghij")
AGENT = Space(
    model.SearchSpace(
        parameters=(
            model.Parameter(id="steps", domain=model.PermutationDomain(items=STEPS)),
            model.Parameter(
                id="tools", domain=model.SubsetDomain(items=TOOLS, min_items=2, max_items=5)
            ),
        )
    )
)
"""720 orders and 627 sets."""

RIGHT_STEPS = AGENT.encode({"steps": STEPS, "tools": TOOLS[:2]})[: len(STEPS)]


def sized(problem: Problem, size: int) -> Problem:
    return replace(problem, options={"population_size": size})


def agent_losses(points: Floats) -> Floats:
    """Steps at a wrong place and missing tools on one side, the number of tools on the other."""
    wrong = np.sum(points[:, : len(STEPS)] != RIGHT_STEPS, axis=1)
    is_in = points[:, len(STEPS) :] > 0.5
    missing = np.sum(~is_in[:, [TOOLS.index(tool) for tool in "bdg"]], axis=1)
    return np.column_stack([wrong + missing, is_in.sum(axis=1)]).astype(float)


def least_errors(algorithm: Algorithm, seed: int) -> float:
    """Search for 200 trials, with other dice for each batch of ten."""
    problem = replace(sized(problem_of(AGENT), 20), seed=seed)
    points, losses = np.empty((0, AGENT.d)), np.empty((0, 2))
    nothing = waiting(problem, points, 0)
    for batch in range(20):
        history = replace(told(problem, points), losses=losses)
        rng = np.random.default_rng([seed, batch])
        asked = algorithm.suggest(problem, history, nothing, 10, rng)
        new = np.array([one.point for one in asked])
        points, losses = np.vstack([points, new]), np.vstack([losses, agent_losses(new)])
    return float(losses[:, 0].min())


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

    assert np.mean(children[:, 0] > 0.5) > 0.8


def test_the_least_violation_leads_while_nothing_is_allowed() -> None:
    """Without any feasible trial, children are near the smallest violation."""
    problem = sized(problem_of(SMOOTH, objectives=1, constraints=1), 8)
    points = different_points(SMOOTH, 60)
    history = told(problem, points)
    history.violations[:] = 0.01 + 100.0 * points[:, 1:]

    children = np.array([one.point for one in ask(Nsga2(), problem, history, count=40)])

    assert np.median(children[:, 1]) < 0.25


def test_forbidden_configurations_are_not_asked() -> None:
    """However narrow what is allowed, children are pulled onto it."""
    narrow = model.LinearConstraint(coefficients={"x": 1.0, "y": 1.0}, upper_bound=0.05)
    parameters = SMOOTH.parameters
    space = Space(model.SearchSpace(parameters=parameters, constraints=(narrow,)))
    problem = sized(problem_of(space), 8)
    points = space.repaired(np.random.default_rng(0).random((8, 2)))

    asked = ask(Nsga2(), problem, told(problem, points), count=20)

    assert {one.generator for one in asked} == {"nsga2"}
    assert space.allowed(np.array([one.point for one in asked])).all()


def test_labels_are_inherited_and_seldom_drawn_anew() -> None:
    """When all parents share a label, most children have it, some do not."""
    problem, points = sized(problem_of(MIXED), 8), different_points(MIXED, 80)
    dense = points[points[:, 0] > 2 / 3]

    children = np.array(
        [one.point for one in ask(Nsga2(), problem, told(problem, dense), count=60)]
    )

    assert 0.75 < np.mean(children[:, 0] > 2 / 3) < 1.0


def test_most_examples_count() -> None:
    """Of one configuration its evaluation on all, or else on the most, is what breeds."""
    problem = problem_of(SMOOTH, objectives=1, constraints=1)
    points = np.repeat(different_points(SMOOTH, 3), [2, 3, 1], axis=0)
    history = told(problem, points)
    history.losses[:, 0] = [1.0, 2.0, 3.0, 4.0, 6.0, 7.0]
    history.violations[:, 0] = [9.0, 0.0, 9.0, -1.0, -1.0, 9.0]
    history.example_counts[:] = [50, 0, 10, 20, 20, 5]

    past = evaluated(history)

    order = np.argsort(past.losses[:, 0])
    np.testing.assert_array_equal(past.points[order], points[[0, 2, 5]])
    # The mean of two equally large evaluations; 9 is the largest violation left.
    np.testing.assert_array_equal(past.losses[order, 0], [2.0, 5.0, 7.0])
    np.testing.assert_array_equal(past.violations[order], [0.0, 0.0, 1.0])


def test_who_is_infeasible_on_most_examples_does_not_breed() -> None:
    """That it worked on fewer helps nothing."""
    problem = problem_of(SMOOTH)
    history = told(problem, np.repeat(different_points(SMOOTH, 1), 2, axis=0))
    history.losses[1] = np.nan
    history.example_counts[:] = [10, 20]

    assert len(evaluated(history).points) == 0


def test_every_kind_of_parameter_evolves() -> None:
    """The children of one configuration differ from it in each parameter that it has."""
    problem, point = sized(problem_of(EVERYTHING), 1), different_points(EVERYTHING, 1)

    asked = ask(Nsga2(), problem, told(problem, point), count=150)

    moved = np.array([one.point for one in asked]) != point
    assert {"nsga2"} == {one.generator for one in asked}
    assert set(EVERYTHING.owner[moved.any(axis=0)]) == set(range(len(EVERYTHING.parameters)))


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


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_orders_and_sets_are_found(seed: int) -> None:
    """200 of 451,440 configurations leave at most a third of the errors of random search."""
    evolved, drawn = (least_errors(algorithm, seed) for algorithm in (Nsga2(), RandomSearch()))

    # Measured on seeds 0 to 11: 0.25 and 3.6 errors on average, at most 2 and 5.
    assert evolved <= drawn / 3


@pytest.mark.parametrize(("affordable", "size"), [(None, 40), (50, 16), (400, 40), (9_999, 100)])
def test_the_population_grows_with_what_can_be_afforded(affordable: int | None, size: int) -> None:
    """A tenth of the trials, within bounds."""
    problem = replace(problem_of(FINITE), affordable_trials=affordable)

    assert population_size(problem) == size
