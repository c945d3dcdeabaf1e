"""What a person tries next with one parameter."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat_server import blocks
from groat_server.guard.plan.moves import moves, value_at
from tests import examples, plan_cases


def tried(name: str, domain: model.Domain, now: model.Value) -> list[model.Value]:
    """What follows ``now`` in a study of quality first and money second."""
    return moves(plan_cases.case(), model.Parameter(id=name, domain=domain), now)


def test_wide_numbers_are_doubled_and_halved() -> None:
    """People think of passages in factors, and more of them is believed to help."""
    assert tried("top_k", model.IntDomain(min=1, max=20), 5) == [10, 2]


def test_narrow_numbers_move_by_a_third_of_their_range() -> None:
    """A temperature has no factor; a lower one is believed to help."""
    assert tried("temperature", model.FloatDomain(min=0, max=1), 0.5) == [0.17, 0.83]


def test_a_bound_leaves_one_direction() -> None:
    """What is at its end can only go back."""
    assert tried("top_k", model.IntDomain(min=1, max=20), 20) == [10]


def test_steps_are_kept() -> None:
    """A grid's values are all that may be asked."""
    assert tried("top_k", model.IntDomain(min=1, max=19, step=3), 7) == [13, 4]


def test_who_wants_it_cheap_goes_down_first() -> None:
    """Where money is the first objective, fewer passages are the better guess."""
    case = replace(plan_cases.case(), objectives=(examples.PRICE, examples.QUALITY))
    parameter = model.Parameter(id="top_k", domain=model.IntDomain(min=1, max=20))

    assert moves(case, parameter, 5) == [2, 10]


def test_sets_change_by_one_item() -> None:
    """Tools are added or taken away one at a time, and required ones stay."""
    domain = model.SubsetDomain(items=("web", "code", "files"), required_items=("web",))

    assert tried("tools", domain, ("web", "code")) == [("web", "code", "files"), ("web",)]


def test_orders_change_by_two_neighbours() -> None:
    """The smallest change of an order exchanges two that follow each other."""
    domain = model.PermutationDomain(items=("plan", "search", "write"))

    found = tried("order", domain, ("plan", "search", "write"))

    assert found == [("search", "plan", "write"), ("plan", "write", "search")]


def test_levels_change_to_their_neighbours() -> None:
    """More effort is believed to help, so the next level up comes first."""
    domain = model.OrdinalDomain(levels=("low", "medium", "high"))

    assert tried("effort", domain, "medium") == ["high", "low"]


NUMBERS = st.one_of(
    st.builds(
        lambda low, width: model.IntDomain(min=low, max=low + width),
        st.integers(-50, 50),
        st.integers(0, 5000),
    ),
    st.builds(
        lambda low, width, step: model.IntDomain(min=low, max=low + width, step=step),
        st.integers(1, 50),
        st.integers(1, 500),
        st.integers(1, 40),
    ),
    st.builds(
        lambda low, factor, log: model.FloatDomain(min=low, max=low * factor, log_scale=log),
        st.floats(1e-6, 1e6),
        st.floats(1.01, 1e6),
        st.booleans(),
    ),
    st.builds(
        lambda low, steps, step: model.FloatDomain(min=low, max=low + steps * step, step=step),
        st.integers(-5, 5).map(float),
        st.integers(1, 40),
        st.sampled_from([0.05, 0.1, 0.25, 3.0]),
    ),
)


@given(NUMBERS, st.floats(0, 1), st.sampled_from(["top_k", "temperature", "size"]))
def test_numbers_stay_in_their_domain(
    domain: model.FloatDomain | model.IntDomain, place: float, name: str
) -> None:
    """Wherever it stands, what is tried next is a value of the domain, and another one."""
    now = value_at(domain, place, None)
    assert now is not None

    found = tried(name, domain, now)

    block = blocks.block(domain)
    assert all(len(block.units(value)) == 1 for value in [now, *found])
    assert now not in found
    assert len(found) == len(set(found)) <= 2


@pytest.mark.parametrize(("place", "value"), [(0.0, False), (0.49, False), (0.5, True), (1, True)])
def test_places_of_an_axis_are_shared_out(place: float, value: bool) -> None:
    """Each option of a choice has the same share of the axis."""
    assert value_at(model.BoolDomain(), place, None) is value
