"""Errors on the wire: a ``google.rpc.Status`` whose details a client can read back.

No message is ever compared; the class of an error travels as its reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message

# Both modules have stubs; only the package around them has none.
from google.rpc import error_details_pb2, status_pb2  # pyright: ignore[reportMissingTypeStubs]

from groat import errors

DOMAIN = "groat"
DETAILS_KEY = "grpc-status-details-bin"
"""The trailing metadata that carries the status, in every gRPC language."""

_RETRY_SECONDS = 1
# A status travels in headers, where gRPC takes 8 KiB in all and counts base64.
_MESSAGE_CHARACTERS = 600
_VIOLATION_BYTES = 2_000
_NO_ANSWER = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


def status_of(error: errors.GroatError, code: int) -> status_pb2.Status:
    """Write an error with everything a client needs to raise it again.

    Args:
        error: What happened. A long message is cut, and of many violations the
            first are sent.
        code: The numeric gRPC status code.
    """
    status = status_pb2.Status(code=code, message=str(error)[:_MESSAGE_CHARACTERS])
    for detail in _details(error):
        status.details.append(_packed(detail))
    return status


def from_rpc_error(error: grpc.RpcError) -> errors.GroatError:
    """Turn a failed call into the error that the server raised.

    Without details of groat's own no server said it: a missing answer is
    `Unreachable`, anything else a plain `GroatError`.
    """
    code, text = error.code(), error.details() or ""
    status = _status_in(error)
    info = error_details_pb2.ErrorInfo()
    if status is not None and _unpack(status, info) and info.domain == DOMAIN:
        return _raised(info.reason, status)
    if code in _NO_ANSWER:
        return errors.Unreachable(f"no answer: {text or code.name}; asking again is safe")
    return errors.GroatError(f"{code.name}: {text}")


def retry_seconds(error: grpc.RpcError) -> float | None:
    """Return how long the server wants to be left alone, or ``None`` if it did not say."""
    status = _status_in(error)
    info = error_details_pb2.RetryInfo()
    if status is None or not _unpack(status, info):
        return None
    return info.retry_delay.seconds + info.retry_delay.nanos / 1e9


def _status_in(error: grpc.RpcError) -> status_pb2.Status | None:
    # Both kinds of client yield pairs; the stubs know the pairs as something else.
    pairs = cast("Iterable[tuple[str, str | bytes]]", error.trailing_metadata() or ())
    for key, value in pairs:
        if key == DETAILS_KEY and isinstance(value, bytes):
            try:
                return status_pb2.Status.FromString(value)
            except DecodeError:
                return None
    return None


def _details(error: errors.GroatError) -> list[Message]:
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN)]
    if isinstance(error, errors.InvalidArgument):
        details.append(_bad_request(error))
    if isinstance(error, errors.StoreUnavailable):
        pause = Duration(seconds=_RETRY_SECONDS)
        details.append(error_details_pb2.RetryInfo(retry_delay=pause))
    return details


def _bad_request(error: errors.InvalidArgument) -> error_details_pb2.BadRequest:
    request = error_details_pb2.BadRequest()
    for violation in error.violations:
        field, problem = violation.path[:_MESSAGE_CHARACTERS], violation.problem
        request.field_violations.add(field=field, description=problem[:_MESSAGE_CHARACTERS])
        if request.ByteSize() > _VIOLATION_BYTES:
            break
    return request


def _packed(detail: Message) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(detail)
    return packed


def _unpack(status: status_pb2.Status, into: Message) -> bool:
    try:
        return any(detail.Unpack(into) for detail in status.details)
    except DecodeError:
        return False


def _raised(reason: str, status: status_pb2.Status) -> errors.GroatError:
    kind = errors.BY_REASON.get(reason, errors.GroatError)
    if kind is not errors.InvalidArgument:
        return kind(status.message)
    request = error_details_pb2.BadRequest()
    _unpack(status, request)
    violations = [errors.Violation(v.field, v.description) for v in request.field_violations]
    return errors.InvalidArgument(*violations or [errors.Violation("request", status.message)])
