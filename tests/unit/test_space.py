"""Configurations and points of the unit cube: the way there and back."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import errors, model
from groat_server.space import Space


def space(*parameters: model.Parameter) -> Space:
    return Space(model.SearchSpace(parameters=parameters))


def parameter(name: str, domain: model.Domain, **when: tuple[model.Value, ...]) -> model.Parameter:
    conditions = [model.Condition(parameter_id=p, any_of=values) for p, values in when.items()]
    return model.Parameter(id=name, domain=domain, active_when=tuple(conditions))


def floats(low: float, high: float) -> st.SearchStrategy[model.FloatDomain]:
    bounds = st.tuples(st.floats(low, high), st.floats(low, high)).filter(lambda b: b[0] < b[1])
    return bounds.map(lambda b: model.FloatDomain(min=b[0], max=b[1]))


def steps() -> st.SearchStrategy[model.FloatDomain]:
    parts = st.tuples(st.integers(-50, 50), st.integers(1, 500), st.sampled_from([0.1, 0.25, 1e-3]))
    return parts.map(
        lambda p: model.FloatDomain(min=p[0] * 0.1, max=p[0] * 0.1 + p[1] * p[2], step=p[2])
    )


def ints(low: int, high: int, *, log: bool) -> st.SearchStrategy[model.IntDomain]:
    bounds = st.tuples(st.integers(low, high), st.integers(low, high)).map(sorted)
    return bounds.map(lambda b: model.IntDomain(min=b[0], max=b[1], log_scale=log))


LEVELLED = st.one_of(
    steps(),
    ints(-(2**38), 2**38, log=False),
    ints(1, 2**32, log=True),
    st.integers(1, 9).map(lambda n: model.IntDomain(min=-3, max=40, step=n)),
    st.just(model.BoolDomain()),
    st.integers(1, 30).map(lambda n: model.CategoricalDomain(labels=tuple(map(str, range(n))))),
    st.lists(st.integers(-99, 99), min_size=1, unique=True).map(
        lambda levels: model.OrdinalDomain(levels=tuple(levels))
    ),
)

CONTINUOUS = st.one_of(
    floats(-1e6, 1e6).filter(lambda d: d.max - d.min > 1e-3),
    st.just(model.FloatDomain(min=1e-6, max=10.0, log_scale=True)),
)

CHAIN = space(
    parameter("chunk", model.IntDomain(min=1, max=3), rerank=(True,)),
    parameter("kind", model.CategoricalDomain(labels=("bm25", "dense", "hybrid"))),
    parameter("rerank", model.BoolDomain(), kind=("dense", "hybrid")),
    parameter("weight", model.OrdinalDomain(levels=(0.2, 0.5)), kind=("hybrid",)),
)


@given(LEVELLED, st.floats(0, 1))
def test_levels_come_back_exactly(domain: model.Domain, unit: float) -> None:
    """Whatever is decoded from a levelled axis survives the way there and back unchanged."""
    one = space(parameter("x", domain))
    there = one.decode(np.array([unit]))

    back = one.decode(one.encode(there))

    assert back == there
    assert type(back["x"]) is type(there["x"])


@given(CONTINUOUS, st.floats(0, 1))
def test_floats_come_back_to_rounding(domain: model.FloatDomain, unit: float) -> None:
    """A float without steps comes back to within rounding of its bounds, and stays inside."""
    one = space(parameter("x", domain))
    there = one.decode(np.array([unit]))["x"]

    back = one.decode(one.encode({"x": there}))["x"]

    assert back == pytest.approx(
        there, rel=1e-14, abs=4 * math.ulp(max(abs(domain.min), domain.max))
    )
    assert isinstance(back, float)
    assert domain.min <= back <= domain.max


@given(st.one_of(CONTINUOUS, LEVELLED, floats(1e9, 1e9 + 1e-3)), st.floats(0, 1))
def test_canonical_is_a_fixed_point(domain: model.Domain, unit: float) -> None:
    """A canonical point is its own canonical point, also after decoding and encoding."""
    one = space(parameter("x", domain))
    once = one.canonical(np.array([[unit]]))

    again = one.canonical(one.encode(one.decode(once[0]))[None])

    np.testing.assert_array_equal(one.canonical(once), once)
    assert one.keys(again) == one.keys(once)


@given(st.lists(st.floats(0, 1), min_size=8, max_size=8))
def test_equal_keys_mean_equal_configurations(units: list[float]) -> None:
    """Two points share a key just when they decode to the same configuration."""
    points = np.array(units).reshape(2, 4)
    first, second = CHAIN.keys(points)

    assert (first == second) == (CHAIN.decode(points[0]) == CHAIN.decode(points[1]))


def test_every_configuration_of_a_chain_by_hand() -> None:
    """bm25 1, dense (1 + 3), hybrid (1 + 3) x 2: thirteen, declared in any order."""
    assert CHAIN.size == 1 + 4 + 8


def test_walk_meets_every_configuration_once() -> None:
    """The walk over all points yields as many different configurations as are counted."""
    points = list(CHAIN.points(np.random.default_rng(1)))

    ids = {CHAIN.configuration_id(CHAIN.decode(point)) for point in points}

    assert len(points) == len(ids) == CHAIN.size


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1))
def test_count_agrees_with_the_walk(seed: int) -> None:
    """The count by states equals the walk's length in random webs of conditions."""
    web = _random_web(np.random.default_rng(seed))

    met = sum(1 for _ in web.points(np.random.default_rng(0)))

    assert met == web.size


