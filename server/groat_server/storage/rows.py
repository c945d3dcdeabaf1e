"""Rows as values."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeAlias

import sqlalchemy as sa

from groat import model
from groat_server import ledger
from groat_server.storage import codec
from groat_server.storage.base import (
    Attempt,
    BookedUsage,
    FinishedTrial,
    NewTrial,
    StoredDecision,
    StoredUsage,
    StudyView,
)

Row: TypeAlias = sa.Row[tuple[Any, ...]]
Columns: TypeAlias = Mapping[str, object]

# Specs are read at every call and change about never; the others are read again by every view.
_read_spec = functools.lru_cache(maxsize=256)(codec.SPEC.read)
_read_spend = functools.lru_cache(maxsize=256)(codec.SPEND.read)
_read_decision = functools.lru_cache(maxsize=256)(codec.DECISION.read)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """A row of ``studies``, each field the column of its name, texts still as text."""

    study_id: str
    digest: str
    spec: str
    state: str
    create_time: datetime
    update_time: datetime
    revision: int = 0
    next_number: int = 0
    next_order: int = 0
    next_entry: int = 0
    waiting: int = 0
    running: int = 0
    finished: int = 0
    held: int = 0
    settled: int = 0
    spend: str | None = None
    last_decision: str | None = None
    accepted: str = "{}"

    @property
    def declared(self) -> model.StudySpec:
        """The declaration."""
        return _read_spec(self.spec)

    @property
    def currency(self) -> str:
        """The study's one currency."""
        return self.declared.currency

    @property
    def spent(self) -> model.Spend:
        """Everything booked in the study."""
        return spend(self.spend, self.currency)

    def with_spend(self, spent: model.Spend) -> StudyRow:
        """Return the row with another ``spend``, and its total as ``settled``."""
        return replace(self, spend=codec.SPEND.write(spent), settled=spent.total.nanos)

    @property
    def last(self) -> model.Decision | None:
        """The last decision."""
        text = self.last_decision
        return None if text is None else _read_decision(text)

    def columns(self) -> dict[str, object]:
        """Return every column by its name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def changes_since(self, before: StudyRow) -> Columns:
        """Return every column that differs."""
        old = before.columns()
        return {name: value for name, value in self.columns().items() if value != old[name]}

    def view(self) -> StudyView:
        """Return what the row says, as values."""
        return StudyView(
            study=self.study(),
            next_number=self.next_number,
            next_order=self.next_order,
            accepted=codec.ACCEPTED.read(self.accepted),
        )

    def study(self) -> model.Study:
        """Return the study, without its next number."""
        return model.Study(
            study_id=self.study_id,
            spec=self.declared,
            state=model.StudyState(self.state),
            budget_status=self._budget_status(),
            last_decision=self.last,
            create_time=self.create_time,
            update_time=self.update_time,
            etag=self.etag,
        )

    @property
    def etag(self) -> str:
        """Moves with the revision; another study that took the id later has another one."""
        parts = f"{self.digest} {self.create_time.isoformat()} {self.revision}"
        return hashlib.sha256(parts.encode()).hexdigest()[:16]

    def _budget_status(self) -> model.BudgetStatus:
        spent = self.spent
        cap = self.declared.budget.max_spend
        held = model.Money(self.held, self.currency)
        return model.BudgetStatus(
            settled=spent,
            held=held,
            remaining=None if cap is None else cap - spent.total - held,
            settled_tokens=ledger.tokens(spent),
            finished_trials=self.finished,
            running_trials=self.running,
            waiting_trials=self.waiting,
        )


def study_row(row: Row) -> StudyRow:
    """Read a row of ``studies``."""
    return StudyRow(**{field.name: getattr(row, field.name) for field in fields(StudyRow)})


def spend(text: str | None, currency: str) -> model.Spend:
    """Read a spend; none is written before anything is booked."""
    return model.Spend(total=model.Money(0, currency)) if text is None else _read_spend(text)


def new_trial(trial: NewTrial, number: int, now: datetime) -> Columns:
    """Return the columns of a REQUESTED trial, without its study's id."""
    return {
        "number": number,
        "configuration": codec.CONFIGURATION.write(trial.configuration),
        "configuration_id": trial.configuration_id,
        "origin": trial.origin.value,
        "generator": trial.generator,
        "notes": codec.NOTES.write(dict(trial.notes)),
        "state": model.TrialState.REQUESTED.value,
        "attempt": 0,
        "create_time": now,
        "example_count": trial.example_count,
        "parent": trial.parent,
        "parent_checkpoint": trial.parent_checkpoint,
        "slot": trial.slot or None,
        "why": trial.why,
    }


