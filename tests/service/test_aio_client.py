"""The asyncio client and a real server: the same words, the same promises."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import groat
from groat import aio, model
from groat.model import TrialState
from groat.v1 import service_pb2
from tests.bad_way import BadWay
from tests.running import RunningServer


@pytest.fixture
def way(server: RunningServer) -> Iterator[BadWay]:
    """The way to the server, good until a test makes it bad."""
    with BadWay(server.address) as way:
        yield way


@pytest.fixture
async def client(way: BadWay) -> AsyncIterator[aio.Client]:
    """A client with the patience that it has by default."""
    async with aio.Client(way.address) as client:
        yield client


async def new_study(client: aio.Client, **options: Any) -> aio.Study:
    """A study of ten trials under a name of its own."""
    options.setdefault("budget", groat.Budget(max_trials=10))
    return await client.create_study(
        f"s-{uuid4()}",
        space=[groat.real("x", 0, 1)],
        metrics=[groat.maximize("quality")],
        algorithm=groat.RandomSearch(),
        **options,
    )


async def only(study: aio.Study) -> aio.Trial:
    """Ask for one trial."""
    (trial,) = (await study.ask()).trials
    return trial


async def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within ten seconds."""
    for _ in range(200):
        if holds():
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.mark.parametrize("kind", ["Client", "Study", "Trial"])
def test_both_clients_have_the_same_words(kind: str) -> None:
    """Whoever knows one knows the other: the same methods with the same arguments."""
    blocking, awaited = (_words(getattr(module, kind)) for module in (groat, aio))

    assert awaited == blocking


def _words(kind: type) -> dict[str, list[str]]:
    methods = inspect.getmembers(kind, inspect.isfunction)
    public = [(name, method) for name, method in methods if not name.startswith("_")]
    return {name: list(inspect.signature(method).parameters) for name, method in public}


async def test_the_loop_ends_when_the_guard_says_stop(client: aio.Client) -> None:
    """Every trial is told once, and the study knows that it is over."""
    study = await new_study(client)

    async for trial in study:
        await trial.tell({"quality": trial.value("x", float)}, usage=[groat.fee("0.5")])

    assert (await study.refresh()).state is groat.StudyState.COMPLETED
    assert study.budget_status.settled.total == groat.Money.of(5)
    assert [trial.state async for trial in study.trials()] == [TrialState.SUCCEEDED] * 10
    assert (await study.front()).finished_trials == 10
    assert (await study.hypervolume_history())[-1].finished_trials == 10


async def test_an_exception_names_itself(client: aio.Client) -> None:
    """Its type is told, not its message."""
    study = await new_study(client)

    with pytest.raises(KeyError):
        async with await only(study):
            raise KeyError("secret prompt")

    assert (await study.trial(0)).outcome == model.Failed(message="KeyError")


async def test_a_trial_left_by_break_is_failed(client: aio.Client) -> None:
    """As soon as Python has closed the loop's iterator."""
    study = await new_study(client)

    async for trial in study:
        async with trial:
            break

    assert (await study.trial(0)).state is TrialState.FAILED


async def test_a_lost_ask_gives_the_same_trial(way: BadWay, client: aio.Client) -> None:
    """Both tries carry one request id, so only one trial exists."""
    study = await new_study(client)
    way.faults.extend(["refuse", "lose"])

    assert (await only(study)).number == 0
    asks = [service_pb2.AskRequest.FromString(b) for name, b in way.seen if name == "Ask"]
    assert len(asks) == 3
    assert len({ask.request_id for ask in asks}) == 1


async def test_a_lost_tell_is_told_once(way: BadWay, client: aio.Client) -> None:
    """The second arrival is a duplicate, and its usage is not booked again."""
    study = await new_study(client)
    trial = await only(study)
    way.faults.append("lose")

    told = await trial.tell({"quality": 1}, usage=[groat.fee(1)])

    assert told.disposition is groat.Disposition.DUPLICATE
    assert study.budget_status.settled.total == groat.Money.of(1)


async def test_a_trial_is_kept_alive_and_told_when_it_is_gone(client: aio.Client) -> None:
    """Longer than its lease while it is held; until another handle ends it."""
    study = await new_study(client, lease_duration=timedelta(seconds=1))
    trial = await only(study)

    await asyncio.sleep(2.5)
    assert not trial.is_abandoned
    await (await study.attach(trial.number, trial.lease_id)).infeasible("elsewhere")

    assert await eventually(lambda: trial.is_abandoned)
    assert (await study.trial(0)).attempt == 1


async def test_a_study_can_be_changed_and_deleted(client: aio.Client) -> None:
    """Every verb of a study once."""
    study = await new_study(client)

    await study.pause()
    assert (await study.ask()).decision.reason is groat.Reason.STUDY_NOT_ACTIVE
    await study.resume()
    await study.update(display_name="new")
    await study.record_usage([groat.human(1, 60)])
    assert (await client.study(study.id)).spec.display_name == "new"
    assert study.id in [found.id async for found in client.studies()]
    await study.delete()

    with pytest.raises(groat.NotFound):
        await study.refresh()


async def test_reports_and_failures_are_taken(client: aio.Client) -> None:
    """What was reported stays, whatever the end."""
    study = await new_study(client)
    trial = await only(study)

    reported = await trial.report({"quality": 0.5}, usage=[groat.fee(1)], example_count=3)
    await trial.fail("no answer", kind=groat.FailureKind.PROVIDER_ERROR)

    assert reported.directive is model.Directive.CONTINUE
    stored = await study.trial(0)
    assert [report.example_count for report in stored.reports] == [3]
    assert stored.spend.total == groat.Money.of(1)


async def test_nobody_there_is_unreachable() -> None:
    """The message names the address."""
    async with aio.Client("127.0.0.1:1", timeout=0.1, patience=0.3) as client:
        with pytest.raises(groat.Unreachable, match=r"127\.0\.0\.1:1"):
            await client.study("s")
