"""The store's contract: a handful of large verbs over values.

Every promise below has a test of the same name in ``tests/contracts/store.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from groat import model
from groat_server.storage.values import (
    Answer,
    Attempt,
    BookedUsage,
    FinishedTrial,
    NewTrial,
    StoredDecision,
    StoredUsage,
    StudyView,
)

__all__ = [
    "Answer",
    "Attempt",
    "BookedUsage",
    "FinishedTrial",
    "LockedStudy",
    "NewTrial",
    "SlotTaken",
    "Store",
    "StoredDecision",
    "StoredUsage",
    "StudyView",
]


class SlotTaken(Exception):
    """Another trial of the study has the new trial's slot; see `LockedStudy.add`."""


class LockedStudy(Protocol):
    """One study, held alone for one transaction.

    What it reads includes what it has written. Do nothing slow with it.
    """

    def view(self) -> StudyView:
        """Read the study with its live ledger."""
        ...

    def trial(self, number: int) -> model.Trial:
        """Read one trial, without its reports.

        Raises:
            NotFound: There is no such trial.
        """
        ...

    def answer(self, request_id: str) -> Answer | None:
        """Return what an ask with this request id was answered, if ever."""
        ...

    def remember(self, request_id: str, answer: Answer, *, now: datetime) -> None:
        """Store what an ask was answered."""
        ...

    def lapse(self, *, now: datetime) -> None:
        """Take back every lease whose end is not after ``now``.

        The trial goes back to REQUESTED, or, when ``max_attempts`` leases are
        gone, to FAILED(LEASE_EXPIRED) if it is still RUNNING under that lease.
        The attempt keeps its hold: nobody knows yet what it spent.
        """
        ...

    def waiting(self, limit: int) -> list[model.Trial]:
        """Return up to ``limit`` REQUESTED trials, lowest number first."""
        ...

    def knows(self, configuration_id: str) -> bool:
        """Whether any trial of the study has this configuration."""
        ...

    def is_taken(self, slot: str) -> bool:
        """Whether any trial of the study has this slot, however it ended."""
        ...

    def add(self, trial: NewTrial, *, now: datetime) -> model.Trial:
        """Insert a REQUESTED trial under the next number.

        Any number of trials have no slot. A parent must be a trial of the study.

        Raises:
            SlotTaken: Another trial has its slot. Nothing was inserted, and
                the transaction may go on.
        """
        ...

    def lease(
        self,
        number: int,
        lease: model.Lease,
        hold: model.Money,
        batch: model.Money | None = None,
    ) -> model.Trial:
        """Turn a REQUESTED trial RUNNING (attempt + 1) and set ``hold`` aside.

        Args:
            number: The trial's.
            lease: Who has it, and until when.
            hold: What is set aside.
            batch: See `Attempt`.

        Raises:
            NotPossibleNow: The trial is not REQUESTED.
        """
        ...

    def set_aside(self, lease_id: str, hold: model.Money, batch: model.Money) -> None:
        """Give an attempt that has not told another hold and batch.

        Raises:
            NotFound: The study has given no such lease.
            NotPossibleNow: It has told already.
        """
        ...

    def attempt(self, lease_id: str) -> Attempt | None:
        """Find the attempt that a lease belongs to."""
        ...

    def parents(self) -> dict[int, int]:
        """Return the parent of every trial that has one, by the trial's number, lowest first."""
        ...

    def attempts(self, number: int) -> list[Attempt]:
        """Return every attempt of a trial, oldest first."""
        ...

    def renew(self, lease_id: str, until: datetime) -> model.Lease:
        """Move the end of a live attempt's lease.

        Raises:
            NotPossibleNow: It has told, has lapsed, or its trial is over.
        """
        ...

    def report(self, number: int, measurement: model.Measurement, *, now: datetime) -> None:
        """Keep a partial measurement; replaces an earlier one on as many examples."""
        ...

    def book(
        self, usages: Sequence[BookedUsage], *, lease_id: str | None, now: datetime
    ) -> tuple[int, int]:
        """Book usage on a lease's trial, or on the study as a whole.

        Each usage id is booked once per study. Booking on an attempt that has
        not told lowers its hold by what was booked, never below zero.

        Returns:
            How many were booked, and how many were known already.

        Raises:
            NotFound: The study has given no such lease.
            TypeError: A usage still has its raw text.
        """
        ...

    def usage(self, lease_id: str) -> list[BookedUsage]:
        """Return everything booked with one lease, in the order of booking."""
        ...

    def unpriced(self) -> list[StoredUsage]:
        """Return every booked usage of the study that has no price."""
        ...

    def reprice(self, usages: Sequence[BookedUsage]) -> None:
        """Give prices to booked usage that had none, and add them to the ledger."""
        ...

    def close_attempt(self, lease_id: str, *, told: str) -> None:
        """Release an attempt's hold for good and keep the digest of what it told.

        Raises:
            NotFound: The study has given no such lease.
            NotPossibleNow: It has told already.
        """
        ...

    def finish(
        self, number: int, state: model.TrialState, outcome: model.Outcome, *, now: datetime
    ) -> model.Trial:
        """End a trial, or replace the outcome of one that is ended.

        Call after `book`, so that the ledger it remembers is complete. A trial
        that had an end keeps its end time.
        """
        ...

    def decide(self, decision: model.Decision) -> None:
        """Make this the study's last decision; stored in full when verdict or reason changed."""
        ...

    def decision(self, decision_id: str) -> model.Decision:
        """Read a stored decision.

        Raises:
            NotFound: There is no such decision.
        """
        ...

    def accept(self, reason: model.Reason) -> None:
        """Remember that a person goes on in spite of a reason, from here on."""
        ...

    def change(
        self,
        *,
        now: datetime,
        spec: model.StudySpec | None = None,
        state: model.StudyState | None = None,
    ) -> None:
        """Replace the declaration or the state; the etag changes."""
        ...