def _random_web(rng: np.random.Generator) -> Space:
    domains: list[model.Domain] = [
        model.IntDomain(min=1, max=3),
        model.BoolDomain(),
        model.FloatDomain(min=0.0, max=0.3, step=0.1),
        model.CategoricalDomain(labels=("a", "b")),
        model.OrdinalDomain(levels=("low", "high")),
    ]
    made = list[model.Parameter]()
    for j in rng.permutation(5):
        parents = {
            other.id: tuple(space(other).decode(rng.random(1)).values())
            for other in (model.Parameter(id=p.id, domain=p.domain) for p in made)
            if rng.random() < 0.5
        }
        made.append(parameter(f"p{j}", domains[j], **parents))
    return space(*(made[i] for i in rng.permutation(5)))


def test_a_continuum_is_infinite_only_where_it_can_be_active() -> None:
    """A float that no configuration activates does not make the space infinite."""
    never = parameter("x", model.FloatDomain(min=0.0, max=1.0), a=(True,), b=(True,))
    either = parameter("b", model.BoolDomain(), a=(False,))

    assert space(parameter("a", model.BoolDomain()), either, never).size == 3
    assert space(never.__class__(id="x", domain=never.domain)).size == math.inf


def test_counting_many_independent_parameters_is_exact() -> None:
    """Sixty booleans are 2 to the 60, without walking over them."""
    flags = [parameter(f"f{j}", model.BoolDomain()) for j in range(60)]

    assert space(*flags).size == 2**60


def test_a_walk_of_a_huge_space_is_lazy() -> None:
    """The first points of a space of 2 to the 60 come at once, all different."""
    huge = space(*[parameter(f"f{j}", model.BoolDomain()) for j in range(60)])

    points = np.array(list(itertools.islice(huge.points(np.random.default_rng(0)), 50)))

    assert len(set(huge.keys(points))) == 50


def test_inactive_parameters_are_left_out_and_alike() -> None:
    """With bm25 nothing else is active, so every such point is one canonical point."""
    points = np.array([[0.1, 0.1, 0.9, 0.9], [0.7, 0.2, 0.1, 0.2]])

    assert CHAIN.decode(points[0]) == {"kind": "bm25"}
    assert len(np.unique(CHAIN.canonical(points), axis=0)) == 1
    assert CHAIN.active(points).tolist() == [[False, True, False, False]] * 2


@pytest.mark.parametrize(
    ("domain", "opens", "shuts"),
    [
        (model.IntDomain(min=1, max=9, step=4), 5, 9),
        (model.IntDomain(min=1, max=1000, log_scale=True), 10, 11),
        (model.FloatDomain(min=0.0, max=0.3, step=0.1), 0.3, 0.2),
        (model.FloatDomain(min=0.0, max=0.7), 0.35, 0.36),
        (model.OrdinalDomain(levels=("s", "m", "l")), "m", "l"),
        (model.BoolDomain(), False, True),
    ],
)
def test_any_kind_of_parent_opens_a_gate(
    domain: model.Domain, opens: model.Value, shuts: model.Value
) -> None:
    """A condition may stand on a parent of any kind."""
    gated = space(parameter("x", model.BoolDomain(), parent=(opens,)), parameter("parent", domain))

    assert gated.contains({"parent": opens, "x": True})
    assert gated.contains({"parent": shuts})
    assert not gated.contains({"parent": shuts, "x": True})


