"""One listening gRPC server: services, health, reflection, limits, drain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, cast

import grpc.aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from groat.v1 import service_pb2, service_pb2_grpc
from groat_server.engine import Engine
from groat_server.rpc.analysis import AnalysisService
from groat_server.rpc.interceptor import ErrorsToStatuses
from groat_server.rpc.services import StudyService, TrialService

_MIB = 1024 * 1024

_OPTIONS: Sequence[tuple[str, int]] = (
    ("grpc.max_receive_message_length", 32 * _MIB),
    ("grpc.max_concurrent_streams", 200),
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 30_000),
    ("grpc.http2.max_ping_strikes", 4),
    ("grpc.max_connection_age_ms", 600_000),
    ("grpc.max_connection_age_grace_ms", 60_000),
    # A second server on the same port must fail at once instead of taking half of the calls.
    ("grpc.so_reuseport", 0),
)

_SERVICES = tuple(
    service_pb2.DESCRIPTOR.services_by_name[name].full_name
    for name in (
        "TrialService",
        "StudyService",
        "AnalysisService",
    )
)


class _Health(Protocol):
    async def set(
        self, service: str, status: health_pb2.HealthCheckResponse.ServingStatus.ValueType
    ) -> None: ...

    async def enter_graceful_shutdown(self) -> None: ...


# The type stubs know the threaded half of the package only.
_make_health: Callable[[], _Health] = health.aio.HealthServicer  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
_AddHealth: TypeAlias = Callable[[health_pb2_grpc.HealthServicer, grpc.aio.Server], None]
_add_health: _AddHealth = health_pb2_grpc.add_HealthServicer_to_server  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


class Server:
    """groat.v1 on one address, in the running event loop.

    Args:
        engine: What answers.
        address: Host and port; port 0 takes a free one.
    """

    def __init__(self, engine: Engine, address: str) -> None:
        self._address = address
        self._health = _make_health()
        self._server = grpc.aio.server(interceptors=[ErrorsToStatuses()], options=list(_OPTIONS))
        service_pb2_grpc.add_TrialServiceServicer_to_server(TrialService(engine), self._server)
        service_pb2_grpc.add_StudyServiceServicer_to_server(StudyService(engine), self._server)
        service_pb2_grpc.add_AnalysisServiceServicer_to_server(
            AnalysisService(engine), self._server
        )
        servicer = cast(health_pb2_grpc.HealthServicer, self._health)
        _add_health(servicer, self._server)
        names = (*_SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)

    async def start(self) -> str:
        """Listen, and say so; returns the address with the port that was taken.

        Raises:
            OSError: The address cannot be listened on.
        """
        try:
            port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {self._address}; is it taken?") from error
        await self._server.start()
        await self._say(health_pb2.HealthCheckResponse.SERVING)
        return f"{self._address.rpartition(':')[0]}:{port}"

    async def stop(self, grace_s: float) -> None:
        """Take no new calls, and let running ones finish for a while."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace_s)

    async def _say(self, status: health_pb2.HealthCheckResponse.ServingStatus.ValueType) -> None:
        for name in ("", *_SERVICES):
            await self._health.set(name, status)
