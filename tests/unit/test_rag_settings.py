"""What settings of the retrieval example may be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from examples.rag_docs.settings import DEFAULT
from examples.rag_docs.survey import random_settings


@pytest.mark.parametrize(
    "change",
    [
        {"chunk_size": 39},
        {"chunk_size": 401},
        {"chunk_size": 200.0},
        {"chunk_size": True},
        {"overlap": -0.01},
        {"overlap": 0.51},
        {"overlap": float("nan")},
        {"k": 0},
        {"k": 13},
        {"retriever": "dense"},
        {"retriever": "hybrid"},
        {"retriever": "hybrid", "hybrid_weight": 1.1},
        {"hybrid_weight": 0.5},
        {"compress": 5},
        {"compress": False},
        {"stemming": 1},
        {"title": None},
        {"template": ""},
    ],
    ids=str,
)
def test_settings_out_of_domain_are_refused(change: dict[str, Any]) -> None:
    """A wrong value must not quietly become a right one: the search would learn from it."""
    with pytest.raises(ValueError, match=next(reversed(change)) + "|hybrid_weight"):
        replace(DEFAULT, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"chunk_size": 40, "overlap": 0.5, "k": 12},
        {"chunk_size": 400, "overlap": 0, "k": 1},
        {"retriever": "hybrid", "hybrid_weight": 0.0},
        {"retriever": "hybrid", "hybrid_weight": 1},
    ],
    ids=str,
)
def test_limits_are_inclusive(change: dict[str, Any]) -> None:
    """An optimizer tries the ends of every range."""
    settings = replace(DEFAULT, **change)

    assert {name: getattr(settings, name) for name in change} == change


def test_random_settings_reach_every_choice() -> None:
    """The survey must not leave a corner of the space unseen."""
    rng = np.random.default_rng(0)

    drawn = [random_settings(rng) for _ in range(200)]

    assert {one.retriever for one in drawn} == {"bm25", "lsa", "hybrid"}
    assert {one.k for one in drawn} == set(range(1, 13))
    assert {one.compress for one in drawn} == {0, 4, 8, 16}
