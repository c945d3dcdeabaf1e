"""Bayesian search as a whole: where it goes, where it does not, and what it starts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch.utils.cpp_extension
from botorch.acquisition.multi_objective import logei

from groat_server import front
from groat_server.algorithms import look_up
from groat_server.algorithms.base import History, Problem
from groat_server.algorithms.bayes import Bayesian
from groat_server.algorithms.bayesian.search import most_useful
from groat_server.testing import MIXED, SMOOTH, ask, different_points, problem_of, told, waiting

ALGORITHM = Bayesian()


def points_of(problem: Problem, history: History, count: int = 1) -> np.ndarray:
    return np.array([one.point for one in ask(ALGORITHM, problem, history, count=count)])


def test_the_minimum_of_one_objective_is_found() -> None:
    """From twelve points of a bowl the next one is near its bottom."""
    problem, points = problem_of(SMOOTH, objectives=1), different_points(SMOOTH, 12)
    history = told(problem, points)
    history.losses[:] = ((points - [0.3, 0.6]) ** 2).sum(axis=1, keepdims=True)

    np.testing.assert_allclose(points_of(problem, history)[0], [0.3, 0.6], atol=0.05)


def test_constraints_are_kept() -> None:
    """The bottom of the bowl is forbidden, so the next points stand at the fence."""
    problem, points = problem_of(SMOOTH, objectives=1, constraints=1), different_points(SMOOTH, 20)
    history = told(problem, points)
    history.losses[:] = ((points - [0.3, 0.6]) ** 2).sum(axis=1, keepdims=True)
    history.violations[:] = 0.5 - points[:, :1]

    asked = points_of(problem, history, count=3)

    assert (asked[:, 0] > 0.48).all()
    assert (np.abs(asked[0] - [0.5, 0.6]) < 0.05).all()


def test_regions_that_do_not_work_are_left() -> None:
    """The bottom of the bowl is among INFEASIBLE trials, so the next points are beside them."""
    problem, points = problem_of(SMOOTH, objectives=1), different_points(SMOOTH, 40)
    history = told(problem, points)
    history.losses[:] = np.abs(points[:, :1] - 0.45)
    history.losses[np.abs(points[:, 0] - 0.45) < 0.15] = np.nan

    asked = points_of(problem, history, count=3)

    assert (np.abs(asked[:, 0] - 0.45) > 0.08).all()


def test_the_first_feasible_trial_is_looked_for() -> None:
    """While nothing keeps the constraint, the search goes where it is likeliest kept."""
    problem, points = problem_of(SMOOTH, constraints=1), different_points(SMOOTH, 60)
    points = points[points[:, 1] < 0.6][:20]
    history = told(problem, points)
    history.violations[:] = 0.8 - points[:, 1:]

    assert points_of(problem, history)[0, 1] > 0.75


def test_pending_points_push_others_away() -> None:
    """A point already under way is not asked again, nor is one beside it."""
    problem, points = problem_of(SMOOTH, objectives=1), different_points(SMOOTH, 10)
    history = told(problem, points)
    first = ask(ALGORITHM, problem, history)[0].point

    pending = waiting(problem, first[None], len(points))
    second = ask(ALGORITHM, problem, history, pending)[0].point

    assert np.abs(first - second).max() > 0.02


def test_a_bound_on_an_objective_keeps_the_search_inside() -> None:
    """Only losses better than the user's bound count as gain."""
    problem, points = problem_of(SMOOTH), different_points(SMOOTH, 16)
    history = told(problem, points)
    history.losses[:] = np.stack([points[:, 0], 1 - points[:, 0] + points[:, 1]], axis=1)

    asked = points_of(replace(problem, reference=np.array([0.3, np.nan])), history, count=3)

    assert (asked[:, 0] < 0.3).all()


@pytest.mark.parametrize("told_trials", [20, 21, 311])
def test_every_other_trial_stays_with_what_is_typical(told_trials: int) -> None:
    """The far end of the front, past four fifths of the space, is for the other trials only."""
    problem, points = problem_of(SMOOTH), different_points(SMOOTH, 600)
    points = np.vstack([[1.0, 1.0], points[points[:, 0] < 0.75]])[:told_trials]
    history = told(problem, points)
    history.losses[:] = np.stack([points[:, 0], 1 - points[:, 0] + points[:, 1]], axis=1)

    turns = np.arange(told_trials, told_trials + 6)
    firsts = points_of(problem, history, count=6)[:, 0]

    assert (firsts[turns % 2 == 0] < 0.82).all()
    assert (firsts[turns % 2 == 1] > 0.82).any()


