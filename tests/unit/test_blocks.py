"""Sets and orders on the unit cube: repaired, counted, walked and gated."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import errors, model
from groat_server.blocks import Permutation, Subset
from groat_server.space import Space

ITEMS = ("search", "code", "sql", "mail", "maps")


def space(*parameters: model.Parameter) -> Space:
    return Space(model.SearchSpace(parameters=parameters))


def tools(low: int = 0, high: int = 0, *required: str) -> model.SubsetDomain:
    return model.SubsetDomain(items=ITEMS, min_items=low, max_items=high, required_items=required)


def parameter(name: str, domain: model.Domain, **when: tuple[model.Value, ...]) -> model.Parameter:
    conditions = [model.Condition(parameter_id=p, any_of=values) for p, values in when.items()]
    return model.Parameter(id=name, domain=domain, active_when=tuple(conditions))


SUBSETS = st.sampled_from(
    [
        tools(),
        tools(1, 2),
        tools(2, 2),
        tools(0, 1),
        tools(5),
        tools(2, 4, "sql"),
        tools(0, 1, "sql"),
    ]
)
ORDER = model.PermutationDomain(items=("a", "b", "c", "d"))
CODES = st.lists(st.floats(0, 1), min_size=5, max_size=5)


@given(SUBSETS, CODES)
def test_any_place_is_a_valid_set(domain: model.SubsetDomain, codes: list[float]) -> None:
    """Whatever the codes, the set keeps its limits and has what is required."""
    chosen = Subset(domain).value(np.array(codes))

    assert domain.min_items <= len(chosen) <= (domain.max_items or 5)
    assert set(domain.required_items) <= set(chosen)


@given(SUBSETS, CODES)
def test_a_set_comes_back_from_its_codes(domain: model.SubsetDomain, codes: list[float]) -> None:
    """Decoding and coding again gives the canonical codes, which stay where they are."""
    block = Subset(domain)
    snapped = block.snap(np.array([codes]))

    again = block.units(block.value(np.array(codes)))

    np.testing.assert_array_equal(snapped[0], again)
    np.testing.assert_array_equal(block.snap(snapped), snapped)


def test_the_largest_codes_stay_when_a_set_is_too_large() -> None:
    """Of five wanted items the two with the largest codes are taken."""
    chosen = Subset(tools(0, 2)).value(np.array([0.95, 0.99, 0.91, 0.92, 0.97]))

    assert chosen == ("code", "maps")


def test_the_largest_codes_come_when_a_set_is_too_small() -> None:
    """With nothing wanted and two needed, the two with the largest codes come."""
    chosen = Subset(tools(2, 5)).value(np.array([0.0, 0.02, 0.01, 0.0, 0.03]))

    assert chosen == ("code", "maps")


def test_random_places_have_small_sets_too() -> None:
    """Of at most two out of five, a random place has none, one and two, each often."""
    drawn = np.random.default_rng(0).random((2_000, 5))
    sizes = [len(Subset(tools(0, 2)).value(codes)) for codes in drawn]

    assert min(np.bincount(sizes)) > 300


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        pytest.param(("search", "search"), "twice", id="twice"),
        pytest.param(("search", "tv"), "must be some of", id="unknown"),
        pytest.param(("search", "code", "sql"), "1 to 2", id="too many"),
        pytest.param("search", "must be a list", id="no list"),
    ],
)
def test_a_wrong_set_is_refused(value: model.Value, problem: str) -> None:
    """The message says what is wrong with a set."""
    with pytest.raises(errors.InvalidArgument, match=problem):
        space(parameter("tools", tools(1, 2))).encode({"tools": value})


def test_the_order_of_a_set_says_nothing() -> None:
    """Two spellings of one set are one configuration."""
    one = space(parameter("tools", tools()))

    ids = {one.configuration_id({"tools": order}) for order in (("sql", "code"), ("code", "sql"))}

    assert len(ids) == 1


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_any_place_is_an_order(codes: list[float]) -> None:
    """Whatever the codes, every item stands somewhere, and coding gives canonical codes."""
    block = Permutation(ORDER)
    order = block.value(np.array(codes))

    assert sorted(order) == sorted(ORDER.items)
    np.testing.assert_array_equal(block.snap(np.array([codes]))[0], block.units(order))


def test_an_order_by_hand() -> None:
    """The item with the smallest code comes first."""
    assert Permutation(ORDER).value(np.array([0.9, 0.1, 0.5, 0.3])) == ("b", "d", "c", "a")


def test_random_places_have_every_order_alike() -> None:
    """The 24 orders of four items are equally likely."""
    drawn = np.random.default_rng(0).random((24_000, 4))
    block = Permutation(ORDER)
    places = dict.fromkeys(itertools.permutations(ORDER.items), 0)
    for codes in drawn:
        places[block.value(codes)] += 1

    assert all(850 < count < 1_150 for count in places.values())


@pytest.mark.parametrize(
    ("domain", "count"),
    [
        pytest.param(tools(), 2**5, id="all sets"),
        pytest.param(tools(1, 2), 5 + 10, id="one or two"),
        pytest.param(tools(2, 4, "sql"), 4 + 6 + 4, id="one required"),
        pytest.param(ORDER, math.factorial(4), id="orders"),
    ],
)
def test_sets_and_orders_are_counted_and_walked(domain: model.Domain, count: int) -> None:
    """The walk meets as many configurations as are counted by hand."""
    one = space(parameter("x", domain))
    met = {one.configuration_id(one.decode(point)) for point in one.points(_dice())}

    assert len(met) == one.size == count


@given(SUBSETS, st.lists(st.sampled_from(ITEMS), min_size=1, max_size=3, unique=True))
def test_a_parameter_may_depend_on_an_item(domain: model.SubsetDomain, opening: list[str]) -> None:
    """It is active just when one of the named items is in, and the count agrees."""
    one = space(
        parameter("tools", domain),
        parameter("depth", model.IntDomain(min=1, max=3), tools=tuple(opening)),
    )
    met = [one.decode(point) for point in one.points(_dice())]

    assert len(met) == one.size
    assert all(("depth" in c) == bool(set(opening) & set(_items(c["tools"]))) for c in met)


def test_nothing_depends_on_an_order() -> None:
    """A condition on a whole list is refused."""
    with pytest.raises(errors.InvalidArgument, match="not a list"):
        space(parameter("order", ORDER), parameter("x", ORDER, order=(("a", "b", "c", "d"),)))


def test_texts_go_by_their_ids() -> None:
    """A text's value is its variant's id, and values have no order."""
    variants = tuple(model.TextVariant(id=f"v{i}", text=f"wording {i}") for i in range(3))
    one = space(parameter("prompt", model.TextDomain(variants=variants)))

    assert one.size == 3
    assert one.is_categorical.all()
    assert one.decode(one.encode({"prompt": "v1"})) == {"prompt": "v1"}


def test_a_missing_set_opens_nothing() -> None:
    """Only the missing parent is reported, not what would depend on it."""
    one = space(
        parameter("tools", tools(1, 5)),
        parameter("depth", model.IntDomain(min=1, max=3), tools=ITEMS),
    )
    with pytest.raises(errors.InvalidArgument) as caught:
        one.validate({})

    assert [v.path for v in caught.value.violations] == ["configuration.tools"]


def _items(value: model.Value) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value


def _dice() -> np.random.Generator:
    return np.random.default_rng(1)
