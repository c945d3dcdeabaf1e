"""One study, held alone: what happens between the lock and the commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from groat import errors, model
from groat_server.storage import codec, rows
from groat_server.storage import statements as sql
from groat_server.storage.base import (
    Answer,
    Attempt,
    BookedUsage,
    NewTrial,
    SlotTaken,
    StoredUsage,
    StudyView,
)
from groat_server.storage.books import Books
from groat_server.storage.database import Database
from groat_server.storage.rows import StudyRow
from groat_server.storage.session import Session

_REQUESTED = model.TrialState.REQUESTED
_RUNNING = model.TrialState.RUNNING


class SqlLockedStudy:
    """See `groat_server.storage.base.LockedStudy`.

    Args:
        row: The study's row, locked.
    """

    def __init__(self, database: Database, connection: sa.Connection, row: StudyRow) -> None:
        self._session = Session(connection, row)
        self._books = Books(database, self._session)

    def save(self) -> None:
        """Write what changed of the study's own row; the last thing before the commit."""
        self._session.save()

    def view(self) -> StudyView:
        """See `LockedStudy.view`."""
        return self._session.row.view()

    def trial(self, number: int) -> model.Trial:
        """See `LockedStudy.trial`."""
        return self._session.trial(number)

    def answer(self, request_id: str) -> Answer | None:
        """See `LockedStudy.answer`."""
        row = self._session.run(sql.ANSWER, {"request": request_id}).one_or_none()
        if row is None:
            return None
        return Answer(digest=row.digest, numbers=codec.NUMBERS.read(row.numbers))

    def remember(self, request_id: str, answer: Answer, *, now: datetime) -> None:
        """See `LockedStudy.remember`."""
        self._session.insert(
            sql.ADD_ANSWER,
            {
                "request_id": request_id,
                "digest": answer.digest,
                "numbers": codec.NUMBERS.write(answer.numbers),
                "time": now,
            },
        )

    def lapse(self, *, now: datetime) -> None:
        """See `LockedStudy.lapse`."""
        expired = self._session.run(sql.EXPIRED, {"now": now}).all()
        if expired:
            self._session.run(sql.LAPSE, {"now": now})
            self._session.forget()
        for row in expired:
            if row.is_held:
                self._take_back(row.number, row.attempt, now)

    def _take_back(self, number: int, attempt: int, now: datetime) -> None:
        if attempt < self._session.row.declared.max_attempts:
            _expect_one(self._session.run(sql.TAKE_BACK_TRIAL, {"trial": number}))
            self._session.add_up(running=-1, waiting=+1)
            return
        loss = model.Failed(
            kind=model.FailureKind.LEASE_EXPIRED, message=f"{attempt} leases ran out"
        )
        self.finish(number, model.TrialState.FAILED, loss, now=now)

    def waiting(self, limit: int) -> list[model.Trial]:
        """See `LockedStudy.waiting`."""
        if not self._session.row.waiting:
            return []
        found = self._session.run(sql.WAITING, {"limit": limit})
        return [rows.trial(row, self._session.currency) for row in found]

    def knows(self, configuration_id: str) -> bool:
        """See `LockedStudy.knows`."""
        return self._session.run(sql.KNOWS, {"configuration": configuration_id}).scalar_one()

    def is_taken(self, slot: str) -> bool:
        """See `LockedStudy.is_taken`."""
        return self._session.run(sql.IS_TAKEN, {"of_slot": slot}).scalar_one()

    def add(self, trial: NewTrial, *, now: datetime) -> model.Trial:
        """See `LockedStudy.add`."""
        # Asked first, as PostgreSQL would undo the whole transaction for a row that it refuses.
        if trial.slot and self.is_taken(trial.slot):
            raise SlotTaken(f"another trial of the study has the slot {trial.slot!r}")
        number = self._session.row.next_number
        added = self._session.insert(sql.ADD_TRIAL, rows.new_trial(trial, number, now)).one()
        self._session.change(next_number=number + 1)
        self._session.add_up(waiting=+1)
        return self._session.keep_trial(rows.trial(added, self._session.currency))

    def lease(
        self,
        number: int,
        lease: model.Lease,
        hold: model.Money,
        batch: model.Money | None = None,
    ) -> model.Trial:
        """See `LockedStudy.lease`."""
        row = self._session.run(sql.LEASE_TRIAL, {"trial": number}).one_or_none()
        if row is None:
            state = self.trial(number).state.name
            raise errors.NotPossibleNow(
                f"trial {number} is {state}; only REQUESTED ones are leased"
            )
        self._session.insert(sql.ADD_ATTEMPT, rows.new_attempt(row, lease, hold, batch))
        self._session.add_up(waiting=-1, running=+1, held=hold.nanos)
        return self._session.keep_trial(rows.trial(row, self._session.currency, lease=lease))

    def set_aside(self, lease_id: str, hold: model.Money, batch: model.Money) -> None:
        """See `LockedStudy.set_aside`."""
        attempt = self._known_attempt(lease_id)
        amounts = {"of_lease": lease_id, "amount": hold.nanos, "most": batch.nanos}
        if not self._session.run(sql.SET_ASIDE, amounts).rowcount:
            raise errors.NotPossibleNow("the lease has told its outcome already")
        self._session.add_up(held=hold.nanos - attempt.hold.nanos)
        self._session.keep_attempt(replace(attempt, hold=hold, batch=batch))

    def attempt(self, lease_id: str) -> Attempt | None:
        """See `LockedStudy.attempt`."""
        return self._session.attempt(lease_id)

    def parents(self) -> dict[int, int]:
        """See `LockedStudy.parents`."""
        return {row.number: row.parent for row in self._session.run(sql.PARENTS)}

    def attempts(self, number: int) -> list[Attempt]:
        """See `LockedStudy.attempts`."""
        found = self._session.run(sql.ATTEMPTS, {"trial": number})
        return [rows.attempt(row, self._session.currency) for row in found]

    def _known_attempt(self, lease_id: str) -> Attempt:
        attempt = self.attempt(lease_id)
        if attempt is None:
            raise errors.NotFound("the study has given no such lease")
        return attempt

    def renew(self, lease_id: str, until: datetime) -> model.Lease:
        """See `LockedStudy.renew`."""
        renewed = [_until(attempt, until) for attempt in self._live([lease_id])]
        if not renewed:
            raise errors.NotPossibleNow("the lease is over; ask for another trial")
        self._move_ends(renewed)
        return renewed[0].lease

    def renew_all(self, lease_ids: Sequence[str], *, now: datetime) -> dict[str, Attempt]:
        """See `Store.renew`."""
        end = now + self._session.row.declared.lease_duration
        renewed = [
            _until(attempt, max(end, attempt.lease.expire_time))
            for attempt in self._live(lease_ids)
        ]
        self._move_ends(renewed)
        return {attempt.lease.lease_id: attempt for attempt in renewed}

    def _live(self, lease_ids: Sequence[str]) -> list[Attempt]:
        found = self._session.run(sql.LIVE, {"leases": list(lease_ids)})
        return [rows.attempt(row, self._session.currency) for row in found]

    def _move_ends(self, attempts: Sequence[Attempt]) -> None:
        leases = [attempt.lease for attempt in attempts]
        self._session.run_each(
            sql.RENEW,
            [{"of_lease": lease.lease_id, "until": lease.expire_time} for lease in leases],
        )
        self._session.forget()

    def report(self, number: int, measurement: model.Measurement, *, now: datetime) -> None:
        """See `LockedStudy.report`."""
        report = rows.new_report(number, measurement, now)
        self._session.run(sql.DROP_REPORT, report)
        self._session.insert(sql.ADD_REPORT, report)

    def book(
        self, usages: Sequence[BookedUsage], *, lease_id: str | None, now: datetime
    ) -> tuple[int, int]:
        """See `LockedStudy.book`."""
        attempt = None if lease_id is None else self._known_attempt(lease_id)
        return self._books.book(usages, attempt, now)

    def usage(self, lease_id: str) -> list[BookedUsage]:
        """See `LockedStudy.usage`."""
        return self._books.usage(lease_id)

    def unpriced(self) -> list[StoredUsage]:
        """See `LockedStudy.unpriced`."""
        return self._books.unpriced()

    def reprice(self, usages: Sequence[BookedUsage]) -> None:
        """See `LockedStudy.reprice`."""
        self._books.reprice(usages)

    def close_attempt(self, lease_id: str, *, told: str) -> None:
        """See `LockedStudy.close_attempt`."""
        attempt = self._known_attempt(lease_id)
        closed = self._session.run(sql.CLOSE_ATTEMPT, {"of_lease": lease_id, "digest": told})
        if not closed.rowcount:
            raise errors.NotPossibleNow("the lease has told its outcome already")
        self._session.add_up(held=-attempt.hold.nanos)
        nothing = model.Money(0, attempt.hold.currency)
        self._session.keep_attempt(replace(attempt, told=told, hold=nothing))

    def finish(
        self, number: int, state: model.TrialState, outcome: model.Outcome, *, now: datetime
    ) -> model.Trial:
        """See `LockedStudy.finish`."""
        before = self.trial(number)
        row = self._session.run(
            sql.FINISH_TRIAL,
            {
                "trial": number,
                "before": before.state.value,
                "state": state.value,
                **rows.outcome(outcome),
                "end_time": before.end_time or now,
                "finish_order": self._session.row.next_order,
                "settled_then": self._session.row.settled,
            },
        ).one()
        self._session.change(next_order=self._session.row.next_order + 1)
        self._session.add_up(
            waiting=-(before.state is _REQUESTED),
            running=-(before.state is _RUNNING),
            finished=+(not before.state.is_finished),
        )
        return self._session.keep_trial(rows.trial(row, self._session.currency))

    def decide(self, decision: model.Decision) -> None:
        """See `LockedStudy.decide`."""
        last = self._session.row.last
        if last is None or (last.verdict, last.reason) != (decision.verdict, decision.reason):
            last_entry = self._session.run(sql.LAST_ENTRY).scalar_one()
            entry = 0 if last_entry is None else last_entry + 1
            self._session.insert(sql.ADD_DECISION, {"entry": entry, **rows.new_decision(decision)})
        # A plan is long, and this is read by every call.
        short = replace(decision, plan=None)
        self._session.change(last_decision=codec.DECISION.write(short))

    def decision(self, decision_id: str) -> model.Decision:
        """See `LockedStudy.decision`."""
        row = self._session.run(sql.DECISION, {"decision": decision_id}).one_or_none()
        if row is None:
            raise errors.NotFound(f"the study has no decision {decision_id[:64]!r}")
        return codec.DECISION.read(row.decision)

    def accept(self, reason: model.Reason) -> None:
        """See `LockedStudy.accept`."""
        view = self.view()
        accepted = {**view.accepted, reason: view.next_order}
        self._session.change(accepted=codec.ACCEPTED.write(accepted))

    def change(
        self,
        *,
        now: datetime,
        spec: model.StudySpec | None = None,
        state: model.StudyState | None = None,
    ) -> None:
        """See `LockedStudy.change`."""
        row = self._session.row
        self._session.change(
            update_time=now,
            spec=row.spec if spec is None else codec.SPEC.write(spec),
            state=row.state if state is None else state.value,
            revision=row.revision + 1,
        )


def _until(attempt: Attempt, end: datetime) -> Attempt:
    return replace(attempt, lease=replace(attempt.lease, expire_time=end))


def _expect_one(result: sa.CursorResult[object]) -> None:
    """Check that an order found the state that it expected, as it must under the lock."""
    if result.rowcount != 1:
        raise RuntimeError(f"the store contradicts itself: {result.rowcount} rows instead of 1")
