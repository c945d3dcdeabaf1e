"""Whether one more trial may start: the first rule that objects decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from groat import model
from groat.model import Coverage, Reason, StudyState, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A verdict before it is stored.

    Attributes:
        ends_study: No ask can be served again until a person acts.
    """

    verdict: Verdict
    reason: Reason
    explanation: str
    ends_study: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    study: model.Study
    hold: model.Money | None
    now: datetime
    is_new: bool

    @property
    def status(self) -> model.BudgetStatus:
        return self.study.budget_status

    @property
    def budget(self) -> model.Budget:
        return self.study.spec.budget


def admit(
    *, study: model.Study, hold: model.Money | None, now: datetime, is_new: bool = True
) -> Ruling:
    """Decide whether one more trial may start.

    Reaching a limit exactly is allowed.

    Args:
        study: With the live ledger.
        hold: What the trial would set aside; ``None`` when nothing is known
            about its spend.
        now: The moment of the ask.
        is_new: False for a trial that is already numbered and waits for a worker.

    Returns:
        The ruling, with its numbers in the explanation.
    """
    case = _Case(study=study, hold=hold, now=now, is_new=is_new)
    for rule in _RULES:
        ruling = rule(case)
        if ruling is not None:
            return ruling
    return Ruling(
        verdict=Verdict.PROCEED,
        reason=Reason.WITHIN_BUDGET,
        explanation=_within(case),
    )


def _study_is_active(case: _Case) -> Ruling | None:
    if case.study.state is StudyState.ACTIVE:
        return None
    if case.study.state is StudyState.PAUSED:
        return Ruling(
            verdict=Verdict.WAIT,
            reason=Reason.STUDY_NOT_ACTIVE,
            explanation="The study is paused; resume it to go on.",
        )
    last = case.study.last_decision
    if last is not None and last.verdict is Verdict.STOP:
        return Ruling(verdict=Verdict.STOP, reason=last.reason, explanation=last.explanation)
    return Ruling(
        verdict=Verdict.STOP,
        reason=Reason.STUDY_NOT_ACTIVE,
        explanation="The study is completed; resume it to go on.",
    )


def _before_deadline(case: _Case) -> Ruling | None:
    deadline = case.budget.deadline
    if deadline is None or case.now <= deadline:
        return None
    return _stop(
        Reason.DEADLINE,
        f"The deadline {deadline.isoformat()} has passed; move it and resume the study to go on.",
    )


def _spend_is_known(case: _Case) -> Ruling | None:
    settled = case.status.settled
    if case.budget.max_spend is None or settled.coverage is not Coverage.PARTIAL:
        return None
    models = ", ".join(settled.unpriced_models)
    return Ruling(
        verdict=Verdict.STOP,
        reason=Reason.SPEND_UNKNOWN,
        explanation=(
            f"What {models or 'some usage'} cost is unknown, so the cap of {case.budget.max_spend} "
            "could not be kept. Add rates with UpdateStudy (price_book.rates), or, where token "
            "counts are missing, take the cap away."
        ),
    )


def _trials_are_left(case: _Case) -> Ruling | None:
    limit, status = case.budget.max_trials, case.status
    begun = status.finished_trials + status.running_trials + status.waiting_trials
    if limit is None or not case.is_new or begun < limit:
        return None
    if status.running_trials:
        return Ruling(
            verdict=Verdict.WAIT,
            reason=Reason.AWAITING_RESULTS,
            explanation=f"All {limit} trials are given out; {status.running_trials} still run.",
        )
    return _stop(
        Reason.TRIAL_LIMIT,
        f"All {limit} trials are done; raise max_trials and resume the study to go on.",
    )


def _workers_are_few_enough(case: _Case) -> Ruling | None:
    limit = case.study.spec.max_concurrent_trials
    if not limit or case.status.running_trials < limit:
        return None
    return Ruling(
        verdict=Verdict.WAIT,
        reason=Reason.CONCURRENCY_LIMIT,
        explanation=f"{case.status.running_trials} trials run and {limit} may; wait for one.",
    )


