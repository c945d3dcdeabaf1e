"""Whether one more trial may start: the first rule that objects decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from groat import model
from groat.model import Coverage, GuardMode, Reason, StudyState, Verdict
from groat_server.guard import ruling
from groat_server.guard.assessment import Assessment
from groat_server.guard.ruling import Ruling
from groat_server.guard.words import counted, roughly


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The trial that is about to start.

    Attributes:
        hold: What it would set aside; ``None`` when nothing is known of its spend.
        likely: What it spends as likely as not; ``None`` when nothing is known.
        room: How many times that must fit into what is left for it to run alone
            on all of it. In tranches it is stopped in time, so that half will do.
        is_new: False for one that is already numbered and waits for a worker.
        is_decided: A person chose it, or it was begun before: no advice about it
            is asked for.
        is_typical: It is none in particular, and its hold only what such a trial
            spends as likely as not.
    """

    hold: model.Money | None
    likely: model.Money | None = None
    room: float = 3.0
    is_new: bool = True
    is_decided: bool = False
    is_typical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    study: model.Study
    candidate: Candidate
    assessment: Assessment
    now: datetime

    @property
    def status(self) -> model.BudgetStatus:
        return self.study.budget_status

    @property
    def budget(self) -> model.Budget:
        return self.study.spec.budget

    @property
    def hold(self) -> model.Money | None:
        return self.candidate.hold


def admit(
    *, study: model.Study, candidate: Candidate, assessment: Assessment, now: datetime
) -> Ruling:
    """Decide whether one more trial may start.

    Reaching a limit exactly is allowed. Caps and limits decide; then the advice,
    unless the policy only wants to hear it.

    Args:
        study: With the live ledger.
        candidate: The trial.
        assessment: Of the study's past.
        now: The moment of the ask.

    Returns:
        The ruling, with its numbers in the explanation.
    """
    case = _Case(study=study, candidate=candidate, assessment=assessment, now=now)
    for rule in _RULES:
        found = rule(case)
        if found is not None:
            return found
    return _go(case)


def _study_is_active(case: _Case) -> Ruling | None:
    if case.study.state is StudyState.ACTIVE:
        return None
    if case.study.state is StudyState.PAUSED:
        return ruling.wait(Reason.STUDY_NOT_ACTIVE, "The study is paused; resume it to go on.")
    last = case.study.last_decision
    if last is not None and last.verdict is Verdict.STOP:
        return ruling.stop(last.reason, last.explanation)
    return ruling.stop(Reason.STUDY_NOT_ACTIVE, "The study is completed; resume it to go on.")


def _before_deadline(case: _Case) -> Ruling | None:
    deadline = case.budget.deadline
    if deadline is None or case.now <= deadline:
        return None
    return ruling.stop(
        Reason.DEADLINE,
        f"The deadline {deadline.isoformat()} has passed; move it and resume the study to go on.",
    )


def _spend_is_known(case: _Case) -> Ruling | None:
    settled, expected = case.status.settled, case.assessment.forecast
    is_partial = Coverage.PARTIAL in {settled.coverage, expected.coverage}
    if case.budget.max_spend is None or not is_partial:
        return None
    models = ", ".join(settled.unpriced_models or expected.unpriced_models)
    return Ruling(
        verdict=Verdict.STOP,
        reason=Reason.SPEND_UNKNOWN,
        explanation=(
            f"What {models or 'some usage'} cost is unknown, so the cap of {case.budget.max_spend} "
            "could not be kept. Add rates ([[rates]] in a study file, price_book.rates in a "
            "study); or, where token counts are missing, take the cap away."
        ),
    )


def _few_fail(case: _Case) -> Ruling | None:
    failures, limit = (
        case.assessment.failures,
        case.study.spec.guard_policy.max_consecutive_failures,
    )
    if failures < limit:
        return None
    return ruling.stop(
        Reason.TOO_MANY_FAILURES,
        f"The last {failures} trials failed and {limit} in a row stop a study, before they spend "
        "more. See what failed, mend it, and resume the study.",
    )


def _trials_are_left(case: _Case) -> Ruling | None:
    limit, status = case.budget.max_trials, case.status
    begun = status.finished_trials + status.running_trials
    if case.candidate.is_new:
        begun += status.waiting_trials  # their places are taken
    if limit is None or begun < limit:
        return None
    if status.running_trials:
        return ruling.wait(
            Reason.AWAITING_RESULTS,
            f"All {limit} trials are given out; {status.running_trials} still run.",
        )
    return ruling.stop(
        Reason.TRIAL_LIMIT,
        f"All {limit} trials are done; raise max_trials and resume the study to go on.",
    )


def _workers_are_few_enough(case: _Case) -> Ruling | None:
    limit = case.study.spec.max_concurrent_trials
    if not limit or case.status.running_trials < limit:
        return None
    return ruling.wait(
        Reason.CONCURRENCY_LIMIT,
        f"{case.status.running_trials} trials run and {limit} may; wait for one.",
    )


