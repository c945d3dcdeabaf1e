"""The rules of an ask."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from groat.errors import InvalidArgument, Violation
from groat_server.validation import words
from groat_server.validation.studies import check_lease

MAX_COUNT = 100


def check_ask(
    count: int, request_id: str, worker_id: str, lease_duration: timedelta | None
) -> None:
    """Check what a worker asks for.

    Raises:
        InvalidArgument: With every violation, paths as in ``AskRequest``.
    """
    faults: list[Violation] = [
        *words.between(count, 1, MAX_COUNT, "count"),
        *words.text(worker_id, "worker_id"),
        *_uuid(request_id),
    ]
    if lease_duration is not None:
        faults += check_lease(lease_duration, "lease_duration")
    if faults:
        raise InvalidArgument(*faults)


def check_request_id(request_id: str) -> None:
    """Check that a request names itself.

    Raises:
        InvalidArgument: It is no UUID.
    """
    faults = _uuid(request_id)
    if faults:
        raise InvalidArgument(*faults)


def _uuid(text: str) -> list[Violation]:
    try:
        UUID(text)
    except ValueError:
        return [Violation("request_id", f"{text[:40]!r} is not a UUID; make one per request")]
    return []
