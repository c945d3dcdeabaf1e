"""Every question and order that a study's rooms are given, built once.

Parameters: ``study`` is always the study's id, ``trial`` a number, ``of_lease``
a lease id. An order names the state that it expects, so that the number of rows
it reaches tells whether it was right.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import bindparam

from groat import model
from groat_server.storage.schema import (
    answers,
    attempts,
    decisions,
    is_open,
    is_unpriced,
    reports,
    studies,
    trials,
    usage,
)

_REQUESTED = model.TrialState.REQUESTED.value
_RUNNING = model.TrialState.RUNNING.value

_this_study = studies.c.study_id == bindparam("study")
_this_trial = sa.and_(
    trials.c.study_id == bindparam("study"), trials.c.number == bindparam("trial")
)
_this_attempt = sa.and_(
    attempts.c.study_id == bindparam("study"), attempts.c.lease_id == bindparam("of_lease")
)
_under_its_trial = sa.and_(
    trials.c.study_id == attempts.c.study_id, trials.c.number == attempts.c.number
)
_is_newest = trials.c.attempt == attempts.c.attempt
_is_held = sa.and_(trials.c.state == _RUNNING, _is_newest)

# Studies

STUDY = sa.select(studies).where(_this_study)
LOCK_STUDY = STUDY.with_for_update()
STUDIES = (
    sa.select(studies)
    .where(studies.c.study_id > bindparam("after"))
    .order_by(studies.c.study_id)
    .limit(bindparam("limit"))
)
UPDATE_STUDY = sa.update(studies).where(_this_study)
DELETE_STUDY = sa.delete(studies).where(_this_study)

# Trials

_live_lease = (attempts.c.lease_id, attempts.c.worker_id, attempts.c.expire_time)
_whole_trials = (
    sa.select(trials, *_live_lease)
    .outerjoin(attempts, sa.and_(_under_its_trial, _is_held))
    .where(trials.c.study_id == bindparam("study"))
)
TRIAL = _whole_trials.where(trials.c.number == bindparam("trial"))
TRIALS = (
    _whole_trials.where(trials.c.number > bindparam("after"))
    .order_by(trials.c.number)
    .limit(bindparam("limit"))
)
TRIALS_IN = TRIALS.where(trials.c.state.in_(bindparam("states", expanding=True)))
PENDING = _whole_trials.where(trials.c.state.in_([_REQUESTED, _RUNNING])).order_by(trials.c.number)
WAITING = (
    _whole_trials.where(trials.c.state == _REQUESTED)
    .order_by(trials.c.number)
    .limit(bindparam("limit"))
)
FINISHED = (
    sa.select(*(column for column in trials.c if column is not trials.c.examples))
    .where(trials.c.study_id == bindparam("study"), trials.c.finish_order > bindparam("after"))
    .order_by(trials.c.finish_order)
    .limit(bindparam("limit"))
)
KNOWS = sa.select(
    sa.exists().where(
        trials.c.study_id == bindparam("study"),
        trials.c.configuration_id == bindparam("configuration"),
    )
)
IS_TAKEN = sa.select(
    sa.exists().where(
        trials.c.study_id == bindparam("study"), trials.c.slot == bindparam("of_slot")
    )
)
PARENTS = (
    sa.select(trials.c.number, trials.c.parent)
    .where(trials.c.study_id == bindparam("study"), trials.c.parent.is_not(None))
    .order_by(trials.c.number)
)
ADD_TRIAL = sa.insert(trials).returning(trials)
LEASE_TRIAL = (
    sa.update(trials)
    .where(_this_trial, trials.c.state == _REQUESTED)
    .values(state=_RUNNING, attempt=trials.c.attempt + 1)
    .returning(trials)
)
TAKE_BACK_TRIAL = (
    sa.update(trials).where(_this_trial, trials.c.state == _RUNNING).values(state=_REQUESTED)
)
FINISH_TRIAL = (
    sa.update(trials).where(_this_trial, trials.c.state == bindparam("before")).returning(trials)
)
SET_TRIAL_SPEND = sa.update(trials).where(_this_trial).values(spend=bindparam("sum"))

# Attempts

ATTEMPT = sa.select(attempts).where(_this_attempt)
ATTEMPTS = (
    sa.select(attempts)
    .where(attempts.c.study_id == bindparam("study"), attempts.c.number == bindparam("trial"))
    .order_by(attempts.c.attempt)
)
ADD_ATTEMPT = sa.insert(attempts)
EXPIRED = (
    sa.select(attempts.c.number, attempts.c.attempt, _is_held.label("is_held"))
    .join(trials, _under_its_trial)
    .where(
        attempts.c.study_id == bindparam("study"),
        is_open,
        attempts.c.expire_time <= bindparam("now"),
    )
    .order_by(attempts.c.expire_time, attempts.c.number)
)
LAPSE = (
    sa.update(attempts)
    .where(
        attempts.c.study_id == bindparam("study"),
        is_open,
        attempts.c.expire_time <= bindparam("now"),
    )
    .values(lapse_time=bindparam("now"))
)
LIVE = (
    sa.select(attempts)
    .join(trials, _under_its_trial)
    .where(
        attempts.c.study_id == bindparam("study"),
        attempts.c.lease_id.in_(bindparam("leases", expanding=True)),
        is_open,
        _is_held,
    )
)
RENEW = sa.update(attempts).where(_this_attempt, is_open).values(expire_time=bindparam("until"))
LOWER_HOLD = (
    sa.update(attempts)
    .where(_this_attempt, attempts.c.told.is_(None))
    .values(hold=attempts.c.hold - bindparam("amount"))
)
SET_ASIDE = (
    sa.update(attempts)
    .where(_this_attempt, attempts.c.told.is_(None))
    .values(hold=bindparam("amount"), batch=bindparam("most"))
)
CLOSE_ATTEMPT = (
    sa.update(attempts)
    .where(_this_attempt, attempts.c.told.is_(None))
    .values(hold=0, told=bindparam("digest"))
)

# Reports

REPORTS = (
    sa.select(reports.c.number, reports.c.measurement)
    .where(
        reports.c.study_id == bindparam("study"),
        reports.c.number.in_(bindparam("numbers", expanding=True)),
    )
    .order_by(reports.c.number, reports.c.example_count)
)
DROP_REPORT = sa.delete(reports).where(
    reports.c.study_id == bindparam("study"),
    reports.c.number == bindparam("number"),
    reports.c.example_count == bindparam("example_count"),
)
ADD_REPORT = sa.insert(reports)

# Usage

USAGE = (
    sa.select(usage)
    .where(usage.c.study_id == bindparam("study"), usage.c.lease_id == bindparam("of_lease"))
    .order_by(usage.c.entry)
)
USAGES = (
    sa.select(usage, attempts.c.number)
    .outerjoin(
        attempts,
        sa.and_(attempts.c.study_id == usage.c.study_id, attempts.c.lease_id == usage.c.lease_id),
    )
    .where(usage.c.study_id == bindparam("study"), usage.c.entry > bindparam("after"))
    .order_by(usage.c.entry)
    .limit(bindparam("limit"))
)
UNPRICED = (
    sa.select(usage, attempts.c.number)
    .outerjoin(
        attempts,
        sa.and_(attempts.c.study_id == usage.c.study_id, attempts.c.lease_id == usage.c.lease_id),
    )
    .where(usage.c.study_id == bindparam("study"), is_unpriced)
    .order_by(usage.c.entry)
)
REPRICE = (
    sa.update(usage)
    .where(
        usage.c.study_id == bindparam("study"),
        usage.c.usage_id == bindparam("of_usage"),
        is_unpriced,
    )
    .values(priced=bindparam("text"), spend=bindparam("amount"))
)

# Answers and decisions

ANSWER = sa.select(answers.c.digest, answers.c.numbers).where(
    answers.c.study_id == bindparam("study"), answers.c.request_id == bindparam("request")
)
ADD_ANSWER = sa.insert(answers)
ADD_DECISION = sa.insert(decisions)
LAST_ENTRY = sa.select(sa.func.max(decisions.c.entry)).where(
    decisions.c.study_id == bindparam("study")
)
DECISION = sa.select(decisions).where(
    decisions.c.study_id == bindparam("study"), decisions.c.decision_id == bindparam("decision")
)
DECISIONS = (
    sa.select(decisions)
    .where(
        decisions.c.study_id == bindparam("study"),
        decisions.c.entry < bindparam("before"),
    )
    .order_by(decisions.c.entry.desc())
    .limit(bindparam("limit"))
)