@pytest.mark.parametrize("told_trials", [16, 17, 18, 19])
def test_the_other_trials_go_where_the_models_doubt(told_trials: int) -> None:
    """Of a wave only the left half is told: its next valley is near, the unknown is far."""
    problem, points = problem_of(SMOOTH, objectives=1), different_points(SMOOTH, 80)
    points = points[points[:, 0] < 0.5][:told_trials]
    history = told(problem, points)
    history.losses[:] = -np.sin(12 * points[:, :1]) / 2 + (points[:, 1:] - 0.6) ** 2

    first = points_of(problem, history)[0, 0]

    assert (first > 0.9) if told_trials % 2 else (0.6 < first < 0.8)


def searched(name: str, problem: Problem, points: np.ndarray, trials: int) -> History:
    """Search on from ``points``, one trial at a time, notes carried along."""
    notes = [dict[str, str]()] * len(points)
    for _ in range(trials):
        history = replace(told(problem, points), notes=tuple(notes))
        asked = ask(look_up(name), problem, history)[0]
        points, notes = np.concatenate([points, asked.point[None]]), [*notes, dict(asked.notes)]
    return told(problem, points)


def test_it_beats_random_search_by_far() -> None:
    """After 24 trials the volume missing to the front is less than half of random search's."""
    problem, reference, start = problem_of(MIXED), np.array([2.0, 1.5]), different_points(MIXED, 16)
    best = front.hypervolume(told(problem, different_points(MIXED, 3_000)).losses, reference)

    guided, blind = (
        front.hypervolume(searched(name, problem, start, 8).losses, reference)
        for name in ("bayesian", "random")
    )

    assert best - guided < 0.5 * (best - blind)


def test_four_objectives_start_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """BoTorch would build a C++ extension at the first sampled acquisition; it must not."""
    builds: list[object] = []
    monkeypatch.setattr(torch.utils.cpp_extension, "load", lambda **options: builds.append(options))
    problem = problem_of(SMOOTH, objectives=4)

    asked = ask(ALGORITHM, problem, told(problem, different_points(SMOOTH, 12)), count=2)

    assert len(asked) == 2
    assert builds == []
    assert logei._C is None


def test_long_studies_are_thinned_and_still_answered() -> None:
    """Of 420 trials the best, the newest and some others make the model; all are avoided."""
    problem, points = problem_of(SMOOTH), different_points(SMOOTH, 420)
    history = told(problem, points)

    asked = ask(ALGORITHM, problem, history)

    assert asked[0].generator == "bayesian"
    assert not set(SMOOTH.keys(asked[0].point[None])) & set(SMOOTH.keys(points))


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e12, 1e300])
def test_values_of_any_size_are_searched_among(unit: float) -> None:
    """A worker may tell picoseconds, or a number that no square can be taken of."""
    problem, points = problem_of(SMOOTH, constraints=1), different_points(SMOOTH, 12)
    history = told(problem, points)
    history.losses[:] *= unit
    history.violations[:] = (points[:, :1] - 0.5) * unit

    with np.errstate(all="raise", under="ignore"):
        asked = ask(ALGORITHM, problem, history, count=2)

    assert [one.generator for one in asked] == ["bayesian"] * 2


def test_a_long_study_forgets_nothing_that_is_allowed_and_best() -> None:
    """What is cheapest breaks the constraint; of 390 trials, 300 are looked at."""
    problem, points = problem_of(SMOOTH, constraints=1), different_points(SMOOTH, 390)
    history = told(problem, points)
    history.losses[:], history.violations[:] = points, 1.5 - points.sum(axis=1, keepdims=True)

    useful = most_useful(history, 300)

    allowed = points[history.is_feasible]
    best = allowed[front.non_dominated(allowed)]
    assert len(useful.numbers) == 300
    assert {tuple(one) for one in best} <= {tuple(one) for one in useful.points}


def test_the_design_may_be_set() -> None:
    """The option for the initial trials moves the change from design to model."""
    problem = problem_of(SMOOTH)
    history = told(problem, different_points(SMOOTH, 5))

    makers = [
        ask(ALGORITHM, replace(problem, options={"initial_trial_count": n}), history)[0].generator
        for n in (0, 5, 6)
    ]

    assert makers == ["sobol", "bayesian", "sobol"]
