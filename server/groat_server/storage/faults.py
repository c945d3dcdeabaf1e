"""What a database's failures mean, in words without SQL or values."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import exc

from groat import errors

_NO_ANSWER = "the database does not answer; try again"

# By the start of SQLite's error name or of PostgreSQL's SQLSTATE, the special before the general.
_SENTENCES = {
    "SQLITE_BUSY": "another process keeps the database locked; try again",
    "SQLITE_LOCKED": "another process keeps the database locked; try again",
    "SQLITE_FULL": "the database's disk is full; make room on it",
    "SQLITE_READONLY": "the database is read-only; make it writable",
    "SQLITE_CANTOPEN": "the database cannot be opened; check its path and permissions",
    "SQLITE_IOERR": "the database's disk fails to read or write; check the disk",
    "SQLITE_CORRUPT": "the database file is damaged; restore a backup",
    "SQLITE_NOTADB": "the file is not a database; check its path",
    "08": _NO_ANSWER,
    "25006": "the database is read-only; make it writable",
    "25P03": "the transaction took too long and was undone; try again",
    "3D000": "the database does not exist; create it",
    "28": "the database refuses this user; check the credentials",
    "40": "the transaction met another one and was undone; try again",
    "53100": "the database's disk is full; make room on it",
    "53": "the database has no connection or memory left; try again",
    "55P03": "another server keeps the study locked; try again",
    "57": _NO_ANSWER,
    "58": "the database's disk fails to read or write; check the disk",
    "XX001": "the database is damaged; restore a backup",
}


@contextmanager
def translated() -> Generator[None]:
    """Raise `StoreUnavailable` where the database fails; let our own mistakes through.

    The database's error stays the cause, for the server's log.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        raise errors.StoreUnavailable(sentence) from error


def _sentence(error: exc.SQLAlchemyError) -> str | None:
    if isinstance(error, exc.TimeoutError):
        return "all connections to the database are in use; try again"
    if not isinstance(error, exc.DBAPIError):
        return None
    code = _code(error.orig)
    known = next((text for start, text in _SENTENCES.items() if code.startswith(start)), None)
    is_silent = not code and isinstance(error, exc.OperationalError | exc.InterfaceError)
    return _NO_ANSWER if error.connection_invalidated or is_silent else known


def _code(error: BaseException | None) -> str:
    """Return SQLite's error name, or PostgreSQL's SQLSTATE; empty when it never came that far."""
    return getattr(error, "sqlite_errorname", None) or getattr(error, "sqlstate", None) or ""
