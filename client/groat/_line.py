"""A blocking connection: deadlines, retries, and heartbeats from a thread."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import TypeVar

import grpc
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


class Line:
    """A channel, its stubs, and the patience of its owner. Safe between threads."""

    def __init__(self, address: str, patience: Patience) -> None:
        self._channel = grpc.insecure_channel(address, options=OPTIONS)
        self.patience = patience
        self._address = address
        self._closed = threading.Event()
        self._dice = random.Random()  # noqa: S311 - spreads pauses, keeps no secret
        self.trials = service_pb2_grpc.TrialServiceStub(self._channel)
        self.studies = service_pb2_grpc.StudyServiceStub(self._channel)
        self.analysis = service_pb2_grpc.AnalysisServiceStub(self._channel)

    def call(
        self,
        method: grpc.UnaryUnaryMultiCallable[Request, Reply],
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
        while not self._closed.is_set():
            timeout = tries.timeout(time.monotonic())
            try:
                return method(request, timeout=timeout, wait_for_ready=True)
            except grpc.RpcError as error:
                pause = tries.pause(error, time.monotonic())
            except ValueError:
                # gRPC's way to say that the channel was closed in the meantime.
                if not self._closed.is_set():
                    raise
                break
            self._closed.wait(pause)
        raise errors.Unreachable(_CLOSED)

    def watch(
        self, request: service_pb2.WatchStudyRequest
    ) -> Iterator[service_pb2.WatchStudyResponse]:
        """Yield events until the server ends them; after a broken connection from where it broke.

        Raises:
            GroatError: The server refused, or was away for longer than the
                patience of this line.
        """
        tries = self._tries(self.patience)
        while not self._closed.is_set():
            try:
                with closing(self._events(request)) as events:
                    for event in events:
                        request.resume_token = event.resume_token
                        tries = self._tries(self.patience)
                        yield event
            except grpc.RpcError as error:
                if self._closed.is_set():
                    break
                self._closed.wait(tries.pause(error, time.monotonic()))
            else:
                return
        raise errors.Unreachable(_CLOSED)

    def _events(
        self, request: service_pb2.WatchStudyRequest
    ) -> Generator[service_pb2.WatchStudyResponse]:
        # No deadline, and so no waiting for a server that is away: both together hang for ever.
        stream = self.studies.WatchStudy(request)
        try:
            yield from stream
        finally:
            stream.cancel()

    def _tries(self, patience: Patience) -> Tries:
        return Tries(self._address, patience, now=time.monotonic(), dice=self._dice)

    def keep_alive(self, leases: Leases) -> None:
        """Beat in the background until no lease is left."""
        threading.Thread(
            target=self._beat, args=(leases,), name="groat-heartbeat", daemon=True
        ).start()

    def _beat(self, leases: Leases) -> None:
        while not self._closed.wait(leases.interval):
            requests = leases.beats()
            if not requests:
                return
            for request in requests:
                try:
                    patience = self.patience.brief(leases.interval)
                    reply = self.call(self.trials.Heartbeat, request, patience=patience)
                    leases.settle(request, reply)
                except errors.NotFound:
                    leases.abandon_all()
                except errors.GroatError as error:
                    _log.warning("heartbeat failed, the next may not: %s", error)

    def close(self) -> None:
        """Hang up; calls that run now fail."""
        self._closed.set()
        self._channel.close()
