"""Whether a server serves, asked the way a container engine asks."""

from __future__ import annotations

import grpc
from grpc_health.v1 import health_pb2

_TIMEOUT_S = 3.0


def is_serving(address: str) -> bool:
    """Ask the server at an address for its health; no answer is a no."""
    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=_TIMEOUT_S)
        except grpc.RpcError:
            return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
