"""Children of points: what they inherit, what moves, and that everything can be reached."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import model
from groat_server.algorithms.base import Floats
from groat_server.algorithms.variation import crossed, mutated
from groat_server.space import Space
from groat_server.testing import EVERYTHING, FINITE, KINDS, SMOOTH

ITEMS = tuple("abcdefgh")


def space_of(**domains: model.Domain) -> Space:
    parameters = [model.Parameter(id=name, domain=domain) for name, domain in domains.items()]
    return Space(model.SearchSpace(parameters=tuple(parameters)))


ORDER = space_of(x=model.PermutationDomain(items=tuple("abcde")))
PAIR = space_of(x=model.SubsetDomain(items=ITEMS, min_items=2, max_items=2))
TEAM = space_of(x=model.SubsetDomain(items=ITEMS, min_items=2, max_items=5, required_items=("c",)))
LABEL = space_of(x=model.CategoricalDomain(labels=("a", "b", "c", "d")))
COUNT = space_of(x=model.IntDomain(min=1, max=5))
LOG_COUNT = space_of(x=model.IntDomain(min=1, max=4096, log_scale=True))
ONE_VALUE: dict[str, model.Domain] = {
    "required": model.SubsetDomain(items=("a", "b"), required_items=("b",), max_items=1),
    "full": model.SubsetDomain(items=("a", "b"), min_items=2),
    "order": model.PermutationDomain(items=("a",)),
    "label": model.CategoricalDomain(labels=("a",)),
    "number": model.FloatDomain(min=2.0, max=2.0),
}
FIXED = space_of(**ONE_VALUE)
NEARLY_FIXED = space_of(**ONE_VALUE, flag=model.BoolDomain())
ALL = KINDS | {
    "order": ORDER,
    "pair": PAIR,
    "team": TEAM,
    "fixed": FIXED,
    "nearly fixed": NEARLY_FIXED,
}

every_space = pytest.mark.parametrize("space", ALL.values(), ids=ALL)
few = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 2**32)


def dice(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def drawn(space: Space, rng: np.random.Generator, count: int = 48) -> Floats:
    return space.canonical(rng.random((count, space.d)))


def repeated(space: Space, count: int, **values: model.Value) -> Floats:
    return np.repeat(space.canonical(space.encode(values)[None]), count, axis=0)


def counted(space: Space, points: Floats) -> Counter[model.Value]:
    different, counts = np.unique(points, axis=0, return_counts=True)
    values = [space.decode(point)["x"] for point in different]
    return Counter(dict(zip(values, counts.tolist(), strict=True)))


def reached(space: Space, value: model.Value, **how: float) -> Counter[model.Value]:
    return counted(space, mutated(space, repeated(space, 6_000, x=value), dice(), **how))


# Two parents.


@every_space
@few
@given(seed=seeds)
def test_a_child_of_equals_is_their_equal(space: Space, seed: int) -> None:
    """Crossing invents nothing."""
    rng = dice(seed)
    parents = drawn(space, rng)

    np.testing.assert_array_equal(crossed(space, parents, parents, rng), parents)


@every_space
@few
@given(seed=seeds)
def test_the_same_dice_give_the_same_children(space: Space, seed: int) -> None:
    """They are canonical, too, however they come about."""
    mothers, fathers = drawn(space, dice(seed)), drawn(space, dice(seed + 1))

    children, again = (
        mutated(space, crossed(space, mothers, fathers, rng), rng)
        for rng in (dice(seed), dice(seed))
    )

    np.testing.assert_array_equal(children, again)
    np.testing.assert_array_equal(space.canonical(children), children)


@few
@given(seed=seeds)
def test_a_set_keeps_what_its_parents_share(seed: int) -> None:
    """What both have is in, what neither has is out, and the size stays within its limits."""
    rng = dice(seed)
    mothers, fathers = drawn(TEAM, rng), drawn(TEAM, rng)

    children = crossed(TEAM, mothers, fathers, rng)

    assert (children >= np.minimum(mothers, fathers)).all()
    assert (children <= np.maximum(mothers, fathers)).all()
    assert all(TEAM.contains(TEAM.decode(child)) for child in children)


def test_a_set_takes_any_of_what_its_parents_do_not_share() -> None:
    """From {a, b} and {g, h} come all six pairs equally often, wherever the items stand."""
    mothers, fathers = (repeated(PAIR, 6_000, x=pair) for pair in (("a", "b"), ("g", "h")))

    counts = counted(PAIR, crossed(PAIR, mothers, fathers, dice()))

    assert set(counts) == set(combinations("abgh", 2))
    assert all(abs(count - 1_000) < 120 for count in counts.values())


@few
@given(mother=st.permutations("abcde"), father=st.permutations("abcde"))
def test_an_order_keeps_a_stretch_and_fills_in_the_rest(
    mother: list[str], father: list[str]
) -> None:
    """Exactly the children that slow lists give: each stretch of the mother's, at its place."""
    slow = {
        (*others[:i], *mother[i:j], *others[i:])
        for i, j in combinations(range(6), 2)
        for others in [[item for item in father if item not in mother[i:j]]]
    }
    mothers, fathers = (repeated(ORDER, 500, x=tuple(order)) for order in (mother, father))

    assert set(counted(ORDER, crossed(ORDER, mothers, fathers, dice()))) == slow