def test_float_steps_are_exact_and_clamped() -> None:
    """The levels are min + i * step as floats, and the last never passes max."""
    grid = space(parameter("x", model.FloatDomain(min=0.0, max=0.3, step=0.1)))

    values = [grid.decode(np.array([unit]))["x"] for unit in (0.0, 0.3, 0.6, 1.0)]

    assert values == [0.0, 0.1, 0.2, 0.3]


def test_bounds_given_as_whole_numbers_decode_to_floats() -> None:
    """A float parameter yields floats even where its bounds are written as ints."""
    one = space(parameter("x", model.FloatDomain(min=0, max=1)))

    assert [type(one.decode(np.array([unit]))["x"]) for unit in (0.0, 0.4, 1.0)] == [float] * 3


def test_columns_say_what_they_are() -> None:
    """Labels and booleans have no order; a continuum has no levels."""
    assert CHAIN.is_categorical.tolist() == [False, True, True, False]
    assert CHAIN.levels.tolist() == [3, 3, 2, 2]
    assert space(parameter("x", model.FloatDomain(min=0.0, max=1.0))).levels.tolist() == [0]


@pytest.mark.parametrize(
    ("configuration", "path"),
    [
        ({"kind": "dense"}, "configuration.rerank"),
        ({"kind": "bm25", "rerank": True}, "configuration.rerank"),
        ({"kind": "sparse"}, "configuration.kind"),
        ({"kind": "dense", "rerank": 1}, "configuration.rerank"),
        ({"kind": "dense", "rerank": True, "chunk": 2.0}, "configuration.chunk"),
        ({"kind": "bm25", "colour": 1}, "configuration.colour"),
    ],
)
def test_a_wrong_configuration_is_refused_by_path(
    configuration: dict[str, model.Value], path: str
) -> None:
    """What is missing, superfluous or out of its domain is named."""
    with pytest.raises(errors.InvalidArgument) as caught:
        CHAIN.encode(configuration)

    assert [violation.path for violation in caught.value.violations] == [path]


def test_ids_go_by_value_and_type_not_by_order() -> None:
    """Order and whole-number floats do not matter to an id, types do."""
    mixed = space(
        parameter("a", model.FloatDomain(min=0.0, max=2.0)),
        parameter("b", model.OrdinalDomain(levels=("1", "2"))),
    )
    digits = space(parameter("b", model.IntDomain(min=1, max=2)))

    ids = [mixed.configuration_id(c) for c in ({"a": 1, "b": "1"}, {"b": "1", "a": 1.0})]

    assert ids[0] == ids[1]
    assert space(mixed.parameters[1]).configuration_id({"b": "1"}) != digits.configuration_id(
        {"b": 1}
    )


def test_an_id_never_changes() -> None:
    """Ids are stored, so today's must be tomorrow's."""
    assert CHAIN.configuration_id({"kind": "bm25"}) == "ac5493329cd7a78a8727"


@pytest.mark.parametrize(
    "parameters",
    [
        (
            parameter("x", model.BoolDomain(), y=(True,)),
            parameter("y", model.BoolDomain(), x=(True,)),
        ),
        (parameter("x", model.BoolDomain(), gone=(True,)),),
        (parameter("x", model.BoolDomain()), parameter("y", model.BoolDomain(), x=(3,))),
        (parameter("x", model.IntDomain(min=0, max=2**41)),),
        (parameter("x", model.FloatDomain(min=0.0, max=1.0, log_scale=True)),),
    ],
    ids=["circle", "no such parent", "no such value", "too many levels", "log of zero"],
)
def test_a_space_that_cannot_be_searched_is_refused(
    parameters: tuple[model.Parameter, ...],
) -> None:
    """What the unit cube cannot hold is an invalid argument, not a crash later."""
    with pytest.raises(errors.InvalidArgument):
        space(*parameters)


def test_a_space_survives_pickling() -> None:
    """Workers in other processes get the same space."""
    again = pickle.loads(pickle.dumps(CHAIN))  # noqa: S301
    points = np.random.default_rng(3).random((20, 4))

    np.testing.assert_array_equal(again.canonical(points), CHAIN.canonical(points))


def test_a_web_too_wide_to_count_is_not_counted() -> None:
    """Three sets of twelve items with a switch for each have 2^36 states: that takes too long."""
    sets = [
        parameter(f"a{k}", model.SubsetDomain(items=tuple(f"i{i}" for i in range(12))))
        for k in range(3)
    ]
    switches = [
        parameter(f"b{k}.{i}", model.BoolDomain(), **{f"a{k}": (f"i{i}",)})
        for k in range(3)
        for i in range(12)
    ]

    assert space(*sets, *switches).size == math.inf
