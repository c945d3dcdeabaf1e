"""What may happen between an ask and its answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from groat import model
from groat_server.storage.sql import SqlStore
from tests.contracts import service
from tests.contracts.doors import EngineDoor

OTHER_SPACE = model.SearchSpace(
    parameters=(model.Parameter(id="on", domain=model.BoolDomain()),),
)


@pytest.fixture
def door() -> Iterator[EngineDoor]:
    store = SqlStore.open("sqlite://")
    door = EngineDoor(store)
    yield door
    door.close()
    store.close()


def test_suggestions_for_a_deleted_study_do_not_reach_its_successor(door: EngineDoor) -> None:
    """The name may be another study's by the time a model is fitted."""
    door.create("s", service.spec(algorithm=service.algorithm("bayesian")))
    for i in range(10):
        door.tell(service.only(door.ask("s")), service.told(i / 10, (7 * i) % 10))

    with ThreadPoolExecutor() as pool:
        asked = pool.submit(door.ask, "s")
        time.sleep(0.2)  # the fit has begun: its process is still loading torch
        door.delete("s")
        door.create("s", service.spec(search_space=OTHER_SPACE))
        trial = service.only(asked.result())

    assert trial.configuration.keys() == {"on"}
    assert door.front("s").trials == ()
