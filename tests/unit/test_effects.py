"""Which parameters matter: found again in losses that are made of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groat import model
from groat_server.effects import LEAST_ROWS, main_effects
from groat_server.front import Floats
from groat_server.space import Space

UNIT = model.FloatDomain(min=0.0, max=1.0)
LABELS = model.CategoricalDomain(labels=("a", "b", "c", "d"))


def space_of(*domains: model.Domain) -> Space:
    """A space of always active parameters."""
    parameters = [model.Parameter(id=f"p{i}", domain=domain) for i, domain in enumerate(domains)]
    return Space(model.SearchSpace(parameters=tuple(parameters)))


def drawn(space: Space, count: int, seed: int = 0) -> Floats:
    """So many canonical points at random, shape ``(n, d)``."""
    return space.canonical(np.random.default_rng(seed).random((count, space.d)))


def column(losses: Floats) -> Floats:
    """One loss per row, shape ``(n, 1)``."""
    return losses[:, None]


MIXED = space_of(UNIT, LABELS, UNIT, model.SubsetDomain(items=("x", "y", "z")))
"""A number, labels, another number, and three items."""


@pytest.mark.parametrize(
    ("owner", "loss"),
    [
        pytest.param(0, lambda points: points[:, 0], id="straight"),
        pytest.param(0, lambda points: -5 * points[:, 0], id="falling"),
        pytest.param(0, lambda points: (points[:, 0] - 0.5) ** 2, id="best in the middle"),
        pytest.param(1, lambda points: np.floor(4 * points[:, 1]) == 2, id="one label"),
        pytest.param(2, lambda points: points[:, 2], id="another number"),
        pytest.param(3, lambda points: points[:, 4], id="one item"),
    ],
)
def test_what_makes_the_loss_has_nearly_all_of_it(
    owner: int, loss: Callable[[Floats], Floats]
) -> None:
    """From thirty random trials, whatever kind of parameter it is."""
    points = drawn(MIXED, 30)

    shares = main_effects(MIXED, points, column(loss(points).astype(float)))

    assert shares[owner] > 0.8
    assert shares.sum() == pytest.approx(1)


def test_a_larger_effect_has_the_larger_share() -> None:
    """In the order of what they do to the loss."""
    space = space_of(UNIT, UNIT, UNIT)
    points = drawn(space, 60)

    shares = main_effects(space, points, column(points @ np.array([1.0, 4.0, 2.0])))

    assert np.argsort(shares).tolist() == [0, 2, 1]


def test_parameters_that_move_together_are_told_apart() -> None:
    """One at a time, both would look alike; the first alone makes the loss."""
    space, dice = space_of(UNIT, UNIT), np.random.default_rng(3)
    first = dice.random(60)
    points = space.canonical(np.column_stack([first, 0.8 * first + 0.2 * dice.random(60)]))

    shares = main_effects(space, points, column(points[:, 0]))

    assert shares[0] > 2 * shares[1]


def test_every_objective_is_heard_alike() -> None:
    """A loss in thousands does not drown one in hundredths."""
    space = space_of(UNIT, UNIT)
    points = drawn(space, 60)
    losses = np.column_stack([1_000 * points[:, 0], 0.01 * points[:, 1]])

    shares = main_effects(space, points, losses)

    assert shares == pytest.approx([0.5, 0.5], abs=0.1)


def test_an_objective_that_never_varies_says_nothing() -> None:
    """The others are shared out as if it were not there."""
    points = drawn(MIXED, 30)
    loss = column(points[:, 0])

    with_it = main_effects(MIXED, points, np.hstack([loss, np.full((30, 1), 0.1)]))

    np.testing.assert_allclose(with_it, main_effects(MIXED, points, loss))


def gated(domain: model.Domain) -> Space:
    """A switch, and a parameter that half of the trials lack."""
    gate = model.Condition(parameter_id="on", any_of=(True,))
    parameters = (
        model.Parameter(id="on", domain=model.BoolDomain()),
        model.Parameter(id="gated", domain=domain, active_when=(gate,)),
    )
    return Space(model.SearchSpace(parameters=parameters))


def test_a_number_counts_where_it_is_active_only() -> None:
    """It makes the loss there, and elsewhere the loss is what it is in the middle."""
    space = gated(UNIT)
    points = drawn(space, 60)

    shares = main_effects(space, points, column(points[:, 1]))

    assert shares[1] > 0.9


def test_a_label_counts_where_it_is_active_only() -> None:
    """Trials without it are not taken for trials with the label in the middle."""
    space = gated(LABELS)
    points = drawn(space, 60)
    is_third = space.active(points)[:, 1] & (np.floor(4 * points[:, 1]) == 2)

    shares = main_effects(space, points, column(is_third.astype(np.float64)))

    assert shares[1] > 0.9


@pytest.mark.parametrize(
    ("count", "says_something"), [(0, False), (LEAST_ROWS - 1, False), (LEAST_ROWS, True)]
)
def test_few_trials_say_nothing(count: int, says_something: bool) -> None:
    """Any five numbers can be explained; fewer are not even tried."""
    points = drawn(MIXED, count)

    shares = main_effects(MIXED, points, column(points[:, 0]))

    assert (len(shares), bool(shares.any())) == (4, says_something)


def test_trials_that_are_all_alike_say_nothing() -> None:
    """In their places, or in their losses."""
    points = drawn(MIXED, 30)

    same_losses = main_effects(MIXED, points, np.ones((30, 1)))
    same_places = main_effects(MIXED, np.repeat(points[:1], 30, axis=0), column(points[:, 0]))

    assert not same_losses.any()
    assert not same_places.any()


@given(
    arrays(np.int64, (12, 2), elements=st.integers(-1_000, 1_000)),
    st.floats(0.01, 100),
    st.floats(-100, 100),
)
def test_shares_do_not_depend_on_units(
    losses: npt.NDArray[np.int64], scale: float, shift: float
) -> None:
    """They are parts of one, or all zero, in seconds and in minutes alike."""
    points, plain = drawn(MIXED, 12), losses.astype(np.float64)

    shares = main_effects(MIXED, points, plain)

    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1) or not shares.any()
    np.testing.assert_allclose(
        main_effects(MIXED, points, plain * scale + shift), shares, atol=1e-6
    )