class Store(Protocol):
    """Everything groat remembers.

    Safe to share between threads, and between servers on one database. What it
    returns is a value: later writes never change it. All times are aware, UTC.

    Raises (any verb):
        StoreUnavailable: The database does not answer, is read-only or full;
            nothing was changed, and the same call may be made again.
    """

    def create(
        self,
        study_id: str,
        spec: model.StudySpec,
        *,
        digest: str,
        now: datetime,
        first: Sequence[NewTrial] = (),
    ) -> model.Study:
        """Insert an ACTIVE study with its first REQUESTED trials.

        The same id with the same ``digest`` again returns the study as it is.

        Raises:
            AlreadyExists: The id is taken by a study with another digest.
        """
        ...

    def look(self, study_id: str) -> StudyView:
        """Read a study as it is now, without waiting for anyone.

        Raises:
            NotFound: There is no such study.
        """
        ...

    def studies(self, *, after: str, limit: int) -> list[model.Study]:
        """Return up to ``limit`` studies whose id sorts after ``after``, by id (code points)."""
        ...

    def delete(self, study_id: str, *, etag: str) -> None:
        """Remove a study with all that belongs to it.

        Raises:
            NotFound: There is no such study.
            EtagMismatch: ``etag`` is not empty and not the study's.
        """
        ...

    def trial(self, study_id: str, number: int) -> model.Trial:
        """Read one trial with its reports.

        Raises:
            NotFound: There is no such study or trial.
        """
        ...

    def trials(
        self,
        study_id: str,
        *,
        after: int,
        limit: int,
        states: Collection[model.TrialState] = (),
        full: bool = False,
    ) -> list[model.Trial]:
        """Return up to ``limit`` trials numbered above ``after`` (-1 at first), by number.

        Only those in one of ``states``, unless that is empty; with their reports
        when ``full``.

        Raises:
            NotFound: There is no such study.
        """
        ...

    def pending(self, study_id: str) -> list[model.Trial]:
        """Return every REQUESTED or RUNNING trial, by number."""
        ...

    def finished(self, study_id: str, *, after: int, limit: int) -> list[FinishedTrial]:
        """Return up to ``limit`` finished trials whose order is above ``after``, by order.

        Measurements come without their example records.
        """
        ...

    def renew(
        self, study_id: str, lease_ids: Sequence[str], *, now: datetime
    ) -> dict[str, Attempt]:
        """Renew live leases by the study's lease duration, in one transaction.

        The end of a lease never moves back.

        Returns:
            Attempts by lease id, of those that could be renewed: not told, not
            lapsed, and their trial still RUNNING under them. A lease that ran
            out but was not taken back yet is renewed.

        Raises:
            NotFound: There is no such study.
        """
        ...

    def usages(self, study_id: str, *, after: int, limit: int) -> list[tuple[int, StoredUsage]]:
        """Return up to ``limit`` booked usages whose entry is above ``after``, by entry.

        Entries rise in the order of booking; -1 is before the first.

        Raises:
            NotFound: There is no such study.
        """
        ...

    def decisions(
        self, study_id: str, *, before: int | None = None, limit: int
    ) -> list[StoredDecision]:
        """Return up to ``limit`` stored decisions, the newest first.

        Args:
            study_id: Whose.
            before: Only those whose entry is below it.
            limit: How many at most.

        Raises:
            NotFound: There is no such study.
        """
        ...

    def locked(self, study_id: str) -> AbstractContextManager[LockedStudy]:
        """Hold one study alone, for one transaction.

        Leaving normally commits durably; leaving by an exception changes
        nothing. Do nothing slow inside: every other ask and tell waits. Call no
        other verb of the store inside: in memory there is one connection.

        Raises:
            NotFound: There is no such study.
        """
        ...

    def close(self) -> None:
        """Give back every connection."""
        ...
