"""Values as people write them, and whether configurations fit: as the server has it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import get_args

import numpy as np
import pytest

import groat
from groat import model
from groat._fitting import broken, misplaced, value
from groat_server.space import Space

DOMAINS = {
    "real": groat.real("p", 0.001, 1.0).domain,
    "log": groat.real("p", 0.001, 1.0, log=True).domain,
    "grid": groat.real("p", 0.0, 0.3, step=0.1).domain,
    "integer": groat.integer("p", 1, 20, step=3).domain,
    "flag": groat.flag("p").domain,
    "choice": groat.choice("p", ["a", "b", "3"]).domain,
    "levels": groat.levels("p", [128, 256.5]).domain,
    "words": groat.levels("p", ["low", "high"]).domain,
    "text": groat.text("p", {"short": "Be brief."}).domain,
    "subset": groat.subset("p", ["a", "b", "c|d"], required=["a"], max_items=2).domain,
    "order": groat.order("p", ["a", "b", "c"]).domain,
}

SPACE = model.SearchSpace(
    parameters=(
        groat.subset("tools", ["search", "shell"]),
        groat.integer("depth", 1, 9, when={"tools": ["search"]}),
        groat.flag("rerank", when={"depth": [1, 2, 3]}),
        groat.choice("retriever", ["bm25", "dense"]),
        groat.order("steps", ["filter", "rank"]),
        groat.levels("k", [1, 5, 10]),
    ),
    constraints=(
        groat.linear({"depth": 1, "k": 0.5}, at_most=9),
        groat.forbid(tools=["search", "shell"], retriever="bm25"),
        groat.forbid(steps=["rank", "filter"], retriever="dense"),
        groat.forbid(rerank=True, k=10),
    ),
)


def test_every_domain_is_tried() -> None:
    """A kind of parameter that is added to the model must be read here, too."""
    assert {type(domain) for domain in DOMAINS.values()} == set(get_args(model.Domain))


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        ("real", "0.5", 0.5),
        ("real", 1, 1.0),
        ("log", " 1e-2 ", 0.01),
        ("grid", "0.3", 0.3),
        ("grid", 0.20000000000000004, 0.20000000000000004),
        ("integer", "4", 4),
        ("integer", "7.0", 7),
        ("integer", Decimal("1e1"), 10),
        ("flag", "TRUE", True),
        ("flag", "0", False),
        ("flag", 1, True),
        ("flag", False, False),
        ("choice", "a", "a"),
        ("choice", 3, "3"),
        ("levels", "256.50", 256.5),
        ("levels", 128.0, 128),
        ("words", "high", "high"),
        ("text", "short", "short"),
        ("subset", "b | a", ("a", "b")),
        ("subset", '["c|d", "a"]', ("a", "c|d")),
        ("order", "c|a|b", ("c", "a", "b")),
        ("order", ["b", "c", "a"], ("b", "c", "a")),
    ],
)
def test_a_value_is_read_by_its_domain(kind: str, given: object, wanted: model.Value) -> None:
    """In its exact type, since True, 1 and 1.0 are three things to a server."""
    read = value(DOMAINS[kind], given)

    assert (read, type(read)) == (wanted, type(wanted))


def test_a_subset_may_be_empty() -> None:
    """Which is written as an empty list: an empty cell is a parameter that is not active."""
    assert value(groat.subset("p", ["a"]).domain, "[]") == ()


@pytest.mark.parametrize(
    ("kind", "given", "problem"),
    [
        ("real", "warm", "'warm' is not a number"),
        ("real", "nan", "'nan' is not a number"),
        ("real", True, "True is not a number"),
        ("real", "1.01", "not a number from 0.001 to 1.0"),
        ("grid", "0.25", "0.0 plus a multiple of 0.1"),
        ("integer", "4.5", "not a whole number from 1 to 20"),
        ("integer", "1e999999999", "not a whole number from 1 to 20"),
        ("integer", "5", "1 plus a multiple of 3"),
        ("flag", "yes", "'yes' is neither true nor false"),
        ("choice", "A", "'A' is none of 'a', 'b', '3'"),
        ("levels", "129", "'129' is none of 128, 256.5"),
        ("words", "mid", "none of 'low', 'high'"),
        ("text", "Be brief.", "none of 'short'"),
        ("subset", "b", "lacks 'a', which is required"),
        ("subset", ["a", "b", "c|d"], "has 3 items, and must have 0 to 2 items"),
        ("subset", "a|a", "has an item twice"),
        ("subset", "a|x", "'x' is none of"),
        ("subset", "[1", "is not a list in JSON"),
        ("order", "a|b", "lacks 'c'"),
        ("order", 3, "is not a list of items"),
    ],
)
def test_what_does_not_fit_is_said_with_what_would(kind: str, given: object, problem: str) -> None:
    """A person mends a file by these words."""
    with pytest.raises(ValueError, match=re.escape(problem)):
        value(DOMAINS[kind], given)


def written(chosen: model.Value) -> str:
    """A value as a cell."""
    return ("|".join(chosen) or "[]") if isinstance(chosen, tuple) else str(chosen)


@pytest.mark.parametrize("kind", DOMAINS)
def test_what_the_server_may_ask_is_read_back(kind: str) -> None:
    """Every value of every domain survives being written into a cell."""
    domain = replace(DOMAINS[kind], items=("a", "b", "c")) if kind == "subset" else DOMAINS[kind]
    space = Space(model.SearchSpace(parameters=(model.Parameter(id="p", domain=domain),)))
    points = np.random.default_rng(3).random((50, space.d))

    for point in space.canonical(points):
        chosen = space.decode(point)["p"]
        assert value(domain, written(chosen)) == chosen


def samples() -> list[model.Configuration]:
    """Configurations of `SPACE`, allowed or not, and near misses of them."""
    space = Space(SPACE)
    rng = np.random.default_rng(5)
    drawn = [space.decode(point) for point in space.canonical(rng.random((200, space.d)))]
    return [
        {name: chosen for name, chosen in one.items() if rng.random() > 0.1} | extra
        for one in drawn
        for extra in ({}, {"rerank": True}, {"depth": 9})
    ]


def test_what_is_active_is_what_the_server_says() -> None:
    """Conditions on a subset's items and on parameters that are inactive themselves included."""
    space = Space(SPACE)
    tried = samples()

    fit = [not list(misplaced(SPACE, one)) for one in tried]

    assert fit == [space.contains(one) for one in tried]
    assert {True, False} == set(fit)


def test_what_is_ruled_out_is_what_the_server_rules_out() -> None:
    """Else a file would be queued in part."""
    space = Space(SPACE)
    valid = [one for one in samples() if space.contains(one)]

    kept = [not list(broken(SPACE, one)) for one in valid]

    assert kept == [bool(space.allowed(space.encode(one)[None])[0]) for one in valid]
    assert {True, False} == set(kept)


def test_what_is_ruled_out_is_said_with_the_numbers() -> None:
    """All of it, in declared order."""
    odd = {"tools": ("search", "shell"), "retriever": "bm25", "depth": 9, "k": 10}

    assert list(broken(SPACE, odd)) == [
        "1 depth + 0.5 k is 14, above 9",
        "tools=('search', 'shell'), retriever=bm25 is a forbidden combination",
    ]


def test_a_parameter_that_is_not_active_is_named_with_what_it_depends_on() -> None:
    """The way out is in the message."""
    odd = {"tools": ("shell",), "retriever": "bm25", "k": 5, "depth": 2}

    problems = dict(misplaced(SPACE, odd))

    assert problems["depth"] == "has a value, but is not active here: it depends on tools"
    assert problems["steps"] == "has no value"
    assert "rerank" not in problems
