"""The service contract at every door, on every database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from groat_server.storage.sql import SqlStore
from tests.contracts.channel_door import ChannelDoor
from tests.contracts.doors import Door, EngineDoor
from tests.contracts.service import ServiceContract
from tests.contracts.service_drafts import DraftsContract
from tests.contracts.service_examples import ExamplesContract
from tests.contracts.service_extremes import ExtremesContract
from tests.contracts.service_guard import GuardContract
from tests.contracts.service_insight import InsightContract
from tests.contracts.service_money import MoneyContract
from tests.running import RunningServer


class Contract(
    ServiceContract,
    MoneyContract,
    ExamplesContract,
    DraftsContract,
    GuardContract,
    ExtremesContract,
):
    """All that concerns the store; what the models say does not depend on it."""


class TestEngineOnSqlite(Contract, InsightContract):
    @pytest.fixture
    def door(self) -> Iterator[Door]:
        store = SqlStore.open("sqlite://")
        door = EngineDoor(store)
        yield door
        door.close()
        store.close()


class TestEngineOnPostgres(Contract):
    @pytest.fixture
    def door(self, fresh_postgres: Callable[[], str]) -> Iterator[Door]:
        store = SqlStore.open(fresh_postgres())
        door = EngineDoor(store)
        yield door
        door.close()
        store.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder: Path = tmp_path_factory.mktemp("server")
    with RunningServer(f"sqlite:///{folder}/groat.db") as running:
        yield running


class TestChannel(Contract, InsightContract):
    @pytest.fixture
    def door(self, server: RunningServer) -> Iterator[Door]:
        door = ChannelDoor(server.address)
        yield door
        door.delete("s")
        door.close()
