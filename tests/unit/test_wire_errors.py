"""An error keeps its class on its way over the wire; strangers' errors get a fitting one."""

from __future__ import annotations

import grpc
import grpc.aio
import pytest
from google.rpc import error_details_pb2, status_pb2

from groat import errors, wire

CODE = grpc.StatusCode.ABORTED


def failed_call(
    code: grpc.StatusCode, details: bytes = b"", *, text: str = "text"
) -> grpc.aio.AioRpcError:
    """What a client gets when a call ends with this code and these status details."""
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", details), ("other", "x"))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details=text)


def sent(error: errors.GroatError) -> grpc.aio.AioRpcError:
    """What a client gets when the server raises this error."""
    return failed_call(CODE, wire.status_of(error, CODE.value[0]).SerializeToString())


@pytest.mark.parametrize("kind", set(errors.BY_REASON.values()) - {errors.InvalidArgument})
def test_an_error_is_raised_again_by_its_class(kind: type[errors.GroatError]) -> None:
    """The reason decides, not the code and not the message."""
    raised = wire.from_rpc_error(sent(kind("what happened")))

    assert type(raised) is kind
    assert str(raised) == "what happened"


def test_violations_come_back_with_their_paths() -> None:
    """A person mends a request by its paths, so each must arrive."""
    error = errors.InvalidArgument(errors.Violation("a[0].b", "one"), errors.Violation("c", "two"))

    raised = wire.from_rpc_error(sent(error))

    assert isinstance(raised, errors.InvalidArgument)
    assert raised.violations == error.violations


def test_invalid_argument_without_violations_keeps_its_message() -> None:
    """Some other server's bad request still says something."""
    info = error_details_pb2.ErrorInfo(reason="INVALID_ARGUMENT", domain="groat")
    status = status_pb2.Status(message="all wrong")
    status.details.add().Pack(info)

    raised = wire.from_rpc_error(failed_call(CODE, status.SerializeToString()))

    assert "all wrong" in str(raised)


def test_a_long_error_fits_into_headers() -> None:
    """GRPC drops a call's whole status when its headers pass 8 KiB, base64 included."""
    violations = (errors.Violation(f"metrics[{i}].id", "x" * 5_000) for i in range(300))

    status = wire.status_of(errors.InvalidArgument(*violations), 3)

    assert status.ByteSize() * 4 / 3 + 3 * len(status.message) < 8_000
    assert isinstance(
        wire.from_rpc_error(failed_call(CODE, status.SerializeToString())), errors.InvalidArgument
    )


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED])
def test_silence_is_unreachable(code: grpc.StatusCode) -> None:
    """GRPC's own codes carry no details: nobody answered."""
    assert type(wire.from_rpc_error(failed_call(code))) is errors.Unreachable


def test_an_unknown_reason_is_still_a_groat_error() -> None:
    """A newer server may know errors that this client does not."""
    status = status_pb2.Status(message="new")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="BRAND_NEW", domain="groat"))

    raised = wire.from_rpc_error(failed_call(CODE, status.SerializeToString()))

    assert type(raised) is errors.GroatError


def test_a_strangers_details_are_not_groats() -> None:
    """A proxy's NOT_FOUND says nothing about a study."""
    status = status_pb2.Status(message="no route")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason="NOT_FOUND", domain="proxy"))

    raised = wire.from_rpc_error(failed_call(CODE, status.SerializeToString()))

    assert type(raised) is errors.GroatError


@pytest.mark.parametrize("details", [b"", b"\xff\xff\xff", b"\x1a\x05\x0a\x09abc"])
def test_garbled_details_are_no_crash(details: bytes) -> None:
    """Whatever a middlebox made of them, the code and the text remain."""
    raised = wire.from_rpc_error(failed_call(CODE, details, text="from a proxy"))

    assert str(raised) == "ABORTED: from a proxy"


def test_only_a_store_that_may_come_back_asks_for_patience() -> None:
    """The pause is what tells a client that the same request may succeed."""
    assert wire.retry_seconds(sent(errors.StoreUnavailable("full"))) == 1
    assert wire.retry_seconds(sent(errors.TooLarge("big"))) is None
