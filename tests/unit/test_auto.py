"""Which algorithm an ask goes to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groat import model
from groat_server.algorithms.auto import Auto, choose
from groat_server.space import Space
from groat_server.testing import MIXED, SMOOTH, ask, different_points, problem_of, told, waiting


def wide(d: int) -> Space:
    unit = model.FloatDomain(min=0.0, max=1.0)
    parameters = [model.Parameter(id=f"x{j}", domain=unit) for j in range(d)]
    return Space(model.SearchSpace(parameters=tuple(parameters)))


@pytest.mark.parametrize(
    ("space", "objectives", "trials", "affordable", "name"),
    [
        pytest.param(SMOOTH, 2, 7, None, "sobol", id="design not complete"),
        pytest.param(SMOOTH, 2, 8, None, "bayesian", id="design complete"),
        pytest.param(wide(9), 2, 15, None, "sobol", id="longer design in many dimensions"),
        pytest.param(wide(9), 2, 16, None, "bayesian", id="longer design complete"),
        pytest.param(SMOOTH, 2, 8, 8, "sobol", id="no more affordable than the design"),
        pytest.param(SMOOTH, 2, 399, None, "bayesian", id="last model"),
        pytest.param(SMOOTH, 2, 400, None, "nsga2", id="many trials"),
        pytest.param(SMOOTH, 4, 199, None, "bayesian", id="last model of many objectives"),
        pytest.param(SMOOTH, 4, 200, None, "nsga2", id="many trials of many objectives"),
        pytest.param(SMOOTH, 7, 20, None, "nsga2", id="too many objectives"),
        pytest.param(wide(129), 2, 20, None, "nsga2", id="too many dimensions"),
    ],
)
def test_the_table(
    space: Space, objectives: int, trials: int, affordable: int | None, name: str
) -> None:
    """Each row of the table decides just at its limit."""
    problem = replace(problem_of(space, objectives), affordable_trials=affordable)
    history = told(problem, np.full((trials, space.d), 0.5))

    assert choose(problem, history, waiting(problem, history.points[:0], trials)) == name


def test_pending_trials_count_towards_the_design() -> None:
    """Eight workers that all wait complete the design; more Sobol points would be blind."""
    problem = problem_of(SMOOTH)
    points = different_points(SMOOTH, 8)

    pending = waiting(problem, points[2:], 2)

    assert choose(problem, told(problem, points[:2]), pending) == "bayesian"


def test_the_maker_is_named() -> None:
    """A suggestion carries the name of the algorithm that made it."""
    problem = problem_of(MIXED)

    asked = ask(Auto(), problem, told(problem, different_points(MIXED, 3)))

    assert [one.generator for one in asked] == ["sobol"]
