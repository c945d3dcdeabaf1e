"""The cells of a grid: what they are, and how many, without laying any grid out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import model
from groat_server.algorithms.cells import Cells, count_cells
from groat_server.space import Space
from groat_server.testing import FINITE, KINDS, SMOOTH

UNIT = model.FloatDomain(min=0.0, max=1.0)
MODE = model.CategoricalDomain(labels=("plain", "tools", "both"))
TOOLS = model.SubsetDomain(items=("search", "code", "sql"), min_items=1)
STEPS = model.PermutationDomain(items=("plan", "draft", "check", "send"))
TEXTS = model.TextDomain(variants=tuple(model.TextVariant(id=x, text=x.upper()) for x in "ab"))
TWENTY = model.SubsetDomain(items=tuple("abcdefghijklmnopqrst"))


def parameter(name: str, domain: model.Domain, **when: Sequence[model.Value]) -> model.Parameter:
    conditions = [model.Condition(parameter_id=p, any_of=tuple(v)) for p, v in when.items()]
    return model.Parameter(id=name, domain=domain, active_when=tuple(conditions))


def space(*parameters: model.Parameter) -> Space:
    return Space(model.SearchSpace(parameters=parameters))


def all_points(searched: Space, levels: int) -> np.ndarray:
    cells = Cells(searched, levels)
    return cells.points(np.arange(int(cells.size), dtype=np.int64))


def values(domain: model.Domain, levels: int = 5) -> list[model.Value]:
    """All values that a parameter has in a grid."""
    alone = space(parameter("p", domain))
    return [alone.decode(point)["p"] for point in all_points(alone, levels)]


AGENT = space(
    parameter("mode", MODE),
    parameter("tools", TOOLS, mode=["tools", "both"]),
    parameter("steps", STEPS, mode=["both"]),
    parameter("hits", model.IntDomain(min=1, max=4), tools=["search", "sql"]),
    parameter("prompt", TEXTS),
)
AGENT_CELLS = 2 * (1 + (1 + 6 * 4) + (1 + 6 * 4) * 24)
"""Plain; seven sets, of which all but the one of code alone have hits; those in each order."""


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        pytest.param(UNIT, [0.0, 0.25, 0.5, 0.75, 1.0], id="float"),
        pytest.param(
            model.FloatDomain(min=0.01, max=100.0, log_scale=True),
            [0.01, 0.1, 1.0, 10.0, 100.0],
            id="float on a log",
        ),
        pytest.param(
            model.FloatDomain(min=0.0, max=2.0, step=0.25), [0.0, 0.5, 1.0, 1.5, 2.0], id="steps"
        ),
        pytest.param(model.FloatDomain(min=3.0, max=3.0), [3.0], id="one float"),
        pytest.param(model.IntDomain(min=1, max=4), [1, 2, 3, 4], id="few ints"),
        pytest.param(model.IntDomain(min=1, max=41), [1, 11, 21, 31, 41], id="many ints"),
        pytest.param(
            model.IntDomain(min=1, max=10_000, log_scale=True),
            [1, 10, 100, 1_000, 10_000],
            id="ints on a log",
        ),
        pytest.param(
            model.IntDomain(min=1, max=3, log_scale=True), [1, 2, 3], id="few ints on a log"
        ),
        pytest.param(
            model.OrdinalDomain(levels=tuple(range(0, 90, 10))), [0, 20, 40, 60, 80], id="levels"
        ),
        pytest.param(model.BoolDomain(), [False, True], id="bool"),
        pytest.param(
            model.CategoricalDomain(labels=tuple("abcdefg")), list("abcdefg"), id="seven labels"
        ),
        pytest.param(TEXTS, ["a", "b"], id="texts"),
    ],
)
def test_the_values_of_one_parameter(domain: model.Domain, expected: list[model.Value]) -> None:
    """Numbers with more than five values have five, evenly, with both ends; the rest has all."""
    assert values(domain) == pytest.approx(expected)


def test_all_sets_and_all_orders() -> None:
    """Each valid subset is there once, and each order."""
    sets, orders = values(TOOLS), values(STEPS)

    assert len(sets) == len(set(sets)) == 7
    assert () not in sets
    assert len(orders) == len(set(orders)) == 24


def test_numbers_that_round_to_one_are_one_value() -> None:
    """Five places on the logarithm of 1 to 6 meet only 1, 2, 4 and 6."""
    assert values(model.IntDomain(min=1, max=6, log_scale=True)) == [1, 2, 4, 6]


@pytest.mark.parametrize(
    ("searched", "levels", "count"),
    [
        pytest.param(SMOOTH, 7, 49, id="two floats"),
        pytest.param(FINITE, 5, 9, id="a condition"),
        pytest.param(AGENT, 4, AGENT_CELLS, id="sets, orders, conditions"),
        pytest.param(AGENT, 2, 2 * (1 + 13 + 13 * 24), id="fewer levels"),
        pytest.param(space(parameter("s", TWENTY)), 2, 2**20, id="many sets"),
    ],
)
def test_counts_by_hand(searched: Space, levels: int, count: int) -> None:
    """Parameters multiply where they are active, and only there."""
    assert count_cells(searched, levels) == count


def test_a_child_of_a_value_that_the_grid_leaves_out_is_never_active() -> None:
    """Of 1 to 100 two levels are 1 and 100: what depends on 50 is in no cell."""
    k = parameter("k", model.IntDomain(min=1, max=100))
    searched = space(k, parameter("x", UNIT, k=[50]), parameter("y", UNIT, k=[100]))

    assert count_cells(searched, 2) == 1 + 2


def test_large_grids_are_counted_exactly() -> None:
    """Nobody could lay out the orders of eighteen items, or 26 floats."""
    orders = parameter("order", model.PermutationDomain(items=tuple("abcdefghijklmnopqr")))
    floats = [parameter(f"x{i}", UNIT) for i in range(26)]

    assert count_cells(space(orders), 5) == math.factorial(18)
    assert count_cells(space(*floats), 5) == 5**26


def test_what_cannot_be_numbered_is_endless() -> None:
    """Too many cells for an integer, or too many conditions that interact."""
    floats = [parameter(f"x{i}", UNIT) for i in range(400)]
    switches = [parameter(f"s{i}", model.BoolDomain()) for i in range(40)]
    children = [parameter(f"x{i}", UNIT, **{f"s{i}": [True]}) for i in range(40)]

    assert count_cells(space(*floats), 1_000) == math.inf
    assert count_cells(space(*switches, *children), 2) == math.inf


ASKED: dict[str, list[tuple[model.Value, ...]]] = {
    "categorical": [("plain",), ("tools", "both")],
    "subset": [("sql",), ("search", "code")],
    "text": [("a",)],
    "bool": [(True,)],
    "float": [(1.0,), (0.0, 1.0)],
    "int": [(1,), (1, 4)],
}
"""What a condition may ask of a parent: things that one or several of its values show."""


@st.composite
def webs(draw: st.DrawFn) -> Space:
    """Random spaces whose parameters may depend on several others, declared in any order."""
    order = model.PermutationDomain(items=("x", "y", "z"))
    kinds = [MODE, TOOLS, TEXTS, UNIT, model.BoolDomain(), model.IntDomain(min=1, max=7), order]
    domains = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=5))
    parameters = list[model.Parameter]()
    for j, domain in enumerate(domains):
        parents = [i for i in range(j) if domains[i].kind in ASKED]
        chosen = draw(st.lists(st.sampled_from(parents), max_size=2)) if parents else []
        when = {f"p{i}": draw(st.sampled_from(ASKED[domains[i].kind])) for i in chosen}
        parameters.append(parameter(f"p{j}", domain, **when))
    return space(*draw(st.permutations(parameters)))


@given(searched=webs(), levels=st.integers(2, 4))
@settings(max_examples=80, deadline=None)
def test_cells_are_the_different_configurations_among_all_combinations(
    searched: Space, levels: int
) -> None:
    """Laid out by brute force, active or not, and thinned out by the space itself."""
    alone = [all_points(space(parameter(p.id, p.domain)), levels) for p in searched.parameters]
    combined = np.array([np.concatenate(rows) for rows in itertools.product(*alone)])

    points = all_points(searched, levels)

    np.testing.assert_array_equal(searched.canonical(points), points)
    assert set(searched.keys(points)) == set(searched.keys(combined))
    assert len(points) == len(set(searched.keys(points))) == count_cells(searched, levels)


@pytest.mark.parametrize("kind", KINDS)
def test_any_cells_can_be_had_alone(kind: str) -> None:
    """The last cell and the first are canonical, whatever lies between."""
    cells = Cells(KINDS[kind], 3)

    ends = cells.points(np.array([int(cells.size) - 1, 0]))

    np.testing.assert_array_equal(KINDS[kind].canonical(ends), ends)
    assert not (ends[0] == ends[1]).all()
