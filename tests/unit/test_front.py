"""Fronts and their volume, by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groat_server import front

NAN = float("nan")

losses_of_three = arrays(
    float, st.tuples(st.integers(1, 12), st.just(3)), elements=st.integers(0, 4)
)


def beaten(losses: np.ndarray) -> np.ndarray:
    return np.array([((losses <= y).all(1) & (losses < y).any(1)).any() for y in losses])


@given(losses_of_three)
def test_the_front_is_what_nobody_beats(losses: np.ndarray) -> None:
    """The mask agrees with comparing every pair, copies included."""
    np.testing.assert_array_equal(front.non_dominated(losses), ~beaten(losses))


@given(losses_of_three)
def test_ranks_peel_fronts_off(losses: np.ndarray) -> None:
    """Rank r is the front of what is left without all lower ranks."""
    ranks = front.ranks(losses)

    for rank in range(ranks.max() + 1):
        left = losses[ranks >= rank]
        np.testing.assert_array_equal(ranks[ranks >= rank] == rank, ~beaten(left))


def test_crowding_by_hand() -> None:
    """The middle point gets its neighbours' gap over the span, per objective."""
    losses = np.array([[4.0, 0.0], [0.0, 10.0], [1.0, 5.0], [3.0, 4.0]])

    distance = front.crowding_distance(losses)

    expected = [np.inf, np.inf, 3 / 4 + 6 / 10, 3 / 4 + 5 / 10]
    np.testing.assert_allclose(distance, expected)


@given(arrays(float, (7, 3), elements=st.integers(-50, 50).map(float), unique=True))
def test_units_do_not_matter_to_crowding(losses: np.ndarray) -> None:
    """Rescaling an objective leaves every distance as it was."""
    scaled = losses * np.array([1.0, 4.0, 0.25])

    np.testing.assert_allclose(front.crowding_distance(scaled), front.crowding_distance(losses))


def test_a_constant_objective_adds_no_distance() -> None:
    """An objective on which all agree is left out instead of divided by 0."""
    losses = np.array([[0.0, 5.0], [1.0, 5.0], [4.0, 5.0]])

    np.testing.assert_array_equal(front.crowding_distance(losses), [np.inf, 1.0, np.inf])


def test_hypervolume_by_hand() -> None:
    """Two steps under (4, 4): 3 x 1 and 1 x 3 overlap in 1; a row outside adds nothing."""
    losses = np.array([[1.0, 3.0], [3.0, 1.0], [0.0, 9.0]])

    assert front.hypervolume(losses, np.array([4.0, 4.0])) == pytest.approx(3 + 3 - 1)


@given(arrays(float, st.tuples(st.integers(0, 6), st.just(3)), elements=st.integers(0, 5)))
def test_hypervolume_counts_the_unit_cubes(losses: np.ndarray) -> None:
    """With whole losses the volume is the number of dominated unit cubes."""
    corners = np.stack(np.meshgrid(*[np.arange(5.0)] * 3), axis=-1).reshape(-1, 1, 3)
    cubes = sum((losses <= corner).all(axis=1).any() for corner in corners)

    assert front.hypervolume(losses, np.full(3, 5.0)) == pytest.approx(cubes)


def test_history_is_the_volume_of_each_prefix() -> None:
    """Each entry equals the volume of all feasible rows so far, computed afresh."""
    rng = np.random.default_rng(5)
    losses, feasible = rng.random((40, 3)), rng.random(40) < 0.7
    losses[~feasible] = NAN
    reference = np.full(3, 0.9)

    history = front.hypervolume_history(losses, feasible, reference)

    prefixes = [losses[: i + 1][feasible[: i + 1]] for i in range(40)]
    np.testing.assert_allclose(history, [front.hypervolume(p, reference) for p in prefixes])


def test_nadir_ignores_dominance_resistant_points() -> None:
    """A hair better in one objective and awful in another does not move the corner."""
    losses = np.vstack([np.eye(3), [[0.3, 0.0, 50.0]]])

    np.testing.assert_array_equal(front.nadir(losses), [1.0, 1.0, 1.0])


@pytest.mark.parametrize(
    ("losses", "bounds", "expected"),
    [
        pytest.param([[0, 4], [2, 0], [9, 9]], [NAN, NAN], [2.2, 4.4], id="nadir and a tenth"),
        pytest.param([[0, 4], [2, 0]], [NAN, 7], [2.2, 7], id="a bound wins"),
        pytest.param([[1, 1], [3, 6]], [NAN, NAN], [1.2, 1.5], id="one best: span of all"),
        pytest.param([[20, 0.5]], [NAN, NAN], [22, 0.6], id="one row: its own size"),
        pytest.param(np.empty((0, 2)), [NAN, 3], [1, 3], id="no rows"),
    ],
)
def test_reference_point_by_hand(losses: list, bounds: list, expected: list) -> None:
    """The reference lies a tenth past the nadir, of whatever span there is."""
    reference = front.reference_point(np.array(losses, dtype=float), np.array(bounds))

    np.testing.assert_allclose(reference, expected)


def test_nothing_has_an_empty_front() -> None:
    """No trials give empty answers and no volume, not an error."""
    nothing = np.empty((0, 2))

    assert front.non_dominated(nothing).shape == front.ranks(nothing).shape == (0,)
    assert front.crowding_distance(nothing).shape == (0,)
    assert front.hypervolume(nothing, np.ones(2)) == 0.0
