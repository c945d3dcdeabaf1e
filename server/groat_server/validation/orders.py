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


def is_id(text: str) -> bool:
    """Whether a lease's id could be one: the database refuses some characters."""
    return 0 < len(text) <= words.MAX_TEXT and text.isprintable()


def check_lease_id(lease_id: str) -> None:
    """Check the form of a lease's id.

    Raises:
        InvalidArgument: No lease ever had such an id.
    """
    if not is_id(lease_id):
        raise InvalidArgument.at("lease_id", "not the id of a lease; send the trial's own")


def _uuid(text: str) -> list[Violation]:
    """One spelling only, so that one id is one id."""
    try:
        is_canonical = len(text) == 36 and str(UUID(text)) == text
    except ValueError:
        is_canonical = False
    if is_canonical:
        return []
    problem = f"{text[:40]!r} is not a UUID in small letters with dashes; make one per request"
    return [Violation("request_id", problem)]