def _tokens_are_left(case: _Case) -> Ruling | None:
    limit, status = case.budget.max_tokens, case.status
    if limit is None:
        return None
    each, running = case.assessment.trial_tokens, status.running_trials
    # Unknown: one alone, like money.
    fits = status.settled_tokens + (running + 1) * each <= limit if each else not running
    if status.settled_tokens < limit and fits:
        return None
    facts = (
        f"{status.settled_tokens:,} of {limit:,} tokens are used and a trial takes up to "
        f"{f'{each:,}' if each else 'an unknown number'}"
    )
    if running:
        return ruling.wait(Reason.BUDGET_HELD, f"{facts}. Wait for {counted(running, 'trial')}.")
    return ruling.stop(
        Reason.BUDGET_EXHAUSTED, f"{facts}. Raise max_tokens and resume the study to go on."
    )


def _is_advised(case: _Case) -> Ruling | None:
    advice = case.assessment.advice
    only_says = case.study.spec.guard_policy.mode is GuardMode.ADVISE
    if case.candidate.is_decided or advice.allows or only_says:
        return None
    # Once something is told, a cap that is reached is what there is to say.
    money = _money_is_left(case) if case.status.finished_trials else None
    return money if money is not None and money.ends_study else advice


def _pilot_is_alone(case: _Case) -> Ruling | None:
    running = case.status.running_trials
    is_pilot = case.assessment.advice.reason is Reason.PILOT
    if case.candidate.is_decided or not is_pilot or not running:
        return None
    return ruling.wait(
        Reason.AWAITING_RESULTS,
        f"A pilot shows what a trial spends; wait for {counted(running, 'running trial')}.",
    )


def _money_is_left(case: _Case) -> Ruling | None:
    remaining, hold = case.status.remaining, case.hold
    if remaining is None:
        return None
    if remaining.nanos > 0 and (hold is None or hold <= remaining or _fits_alone(case)):
        return None
    needs = "an unknown amount" if hold is None else f"up to {roughly(hold)}"
    if case.candidate.is_typical and hold is not None:
        needs = f"about {roughly(hold)}"
    facts = (
        f"Spent {case.status.settled.total} and holding {roughly(case.status.held)} of "
        f"{case.budget.max_spend}; one more trial needs {needs}"
    )
    if case.status.running_trials:
        return ruling.wait(
            Reason.BUDGET_HELD,
            f"{facts}. Wait for {counted(case.status.running_trials, 'running trial')}.",
        )
    if case.status.held.nanos > 0:
        return ruling.wait(
            Reason.BUDGET_HELD,
            f"{facts}. {case.status.held} are held for workers that fell silent and may still "
            "tell; raise max_spend to go on without them.",
        )
    likely = case.candidate.likely
    also = ""
    if likely is not None and likely <= remaining:
        also = f" As likely as not it spends {roughly(likely)}: a worker that reports may run it."
    return ruling.stop(
        Reason.BUDGET_EXHAUSTED, f"{facts}. Raise max_spend and resume the study to go on.{also}"
    )


def _fits_alone(case: _Case) -> bool:
    """Whether it may run alone on all that is left.

    As long as little is known of what trials spend, a careful hold is many
    times what they do spend, and would end the study with the money in hand.
    """
    remaining, likely = case.status.remaining, case.candidate.likely
    is_alone = not case.status.running_trials and case.status.held.nanos == 0
    if remaining is None or likely is None or not is_alone:
        return False
    return case.candidate.room * likely.nanos <= remaining.nanos


def _go(case: _Case) -> Ruling:
    advice = case.assessment.advice
    holds = _within(case)
    if case.candidate.is_decided or (advice.allows and case.status.remaining is None):
        return ruling.proceed(Reason.WITHIN_BUDGET, holds)
    verdict = advice.verdict
    if not advice.allows and verdict is Verdict.STOP:
        verdict = Verdict.PROCEED  # only advice: no study is stopped by it
    return Ruling(
        verdict=verdict,
        reason=advice.reason,
        explanation=f"{advice.explanation} {holds}",
        allows=True,
    )


_RULES: tuple[Callable[[_Case], Ruling | None], ...] = (
    _study_is_active,
    _before_deadline,
    _spend_is_known,
    _few_fail,
    _trials_are_left,
    _workers_are_few_enough,
    _tokens_are_left,
    _is_advised,
    _pilot_is_alone,
    _money_is_left,
)


def _within(case: _Case) -> str:
    if case.status.remaining is None:
        return "No spending cap is set."
    if case.hold is None:
        what = "the next trial holds all that is left, until one trial has told"
    elif case.candidate.is_typical:
        what = f"a typical trial takes {roughly(case.hold)}"
    else:
        what = f"the next trial holds {roughly(min(case.hold, case.status.remaining))}"
    return (
        f"Spent {case.status.settled.total} and holding {roughly(case.status.held)} of "
        f"{case.budget.max_spend}; {what}."
    )
