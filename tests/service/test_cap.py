"""The cap holds whoever asks at once, on one server or on several."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from groat import model
from groat.model import Money
from tests import examples
from tests.contracts import service
from tests.contracts.channel_door import ChannelDoor
from tests.running import RunningServer

FIVE = examples.budget("5", max_trial_spend=Money.of(1))


@pytest.fixture(params=["sqlite", "postgres"])
def servers(
    request: pytest.FixtureRequest,
    fresh_sqlite: Callable[[], str],
    fresh_postgres: Callable[[], str],
) -> Iterator[list[RunningServer]]:
    """One server on SQLite, two on one PostgreSQL."""
    if request.param == "sqlite":
        running = [RunningServer(fresh_sqlite())]
    else:
        url = fresh_postgres()
        running = [RunningServer(url), RunningServer(url)]
    with ExitStack() as stack:
        yield [stack.enter_context(server) for server in running]


@pytest.fixture
def doors(servers: list[RunningServer]) -> Iterator[list[ChannelDoor]]:
    """Sixteen of them, spread over the servers."""
    doors = [ChannelDoor(servers[i % len(servers)].address) for i in range(16)]
    yield doors
    for door in doors:
        door.close()


def test_sixteen_askers_with_money_for_five_get_five(doors: list[ChannelDoor]) -> None:
    """Settled plus held never passes the cap, and nothing that fits is refused."""
    doors[0].create("s", service.spec(budget=FIVE))

    with ThreadPoolExecutor(len(doors)) as pool:
        answers = list(pool.map(lambda door: door.ask("s"), doors))

    trials = [trial for answer in answers for trial in answer.trials]
    assert sorted(trial.number for trial in trials) == [0, 1, 2, 3, 4]
    assert len({trial.configuration_id for trial in trials}) == 5
    refusals = {answer.decision.reason for answer in answers if not answer.trials}
    assert refusals == {model.Reason.BUDGET_HELD}
    assert doors[0].get("s").budget_status.held == Money.of(5)


def test_two_servers_read_what_either_was_told(doors: list[ChannelDoor]) -> None:
    """Nothing about a study lives in one server's memory."""
    first, last = doors[0], doors[1]
    first.create("s", service.spec())
    one, two = first.ask("s", 2).trials

    first.tell(one, service.told(0.5, 1.0))
    seen = last.front("s").trials
    last.tell(two, service.told(0.9, 0.5))

    assert [trial.number for trial in seen] == [one.number]
    assert [trial.number for trial in first.front("s").trials] == [two.number]
