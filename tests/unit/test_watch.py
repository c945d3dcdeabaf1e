"""Both clients follow a study, over a real channel, from a server that says what a test wants."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

import groat
from groat import aio, errors, model, wire
from groat.v1 import service_pb2
from tests.examples import NOW, decision, study_spec

STUDY = model.Study(
    study_id="s",
    spec=study_spec(),
    state=model.StudyState.ACTIVE,
    budget_status=decision().budget_status,
    last_decision=None,
    create_time=NOW,
    update_time=NOW,
    etag="1",
)


class Narrator(grpc.GenericRpcHandler):
    """Serves each watch the next of its stories: tokens of events, and how it ends.

    Attributes:
        stories: What comes next; a status breaks the stream, ``None`` ends it,
            and ``OK`` goes on for as long as somebody listens.
        seen: Resume tokens that were asked from.
    """

    def __init__(self) -> None:
        self.stories: deque[tuple[list[str], grpc.StatusCode | None]] = deque()
        self.seen: list[str] = []

    def service(self, handler_call_details: Any) -> Any:
        """Serve the one study, and what happens in it."""
        if handler_call_details.method.endswith("/GetStudy"):
            study = wire.study_to_proto(STUDY).SerializeToString()
            return grpc.unary_unary_rpc_method_handler(lambda request, context: study)
        return grpc.unary_stream_rpc_method_handler(
            self._narrate,
            request_deserializer=service_pb2.WatchStudyRequest.FromString,
            response_serializer=service_pb2.WatchStudyResponse.SerializeToString,
        )

    def _narrate(
        self, request: service_pb2.WatchStudyRequest, context: Any
    ) -> Iterator[service_pb2.WatchStudyResponse]:
        self.seen.append(request.resume_token)
        tokens, status = self.stories.popleft()
        for token in tokens:
            spoken = model.StudyEvent(resume_token=token, time=NOW, event=decision())
            yield wire.event_to_proto("s", spoken)
        while status is grpc.StatusCode.OK and context.is_active():
            time.sleep(0.01)
        if status is not None:
            context.abort(status, "so the story goes")


@pytest.fixture
def narrator() -> Narrator:
    """It says nothing yet."""
    return Narrator()


@pytest.fixture
def address(narrator: Narrator) -> Iterator[str]:
    """Where it listens."""
    server = grpc.server(ThreadPoolExecutor(2), handlers=[narrator])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


BREAKS, GOES_ON = grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.OK


def test_a_broken_watch_goes_on_where_it_was(narrator: Narrator, address: str) -> None:
    """Nothing is missed and nothing comes twice."""
    narrator.stories.extend([(["1", "2"], BREAKS), ([], BREAKS), (["3"], None)])

    with groat.Client(address) as client:
        tokens = [event.resume_token for event in client.study("s").watch("0")]

    assert tokens == ["1", "2", "3"]
    assert narrator.seen == ["0", "2", "2"]


async def test_a_broken_watch_goes_on_where_it_was_with_asyncio(
    narrator: Narrator, address: str
) -> None:
    """As with the blocking client."""
    narrator.stories.extend([(["1", "2"], BREAKS), ([], BREAKS), (["3"], None)])

    async with aio.Client(address) as client:
        study = await client.study("s")
        tokens = [event.resume_token async for event in study.watch("0")]

    assert tokens == ["1", "2", "3"]
    assert narrator.seen == ["0", "2", "2"]


def test_a_watch_tells_the_handle(narrator: Narrator, address: str) -> None:
    """What was last seen is what the last event said."""
    narrator.stories.append((["1"], None))

    with groat.Client(address) as client:
        study = client.study("s")
        (event,) = study.watch()

    assert study.last_decision == event.event == decision()


def test_a_refusal_ends_a_watch(narrator: Narrator, address: str) -> None:
    """Trying again cannot help a study that is gone."""
    narrator.stories.append((["1"], grpc.StatusCode.NOT_FOUND))

    with groat.Client(address) as client:
        events = client.study("s").watch()
        next(events)
        with pytest.raises(errors.GroatError, match="so the story goes"):
            next(events)


def test_a_server_that_stays_away_ends_a_watch(narrator: Narrator, address: str) -> None:
    """Patience counts from the last event on."""
    narrator.stories.extend([(["1"], BREAKS), ([], BREAKS)])

    with groat.Client(address, patience=0.0) as client:
        events = client.study("s").watch()
        next(events)
        with pytest.raises(errors.Unreachable):
            next(events)


async def test_a_server_that_stays_away_ends_a_watch_with_asyncio(
    narrator: Narrator, address: str
) -> None:
    """As with the blocking client."""
    narrator.stories.extend([(["1"], BREAKS), ([], BREAKS)])

    async with aio.Client(address, patience=0.0) as client:
        events = (await client.study("s")).watch()
        await anext(events)
        with pytest.raises(errors.Unreachable):
            await anext(events)


def test_a_closed_client_ends_a_watch(narrator: Narrator, address: str) -> None:
    """Whoever waits for the next event is let go, with a word that says why."""
    narrator.stories.append((["1"], GOES_ON))
    client = groat.Client(address)
    events = client.study("s").watch()
    next(events)

    threading.Timer(0.1, client.close).start()

    with pytest.raises(errors.Unreachable, match="this client is closed"):
        next(events)


async def test_a_closed_client_ends_a_watch_with_asyncio(narrator: Narrator, address: str) -> None:
    """The task that watches is not cancelled: it may have other things to do."""
    narrator.stories.append((["1"], GOES_ON))
    client = aio.Client(address)
    events = (await client.study("s")).watch()
    await anext(events)

    closing = asyncio.create_task(client.close())

    with pytest.raises(errors.Unreachable, match="this client is closed"):
        await anext(events)
    await closing


async def test_a_task_that_watches_can_be_cancelled(narrator: Narrator, address: str) -> None:
    """Its own end is no matter of the connection."""
    narrator.stories.append((["1"], GOES_ON))
    async with aio.Client(address) as client:
        events = (await client.study("s")).watch()
        await anext(events)

        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.05)
        waiting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await waiting