def test_labels_come_from_either_parent() -> None:
    """From each half of the time, and from nobody else."""
    mothers, fathers = repeated(LABEL, 4_000, x="a"), repeated(LABEL, 4_000, x="d")

    counts = counted(LABEL, crossed(LABEL, mothers, fathers, dice()))

    assert set(counts) == {"a", "d"}
    assert abs(counts["a"] - 2_000) < 120


def test_numbers_come_from_near_either_parent() -> None:
    """Half are a parent's own, and of all numbers half are on the mother's side."""
    mothers, fathers = repeated(SMOOTH, 4_000, x=0.3, y=0.3), repeated(SMOOTH, 4_000, x=0.7, y=0.7)

    codes = crossed(SMOOTH, mothers, fathers, dice())

    assert abs(np.mean((codes == 0.3) | (codes == 0.7)) - 0.5) < 0.03
    assert abs(np.mean(codes < 0.5) - 0.5) < 0.03
    assert np.mean(np.minimum(abs(codes - 0.3), abs(codes - 0.7)) < 0.04) > 0.95


def test_a_parameter_of_one_parent_goes_where_it_is_needed() -> None:
    """Only the father has k: a child that needs one has his."""
    mothers = repeated(FINITE, 200, retriever="none")
    fathers = repeated(FINITE, 200, retriever="dense", k=3)

    children = crossed(FINITE, mothers, fathers, dice())

    found = {tuple(FINITE.decode(child).values()) for child in children}
    assert found == {("none",), ("dense", 3)}


def test_a_parameter_of_no_parent_is_drawn() -> None:
    """It needs the mother's flag and the father's: then all its values come."""
    flags = [model.Parameter(id=name, domain=model.BoolDomain()) for name in "pq"]
    both = tuple(model.Condition(parameter_id=name, any_of=(True,)) for name in "pq")
    third = model.Parameter(id="x", domain=model.IntDomain(min=1, max=3), active_when=both)
    space = Space(model.SearchSpace(parameters=(*flags, third)))
    mothers, fathers = repeated(space, 200, p=True, q=False), repeated(space, 200, p=False, q=True)

    children = crossed(space, mothers, fathers, dice())

    assert {space.decode(child).get("x") for child in children} == {None, 1, 2, 3}


# One parent.


@every_space
@few
@given(seed=seeds, step=st.sampled_from([1e-6, 0.05, 3.0]))
def test_a_mutant_is_another_configuration(space: Space, seed: int, step: float) -> None:
    """However small the step, wherever the space has a second configuration."""
    rng = dice(seed)
    points = drawn(space, rng)

    mutants = mutated(space, points, rng, step=step)

    assert (mutants != points).any(axis=1).all() == (space.size > 1)


def test_about_one_parameter_moves() -> None:
    """One always does, others with the chance of one among those that can."""
    space = space_of(**{f"x{i}": model.BoolDomain() for i in range(10)})
    points = drawn(space, dice(), 4_000)

    moved = (mutated(space, points, dice(1)) != points).sum(axis=1)

    # By hand: 1 + 0.9**10, where nothing moved by itself.
    assert moved.min() == 1
    assert abs(moved.mean() - 1.349) < 0.04


def test_all_move_when_told_to() -> None:
    """With a share of 1 every kind of parameter has another value."""
    points = drawn(EVERYTHING, dice(), 400)

    mutants = mutated(EVERYTHING, points, dice(1), share=1.0)

    both = EVERYTHING.active(points) & EVERYTHING.active(mutants)
    starts = [own.start for own in EVERYTHING.columns]
    moved = np.logical_or.reduceat(mutants != points, starts, axis=1)
    assert moved[both[:, starts]].all()


def test_the_smallest_step_moves_one_level() -> None:
    """Up and down alike, and from an end the only way there is."""
    assert set(reached(COUNT, 3, step=1e-6)) == {2, 4}
    assert set(reached(COUNT, 1, step=1e-6)) == {2}
    assert set(reached(LOG_COUNT, 1, step=1e-6)) == {2}
    assert set(reached(LOG_COUNT, 4096, step=1e-6)) == {4095}