def _money_is_left(case: _Case) -> Ruling | None:
    remaining, hold = case.status.remaining, case.hold
    if remaining is None:
        return None
    if remaining.nanos > 0 and (hold is None or hold.nanos <= remaining.nanos):
        return None
    needs = "an unknown amount" if hold is None else f"up to {hold}"
    facts = (
        f"Spent {case.status.settled.total} and holding {case.status.held} of "
        f"{case.budget.max_spend}; one more trial needs {needs}"
    )
    if case.status.running_trials:
        return Ruling(
            verdict=Verdict.WAIT,
            reason=Reason.BUDGET_HELD,
            explanation=f"{facts}. Wait for {case.status.running_trials} running trials.",
        )
    if case.status.held.nanos > 0:
        return Ruling(
            verdict=Verdict.WAIT,
            reason=Reason.BUDGET_HELD,
            explanation=(
                f"{facts}. {case.status.held} are held for workers that fell silent and may still "
                "tell; raise max_spend to go on without them."
            ),
        )
    return _stop(
        Reason.BUDGET_EXHAUSTED, f"{facts}. Raise max_spend and resume the study to go on."
    )


def exhausted(study: model.Study) -> Ruling:
    """Every configuration of the space has been handed out."""
    running = study.budget_status.running_trials
    if running:
        return Ruling(
            verdict=Verdict.WAIT,
            reason=Reason.AWAITING_RESULTS,
            explanation=f"Every configuration is given out; {running} trials still run.",
        )
    return _stop(
        Reason.SPACE_EXHAUSTED,
        f"All {study.budget_status.finished_trials} configurations of the space are tried.",
    )


def awaiting(study: model.Study) -> Ruling:
    """What comes next depends on what is not told yet, or on people."""
    if isinstance(study.spec.algorithm.kind, model.Manual):
        return Ruling(
            verdict=Verdict.WAIT,
            reason=Reason.AWAITING_TRIALS,
            explanation="People choose the trials of this study and none waits; enqueue one.",
        )
    running = study.budget_status.running_trials
    return Ruling(
        verdict=Verdict.WAIT,
        reason=Reason.AWAITING_RESULTS,
        explanation=f"What comes next depends on the {running} trials that run; wait for one.",
    )


def answered(trials: int) -> Ruling:
    """A repeated ask, of whose trials so many are still its own."""
    if trials:
        return Ruling(
            verdict=Verdict.PROCEED,
            reason=Reason.WITHIN_BUDGET,
            explanation=f"This request was answered before; {trials} of its trials still run.",
        )
    return Ruling(
        verdict=Verdict.WAIT,
        reason=Reason.AWAITING_RESULTS,
        explanation="The trials of this request are told or given to others; make a new request.",
    )


def computing() -> Ruling:
    """The suggestion is not ready in time."""
    return Ruling(
        verdict=Verdict.WAIT,
        reason=Reason.COMPUTING,
        explanation="The next configuration is being computed; ask again with the same request id.",
    )


_RULES: tuple[Callable[[_Case], Ruling | None], ...] = (
    _study_is_active,
    _before_deadline,
    _spend_is_known,
    _trials_are_left,
    _workers_are_few_enough,
    _money_is_left,
)


def _stop(reason: Reason, explanation: str) -> Ruling:
    return Ruling(verdict=Verdict.STOP, reason=reason, explanation=explanation, ends_study=True)


def _within(case: _Case) -> str:
    if case.status.remaining is None:
        return "No spending cap is set."
    holds = "all that is left, until one trial has told" if case.hold is None else str(case.hold)
    return (
        f"Spent {case.status.settled.total} and holding {case.status.held} of "
        f"{case.budget.max_spend}; this trial holds {holds}."
    )
