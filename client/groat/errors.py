"""Every error groat raises on purpose.

GroatError
├── InvalidArgument      (with the path of each field that is wrong)
├── NotFound
├── AlreadyExists
├── ConflictingOutcome   (one lease told two different outcomes)
├── RequestIdReused      (one request id, two different requests)
├── NotPossibleNow       (the study's state does not allow it)
├── EtagMismatch
├── TooLarge
├── StoreUnavailable     (the database does not answer; trying again is safe)
├── InternalFault        (a bug; carries an incident id and nothing else)
└── Unreachable          (client side only: no answer, or no groat server)

Each class carries a stable ``reason``. The server sends it, the client reads it
back, and no one ever compares messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class GroatError(Exception):
    """Anything groat raises on purpose; catch this to catch them all."""

    reason: ClassVar[str] = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Violation:
    """One field that is wrong.

    Attributes:
        path: Where, such as ``succeeded.metrics[1].value``.
        problem: What is wrong, with the numbers, and the way out.
    """

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


class InvalidArgument(GroatError):
    """The request contradicts its own rules; nothing was changed."""

    reason = "INVALID_ARGUMENT"

    def __init__(self, *violations: Violation) -> None:
        super().__init__("; ".join(str(violation) for violation in violations))
        self.violations = violations

    @classmethod
    def at(cls, path: str, problem: str) -> InvalidArgument:
        """Make the error for a single field."""
        return cls(Violation(path, problem))


class NotFound(GroatError):
    """There is no such study or trial."""

    reason = "NOT_FOUND"


class AlreadyExists(GroatError):
    """The name is taken by something else."""

    reason = "ALREADY_EXISTS"


class ConflictingOutcome(GroatError):
    """The lease has told another outcome before, and that one stands."""

    reason = "CONFLICTING_OUTCOME"


class RequestIdReused(GroatError):
    """The request id came before with different contents."""

    reason = "REQUEST_ID_REUSED"


class NotPossibleNow(GroatError):
    """The study is in a state that does not allow it; the message says what would."""

    reason = "NOT_POSSIBLE_NOW"


class EtagMismatch(GroatError):
    """Somebody changed the study since it was read; read it again."""

    reason = "ETAG_MISMATCH"


class TooLarge(GroatError):
    """The request or its answer is over a limit that the message names."""

    reason = "TOO_LARGE"


class StoreUnavailable(GroatError):
    """The database does not answer; the same request may be sent again."""

    reason = "STORE_UNAVAILABLE"


class InternalFault(GroatError):
    """A bug in groat. The server's log has the details under the incident id."""

    reason = "INTERNAL"


class Unreachable(GroatError):
    """No answer came in time, or no groat server is there; asking again is safe."""

    reason = "UNREACHABLE"


def _with_descendants(root: type[GroatError]) -> list[type[GroatError]]:
    return [root] + [c for child in root.__subclasses__() for c in _with_descendants(child)]


BY_REASON: dict[str, type[GroatError]] = {
    error.reason: error for error in _with_descendants(GroatError)
}
