"""A real gRPC proxy that loses requests and answers on purpose, for any client and server."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, Literal, Self

import grpc

Fault = Literal["refuse", "lose"]
"""``refuse``: the request never arrives. ``lose``: it is served, but its answer is lost."""


class BadWay(grpc.GenericRpcHandler):
    """Stands between a client and a server, and passes bytes on.

    Args:
        server: Where the real server listens.

    Attributes:
        address: Where clients should call.
        faults: What happens to the next requests, in order.
        seen: Name of the method and bytes of every request that came.
    """

    def __init__(self, server: str) -> None:
        self.address = ""
        self.faults: deque[Fault] = deque()
        self.seen: list[tuple[str, bytes]] = []
        self._channel = grpc.insecure_channel(server)
        self._proxy = grpc.server(ThreadPoolExecutor(8), handlers=[self])

    def service(self, handler_call_details: Any) -> Any:
        """Serve any unary method."""
        method: str = handler_call_details.method
        return grpc.unary_unary_rpc_method_handler(
            lambda request, context: self._pass_on(method, request, context)
        )

    def _pass_on(self, method: str, request: bytes, context: Any) -> bytes:
        self.seen.append((method.rpartition("/")[2], request))
        fault = self.faults.popleft() if self.faults else None
        if fault == "refuse":
            context.abort(grpc.StatusCode.UNAVAILABLE, "lost on the way")
        try:
            reply = self._channel.unary_unary(method)(request, timeout=context.time_remaining())
        except grpc.RpcError as error:
            context.set_trailing_metadata(error.trailing_metadata())
            context.abort(error.code(), error.details())
        if fault == "lose":
            context.abort(grpc.StatusCode.UNAVAILABLE, "lost on the way back")
        return reply

    def __enter__(self) -> Self:
        port = self._proxy.add_insecure_port("127.0.0.1:0")
        self.address = f"127.0.0.1:{port}"
        self._proxy.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._proxy.stop(None).wait()
        self._channel.close()
