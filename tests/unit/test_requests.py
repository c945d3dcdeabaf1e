"""What the clients send: every field of every request, unless it is left out on purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from google.protobuf.message import Message

import groat
from groat import _requests, errors, model, wire
from groat.model import TrialState
from tests.examples import measurement, study_spec, usage

WAIT = timedelta(seconds=3)
RATE = groat.Rate(model="x", unit=groat.Unit.REQUEST, amount=groat.Money.of(1))
PILOT = groat.Pilot(usage=(usage(),), example_count=3)
SAMPLE: list[Message] = [
    _requests.ask("s", 2, worker_id="w", max_wait=WAIT, acknowledge="d-1", reports_usage=True),
    _requests.report("s", 1, "lease", measurement(), [usage()], next_spend=groat.Money.of("0.05")),
    *(
        _requests.tell("s", 1, "lease", outcome, [usage()])
        for outcome in (
            model.Succeeded(measurement=measurement()),
            model.EarlyStopped(measurement=measurement()),
            model.Infeasible(reason="r"),
            model.Failed(message="m"),
        )
    ),
    _requests.get_trial("s", 1),
    _requests.list_trials("s", states=[TrialState.FAILED], full=True),
    _requests.record_usage("s", [usage()]),
    _requests.create_study("s", study_spec()),
    _requests.get_study("s"),
    _requests.list_studies(),
    _requests.update_study("s", display_name="x"),
    _requests.delete_study("s", etag="e"),
    _requests.pause_study("s"),
    _requests.resume_study("s"),
    _requests.front("s", include_infeasible_when_empty=True),
    _requests.hypervolume_history("s", max_points=9),
    _requests.create_trial("s", {"k": 3}, example_count=7),
    _requests.create_trial(
        "s", {"k": 3}, model.Succeeded(measurement=measurement()), usage=[usage()]
    ),
    _requests.importances("s"),
    _requests.predict("s", [{"k": 3}]),
    _requests.watch_study("s", resume_token="7"),
    _requests.spend_report("s"),
    _requests.plan("s"),
    _requests.decisions("s"),
    _requests.price([usage()], rates=[RATE], currency="EUR"),
    _requests.forecast("s", PILOT),
    _requests.forecast(study_spec(), None),
    *(
        _requests.pick("s", preference, count=2, confidence=0.8)
        for preference in (
            groat.Weights({"quality": 1.0}),
            groat.Knee(),
            groat.Limits("quality", {"price": 0.1}),
            groat.MoneyValue({"quality": 3.0}),
        )
    ),
]
"""One of each request, with every option used."""

LEFT_OUT = {
    "AskRequest.lease_duration",  # the study's own is what the heartbeats go by
    "CreateStudyRequest.validate_only",
    "ListTrialsRequest.page_token",
    "ListStudiesRequest.page_token",
    "GetFrontRequest.page_token",
    "ListDecisionsRequest.page_token",
}
"""What no first request sends."""


def test_every_field_is_sent_or_left_out_on_purpose() -> None:
    """A field that is added to a request must be offered by the client, or named above."""
    kinds = {type(message).DESCRIPTOR for message in SAMPLE}
    fields = {f"{kind.name}.{field.name}" for kind in kinds for field in kind.fields}

    sent = {f"{m.DESCRIPTOR.name}.{f.name}" for m in SAMPLE for f, _ in m.ListFields()}

    assert fields - sent == LEFT_OUT


def test_each_ask_has_a_request_id_of_its_own() -> None:
    """Two asks with one id would share their trials."""
    first, second = (_requests.ask("s", 1, worker_id="", max_wait=WAIT) for _ in range(2))

    assert first.request_id != second.request_id


def test_each_trial_that_is_added_has_a_request_id_of_its_own() -> None:
    """The same configuration may be queued twice on purpose; one request sent twice is one."""
    first, second = (_requests.create_trial("s", {"k": 3}) for _ in range(2))

    assert first.request_id != second.request_id


def test_a_step_of_the_plan_is_queued_as_one() -> None:
    """The server tells steps that were followed from a person's own ideas."""
    followed = _requests.create_trial("s", {"k": 3}, is_planned=True)
    own = _requests.create_trial("s", {"k": 3})

    assert [wire.draft_from_proto(one)[1].is_planned for one in (followed, own)] == [True, False]


def test_lists_are_values_of_a_configuration() -> None:
    """People write them; the wire has them as the model does."""
    added = _requests.create_trial("s", {"tools": ["a", "b"]})
    asked = _requests.predict("s", [{"tools": ("a", "b")}])

    assert wire.draft_from_proto(added)[1].configuration == {"tools": ("a", "b")}
    assert wire.predict_from_proto(asked) == ("s", ({"tools": ("a", "b")},))


def test_recorded_usage_gets_ids_before_it_is_sent() -> None:
    """A second try must carry the first one's id; an id that is there is kept."""
    request = _requests.record_usage("s", [usage(), usage(), usage(usage_id="mine")])

    ids = [one.usage_id for one in request.usage]
    assert all(ids)
    assert len(set(ids)) == 3
    assert ids[2] == "mine"


def test_told_usage_keeps_its_place_as_its_id() -> None:
    """A lease tells once, so a worker that tells again after its own crash books nothing twice."""
    request = _requests.tell("s", 1, "lease", model.Failed(), [usage()])

    assert [one.usage_id for one in request.usage] == [""]


def test_a_value_may_come_with_its_standard_error() -> None:
    """A pair is a value and its error; whole numbers and flags are numbers too."""
    measured = _requests.measurement(
        {"a": (0.5, 0.1), "b": 2, "c": True}, example_count=7, checkpoint="s3://7"
    )

    assert measured == model.Measurement(
        metrics=(
            model.MetricValue(metric_id="a", value=0.5, standard_error=0.1),
            model.MetricValue(metric_id="b", value=2.0),
            model.MetricValue(metric_id="c", value=1.0),
        ),
        example_count=7,
        checkpoint="s3://7",
    )


def test_a_change_names_only_what_was_given() -> None:
    """What is not given stays as it is on the server."""
    declared = groat.workload(7, [])

    request = _requests.update_study(
        "s", budget=groat.Budget(), workload=declared, rates=[RATE], etag="e"
    )

    assert set(request.update_mask.paths) == {"budget", "workload", "price_book.rates"}
    assert wire.patch_from_proto(request)[1].workload == declared
    assert request.study.etag == "e"


def test_a_bad_study_id_is_refused_before_it_is_sent() -> None:
    """The mistake is shown without a round trip."""
    with pytest.raises(errors.InvalidArgument, match="study_id"):
        _requests.get_study("No such id")
