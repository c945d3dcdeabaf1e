"""The stores that groat ships keep the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from groat_server.storage.base import Store
from groat_server.storage.sql import SqlStore
from tests.contracts.store import ReopeningPromises, StoreContract


def open_at_once(url: str, count: int) -> list[Store]:
    """Open a database that has no tables yet from several threads."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(SqlStore.open, [url] * count))


class TestSqliteInMemory(StoreContract):
    @pytest.fixture(scope="class")
    @classmethod
    def store(cls) -> Iterator[Store]:
        store = SqlStore.open("sqlite://")
        yield store
        store.close()


class OnDisk(StoreContract, ReopeningPromises):
    @pytest.fixture(scope="class")
    @classmethod
    def open_store(cls, fresh: Callable[[], str]) -> Callable[[], Store]:
        return partial(SqlStore.open, fresh())

    @pytest.fixture(scope="class")
    @classmethod
    def store(cls, open_store: Callable[[], Store]) -> Iterator[Store]:
        store = open_store()
        yield store
        store.close()

    @pytest.fixture
    def open_new_stores(self, fresh: Callable[[], str]) -> Callable[[int], list[Store]]:
        return partial(open_at_once, fresh())


class TestSqliteFile(OnDisk):
    @pytest.fixture(scope="class")
    @classmethod
    def fresh(cls, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('store') / 'groat.db'}"


class TestPostgres(OnDisk):
    @pytest.fixture(scope="class")
    @classmethod
    def fresh(cls, fresh_postgres: Callable[[], str]) -> Callable[[], str]:
        return fresh_postgres
