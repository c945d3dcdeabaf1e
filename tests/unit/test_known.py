"""What a process remembers of a study: answers to asks, decisions, and asks without an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from groat import model, wire
from groat._known import Asked, Known
from groat.model import Reason, Verdict
from groat.v1 import service_pb2
from tests.examples import NOW, decision, study_spec

WAIT = timedelta(seconds=1)
STUDY = model.Study(
    study_id="s",
    spec=study_spec(),
    state=model.StudyState.ACTIVE,
    budget_status=decision().budget_status,
    last_decision=None,
    create_time=NOW,
    update_time=NOW,
    etag="1",
)
PLAN = model.ManualPlan(method="m", procedure="p", steps=(), expected_spend=None, ranking=())
BY_HAND = decision(
    verdict=Verdict.TUNE_MANUALLY, reason=Reason.TOO_FEW_AFFORDABLE_TRIALS, plan=PLAN
)


@pytest.fixture
def known() -> Known:
    """A study that was just seen, without heartbeats."""
    return Known(STUDY, lambda _: None)


def ask(known: Known, count: int = 1, **how: Any) -> service_pb2.AskRequest:
    """Ask, in a hurry."""
    return known.ask(count, WAIT, **{"acknowledge": "", "reports_usage": False, **how})


@pytest.mark.parametrize(
    ("verdict", "is_over"),
    [
        (Verdict.PROCEED, False),
        (Verdict.WAIT, False),
        (Verdict.STOP, True),
        (Verdict.TUNE_MANUALLY, True),
    ],
)
def test_the_loop_is_over_when_no_trial_will_come(verdict: Verdict, is_over: bool) -> None:
    """Waiting for a person would be waiting for ever."""
    assert Asked(trials=(), decision=decision(verdict=verdict)).is_over is is_over


def test_advice_that_comes_with_trials_ends_nothing() -> None:
    """In ADVISE mode the trials are there, and the plan can be read all the same."""
    asked = Asked(trials=("a trial",), decision=BY_HAND)

    assert not asked.is_over
    assert asked.plan == PLAN


def test_an_answer_brings_the_guards_word(known: Known) -> None:
    """The plan included, for whoever only ran the loop."""
    reply = wire.ask_result_to_proto(model.AskResult(trials=(), decision=BY_HAND))

    known.asked(ask(known), reply, lambda trial, _: trial)

    assert known.study.last_decision == BY_HAND


def test_an_ask_without_an_answer_is_made_again(known: Known) -> None:
    """The same id gets the trials that the server may have given out already."""
    lost = ask(known)
    known.unanswered(lost)

    assert ask(known).request_id == lost.request_id
    assert ask(known).request_id != lost.request_id


@pytest.mark.parametrize(
    "other", [{"count": 2}, {"acknowledge": "decision-0"}, {"reports_usage": True}]
)
def test_another_ask_is_not_the_lost_one(known: Known, other: dict[str, Any]) -> None:
    """The server refuses one id for two different requests."""
    lost = ask(known)
    known.unanswered(lost)

    assert ask(known, **other).request_id != lost.request_id


def test_events_keep_the_study_up_to_date(known: Known) -> None:
    """Whoever watches need not refresh; a trial's end changes nothing of the declaration."""
    spec = study_spec(display_name="new", lease_duration=timedelta(seconds=6))
    changed = replace(STUDY, spec=spec)

    for event in (changed, BY_HAND, model.FrontChange(added=(1,), removed=(), hypervolume=0.5)):
        known.witness(model.StudyEvent(resume_token="1", time=NOW, event=event))

    assert (known.study.spec, known.study.last_decision) == (spec, BY_HAND)
    assert known.leases.interval == 2.0