def test_numbers_move_by_normal_steps_and_stop_at_the_ends() -> None:
    """The spread is the one asked for; a step past an end is a step onto it."""
    middle = repeated(SMOOTH, 4_000, x=0.5, y=0.5)

    near = mutated(SMOOTH, middle, dice(), step=0.05, share=1.0)
    far = mutated(SMOOTH, middle, dice(), step=0.5, share=1.0)

    assert abs(near.std() - 0.05) < 0.002
    # By hand: half a range is one standard deviation away, which 15.9 % exceed on each side.
    assert abs(np.mean(far == 0.0) - 0.159) < 0.015
    assert abs(np.mean(far == 1.0) - 0.159) < 0.015


def test_a_label_becomes_any_other() -> None:
    """All others are equally likely."""
    counts = reached(LABEL, "b")

    assert set(counts) == {"a", "c", "d"}
    assert all(abs(count - 2_000) < 150 for count in counts.values())


def test_a_set_of_fixed_size_swaps_any_item_for_any_other() -> None:
    """All twelve swaps are equally likely, wherever the items stand."""
    counts = reached(PAIR, ("c", "f"))

    others = [item for item in ITEMS if item not in "cf"]
    assert set(counts) == {tuple(sorted((kept, new))) for kept in "cf" for new in others}
    assert all(abs(count - 500) < 100 for count in counts.values())


def test_a_set_gains_loses_or_swaps_an_item() -> None:
    """Nothing else happens, the required item stays, and every such neighbour comes."""
    counts = reached(TEAM, ("b", "c", "g"))

    out = [item for item in ITEMS if item not in "bcg"]
    lost, gained = ["cg", "bc"], [f"bcg{new}" for new in out]
    swapped = [f"c{kept}{new}" for kept in "bg" for new in out]
    assert set(counts) == {tuple(sorted(team)) for team in (*lost, *gained, *swapped)}


def test_a_full_set_and_an_empty_one_find_a_way() -> None:
    """At its limits a set swaps or goes the one way; empty, it can only gain."""
    space = space_of(x=model.SubsetDomain(items=("a", "b", "c"), max_items=2))

    assert set(reached(space, ())) == {("a",), ("b",), ("c",)}
    assert set(reached(space, ("a", "b"))) == {("a",), ("b",), ("a", "c"), ("b", "c")}


def test_an_order_moves_swaps_or_turns_round() -> None:
    """Exactly the neighbours that slow lists give are reached."""
    items = tuple("abcde")
    moved = {insert(rest(items, i), j, items[i]) for i in range(5) for j in range(5)}
    swapped = {exchange(items, i, j) for i, j in combinations(range(5), 2)}
    turned = {(*items[:i], *reversed(items[i:j]), *items[j:]) for i, j in combinations(range(6), 2)}

    assert set(reached(ORDER, items)) == (moved | swapped | turned) - {items}


def rest(items: tuple[str, ...], i: int) -> tuple[str, ...]:
    return (*items[:i], *items[i + 1 :])


def insert(items: tuple[str, ...], j: int, item: str) -> tuple[str, ...]:
    return (*items[:j], item, *items[j:])


def exchange(items: tuple[str, ...], i: int, j: int) -> tuple[str, ...]:
    changed = list(items)
    changed[i], changed[j] = items[j], items[i]
    return tuple(changed)


def test_every_item_reaches_every_place_alike() -> None:
    """From one order no place and no item is preferred by where its column stands."""
    items = tuple("abcde")
    orders = np.array(list(reached(ORDER, items).elements()))

    away = np.array([[np.mean(orders[:, j] == item) for j in range(5)] for item in items])

    np.testing.assert_allclose(away, away.T, atol=0.03)
    np.testing.assert_allclose(away, away[::-1, ::-1], atol=0.03)
    assert away.min() > 0.05


def test_repeated_moves_reach_every_order() -> None:
    """A walk of mutants sees all 120."""
    points = repeated(ORDER, 1_000, x=tuple("abcde"))
    for seed in range(6):
        points = mutated(ORDER, points, dice(seed))

    assert set(counted(ORDER, points)) == set(permutations("abcde"))


def test_a_parameter_that_becomes_active_is_drawn() -> None:
    """All values of k come with the retriever that needs one."""
    points = repeated(FINITE, 400, retriever="none")

    mutants = mutated(FINITE, points, dice())

    assert {FINITE.decode(mutant).get("k") for mutant in mutants} == {1, 2, 3, 4}
