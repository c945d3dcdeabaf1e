"""The store, in SQLite or PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from groat import errors, model
from groat_server.storage import codec, rows
from groat_server.storage import statements as sql
from groat_server.storage.base import (
    Attempt,
    FinishedTrial,
    NewTrial,
    StoredDecision,
    StoredUsage,
    StudyView,
)
from groat_server.storage.database import Database, connect
from groat_server.storage.locked import SqlLockedStudy
from groat_server.storage.migrate import migrate
from groat_server.storage.rows import StudyRow
from groat_server.storage.schema import studies as studies_table
from groat_server.storage.schema import trials as trials_table
from groat_server.storage.session import no_trial

_MOST = 2**62


class SqlStore:
    """See `groat_server.storage.base.Store`.

    Args:
        database: Its tables are there; `open` makes them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str) -> SqlStore:
        """Connect to a database and make or upgrade its tables.

        Safe when several servers open one database at once.

        Args:
            url: Such as ``sqlite:///groat.db``, ``sqlite://`` (in memory) or
                ``postgresql://user@host/groat``.

        Raises:
            ValueError: It is neither SQLite nor PostgreSQL.
            StoreUnavailable: It does not answer, cannot be written, or belongs
                to a newer groat.
        """
        database = connect(url)
        try:
            migrate(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    def create(
        self,
        study_id: str,
        spec: model.StudySpec,
        *,
        digest: str,
        now: datetime,
        first: Sequence[NewTrial] = (),
    ) -> model.Study:
        """See `Store.create`."""
        new = StudyRow(
            study_id=study_id,
            digest=digest,
            spec=codec.SPEC.write(spec),
            state=model.StudyState.ACTIVE.value,
            create_time=now,
            update_time=now,
            next_number=len(first),
            waiting=len(first),
        )
        with self._database.writing(study_id) as connection:
            insert = self._database.insert_new(studies_table, "study_id")
            if connection.execute(insert, new.columns()).first() is None:
                return _same_study(connection, new)
            if first:
                connection.execute(
                    sa.insert(trials_table),
                    [
                        {"study_id": study_id, **rows.new_trial(trial, number, now)}
                        for number, trial in enumerate(first)
                    ],
                )
            return new.study()

    def look(self, study_id: str) -> StudyView:
        """See `Store.look`."""
        with self._database.reading() as connection:
            study = _study(connection, study_id)
        return study.view()

    def studies(self, *, after: str, limit: int) -> list[model.Study]:
        """See `Store.studies`."""
        with self._database.reading() as connection:
            found = connection.execute(sql.STUDIES, {"after": after, "limit": limit}).all()
        return [rows.study_row(row).study() for row in found]

    def delete(self, study_id: str, *, etag: str) -> None:
        """See `Store.delete`."""
        with self._database.writing(study_id) as connection:
            row = _study(connection, study_id, sql.LOCK_STUDY)
            if etag not in {"", row.etag}:
                raise errors.EtagMismatch(f"study {study_id!r} was changed; read it again")
            connection.execute(sql.DELETE_STUDY, {"study": study_id})

    def trial(self, study_id: str, number: int) -> model.Trial:
        """See `Store.trial`."""
        with self._database.reading() as connection:
            study = _study(connection, study_id)
            place = {"study": study_id, "trial": number}
            row = connection.execute(sql.TRIAL, place).one_or_none()
            reports = _reports(connection, study_id, [number])
        if row is None:
            raise no_trial(study_id, number)
        return rows.whole_trial(row, study.currency, reports[number])

    def trials(
        self,
        study_id: str,
        *,
        after: int,
        limit: int,
        states: Collection[model.TrialState] = (),
        full: bool = False,
    ) -> list[model.Trial]:
        """See `Store.trials`."""
        words = [state.value for state in states]
        page = {"study": study_id, "after": after, "limit": limit, "states": words}
        with self._database.reading() as connection:
            study = _study(connection, study_id)
            found = connection.execute(sql.TRIALS_IN if words else sql.TRIALS, page).all()
            numbers = [row.number for row in found] if full else []
            reports = _reports(connection, study_id, numbers)
        return [rows.whole_trial(row, study.currency, reports[row.number]) for row in found]

    def pending(self, study_id: str) -> list[model.Trial]:
        """See `Store.pending`."""
        with self._database.reading() as connection:
            study = _study(connection, study_id)
            found = connection.execute(sql.PENDING, {"study": study_id}).all()
        return [rows.whole_trial(row, study.currency) for row in found]

    def finished(self, study_id: str, *, after: int, limit: int) -> list[FinishedTrial]:
        """See `Store.finished`."""
        page = {"study": study_id, "after": after, "limit": limit}
        with self._database.reading() as connection:
            study = _study(connection, study_id)
            found = connection.execute(sql.FINISHED, page).all()
        return [rows.finished(row, study.currency) for row in found]

    def renew(
        self, study_id: str, lease_ids: Sequence[str], *, now: datetime
    ) -> dict[str, Attempt]:
        """See `Store.renew`."""
        with self.locked(study_id) as study:
            return study.renew_all(lease_ids, now=now)

    def usages(self, study_id: str, *, after: int, limit: int) -> list[tuple[int, StoredUsage]]:
        """See `Store.usages`."""
        page = {"study": study_id, "after": after, "limit": limit}
        with self._database.reading() as connection:
            _study(connection, study_id)
            found = connection.execute(sql.USAGES, page).all()
        return [(row.entry, rows.stored_usage(row)) for row in found]

    def decisions(
        self, study_id: str, *, before: int | None = None, limit: int
    ) -> list[StoredDecision]:
        """See `Store.decisions`."""
        page = {"study": study_id, "before": _MOST if before is None else before, "limit": limit}
        with self._database.reading() as connection:
            _study(connection, study_id)
            found = connection.execute(sql.DECISIONS, page).all()
        return [rows.decision(row) for row in found]

    @contextmanager
    def locked(self, study_id: str) -> Generator[SqlLockedStudy]:
        """See `Store.locked`."""
        with self._database.writing(study_id) as connection:
            row = _study(connection, study_id, sql.LOCK_STUDY)
            study = SqlLockedStudy(self._database, connection, row)
            yield study
            study.save()

    def close(self) -> None:
        """See `Store.close`."""
        self._database.close()


def _study(
    connection: sa.Connection, study_id: str, statement: sa.Select[Any] = sql.STUDY
) -> StudyRow:
    row = connection.execute(statement, {"study": study_id}).one_or_none()
    if row is None:
        raise errors.NotFound(f"there is no study {study_id!r}")
    return rows.study_row(row)


def _same_study(connection: sa.Connection, new: StudyRow) -> model.Study:
    """Return the study that has the id of ``new`` already, if it was made by the same request."""
    row = connection.execute(sql.STUDY, {"study": new.study_id}).one_or_none()
    if row is None:
        raise errors.StoreUnavailable(f"study {new.study_id!r} is just being deleted; try again")
    study = rows.study_row(row)
    if study.digest != new.digest:
        raise errors.AlreadyExists(f"there is another study {new.study_id!r}; choose another id")
    return study.study()


def _reports(
    connection: sa.Connection, study_id: str, numbers: Sequence[int]
) -> defaultdict[int, tuple[model.Measurement, ...]]:
    """Return the reports of some trials, by example count; the others have none."""
    reports = defaultdict[int, tuple[model.Measurement, ...]](tuple)
    if numbers:
        for row in connection.execute(sql.REPORTS, {"study": study_id, "numbers": numbers}):
            reports[row.number] += (codec.MEASUREMENT.read(row.measurement),)
    return reports
