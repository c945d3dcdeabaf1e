"""A transaction that holds one study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

import sqlalchemy as sa

from groat_server.storage import statements as sql
from groat_server.storage.rows import Columns, StudyRow

Parameters: TypeAlias = Mapping[str, object]


class Session:
    """A transaction, and what has become of its study's row in it.

    The row is read once, by the lock, and written once, by `save`: in between
    its counters and sums are kept here, since nobody else can change them.
    """

    def __init__(self, connection: sa.Connection, row: StudyRow) -> None:
        self._connection = connection
        self._loaded = self.row = row

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
        self, statement: sa.Executable, rows: Sequence[Columns]
    ) -> sa.CursorResult[Any]:
        """Insert several rows that belong to the study, and at least one."""
        study = {"study_id": self.row.study_id}
        return self._connection.execute(statement, [{**study, **columns} for columns in rows])

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

    def save(self) -> None:
        """Write what changed of the study's row."""
        changes = self.row.changes_since(self._loaded)
        if changes:
            self.run(sql.UPDATE_STUDY, changes)
