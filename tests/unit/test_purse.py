"""What algorithms are told of a study's money."""

from __future__ import annotations

import pickle
from collections.abc import Iterator

import numpy as np
import pytest

from groat import model
from groat_server.engine.assessing import Assessing
from groat_server.history import Memory
from groat_server.space import Space
from groat_server.storage.base import Store
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.unit.test_history import SPEC
from tests.unit.test_spends import DECLARED, spec, tell, view


@pytest.fixture
def store() -> Iterator[Store]:
    store = SqlStore.open("sqlite://")
    yield store
    store.close()


def test_an_algorithm_is_told_what_whole_trials_spend(store: Store) -> None:
    """As declared before any trial, a cent or two beside; and in a worker process, too."""
    purse = view(store, workload=DECLARED, budget=examples.budget("100")).purse
    assert purse is not None
    space = Space(SPEC.search_space)
    points = np.array([space.encode({"k": k, "retriever": "bm25"}) for k in (1, 3, 3, 20)])

    nanos = pickle.loads(pickle.dumps(purse)).spends.nanos(points)  # noqa: S301 - our own

    np.testing.assert_allclose(nanos / model.NANO, [2, 6, 6, 40], rtol=0.01)
    np.testing.assert_array_equal(purse.spends.nanos(points[::-1]), nanos[::-1])


def test_an_algorithm_is_told_what_trials_have_taught(store: Store) -> None:
    """All spent half of what was declared, so the next ones are expected to."""
    declared = spec(workload=DECLARED, budget=examples.budget("100", max_trials=50))
    store.create("s", declared, digest="d", now=examples.NOW)
    for number in range(10):
        tell(store, number, str(number + 1))
    seen = Assessing(Memory(store)).of(store.look("s"))

    purse = seen.purse

    assert purse is not None
    assert (purse.cap, purse.left) == (100 * model.NANO, 45 * model.NANO)
    assert purse.share_left == pytest.approx(0.45)
    point = seen.past.space.encode({"k": 5, "retriever": "bm25"})
    assert purse.spends.nanos(point[None])[0] == pytest.approx(5 * model.NANO, rel=0.2)


def test_the_share_that_is_left_is_that_of_what_ends_first(store: Store) -> None:
    """Here the trials."""
    budget = examples.budget("1000", max_trials=20)
    store.create("s", spec(workload=DECLARED, budget=budget), digest="d", now=examples.NOW)
    for number in range(15):
        tell(store, number)

    purse = Assessing(Memory(store)).of(store.look("s")).purse

    assert purse is not None
    assert purse.share_left == pytest.approx(0.25)


def test_without_a_cap_or_a_forecast_there_is_no_purse(store: Store) -> None:
    """Nothing to weigh, or nothing to weigh it by."""
    assert view(store, workload=DECLARED).purse is None
    assert view(store, budget=examples.budget("100")).purse is None
