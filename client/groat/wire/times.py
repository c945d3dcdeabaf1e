"""Durations and moments. The model counts whole microseconds, the protocol nanoseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from groat.errors import InvalidArgument

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND = -62_135_596_800
_LAST_SECOND = 253_402_300_799
_LONGEST_SECONDS = 315_576_000_000
_MICROSECOND = timedelta(microseconds=1)


def duration_to_proto(duration: timedelta) -> Duration:
    """Write a duration, exactly."""
    seconds, microseconds = divmod(abs(duration) // _MICROSECOND, 1_000_000)
    sign = -1 if duration < timedelta(0) else 1
    return Duration(seconds=sign * seconds, nanos=sign * microseconds * 1_000)


def duration_from_proto(message: Duration, path: str = "") -> timedelta:
    """Read a duration; anything finer than a microsecond is cut off.

    Raises:
        InvalidArgument: It is negative, longer than 10,000 years, or has a full
            second or more in its nanos.
    """
    if not 0 <= message.nanos < 1_000_000_000 or not 0 <= message.seconds <= _LONGEST_SECONDS:
        problem = f"{message.seconds} s and {message.nanos} ns is not a duration from 0 up"
        raise InvalidArgument.at(path, problem)
    return timedelta(seconds=message.seconds, microseconds=message.nanos // 1_000)


def timestamp_to_proto(moment: datetime) -> Timestamp:
    """Write a moment, exactly.

    Raises:
        ValueError: It has no time zone, so it could be any of 26 hours.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone; use datetime.now(UTC) or .astimezone()")
    seconds, microseconds = divmod((moment - _EPOCH) // _MICROSECOND, 1_000_000)
    return Timestamp(seconds=seconds, nanos=microseconds * 1_000)


def timestamp_from_proto(message: Timestamp, path: str = "") -> datetime:
    """Read a moment in UTC; anything finer than a microsecond is cut off.

    Raises:
        InvalidArgument: It is outside the years 1 to 9999, or not well formed.
    """
    is_second = _FIRST_SECOND <= message.seconds <= _LAST_SECOND
    if not is_second or not 0 <= message.nanos < 1_000_000_000:
        problem = f"{message.seconds} s and {message.nanos} ns is no moment of the years 1 to 9999"
        raise InvalidArgument.at(path, problem)
    return _EPOCH + timedelta(seconds=message.seconds, microseconds=message.nanos // 1_000)
