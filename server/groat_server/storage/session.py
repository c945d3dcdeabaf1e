"""A transaction that holds one study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import sqlalchemy as sa

from groat import errors, model
from groat_server.storage import rows
from groat_server.storage import statements as sql
from groat_server.storage.base import Attempt
from groat_server.storage.rows import Columns, StudyRow

Parameters: TypeAlias = Mapping[str, object]


class Session:
    """A transaction, and what is known of its study, since nobody else can change it.

    The study's row is read once, by the lock, and written once, by `save`: in
    between its counters and sums are kept here. Trials and attempts are read
    once, too; whoever changes one keeps it here as it has become.
    """

    def __init__(self, connection: sa.Connection, row: StudyRow) -> None:
        self._connection = connection
        self._loaded = self.row = row
        self._trials: dict[int, model.Trial] = {}
        self._attempts: dict[str, Attempt] = {}

    def run(
        self, statement: sa.Executable, parameters: Parameters | None = None
    ) -> sa.CursorResult[Any]:
        """Run one of `statements` on the study."""
        return self._connection.execute(
            statement, {"study": self.row.study_id, **(parameters or {})}
        )

    def run_each(self, statement: sa.Executable, parameters: Sequence[Parameters]) -> None:
        """Run a statement that returns nothing for each of several sets of parameters."""
        if parameters:
            study = {"study": self.row.study_id}
            self._connection.execute(statement, [{**study, **each} for each in parameters])

    def insert(self, statement: sa.Insert, columns: Columns) -> sa.CursorResult[Any]:
        """Insert one row that belongs to the study."""
        return self._connection.execute(statement, {"study_id": self.row.study_id, **columns})

    def insert_each(
        self, statement: sa.Executable, records: Sequence[Columns]
    ) -> sa.CursorResult[Any]:
        """Insert several rows that belong to the study, and at least one."""
        study = {"study_id": self.row.study_id}
        return self._connection.execute(statement, [{**study, **columns} for columns in records])

    def add_up(
        self, *, waiting: int = 0, running: int = 0, finished: int = 0, held: int = 0
    ) -> None:
        """Move the study's counters by so much; ``held`` is in nanos."""
        self.row = replace(
            self.row,
            waiting=self.row.waiting + waiting,
            running=self.row.running + running,
            finished=self.row.finished + finished,
            held=self.row.held + held,
        )

    def change(self, **columns: object) -> None:
        """Give the study's row other values."""
        self.row = replace(self.row, **columns)

    @property
    def currency(self) -> str:
        """The study's one currency."""
        return self.row.currency

    def trial(self, number: int) -> model.Trial:
        """Return a trial without its reports.

        Raises:
            NotFound: There is no such trial.
        """
        if number not in self._trials:
            row = self.run(sql.TRIAL, {"trial": number}).one_or_none()
            if row is None:
                raise no_trial(self.row.study_id, number)
            self._trials[number] = rows.whole_trial(row, self.currency)
        return self._trials[number]

    def attempt(self, lease_id: str) -> Attempt | None:
        """Return the attempt that a lease belongs to."""
        if lease_id not in self._attempts:
            row = self.run(sql.ATTEMPT, {"of_lease": lease_id}).one_or_none()
            if row is None:
                return None
            self._attempts[lease_id] = rows.attempt(row, self.currency)
        return self._attempts[lease_id]

    def keep_trial(self, trial: model.Trial) -> model.Trial:
        """Know a trial as it has just been written."""
        self._trials[trial.number] = trial
        return trial

    def keep_attempt(self, attempt: Attempt) -> None:
        """Know an attempt as it has just been written."""
        self._attempts[attempt.lease.lease_id] = attempt

    def forget(self) -> None:
        """Know no trial and no attempt any more, after a change of unknown ones."""
        self._trials.clear()
        self._attempts.clear()

    def save(self) -> None:
        """Write what changed of the study's row."""
        changes = self.row.changes_since(self._loaded)
        if changes:
            self.run(sql.UPDATE_STUDY, changes)


def no_trial(study_id: str, number: int) -> errors.NotFound:
    """Make the error for a trial that is not there."""
    return errors.NotFound(f"study {study_id!r} has no trial {number}")
