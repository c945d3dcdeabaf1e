"""Where trials differ in what they spend: a cheap start, and gain weighed by spend."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from groat import model
from groat_server.algorithms import look_up
from groat_server.algorithms.auto import Auto
from groat_server.algorithms.base import Floats, History, Problem, Purse
from groat_server.algorithms.bayesian.thrift import START_SHARE, Thrift
from groat_server.algorithms.design import sobol
from groat_server.space import Space
from groat_server.testing import ask, different_points, problem_of, told, waiting

SPACE = Space(
    model.SearchSpace(
        parameters=tuple(
            model.Parameter(id=name, domain=model.FloatDomain(min=0.0, max=1.0))
            for name in ("dear", "x", "y")
        )
    )
)
DESIGN = 8


@dataclass(frozen=True)
class Rising:
    """Spends that rise from 1 to a ratio along the first column, evenly in their logarithm."""

    ratio: float

    def nanos(self, points: Floats) -> Floats:
        return 1e6 * self.ratio ** points[:, 0]


def priced(ratio: float = 100.0, *, left: float = 1.0, cap: float = 1e10) -> Problem:
    """A problem with so much of its cap left."""
    purse = Purse(cap=cap, left=left * cap, share_left=left, spends=Rising(ratio))
    return replace(problem_of(SPACE), purse=purse)


def thrift_of(problem: Problem) -> Thrift:
    found = Thrift.of(problem)
    assert found is not None
    return found


def history_of(problem: Problem, count: int) -> History:
    return told(problem, different_points(SPACE, count))


def test_there_is_nothing_to_weigh_without_a_cap_or_a_difference() -> None:
    """Where the dearest tenth spends less than three times what the cheapest does."""
    assert Thrift.of(problem_of(SPACE)) is None
    assert Thrift.of(priced(3.0)) is None  # from the first decile to the ninth 2.4


def test_half_of_all_configurations_spend_no_more_than_is_typical() -> None:
    """The middle of the logarithm, where spends rise evenly in it."""
    assert thrift_of(priced(100.0)).typical == pytest.approx(1e7, rel=0.02)


def test_the_start_is_the_cheaper_half_of_the_design() -> None:
    """In the design's order; eight points, or as many as an eighth of the cap pays."""
    problem = priced()
    points = np.empty((0, SPACE.d))
    asked = ask(look_up("bayesian"), problem, told(problem, points))
    while asked[0].generator == "sobol":
        points = np.vstack([points, asked[0].point])
        asked = ask(look_up("bayesian"), problem, told(problem, points))

    drawn = np.concatenate(list(sobol(SPACE, problem.seed, 0)))
    cheap = drawn[Rising(100.0).nanos(drawn) <= thrift_of(problem).typical]
    np.testing.assert_array_equal(points, cheap[:DESIGN])
    assert asked[0].generator == "bayesian"


def test_a_small_cap_pays_a_short_start() -> None:
    """It is over when its share of the cap is spent, but not before four trials."""
    points = different_points(SPACE, 6)
    spent = float(Rising(100.0).nanos(points).sum())

    def is_paid(cap: float, count: int = 6) -> bool:
        return thrift_of(priced(cap=cap)).is_paid(points[:count])

    assert not is_paid(1.01 * spent / START_SHARE)
    assert is_paid(0.99 * spent / START_SHARE)
    assert not is_paid(1.0, count=3)


def test_the_start_goes_on_until_two_trials_are_measured() -> None:
    """Many workers ask before anyone has told, and models have nothing to learn from."""
    problem, points = priced(), different_points(SPACE, 2 * DESIGN)
    history = told(problem, points[:1])

    [one] = ask(look_up("bayesian"), problem, history, waiting(problem, points[1:], 1))

    assert one.generator == "sobol"


def test_a_space_that_constraints_leave_nothing_of_is_searched_without_weighing() -> None:
    """Draws from all over it find nothing that is allowed: no two floats fit."""
    coefficients = {"x": 1.0, "y": math.pi}
    fence = model.LinearConstraint(coefficients=coefficients, upper_bound=2.0)
    other = model.LinearConstraint(
        coefficients={name: -value for name, value in coefficients.items()}, upper_bound=-2.0
    )
    narrow = Space(model.SearchSpace(parameters=SPACE.parameters, constraints=(fence, other)))

    assert Thrift.of(replace(priced(), space=narrow)) is None


def test_a_default_study_leaves_the_start_to_the_models() -> None:
    """As they know what it spends."""
    counts = {"told": 0, "measured": 0, "pending": 0}

    assert Auto().delegate(priced(), **counts).name == "bayesian"
    assert Auto().delegate(priced(2.0), **counts).name == "sobol"


def test_gain_is_weighed_by_spend_and_ever_less() -> None:
    """Far above the typical spend twice as dear is half as good; far below it is the same."""
    points = np.array([[place, 0.5, 0.5] for place in (0.0, np.log(2) / np.log(1e6), 1.0)])
    dearest = np.array([[1.0 - np.log(2) / np.log(1e6), 0.5, 0.5], [1.0, 0.5, 0.5]])

    def differences(left: float) -> list[float]:
        thrift = thrift_of(priced(1e6, left=left, cap=1e15))
        pairs = thrift.penalties(points[:2]), thrift.penalties(dearest)
        return [float(np.diff(pair)[0]) for pair in pairs]

    assert differences(1.0) == pytest.approx([0.0, np.log(2)], abs=5e-3)
    assert differences(0.5 * (1 - START_SHARE))[1] == pytest.approx(0.5 * np.log(2), abs=1e-3)
    assert differences(0.1 * (1 - START_SHARE))[1] == pytest.approx(0.1 * np.log(2), abs=1e-3)


def test_what_is_hardly_better_and_much_dearer_is_not_tried() -> None:
    """Losses fall a little along the column that spends rise along."""
    problem = priced()
    history = history_of(problem, 16)
    distances = (history.points[:, 1:, None] - [[0.2, 0.8]]) ** 2
    history.losses[:] = distances.sum(axis=1) - 0.02 * history.points[:, :1]

    def spend(asked: Problem) -> float:
        found = ask(look_up("bayesian"), asked, history, count=8)
        return float(np.median(Rising(100.0).nanos(np.array([one.point for one in found]))))

    assert spend(problem) < 0.2 * spend(replace(problem, purse=None))


def test_what_the_rest_cannot_pay_is_not_suggested() -> None:
    """Though all that is good is dear."""
    problem = priced(left=1e-3)  # which pays 1e7
    history = history_of(problem, 16)
    history.losses[:] = -history.points[:, :1]

    asked = ask(look_up("bayesian"), problem, history, count=4)

    assert (Rising(100.0).nanos(np.array([one.point for one in asked])) <= 1e7).all()
