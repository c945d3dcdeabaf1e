"""An asyncio connection: deadlines, retries, and heartbeats from a task."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from groat import errors
from groat._channel import OPTIONS
from groat._leases import Leases
from groat._retry import Patience, Tries
from groat.v1 import service_pb2, service_pb2_grpc

_log = logging.getLogger("groat")
_CLOSED = "this client is closed; make a new one"

Request = TypeVar("Request", bound=Message)
Reply = TypeVar("Reply", bound=Message)


class AioLine:
    """A channel, its stubs, and the patience of its owner; belongs to one event loop."""

    def __init__(self, address: str, patience: Patience) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=OPTIONS)
        self.patience = patience
        self._address = address
        self._is_closed = False
        self._beating: set[asyncio.Task[None]] = set()
        self._dice = random.Random()  # noqa: S311 - spreads pauses, keeps no secret
        self.trials = service_pb2_grpc.TrialServiceStub(self._channel)
        self.studies = service_pb2_grpc.StudyServiceStub(self._channel)
        self.analysis = service_pb2_grpc.AnalysisServiceStub(self._channel)

    async def call(
        self,
        method: grpc.aio.UnaryUnaryMultiCallable[Request, Reply],
        request: Request,
        *,
        patience: Patience | None = None,
    ) -> Reply:
        """Send one request until it is answered.

        Raises:
            GroatError: The server refused it, or no answer came in time.
        """
        patience = patience or self.patience
        tries = self._tries(patience)
        while not self._is_closed:
            timeout = tries.timeout(time.monotonic())
            try:
                return await method(request, timeout=timeout, wait_for_ready=True)
            except grpc.RpcError as error:
                pause = tries.pause(error, time.monotonic())
            await asyncio.sleep(pause)
        raise errors.Unreachable(_CLOSED)

    async def watch(
        self, request: service_pb2.WatchStudyRequest
    ) -> AsyncIterator[service_pb2.WatchStudyResponse]:
        """Yield events until the server ends them; after a broken connection from where it broke.

        Raises:
            GroatError: The server refused, or was away for longer than the
                patience of this line.
        """
        tries = self._tries(self.patience)
        while not self._is_closed:
            try:
                async with aclosing(self._events(request)) as events:
                    async for event in events:
                        request.resume_token = event.resume_token
                        tries = self._tries(self.patience)
                        yield event
            except grpc.RpcError as error:
                await asyncio.sleep(tries.pause(error, time.monotonic()))
            except asyncio.CancelledError:
                # A channel that is closed cancels its calls, which is not this task's end.
                task = asyncio.current_task()
                if not self._is_closed or (task is not None and task.cancelling()):
                    raise
            else:
                return
        raise errors.Unreachable(_CLOSED)

    async def _events(
        self, request: service_pb2.WatchStudyRequest
    ) -> AsyncGenerator[service_pb2.WatchStudyResponse]:
        # No deadline, and so no waiting for a server that is away: both together hang for ever.
        stream = self.studies.WatchStudy(request)
        try:
            async for event in stream:
                yield event
        finally:
            stream.cancel()

    def _tries(self, patience: Patience) -> Tries:
        return Tries(self._address, patience, now=time.monotonic(), dice=self._dice)

    def keep_alive(self, leases: Leases) -> None:
        """Beat in the background until no lease is left."""
        task = asyncio.get_running_loop().create_task(self._beat(leases), name="groat-heartbeat")
        self._beating.add(task)
        task.add_done_callback(self._beating.discard)

    async def _beat(self, leases: Leases) -> None:
        while True:
            await asyncio.sleep(leases.interval)
            requests = leases.beats()
            if not requests:
                return
            for request in requests:
                try:
                    patience = self.patience.brief(leases.interval)
                    reply = await self.call(self.trials.Heartbeat, request, patience=patience)
                    leases.settle(request, reply)
                except errors.NotFound:
                    leases.abandon_all()
                except errors.GroatError as error:
                    _log.warning("heartbeat failed, the next may not: %s", error)

    async def close(self) -> None:
        """Hang up; calls that run now fail."""
        self._is_closed = True
        for task in self._beating:
            task.cancel()
        await self._channel.close()
