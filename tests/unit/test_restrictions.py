"""Constraints on combinations: told apart, repaired, counted, and kept by every draw."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import errors, model
from groat_server.algorithms import look_up
from groat_server.space import Space
from groat_server.testing import ask, problem_of, told

UNIT = model.FloatDomain(min=0.0, max=1.0)
COUNT = model.IntDomain(min=0, max=10)
TOOLS = model.SubsetDomain(items=("search", "code", "sql"))
BRANCH = (
    model.Parameter(id="deep", domain=model.BoolDomain()),
    model.Parameter(
        id="k",
        domain=COUNT,
        active_when=(model.Condition(parameter_id="deep", any_of=(True,)),),
    ),
    model.Parameter(id="n", domain=COUNT),
)


def space(*constraints: model.ParameterConstraint, **domains: model.Domain) -> Space:
    parameters = tuple(model.Parameter(id=name, domain=d) for name, d in domains.items())
    return Space(model.SearchSpace(parameters=parameters, constraints=constraints))


def at_most(bound: float, **coefficients: float) -> model.LinearConstraint:
    return model.LinearConstraint(coefficients=coefficients, upper_bound=bound)


def never(**values: model.Value) -> model.ForbiddenCombination:
    return model.ForbiddenCombination(values=values)


def fits(one: Space, **values: model.Value) -> bool:
    return bool(one.allowed(one.encode(values)[None])[0])


def test_a_sum_is_kept_to_the_bound_itself() -> None:
    """Reaching the bound is allowed, in spite of binary fractions; passing it is not."""
    one = space(at_most(0.3, x=1.0, k=0.1), x=UNIT, k=COUNT)

    assert fits(one, x=0.1, k=2)
    assert fits(one, x=0.2, k=1)
    assert not fits(one, x=0.1001, k=2)


def test_rounding_is_a_matter_of_the_numbers_not_of_a_coefficient() -> None:
    """Dear units have large coefficients and small values; the sum is kept all the same."""
    money = model.FloatDomain(min=0.0, max=1e-9)
    one = space(at_most(0.5, x=1.0, usd=1e9), x=UNIT, usd=money)

    assert fits(one, x=0.25, usd=0.25e-9)
    assert not fits(one, x=0.25, usd=0.26e-9)


def test_what_is_inactive_adds_nothing() -> None:
    """A number that is not there counts as 0 in a sum."""
    one = Space(model.SearchSpace(parameters=BRANCH, constraints=(at_most(5, k=1.0, n=1.0),)))

    assert fits(one, deep=False, n=5)
    assert not fits(one, deep=True, k=1, n=5)


def test_a_combination_is_forbidden_only_whole() -> None:
    """All the named values together, and no fewer."""
    one = space(never(x=0.5, k=3), x=UNIT, k=COUNT)

    assert not fits(one, x=0.5, k=3)
    assert fits(one, x=0.5, k=4)
    assert fits(one, x=0.25, k=3)


def test_items_are_forbidden_together() -> None:
    """A set that has both items is forbidden, whatever else it has."""
    one = space(never(tools=("search", "sql")), tools=TOOLS)

    assert not fits(one, tools=("search", "code", "sql"))
    assert fits(one, tools=("search", "code"))


def test_an_order_is_forbidden_as_a_whole() -> None:
    """One order of three is left out, and five are left."""
    order = model.PermutationDomain(items=("a", "b", "c"))

    assert space(never(order=("c", "a", "b")), order=order).size == 5


def test_a_small_space_counts_what_is_allowed() -> None:
    """Of 11 x 11 pairs those that sum to at most 5: 21."""
    assert space(at_most(5, k=1.0, n=1.0), k=COUNT, n=COUNT).size == 21


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.floats(0.02, 1.5))
def test_repaired_points_keep_every_sum(seed: int, bound: float) -> None:
    """Wherever a draw falls, it is pulled onto an allowed point, log axes and steps included."""
    log = model.FloatDomain(min=1e-3, max=1.0, log_scale=True)
    one = space(at_most(bound, x=1.0, y=1.0, k=0.1), x=UNIT, y=log, k=COUNT)
    rng = np.random.default_rng(seed)

    repaired = one.repaired(rng.random((50, 3)))

    assert one.allowed(repaired).all()
    np.testing.assert_array_equal(one.canonical(repaired), repaired)


def test_allowed_points_are_not_repaired() -> None:
    """What keeps every constraint stays where it is."""
    one, rng = space(at_most(1.0, x=1.0, y=1.0), x=UNIT, y=UNIT), np.random.default_rng(0)
    points = one.canonical(rng.random((100, 2)) / 2)

    np.testing.assert_array_equal(one.repaired(points), points)


def test_several_sums_are_kept_together() -> None:
    """A narrow strip between two sums is still found and filled."""
    one = space(at_most(1.0, x=1.0, y=1.0), at_most(-0.97, x=-1.0, y=-1.0), x=UNIT, y=UNIT)
    points = one.points(np.random.default_rng(0))

    found = [one.decode(next(points)) for _ in range(20)]

    assert all(0.97 - 1e-6 <= float(str(c["x"])) + float(str(c["y"])) <= 1 + 1e-6 for c in found)


def test_a_walk_over_what_is_left_of_a_continuum_ends() -> None:
    """With its only continuous branch forbidden, a space has one configuration, and then none."""
    branch = model.Parameter(
        id="x", domain=UNIT, active_when=(model.Condition(parameter_id="deep", any_of=(True,)),)
    )
    deep = model.Parameter(id="deep", domain=model.BoolDomain())
    one = Space(model.SearchSpace(parameters=(deep, branch), constraints=(never(deep=True),)))
    problem = problem_of(one)

    first = ask(look_up("random"), problem, told(problem, np.empty((0, 2))), count=3)
    again = ask(look_up("random"), problem, told(problem, first[0].point[None]))

    assert [one.decode(suggestion.point) for suggestion in first] == [{"deep": False}]
    assert again == []


def test_a_range_of_a_few_floats_is_used_up() -> None:
    """Between 1 and the third float after it there are four, whatever the axis says."""
    narrow = model.FloatDomain(min=1.0, max=1.0 + 3 * 2.0**-52)
    problem = problem_of(space(x=narrow))

    suggestions = ask(look_up("sobol"), problem, told(problem, np.empty((0, 1))), count=9)

    assert 1 <= len(suggestions) <= 4


def test_repairs_do_not_depend_on_who_came_first() -> None:
    """What a point is pulled to is the same in a space that has pulled others before."""
    fresh, used = (space(at_most(0.2, x=1.0, k=0.1), x=UNIT, k=COUNT) for _ in range(2))
    points = np.random.default_rng(0).random((20, 2))

    used.repaired(np.random.default_rng(1).random((20, 2)))

    np.testing.assert_array_equal(used.repaired(points), fresh.repaired(points))


def test_a_space_without_room_says_so() -> None:
    """Two sums that exclude each other leave nothing."""
    empty = space(at_most(0.4, x=1.0), at_most(-0.6, x=-1.0), x=UNIT)

    assert not empty.has_room()
    assert space(at_most(0.4, x=1.0), x=UNIT).has_room()


@pytest.mark.parametrize(
    ("constraint", "problem"),
    [
        pytest.param(at_most(1, z=1.0), "no parameter 'z'", id="unknown"),
        pytest.param(at_most(1, tools=1.0), "no numbers", id="no numbers"),
        pytest.param(never(tools="tv"), "must be some of", id="no item"),
        pytest.param(never(k=99), "must be a number", id="no value"),
    ],
)
def test_a_constraint_names_what_there_is(
    constraint: model.ParameterConstraint, problem: str
) -> None:
    """A constraint on nothing is refused where it stands."""
    with pytest.raises(errors.InvalidArgument, match=problem) as caught:
        space(constraint, k=COUNT, tools=TOOLS)

    assert caught.value.violations[0].path == "search_space.constraints[0]"
