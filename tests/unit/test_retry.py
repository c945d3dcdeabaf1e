"""When a call is tried again, how long the pauses are, and what ends it."""

from __future__ import annotations

import random

import grpc
import grpc.aio
import pytest

from groat import errors, wire
from groat._retry import Patience, Tries, is_worth_retrying

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class _NoDice(random.Random):
    """Dice that always fall in the middle, so that pauses are exact."""

    def uniform(self, a: float, b: float) -> float:
        return (a + b) / 2


def failed(code: grpc.StatusCode, error: errors.GroatError | None = None) -> grpc.aio.AioRpcError:
    """A failed call, with the server's own error in it or without."""
    trailing = grpc.aio.Metadata()
    if error is not None:
        status = wire.status_of(error, code.value[0])
        trailing.add("grpc-status-details-bin", status.SerializeToString())
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details="text")


def tries(timeout: float = 10.0, total: float = 60.0, dice: random.Random | None = None) -> Tries:
    """Tries that begin at second 0."""
    patience = Patience(timeout=timeout, total=total)
    return Tries("host:1", patience, now=0.0, dice=dice or _NoDice())


def test_pauses_grow_by_half_up_to_five_seconds() -> None:
    """A short outage is bridged at once, a long one is not hammered."""
    some = tries()

    pauses = [some.pause(failed(UNAVAILABLE), 0.0) for _ in range(12)]

    assert pauses[:4] == pytest.approx([0.1, 0.15, 0.225, 0.3375])
    assert pauses[-1] == 5.0


def test_pauses_are_spread_by_a_fifth() -> None:
    """Many clients of one server must not come back in step."""
    pauses = [
        tries(dice=random.Random(seed)).pause(failed(UNAVAILABLE), 0.0) for seed in range(200)
    ]

    assert 0.08 <= min(pauses) < 0.085
    assert 0.115 < max(pauses) <= 0.12


def test_a_pause_that_was_asked_for_is_kept() -> None:
    """The server knows best when its database may be back."""
    error = failed(UNAVAILABLE, errors.StoreUnavailable("full"))

    assert tries().pause(error, 0.0) == 1.0


@pytest.mark.parametrize(
    ("error", "is_worth_it"),
    [
        (failed(UNAVAILABLE), True),
        (failed(grpc.StatusCode.DEADLINE_EXCEEDED), True),
        (failed(UNAVAILABLE, errors.StoreUnavailable("full")), True),
        (failed(grpc.StatusCode.RESOURCE_EXHAUSTED, errors.StoreUnavailable("busy")), True),
        (failed(grpc.StatusCode.RESOURCE_EXHAUSTED, errors.TooLarge("big")), False),
        (failed(grpc.StatusCode.NOT_FOUND, errors.NotFound("no")), False),
        (failed(grpc.StatusCode.INTERNAL), False),
        (failed(grpc.StatusCode.UNKNOWN), False),
    ],
)
def test_only_silence_and_a_promise_are_tried_again(
    error: grpc.aio.AioRpcError, is_worth_it: bool
) -> None:
    """A refusal stays a refusal however often it is asked for."""
    assert is_worth_retrying(error) is is_worth_it


def test_a_refusal_is_raised_at_once() -> None:
    """By the class that the server raised, with gRPC's own error as its cause."""
    refusal = failed(grpc.StatusCode.NOT_FOUND, errors.NotFound("no such study"))

    with pytest.raises(errors.NotFound, match="no such study") as caught:
        tries().pause(refusal, 0.0)

    assert caught.value.__cause__ is refusal


def test_patience_ends_with_unreachable() -> None:
    """The message says who was asked, how long and how often."""
    some = tries(total=60.0)
    some.pause(failed(UNAVAILABLE), 1.0)

    with pytest.raises(errors.Unreachable, match=r"host:1 in 60 s and 2 tries \(text\)"):
        some.pause(failed(UNAVAILABLE), 59.9)


def test_a_store_that_stays_away_is_named() -> None:
    """A server that answers is not unreachable, even when its database is gone."""
    error = failed(UNAVAILABLE, errors.StoreUnavailable("disk full"))

    with pytest.raises(errors.StoreUnavailable, match="disk full"):
        tries(total=60.0).pause(error, 59.5)


def test_a_later_try_is_cut_where_patience_ends() -> None:
    """The last try gets what is left, the others their timeout."""
    some = tries(timeout=10.0, total=60.0)
    some.pause(failed(UNAVAILABLE), 1.0)

    assert [some.timeout(now) for now in (45.0, 57.0)] == [10.0, 3.0]


def test_without_patience_there_is_one_whole_try() -> None:
    """It gets its timeout, and its failure is final however early it comes."""
    some = tries(timeout=10.0, total=0.0)

    assert some.timeout(0.0) == 10.0
    with pytest.raises(errors.Unreachable):
        some.pause(failed(UNAVAILABLE), 0.0)


def test_a_call_that_waits_gets_longer() -> None:
    """An ask's own waiting comes on top of the time for the way."""
    patience = Patience(timeout=10.0, total=60.0)

    assert patience.longer(20.0) == Patience(timeout=30.0, total=60.0)
    assert patience.brief(3.0) == Patience(timeout=3.0, total=0.0)
    assert patience.brief() == Patience(timeout=10.0, total=0.0)
