"""Report, tell, stay alive: what workers hand in, and what the ledger makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from groat import model
from groat.errors import ConflictingOutcome, InvalidArgument, NotFound
from groat.model import Directive, Disposition
from groat_server import derivation, validation
from groat_server.booking import digest_of, price_all, without_usage
from groat_server.engine import continuing, stopping, tranches
from groat_server.engine.clock import Clock
from groat_server.engine.continuing import STANDS
from groat_server.engine.judging import Judging
from groat_server.history import Memory
from groat_server.storage.base import Attempt, BookedUsage, LockedStudy, Store

_CONFLICT = "trial {} is {} by this very lease; the first outcome stands"
MAX_RENEWALS = 1_000

_CLOSING = {Disposition.ACCEPTED, Disposition.ACCEPTED_LATE}
_PATHS: dict[type[model.Outcome], str] = {
    model.Succeeded: "succeeded",
    model.EarlyStopped: "early_stopped",
}
_STATES: dict[type[model.Outcome], model.TrialState] = {
    model.Succeeded: model.TrialState.SUCCEEDED,
    model.EarlyStopped: model.TrialState.EARLY_STOPPED,
    model.Infeasible: model.TrialState.INFEASIBLE,
    model.Failed: model.TrialState.FAILED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder:
    """What a worker hands in under its lease.

    Attributes:
        next_spend: The most that it spends before its next report; ``None``: as
            much as between its reports so far.
    """

    study_id: str
    number: int
    lease_id: str
    usage: Sequence[model.Usage] = ()
    next_spend: model.Money | None = None


class Telling:
    """The verbs report, tell, heartbeat and record usage. Safe between threads."""

    def __init__(self, store: Store, memory: Memory, judging: Judging, *, clock: Clock) -> None:
        self._store = store
        self._memory = memory
        self._judging = judging
        self._clock = clock

    def report(self, order: WorkOrder, measurement: model.Measurement) -> model.ReportResult:
        """Keep a partial measurement, book usage and renew the lease.

        A trial is told to stop when there is no money for its next step, or
        when it will hardly join the front and the study's policy says so.

        Args:
            order: Usage since the last report.
            measurement: Of all that the trial has run so far.

        Raises:
            NotFound: There is no such study, trial or lease.
            InvalidArgument: The measurement or the usage breaks a rule.
        """
        spec = self._store.look(order.study_id).study.spec
        validation.check_lease_id(order.lease_id)
        validation.check_report(spec, measurement, order.usage)
        validation.check_next_spend(spec, order.next_spend)
        now = self._clock()
        scope = f"report-{measurement.example_count}"
        booked = self._price(spec, order, measurement, scope=scope, now=now)
        measurement = without_usage(measurement)
        with self._store.locked(order.study_id) as locked:
            attempt, trial = _own(locked, order)
            locked.book(booked, lease_id=order.lease_id, now=now)
            if not trial.state.is_finished:
                locked.report(order.number, measurement, now=now)
            if not _is_live(attempt, trial):
                return _abandoned(trial, locked.view().study.budget_status)
            end = max(now + spec.lease_duration, attempt.lease.expire_time)
            lease = locked.renew(order.lease_id, end)
            reason = _feed(locked, order, trial.spend.total)
            study = locked.view().study
            running = stopping.partial(locked, trial, order.lease_id, measurement)
        if running and not reason:
            reason = stopping.reason_to_stop(running, self._memory.past(study))
        return model.ReportResult(
            directive=Directive.STOP if reason else Directive.CONTINUE,
            reason=reason,
            lease=lease,
            budget_status=study.budget_status,
        )

    def tell(self, order: WorkOrder, outcome: model.Outcome) -> model.TellResult:
        """Take an outcome in: price, book, derive, close. Safe to repeat.

        Raises:
            NotFound: There is no such study, trial or lease.
            InvalidArgument: The outcome or the usage breaks a rule.
            ConflictingOutcome: This lease has told another outcome before.
        """
        spec = self._store.look(order.study_id).study.spec
        validation.check_lease_id(order.lease_id)
        validation.check_outcome(spec, outcome, order.usage)
        now, digest = self._clock(), digest_of(outcome)
        told = None if isinstance(outcome, model.Failed) else outcome.measurement
        booked = self._price(spec, order, told, scope="tell", now=now)
        with self._store.locked(order.study_id) as locked:
            attempt, trial = _own(locked, order)
            if attempt.told and attempt.told.removeprefix(STANDS) != digest:
                raise ConflictingOutcome(_CONFLICT.format(order.number, trial.state.value))
            locked.book(booked, lease_id=order.lease_id, now=now)
            disposition = _disposition(attempt, trial, outcome, now)
            if disposition is not Disposition.DUPLICATE:
                mark = STANDS if disposition in _CLOSING else ""
                locked.close_attempt(order.lease_id, told=mark + digest)
            if disposition in _CLOSING:
                outcome = _derived(locked, trial, order.lease_id, outcome)
                locked.finish(order.number, _STATES[type(outcome)], outcome, now=now)
            trial, study = locked.trial(order.number), locked.view().study
        return model.TellResult(
            trial=trial,
            disposition=disposition,
            on_front=self._memory.past(study).is_on_front(order.number),
            budget_status=study.budget_status,
            decision=self._judging.rejudge(order.study_id, in_tranches=attempt.batch is not None),
        )

    def heartbeat(
        self, study_id: str, renewals: Sequence[tuple[int, str]]
    ) -> list[model.LeaseState]:
        """Renew leases, given as trial number and lease id.

        A trial without money for its next step gets it, or is told to stop.

        Raises:
            NotFound: There is no such study.
        """
        if len(renewals) > MAX_RENEWALS:
            problem = f"{len(renewals)} leases; at most {MAX_RENEWALS} are allowed"
            raise InvalidArgument.at("renewals", problem)
        lease_ids = [lease_id for _, lease_id in renewals if validation.is_id(lease_id)]
        renewed = self._store.renew(study_id, lease_ids, now=self._clock())
        starved = [attempt for attempt in renewed.values() if attempt.is_starved]
        reasons = self._feed_again(study_id, starved)
        return [
            _lease_state(number, renewed.get(lease_id), reasons.get(lease_id, ""))
            for number, lease_id in renewals
        ]

    def _feed_again(self, study_id: str, starved: Sequence[Attempt]) -> dict[str, str]:
        """Try once more to set money aside; return the reasons of those who must stop."""
        if not starved:
            return {}
        with self._store.locked(study_id) as locked:
            return {
                one.lease.lease_id: tranches.extend(
                    locked, one, locked.trial(one.number), one.batch or one.hold
                )
                for one in map(locked.attempt, [one.lease.lease_id for one in starved])
                if one is not None and one.is_starved and not one.told
            }

    def record_usage(self, study_id: str, usage: Sequence[model.Usage]) -> model.RecordResult:
        """Book usage of the study as a whole.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: A usage breaks a rule or has no id of its own.
        """
        spec = self._store.look(study_id).study.spec
        validation.check_recorded(usage, spec.currency)
        now = self._clock()
        booked = price_all(spec, usage, None, scope="study", lease_id="", now=now)
        with self._store.locked(study_id) as locked:
            new, known = locked.book(booked, lease_id=None, now=now)
            status = locked.view().study.budget_status
        return model.RecordResult(booked=new, duplicates=known, budget_status=status)

    def _price(
        self,
        spec: model.StudySpec,
        order: WorkOrder,
        measurement: model.Measurement | None,
        *,
        scope: str,
        now: datetime,
    ) -> list[BookedUsage]:
        lease_id = order.lease_id
        return price_all(spec, order.usage, measurement, scope=scope, lease_id=lease_id, now=now)


def _own(locked: LockedStudy, order: WorkOrder) -> tuple[Attempt, model.Trial]:
    trial = locked.trial(order.number)
    attempt = locked.attempt(order.lease_id)
    if attempt is None or attempt.number != order.number:
        raise NotFound(f"trial {order.number} was never leased under {order.lease_id[:64]!r}")
    return attempt, trial


def _feed(locked: LockedStudy, order: WorkOrder, spent_before: model.Money) -> str:
    attempt, trial = _own(locked, order)
    return tranches.feed(locked, attempt, trial, spent_before, order.next_spend)


def _is_live(attempt: Attempt, trial: model.Trial) -> bool:
    return (
        not attempt.told
        and not attempt.is_lapsed
        and trial.lease is not None
        and trial.lease.lease_id == attempt.lease.lease_id
    )


def _abandoned(trial: model.Trial, status: model.BudgetStatus) -> model.ReportResult:
    why = "The lease ran out and the trial is another worker's"
    if trial.state.is_finished:
        why = f"The trial is {trial.state.value}"
    return model.ReportResult(
        directive=Directive.ABANDON,
        reason=f"{why}; tell what was spent and leave it.",
        lease=None,
        budget_status=status,
    )


def _disposition(
    attempt: Attempt, trial: model.Trial, outcome: model.Outcome, now: datetime
) -> Disposition:
    if attempt.told:
        return Disposition.DUPLICATE
    is_late = attempt.is_lapsed or now > attempt.lease.expire_time
    if not trial.state.is_finished:
        # A lost worker's failure does not end a trial that goes on elsewhere.
        if attempt.is_lapsed and isinstance(outcome, model.Failed):
            return Disposition.SUPERSEDED
        return Disposition.ACCEPTED_LATE if is_late else Disposition.ACCEPTED
    was_presumed_lost = (
        isinstance(trial.outcome, model.Failed)
        and trial.outcome.kind is model.FailureKind.LEASE_EXPIRED
    )
    if was_presumed_lost and not isinstance(outcome, model.Failed):
        return Disposition.ACCEPTED_LATE
    return Disposition.SUPERSEDED


def _derived(
    locked: LockedStudy, trial: model.Trial, lease_id: str, outcome: model.Outcome
) -> model.Outcome:
    """Fill in derived metrics; raised inside the lock, a fault takes the booking back too."""
    if isinstance(outcome, model.Failed) or outcome.measurement is None:
        return outcome
    measurement = without_usage(outcome.measurement)
    spec = locked.view().study.spec
    if isinstance(outcome, model.Infeasible) or not any(m.derivation for m in spec.metrics):
        return replace(outcome, measurement=measurement)
    booked, earlier = locked.usage(lease_id), continuing.earlier(locked, trial)
    path = _PATHS[type(outcome)]
    faults = derivation.check(spec, measurement, booked, path, earlier=earlier)
    if faults:
        raise InvalidArgument(*faults)
    derived = derivation.derive(spec, measurement, booked, earlier)
    return replace(outcome, measurement=derived.measurement)


def _lease_state(number: int, renewed: Attempt | None, reason: str) -> model.LeaseState:
    if renewed is None or renewed.number != number:
        return model.LeaseState(number=number, lease=None, directive=Directive.ABANDON)
    directive = Directive.STOP if reason else Directive.CONTINUE
    return model.LeaseState(number=number, lease=renewed.lease, directive=directive, reason=reason)