def trial(
    row: Row,
    currency: str,
    *,
    lease: model.Lease | None = None,
    reports: tuple[model.Measurement, ...] = (),
) -> model.Trial:
    """Read a row of ``trials``, with or without its examples."""
    return model.Trial(
        study_id=row.study_id,
        number=row.number,
        configuration=codec.CONFIGURATION.read(row.configuration),
        configuration_id=row.configuration_id,
        origin=model.Origin(row.origin),
        state=model.TrialState(row.state),
        spend=spend(row.spend, currency),
        create_time=row.create_time,
        lease=lease,
        attempt=row.attempt,
        outcome=_outcome(row.outcome, getattr(row, "examples", None)),
        reports=reports,
        end_time=row.end_time,
        generator=row.generator,
        example_count=row.example_count,
        parent=row.parent,
        parent_checkpoint=row.parent_checkpoint,
        why=row.why,
        slot=row.slot or "",
        notes=codec.NOTES.read(row.notes),
    )


def whole_trial(
    row: Row, currency: str, reports: tuple[model.Measurement, ...] = ()
) -> model.Trial:
    """Read a row of ``trials`` that is joined with the lease under which it runs, if any."""
    return trial(row, currency, lease=row.lease_id and lease(row), reports=reports)


def finished(row: Row, currency: str) -> FinishedTrial:
    """Read a finished row of ``trials``."""
    return FinishedTrial(
        order=row.finish_order,
        trial=trial(row, currency),
        settled=model.Money(row.settled_then, currency),
    )


def outcome(outcome: model.Outcome) -> Columns:
    """Return the columns of an outcome: the examples apart, since they are long and seldom read."""
    measurement = None if isinstance(outcome, model.Failed) else outcome.measurement
    if isinstance(outcome, model.Failed) or measurement is None or not measurement.examples:
        return {"outcome": codec.OUTCOME.write(outcome), "examples": None}
    short = replace(outcome, measurement=replace(measurement, examples=()))
    return {
        "outcome": codec.OUTCOME.write(short),
        "examples": codec.EXAMPLES.write(measurement.examples),
    }


def _outcome(text: str | None, examples: str | None) -> model.Outcome | None:
    if text is None:
        return None
    outcome = codec.OUTCOME.read(text)
    if examples is None or isinstance(outcome, model.Failed) or outcome.measurement is None:
        return outcome
    measurement = replace(outcome.measurement, examples=codec.EXAMPLES.read(examples))
    return replace(outcome, measurement=measurement)


def lease(row: Row) -> model.Lease:
    """Read the lease of a row of ``attempts``."""
    return model.Lease(lease_id=row.lease_id, worker_id=row.worker_id, expire_time=row.expire_time)


def attempt(row: Row, currency: str) -> Attempt:
    """Read a row of ``attempts``."""
    return Attempt(
        number=row.number,
        attempt=row.attempt,
        lease=lease(row),
        hold=model.Money(row.hold, currency),
        told=row.told or "",
        is_lapsed=row.lapse_time is not None,
        batch=None if row.batch is None else model.Money(row.batch, currency),
    )


def new_attempt(
    trial: Row, lease: model.Lease, hold: model.Money, batch: model.Money | None
) -> Columns:
    """Return the columns of a leased trial's newest attempt, without its study's id."""
    return {
        "number": trial.number,
        "attempt": trial.attempt,
        "lease_id": lease.lease_id,
        "worker_id": lease.worker_id,
        "expire_time": lease.expire_time,
        "hold": hold.nanos,
        "batch": None if batch is None else batch.nanos,
    }


def new_report(number: int, measurement: model.Measurement, now: datetime) -> Columns:
    """Return the columns of a report, without its study's id."""
    return {
        "number": number,
        "example_count": measurement.example_count or len(measurement.examples),
        "measurement": codec.MEASUREMENT.write(measurement),
        "time": now,
    }


def new_decision(decision: model.Decision) -> Columns:
    """Return the columns of a decision, without its study's id."""
    return {
        "decision_id": decision.decision_id,
        "verdict": decision.verdict.value,
        "reason": decision.reason.value,
        "decision": codec.DECISION.write(decision),
        "time": decision.time,
    }


def decision(row: Row) -> StoredDecision:
    """Read a row of ``decisions``."""
    return StoredDecision(entry=row.entry, decision=codec.DECISION.read(row.decision))


def new_usage(booked: BookedUsage, *, entry: int, lease_id: str | None, now: datetime) -> Columns:
    """Return the columns of booked usage, without its study's id."""
    return {
        "entry": entry,
        "usage_id": booked.usage_id,
        "lease_id": lease_id,
        "example_id": booked.example_id,
        "priced": codec.PRICED.write(booked.priced),
        "spend": None if booked.priced.spend is None else booked.priced.spend.nanos,
        "time": now,
    }


def price(priced: model.PricedUsage, booked: BookedUsage) -> Columns:
    """Return what changes of booked usage when it gets a price."""
    return {
        "of_usage": booked.usage_id,
        "text": codec.PRICED.write(priced),
        "amount": None if priced.spend is None else priced.spend.nanos,
    }


def usage(row: Row) -> BookedUsage:
    """Read a row of ``usage``."""
    return BookedUsage(
        usage_id=row.usage_id, priced=codec.PRICED.read(row.priced), example_id=row.example_id
    )


def stored_usage(row: Row) -> StoredUsage:
    """Read a row of ``usage`` that is joined with its attempt, if any."""
    return StoredUsage(booked=usage(row), number=row.number, lease_id=row.lease_id or "")
