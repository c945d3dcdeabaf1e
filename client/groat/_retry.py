"""When to try a call again, and when to give up. Time and dice are arguments."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace

import grpc

from groat import errors, wire

LONGEST_FIT = 120.0
"""Seconds for which a server goes on fitting models to answer one call."""

_FIRST_PAUSE = 0.1
_GROWTH = 1.5
_LONGEST_PAUSE = 5.0
_JITTER = 0.2
_SILENT = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait.

    Attributes:
        timeout: Seconds for one try.
        total: Seconds for all tries of a call. The first try gets its timeout in any
            case; with 0 there is no second.
    """

    timeout: float
    total: float

    def longer(self, seconds: float) -> Patience:
        """Return a patience for a call that may itself wait so many seconds."""
        return replace(self, timeout=self.timeout + seconds)

    def brief(self, seconds: float = math.inf) -> Patience:
        """Return a patience for a call that is worth one timeout, or fewer seconds."""
        return Patience(timeout=min(seconds, self.timeout), total=0.0)


def is_worth_retrying(error: grpc.RpcError) -> bool:
    """Whether the same request may succeed later: no answer came, or a pause was asked for."""
    if error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return wire.retry_seconds(error) is not None
    return error.code() in _SILENT


class Tries:
    """The tries of one call.

    Args:
        address: Who is asked, for the message.
        patience: How long to go on.
        now: Seconds on a clock that never goes back, as all later ``now``.
        dice: Spreads the pauses, so that many clients do not come back at once.
    """

    def __init__(
        self, address: str, patience: Patience, *, now: float, dice: random.Random
    ) -> None:
        self._address = address
        self._timeout = patience.timeout
        self._began = now
        self._end = now + patience.total
        self._dice = dice
        self._next_pause = _FIRST_PAUSE
        self._failed = 0

    def timeout(self, now: float) -> float:
        """Return the seconds that the next try may take."""
        return min(self._timeout, self._end - now) if self._failed else self._timeout

    def pause(self, error: grpc.RpcError, now: float) -> float:
        """Return the seconds to wait before the next try.

        Raises:
            GroatError: What the failed call means, when trying again cannot help
                or there is no time left.
        """
        self._failed += 1
        if not is_worth_retrying(error):
            raise wire.from_rpc_error(error) from error
        spread = self._dice.uniform(1 - _JITTER, 1 + _JITTER)
        pause = max(self._next_pause * spread, wire.retry_seconds(error) or 0.0)
        self._next_pause = min(self._next_pause * _GROWTH, _LONGEST_PAUSE)
        if now + pause >= self._end:
            raise self._given_up(error, now) from error
        return pause

    def _given_up(self, error: grpc.RpcError, now: float) -> errors.GroatError:
        meaning = wire.from_rpc_error(error)
        if not isinstance(meaning, errors.Unreachable):
            return meaning
        tries = "1 try" if self._failed == 1 else f"{self._failed} tries"
        return errors.Unreachable(
            f"no answer from {self._address} in {now - self._began:.0f} s and {tries}"
            f" ({error.details() or error.code().name}); asking again is safe"
        )
