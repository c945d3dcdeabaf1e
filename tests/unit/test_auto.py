"""Which algorithm an ask goes to, and why."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groat import model
from groat_server.algorithms.auto import Auto
from groat_server.algorithms.base import Delegate, History, Problem
from groat_server.space import Space
from groat_server.testing import (
    FINITE,
    MIXED,
    SMOOTH,
    Rehearsal,
    ask,
    different_points,
    problem_of,
    told,
)


def space(*domains: model.Domain, **more: tuple[model.ParameterConstraint, ...]) -> Space:
    parameters = [model.Parameter(id=f"x{j}", domain=domain) for j, domain in enumerate(domains)]
    return Space(model.SearchSpace(parameters=tuple(parameters), **more))


def wide(d: int) -> Space:
    return space(*[model.FloatDomain(min=0.0, max=1.0)] * d)


def ints(count: int) -> Space:
    return space(model.IntDomain(min=1, max=count))


ITEMS = tuple(f"item {i}" for i in range(129))


def delegated(problem: Problem, history: History, pending: int) -> Delegate:
    measured = int(history.is_measured.sum())
    return Auto().delegate(problem, told=len(history.numbers), measured=measured, pending=pending)


def chosen(problem: Problem, trials: int = 0, pending: int = 0) -> str:
    points = np.full((trials + pending, problem.space.d), 0.5)
    history = told(problem, points[:trials])
    return delegated(problem, history, pending).name


@pytest.mark.parametrize(
    ("searched", "objectives", "trials", "affordable", "name"),
    [
        pytest.param(SMOOTH, 2, 7, None, "sobol", id="design not complete"),
        pytest.param(SMOOTH, 2, 8, None, "bayesian", id="design complete"),
        pytest.param(wide(9), 2, 15, None, "sobol", id="longer design of many parameters"),
        pytest.param(wide(9), 2, 16, None, "bayesian", id="longer design complete"),
        pytest.param(SMOOTH, 2, 8, 8, "sobol", id="no more affordable than the design"),
        pytest.param(SMOOTH, 2, 8, 9, "bayesian", id="one more affordable than the design"),
        pytest.param(SMOOTH, 2, 399, None, "bayesian", id="last model"),
        pytest.param(SMOOTH, 2, 400, None, "nsga2", id="many trials"),
        pytest.param(SMOOTH, 4, 199, None, "bayesian", id="last model of many objectives"),
        pytest.param(SMOOTH, 4, 200, None, "nsga2", id="many trials of many objectives"),
        pytest.param(SMOOTH, 6, 20, None, "bayesian", id="many objectives"),
        pytest.param(SMOOTH, 7, 20, None, "nsga2", id="too many objectives"),
        pytest.param(wide(128), 2, 20, None, "bayesian", id="many columns"),
        pytest.param(wide(129), 2, 20, None, "nsga2", id="too many columns"),
        pytest.param(
            space(model.SubsetDomain(items=ITEMS)), 2, 20, None, "nsga2", id="too many items"
        ),
        pytest.param(ints(50), 2, 0, None, "grid", id="few enough to try all"),
        pytest.param(ints(51), 2, 0, None, "sobol", id="too many to try all"),
        pytest.param(ints(50), 2, 0, 50, "grid", id="all affordable"),
        pytest.param(ints(50), 2, 8, 49, "bayesian", id="not all affordable"),
        pytest.param(FINITE, 2, 3, 9, "grid", id="few by conditions"),
    ],
)
def test_the_table(
    searched: Space, objectives: int, trials: int, affordable: int | None, name: str
) -> None:
    """Each row decides just at its limit."""
    problem = replace(problem_of(searched, objectives), affordable_trials=affordable)

    assert chosen(problem, trials) == name


@pytest.mark.parametrize(
    ("pending", "affordable", "name"),
    [(128, None, "bayesian"), (129, None, "nsga2"), (129, 999, "bayesian"), (129, 1_000, "nsga2")],
)
def test_a_crowd_of_workers_is_evolved_for(pending: int, affordable: int | None, name: str) -> None:
    """Only where there are trials enough for evolution to get anywhere."""
    problem = replace(problem_of(SMOOTH), affordable_trials=affordable)

    assert chosen(problem, 20, pending) == name


@pytest.mark.parametrize(
    ("least", "whole", "name"),
    [
        pytest.param(0, 0, "sobol", id="not divisible"),
        pytest.param(10, 30, "successive_halving", id="three times the fewest"),
        pytest.param(10, 29, "sobol", id="less than that"),
        pytest.param(0, 48, "successive_halving", id="three times sixteen"),
        pytest.param(0, 47, "sobol", id="less than three times sixteen"),
    ],
)
def test_halving_where_examples_can_be_divided(least: int, whole: int, name: str) -> None:
    """A first rung has to be large enough to say something, and a step below a whole one."""
    options = {"min_examples": least, "max_examples": whole}

    assert chosen(problem_of(SMOOTH, options=options)) == name


@pytest.mark.parametrize(("whole", "fewest"), [(48, 16), (144, 16), (145, 17), (900, 100)])
def test_a_first_rung_that_nobody_declared(whole: int, fewest: int) -> None:
    """A ninth of the examples, though never fewer than sixteen."""
    problem = problem_of(SMOOTH, options={"max_examples": whole})

    (first,) = ask(Auto(), problem, told(problem, np.empty((0, 2))))

    assert first.example_count == fewest


def test_halving_goes_through_a_small_space() -> None:
    """New configurations come from the second row on: nine are nine cells, on few examples."""
    problem = problem_of(FINITE, options={"min_examples": 5, "max_examples": 45})

    asked = ask(Auto(), problem, told(problem, np.empty((0, FINITE.d))), count=20)

    assert len(asked) == 9
    assert {(one.generator, one.example_count) for one in asked} == {("grid", 5)}


def test_forbidden_configurations_are_counted_as_well() -> None:
    """What is counted is an upper bound, as counting what is allowed may take long."""
    never = model.ForbiddenCombination(values={"x0": 7})
    domain = model.IntDomain(min=1, max=51)

    assert chosen(problem_of(space(domain, constraints=(never,)))) == "sobol"


def test_replicates_are_left_to_models() -> None:
    """Where a configuration may come again, a small space is not over after one round."""
    problem = replace(problem_of(FINITE), allow_replicates=True)

    assert chosen(problem, 9) == "bayesian"


def test_pending_trials_count_towards_the_design() -> None:
    """Workers that all wait complete the design; more Sobol points would be blind."""
    assert chosen(problem_of(SMOOTH), 2, 6) == "bayesian"


def test_models_wait_for_two_measurements() -> None:
    """What did not work shows a model nothing of the metrics."""
    problem = problem_of(SMOOTH)
    history = told(problem, different_points(SMOOTH, 20))
    history.losses[1:] = np.nan

    found = delegated(problem, history, 0)

    assert found.name == "sobol"


def test_a_small_space_is_tried_to_its_end() -> None:
    """Nine configurations are nine trials, whatever fails, and then the search is over."""
    rehearsal = Rehearsal(replace(problem_of(FINITE), affordable_trials=20))

    rehearsal.run(Auto(), trials=20, workers=3)

    assert rehearsal.is_over
    assert {one.suggestion.generator for one in rehearsal.trials} == {"grid"}
    assert len(rehearsal.trials) == 9


def test_the_maker_is_named() -> None:
    """A suggestion carries the name of the algorithm that made it."""
    problem = problem_of(MIXED)

    asked = ask(Auto(), problem, told(problem, different_points(MIXED, 3)))

    assert [one.generator for one in asked] == ["sobol"]


@pytest.mark.parametrize(
    ("searched", "options", "affordable", "trials", "why"),
    [
        (SMOOTH, {}, None, 3, "sobol: 3 trials are known, and models come after 8."),
        (SMOOTH, {}, 84, 9, "bayesian: 84 affordable trials are too few for evolution, and 2 "
                            "parameters are few enough to model."),
        (ints(99), {}, None, 9, "bayesian: 9 trials are few enough to model, and 1 parameter is, "
                                "too."),
        (FINITE, {}, 30, 3, "grid: all 9 configurations are few enough to be tried."),
        (SMOOTH, {"max_examples": 300}, 50, 0,
         "successive_halving: 34 of 300 examples are enough to begin with."),
    ],
)  # fmt: skip
def test_it_says_why(
    searched: Space, options: dict[str, float], affordable: int | None, trials: int, why: str
) -> None:
    """One sentence, which begins with who has the word."""
    problem = replace(problem_of(searched, options=options), affordable_trials=affordable)
    history = told(problem, different_points(searched, trials))

    assert delegated(problem, history, 0).why == why


def test_a_suggestion_says_why_it_was_made() -> None:
    """With what the chosen one has to say itself."""
    problem = problem_of(SMOOTH, options={"max_examples": 300})

    (first,) = ask(Auto(), problem, told(problem, np.empty((0, 2))))

    assert first.why == (
        "successive_halving: 34 of 300 examples are enough to begin with. "
        "sobol: 0 trials are known, and models come after 8."
    )
