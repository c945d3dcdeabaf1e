"""One real server for the tests of a module, and its database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contracts.channel_door import ChannelDoor
from tests.running import RunningServer


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service") / "groat.db"


@pytest.fixture(scope="module")
def server(database: Path) -> Iterator[RunningServer]:
    with RunningServer(f"sqlite:///{database}") as running:
        yield running


@pytest.fixture(scope="module")
def door(server: RunningServer) -> Iterator[ChannelDoor]:
    door = ChannelDoor(server.address)
    yield door
    door.close()


@pytest.fixture
def dump(database: Path) -> Callable[[], list[str]]:
    """Return a function that writes out the whole database, row by row."""

    def read() -> list[str]:
        connection = sqlite3.connect(database)
        try:
            return list(connection.iterdump())
        finally:
            connection.close()

    return read
