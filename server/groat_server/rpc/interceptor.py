"""Wrapped around every method: errors to statuses, bugs to incident ids."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import NoReturn, TypeAlias, TypeVar, cast
from uuid import uuid4

import grpc
import grpc.aio
import structlog
from google.protobuf.message import DecodeError, Message

from groat import errors, wire
from groat_server.rpc.status import STATUS

_log = structlog.get_logger(__name__)

Request = TypeVar("Request")
Reply = TypeVar("Reply")
# In quotes, as grpc's classes are generic for the type checker only.
Context: TypeAlias = "grpc.aio.ServicerContext[Message, Message]"
Method: TypeAlias = "Callable[[Message, Context], Awaitable[Message]]"
Stream: TypeAlias = "Callable[[Message, Context], AsyncIterator[Message]]"
Handler: TypeAlias = "grpc.RpcMethodHandler[Message, Message]"

_OURS = "/groat.v1."


class ErrorsToStatuses(grpc.aio.ServerInterceptor):
    """Answers a `GroatError` with its status and anything else with INTERNAL."""

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Request, Reply] | None]
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Request, Reply] | None:
        """Wrap a method of ours; streams of others (reflection, health) pass as they are."""
        handler = await continuation(handler_call_details)
        name = str(handler_call_details.method)
        if handler is not None and handler.unary_stream is not None and name.startswith(_OURS):
            return _stream(handler, name)
        if handler is None or handler.unary_unary is None:
            return handler
        plain = cast("Handler", handler)
        guarded = _guarded(cast("Method", plain.unary_unary), name)
        wrapped = grpc.unary_unary_rpc_method_handler(
            cast("Callable[[Message, grpc.ServicerContext], Message]", guarded),
            request_deserializer=_tolerant(plain.request_deserializer),
            response_serializer=plain.response_serializer,
        )
        return cast("grpc.RpcMethodHandler[Request, Reply]", wrapped)


def _stream(
    handler: grpc.RpcMethodHandler[Request, Reply], name: str
) -> grpc.RpcMethodHandler[Request, Reply]:
    plain = cast("Handler", handler)
    call = cast("Stream", plain.unary_stream)

    async def guarded(request: Message | None, context: Context) -> AsyncIterator[Message]:
        refusal: errors.GroatError
        try:
            async for message in call(_told(request), context):
                yield message
        except errors.GroatError as error:
            refusal = error
        except Exception:
            refusal = _incident(name)
        else:
            return
        await _abort(context, refusal)

    wrapped = grpc.unary_stream_rpc_method_handler(
        cast("Callable[[Message, grpc.ServicerContext], Iterator[Message]]", guarded),
        request_deserializer=_tolerant(plain.request_deserializer),
        response_serializer=plain.response_serializer,
    )
    return cast("grpc.RpcMethodHandler[Request, Reply]", wrapped)


def _guarded(call: Method, name: str) -> Method:
    async def guarded(request: Message | None, context: Context) -> Message:
        refusal: errors.GroatError
        try:
            return await call(_told(request), context)
        except errors.GroatError as error:
            refusal = error
        except Exception:
            refusal = _incident(name)
        # Outside the try, as abort itself raises.
        return await _abort(context, refusal)

    return cast("Method", guarded)


def _tolerant(
    deserialize: Callable[[bytes], Message] | None,
) -> Callable[[bytes], Message]:
    """Read bytes that are no message as ``None``: gRPC itself would call them INTERNAL."""

    def read(data: bytes) -> Message:
        assert deserialize is not None, "generated handlers always have one"  # noqa: S101
        try:
            return deserialize(data)
        except DecodeError:
            return cast(Message, None)

    return read


def _told(request: Message | None) -> Message:
    if request is None:
        raise errors.InvalidArgument.at("", "not a message of this method")
    return request


def _incident(method: str) -> errors.InternalFault:
    incident = uuid4().hex[:12]
    _log.exception("internal_error", method=method, incident=incident)
    return errors.InternalFault(f"internal error; the server's log has it as incident {incident}")


async def _abort(context: Context, refusal: errors.GroatError) -> NoReturn:
    code = STATUS[type(refusal)]
    status = wire.status_of(refusal, code.value[0])
    details = (("grpc-status-details-bin", status.SerializeToString()),)
    # The message as the status has it: cut to what HTTP/2 headers carry.
    await context.abort(code, status.message, trailing_metadata=details)
