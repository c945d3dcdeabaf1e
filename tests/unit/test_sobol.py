"""The Sobol design: even, the same for everyone, and able to use a space up."""

from __future__ import annotations

import numpy as np
import pytest

from groat import model
from groat_server.algorithms import UnknownAlgorithm, look_up
from groat_server.algorithms.base import History, Pending, Problem
from groat_server.algorithms.design import next_number
from groat_server.algorithms.sobol import Sobol
from groat_server.space import Space

UNIT = model.FloatDomain(min=0.0, max=1.0)


def problem(*domains: model.Domain, seed: int = 7) -> Problem:
    parameters = [model.Parameter(id=f"p{j}", domain=domain) for j, domain in enumerate(domains)]
    space = Space(model.SearchSpace(parameters=tuple(parameters)))
    return Problem(
        space=space, objectives=1, constraints=0, reference=np.full(1, np.nan), seed=seed
    )


def history(points: np.ndarray, first: int = 0) -> History:
    n = len(points)
    return History(
        numbers=np.arange(first, first + n, dtype=np.int64),
        points=points,
        losses=np.zeros((n, 1)),
        errors=np.full((n, 1), np.nan),
        violations=np.zeros((n, 0)),
        violation_errors=np.zeros((n, 0)),
        example_counts=np.zeros(n, dtype=np.int64),
        parents=np.full(n, -1, dtype=np.int64),
        generators=("",) * n,
        slots=("",) * n,
        notes=({},) * n,
    )


def pending(points: np.ndarray, first: int = 0) -> Pending:
    p = len(points)
    return Pending(
        numbers=np.arange(first, first + p, dtype=np.int64),
        points=points,
        example_counts=np.zeros(p, dtype=np.int64),
        parents=np.full(p, -1, dtype=np.int64),
        slots=("",) * p,
        notes=({},) * p,
        excluded=np.empty((0, points.shape[1])),
    )


def ask(to: Problem, told: np.ndarray, waiting: np.ndarray, count: int) -> np.ndarray:
    asked = Sobol().suggest(
        to, history(told), pending(waiting, len(told)), count, np.random.default_rng()
    )
    return np.array([suggestion.point for suggestion in asked]).reshape(-1, to.space.d)


def test_sixteen_points_fill_sixteen_bins_of_every_axis() -> None:
    """Scrambled Sobol points put one of every aligned sixteen into each sixteenth."""
    points = ask(problem(UNIT, UNIT, UNIT), np.empty((0, 3)), np.empty((0, 3)), 16)

    assert np.sort(np.floor(points * 16), axis=0).tolist() == [[i] * 3 for i in range(16)]


def test_a_position_belongs_to_its_number() -> None:
    """Asking one by one, told or pending, gives the points that asking at once gives."""
    to, nothing = problem(UNIT, UNIT), np.empty((0, 2))
    at_once = ask(to, nothing, nothing, 6)

    np.testing.assert_array_equal(ask(to, at_once[:3], at_once[3:5], 1), at_once[5:])


def test_the_study_seed_decides() -> None:
    """Another seed is another design; a negative one is a seed too."""
    nothing = np.empty((0, 2))
    designs = [ask(problem(UNIT, UNIT, seed=s), nothing, nothing, 4) for s in (7, 7, -7)]

    np.testing.assert_array_equal(designs[0], designs[1])
    assert not np.allclose(designs[0], designs[2])


def test_a_skewed_finite_space_is_used_up() -> None:
    """Thirty points of which most are rare on the axis all come, then no more."""
    to = problem(model.IntDomain(min=1, max=10, log_scale=True), model.IntDomain(min=1, max=3))

    points = ask(to, np.empty((0, 2)), np.empty((0, 2)), 40)

    assert len(points) == len(set(to.space.keys(points))) == 30


def test_numbers_go_on_from_the_highest_known() -> None:
    """Told and pending numbers count alike; without any the first is 0."""
    one, none = np.full((1, 2), 0.5), np.empty((0, 2))

    assert next_number(history(one, first=3), pending(one, first=9)) == 10
    assert next_number(history(none), pending(none)) == 0


def test_an_unknown_name_is_told_what_there_is() -> None:
    """Looking up a name that nothing installed has says which names there are."""
    with pytest.raises(UnknownAlgorithm, match=r"auto, bayesian, .*nsga2, .*sobol"):
        look_up("simulated-annealing")


def test_looking_up_finds_ours() -> None:
    """Our own algorithms come through the same entry points as everyone's."""
    assert isinstance(look_up("sobol"), Sobol)
