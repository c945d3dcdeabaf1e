"""Conversions between messages and values lose nothing, and refuse what has no meaning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groat import errors, model, wire
from groat.v1 import guard_pb2, money_pb2, service_pb2, space_pb2, study_pb2, trial_pb2
from tests.filled import reached, variants
from tests.strategies import values_of


def _choose_again(asked: tuple[str, model.Preference, int, float]) -> Message:
    study_id, preference, count, confidence = asked
    return wire.select_tradeoff_to_proto(study_id, preference, count=count, confidence=confidence)


NOUNS: dict[type[Message], Any] = {
    space_pb2.SearchSpace: (wire.search_space_to_proto, wire.search_space_from_proto),
    space_pb2.Parameter: (wire.parameter_to_proto, wire.parameter_from_proto),
    space_pb2.Condition: (wire.condition_to_proto, wire.condition_from_proto),
    space_pb2.Value: (wire.value_to_proto, wire.value_from_proto),
    space_pb2.ParameterConstraint: (wire.constraint_to_proto, wire.constraint_from_proto),
    space_pb2.Assignment: (wire.assignment_to_proto, wire.assignment_from_proto),
    money_pb2.Money: (wire.money_to_proto, wire.money_from_proto),
    money_pb2.Usage: (wire.priced_usage_to_proto, wire.priced_usage_from_proto),
    money_pb2.PriceBook: (wire.price_book_to_proto, wire.price_book_from_proto),
    money_pb2.Rate: (wire.rate_to_proto, wire.rate_from_proto),
    money_pb2.Spend: (wire.spend_to_proto, wire.spend_from_proto),
    money_pb2.CategorySpend: (wire.category_spend_to_proto, wire.category_spend_from_proto),
    money_pb2.Budget: (wire.budget_to_proto, wire.budget_from_proto),
    money_pb2.BudgetStatus: (wire.budget_status_to_proto, wire.budget_status_from_proto),
    guard_pb2.GuardPolicy: (wire.guard_policy_to_proto, wire.guard_policy_from_proto),
    guard_pb2.Decision: (wire.decision_to_proto, wire.decision_from_proto),
    study_pb2.Metric: (wire.metric_to_proto, wire.metric_from_proto),
    study_pb2.Derivation: (wire.derivation_to_proto, wire.derivation_from_proto),
    study_pb2.Algorithm: (wire.algorithm_to_proto, wire.algorithm_from_proto),
    study_pb2.EarlyStopping: (wire.early_stopping_to_proto, wire.early_stopping_from_proto),
    study_pb2.Study: (wire.study_to_proto, wire.study_from_proto),
    trial_pb2.Trial: (wire.trial_to_proto, wire.trial_from_proto),
    trial_pb2.Lease: (wire.lease_to_proto, wire.lease_from_proto),
    trial_pb2.Measurement: (wire.measurement_to_proto, wire.measurement_from_proto),
    trial_pb2.ExampleRecord: (wire.example_to_proto, wire.example_from_proto),
    trial_pb2.Failure: (wire.failure_to_proto, wire.failure_from_proto),
    trial_pb2.Infeasibility: (wire.infeasibility_to_proto, wire.infeasibility_from_proto),
    service_pb2.AskResponse: (wire.ask_result_to_proto, wire.ask_result_from_proto),
    service_pb2.ReportResponse: (wire.report_result_to_proto, wire.report_result_from_proto),
    service_pb2.TellResponse: (wire.tell_result_to_proto, wire.tell_result_from_proto),
    service_pb2.LeaseState: (
        lambda state: wire.lease_state_to_proto("s", state),
        wire.lease_state_from_proto,
    ),
    service_pb2.HeartbeatRequest: (
        lambda renewals: wire.renewals_to_proto(*renewals),
        wire.renewals_from_proto,
    ),
    service_pb2.RecordUsageResponse: (wire.record_result_to_proto, wire.record_result_from_proto),
    service_pb2.GetFrontResponse: (wire.front_to_proto, wire.front_from_proto),
    service_pb2.HypervolumePoint: (
        wire.hypervolume_point_to_proto,
        wire.hypervolume_point_from_proto,
    ),
    service_pb2.ParameterImportance: (wire.importance_to_proto, wire.importance_from_proto),
    service_pb2.PredictRequest: (
        lambda asked: wire.predict_to_proto(*asked),
        wire.predict_from_proto,
    ),
    service_pb2.Prediction: (wire.prediction_to_proto, wire.prediction_from_proto),
    money_pb2.Workload: (wire.workload_to_proto, wire.workload_from_proto),
    money_pb2.WorkloadItem: (wire.workload_item_to_proto, wire.workload_item_from_proto),
    guard_pb2.ImprovementValue: (
        wire.improvement_value_to_proto,
        wire.improvement_value_from_proto,
    ),
    guard_pb2.Forecast: (wire.forecast_to_proto, wire.forecast_from_proto),
    guard_pb2.ManualPlan: (wire.plan_to_proto, wire.plan_from_proto),
    guard_pb2.ManualStep: (wire.step_to_proto, wire.step_from_proto),
    service_pb2.SelectTradeoffRequest: (_choose_again, wire.select_tradeoff_from_proto),
    service_pb2.SelectTradeoffResponse: (
        lambda tradeoff: wire.tradeoff_to_proto("s", tradeoff),
        wire.tradeoff_from_proto,
    ),
    service_pb2.RankedPoint: (wire.ranked_point_to_proto, wire.ranked_point_from_proto),
    service_pb2.GetSpendReportResponse: (
        wire.spend_report_to_proto,
        wire.spend_report_from_proto,
    ),
    service_pb2.ModelSpend: (wire.model_spend_to_proto, wire.model_spend_from_proto),
    service_pb2.ForecastResponse: (
        wire.forecast_result_to_proto,
        wire.forecast_result_from_proto,
    ),
    service_pb2.PriceUsageRequest: (
        lambda asked: wire.price_usage_to_proto(*asked),
        wire.price_usage_from_proto,
    ),
    service_pb2.PriceUsageResponse: (wire.priced_usages_to_proto, wire.priced_usages_from_proto),
    service_pb2.WatchStudyResponse: (
        lambda event: wire.event_to_proto("s", event),
        wire.event_from_proto,
    ),
    service_pb2.FrontChange: (
        lambda change: wire.front_change_to_proto("s", change),
        wire.front_change_from_proto,
    ),
}
"""Every message that is a value, with its two conversions."""

ENVELOPES: set[type[Message]] = {
    service_pb2.AskRequest,
    service_pb2.ReportRequest,
    service_pb2.TellRequest,
    service_pb2.HeartbeatResponse,
    service_pb2.CreateTrialRequest,
    service_pb2.GetTrialRequest,
    service_pb2.ListTrialsRequest,
    service_pb2.ListTrialsResponse,
    service_pb2.RecordUsageRequest,
    service_pb2.CreateStudyRequest,
    service_pb2.GetStudyRequest,
    service_pb2.ListStudiesRequest,
    service_pb2.ListStudiesResponse,
    service_pb2.UpdateStudyRequest,
    service_pb2.DeleteStudyRequest,
    service_pb2.PauseStudyRequest,
    service_pb2.ResumeStudyRequest,
    service_pb2.GetFrontRequest,
    service_pb2.GetHypervolumeHistoryRequest,
    service_pb2.GetHypervolumeHistoryResponse,
    service_pb2.GetImportancesRequest,
    service_pb2.GetImportancesResponse,
    service_pb2.PredictResponse,
    service_pb2.ForecastRequest,
    service_pb2.GetSpendReportRequest,
    service_pb2.GetManualPlanRequest,
    service_pb2.ListDecisionsRequest,
    service_pb2.ListDecisionsResponse,
    service_pb2.WatchStudyRequest,
}
"""Messages that only carry values and names; `test_requests` looks at how they are filled."""

UNHURRIED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Whole studies take a while to draw on a busy machine, which is no fault."""

VALUES: dict[Any, Any] = {
    model.SearchSpace: (wire.search_space_to_proto, wire.search_space_from_proto),
    model.Money: (wire.money_to_proto, wire.money_from_proto),
    model.Usage: (wire.usage_to_proto, wire.usage_from_proto),
    model.PricedUsage: (wire.priced_usage_to_proto, wire.priced_usage_from_proto),
    model.StudySpec: (wire.study_spec_to_proto, wire.study_spec_from_proto),
    model.Study: (wire.study_to_proto, wire.study_from_proto),
    model.Trial: (wire.trial_to_proto, wire.trial_from_proto),
    model.Outcome: (wire.outcome_to_proto, wire.outcome_from_proto),
    model.AskResult: (wire.ask_result_to_proto, wire.ask_result_from_proto),
    model.ReportResult: (wire.report_result_to_proto, wire.report_result_from_proto),
    model.TellResult: (wire.tell_result_to_proto, wire.tell_result_from_proto),
    model.RecordResult: (wire.record_result_to_proto, wire.record_result_from_proto),
    model.Front: (wire.front_to_proto, wire.front_from_proto),
    model.HypervolumePoint: (wire.hypervolume_point_to_proto, wire.hypervolume_point_from_proto),
    model.Algorithm: (wire.algorithm_to_proto, wire.algorithm_from_proto),
    model.ParameterConstraint: (wire.constraint_to_proto, wire.constraint_from_proto),
    model.TrialDraft: (
        lambda draft: wire.draft_to_proto("s", draft, "r"),
        lambda message: wire.draft_from_proto(message)[1],
    ),
    model.Prediction: (wire.prediction_to_proto, wire.prediction_from_proto),
    model.ParameterImportance: (wire.importance_to_proto, wire.importance_from_proto),
    model.Decision: (wire.decision_to_proto, wire.decision_from_proto),
    model.Workload: (wire.workload_to_proto, wire.workload_from_proto),
    model.Preference: (wire.preference_to_proto, wire.preference_from_proto),
    model.Tradeoff: (
        lambda tradeoff: wire.tradeoff_to_proto("s", tradeoff),
        wire.tradeoff_from_proto,
    ),
    model.SpendReport: (wire.spend_report_to_proto, wire.spend_report_from_proto),
    model.ForecastResult: (wire.forecast_result_to_proto, wire.forecast_result_from_proto),
    model.PricedUsages: (wire.priced_usages_to_proto, wire.priced_usages_from_proto),
    model.StudyEvent: (
        lambda event: wire.event_to_proto("s", event),
        wire.event_from_proto,
    ),
}
"""The model's largest nouns, which hold all others, with their two conversions."""


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind))


@pytest.mark.parametrize("kind", NOUNS, ids=_name)
def test_every_field_of_a_message_survives(kind: type[Message]) -> None:
    """A field that one of the two conversions forgets would be missing in what comes back."""
    to_proto, from_proto = NOUNS[kind]

    for message in variants(kind):
        assert to_proto(from_proto(message)) == message


def test_every_message_is_a_noun_or_an_envelope() -> None:
    """A message that is added to the protocol must be given its conversions."""
    modules = (space_pb2, money_pb2, guard_pb2, study_pb2, trial_pb2, service_pb2)
    declared = {
        message.full_name
        for module in modules
        for message in module.DESCRIPTOR.message_types_by_name.values()
    }

    covered = {kind.DESCRIPTOR.full_name for kind in ENVELOPES}.union(
        *(reached(kind.DESCRIPTOR) for kind in NOUNS)
    )

    assert declared <= covered


@pytest.mark.parametrize("kind", VALUES, ids=_name)
@UNHURRIED
@given(data=st.data())
def test_every_value_comes_back_equal(kind: Any, data: st.DataObject) -> None:
    """What a conversion writes, the other reads as the same value."""
    to_proto, from_proto = VALUES[kind]
    value = data.draw(values_of(kind))

    assert from_proto(to_proto(value)) == value


@UNHURRIED
@given(values_of(model.StudyPatch).filter(lambda patch: patch != model.StudyPatch(etag=patch.etag)))
def test_a_patch_comes_back_equal(patch: model.StudyPatch) -> None:
    """A part that is not patched stays ``None``, and an empty one stays empty."""
    assert wire.patch_from_proto(wire.patch_to_proto("s", patch)) == ("s", patch)


@UNHURRIED
@given(values_of(model.Value))
def test_a_value_keeps_its_kind(value: model.Value) -> None:
    """``True``, ``1`` and ``1.0`` are equal in Python and must not become each other."""
    assert type(wire.value_from_proto(wire.value_to_proto(value))) is type(value)


SAMPLING = money_pb2.Usage(category=money_pb2.SPEND_CATEGORY_SAMPLING)
ONE_CALL = money_pb2.Usage(
    category=money_pb2.SPEND_CATEGORY_EXPERIMENT, tokens=money_pb2.TokenCounts()
)


def _study(**parts: Any) -> study_pb2.Study:
    return study_pb2.Study(**{"search_space": space_pb2.SearchSpace(), **parts})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("study.search_space", study_pb2.Study()),
        (
            "study.search_space.parameters[1].domain",
            study_pb2.Study(
                search_space=space_pb2.SearchSpace(
                    parameters=[
                        space_pb2.Parameter(bool=space_pb2.BoolDomain()),
                        space_pb2.Parameter(id="k"),
                    ]
                )
            ),
        ),
        ("study.metrics[0].role", _study(metrics=[study_pb2.Metric(id="a")])),
        ("study.metrics[0].goal", _study(metrics=[{"role": 1, "goal": 77}])),
        ("study.algorithm.kind", _study(algorithm=study_pb2.Algorithm(seed=7))),
        (
            "study.algorithm.hyperband.sampler.kind",
            _study(algorithm={"hyperband": {"sampler": {"seed": 7}}}),
        ),
        (
            "study.search_space.constraints[1].kind",
            _study(search_space={"constraints": [{"linear": {}}, {}]}),
        ),
        (
            "study.search_space.constraints[0].forbidden.values[k].kind",
            _study(search_space={"constraints": [{"forbidden": {"values": {"k": {}}}}]}),
        ),
        ("study.budget.max_spend.currency", _study(budget={"max_spend": {"nanos": 7}})),
        ("study.budget.deadline", _study(budget={"deadline": {"nanos": -1}})),
        ("study.lease_duration", _study(lease_duration=Duration(seconds=-1))),
        ("study.price_book.rates[0].unit", _study(price_book={"rates": [{"per": 7}]})),
        ("study.workload.items[1].usage", _study(workload={"items": [{"usage": ONE_CALL}, {}]})),
        ("study.guard_policy.mode", _study(guard_policy={"mode": 77})),
        ("study.guard_policy.value.per_point", _study(guard_policy={"value": {"months": 7}})),
    ],
)
def test_a_fault_of_structure_is_named_with_its_path(path: str, message: study_pb2.Study) -> None:
    """Whoever sent it learns which field to mend."""
    with pytest.raises(errors.InvalidArgument) as caught:
        wire.study_spec_from_proto(message, "study")

    assert [violation.path for violation in caught.value.violations] == [path]


@pytest.mark.parametrize("outer", ["successive_halving", "hyperband"])
@pytest.mark.parametrize(
    "inner", ["grid", "successive_halving", "hyperband", "population_based", "manual"]
)
def test_only_a_sampler_can_be_inside_another_algorithm(outer: str, inner: str) -> None:
    """The others say more than the next configuration; the message lists those that do not."""
    parts: dict[str, Any] = {outer: {"sampler": {inner: {}}}}
    message = study_pb2.Algorithm(**parts)

    with pytest.raises(errors.InvalidArgument, match=f"a.{outer}.sampler.kind: {inner} .*bayesian"):
        wire.algorithm_from_proto(message, "a")


@pytest.mark.parametrize("sampler", [None, study_pb2.Algorithm()])
def test_a_sampler_that_is_not_set_is_auto(sampler: study_pb2.Algorithm | None) -> None:
    """As an algorithm that is not set."""
    halving = study_pb2.SuccessiveHalving(min_examples=1, max_examples=9, sampler=sampler)

    algorithm = wire.algorithm_from_proto(study_pb2.Algorithm(successive_halving=halving))

    assert algorithm.kind == model.SuccessiveHalving(min_examples=1, max_examples=9)


def test_a_parent_is_a_trial_of_the_same_study() -> None:
    """The model knows it by its number alone."""
    message = trial_pb2.Trial(
        name="studies/s/trials/3",
        state=trial_pb2.Trial.STATE_RUNNING,
        parent_trial="studies/other/trials/2",
    )

    with pytest.raises(errors.InvalidArgument, match="parent_trial: trial 2 of study 'other'"):
        wire.trial_from_proto(message)


def test_usage_without_quantity_or_category_is_refused() -> None:
    """A usage that says neither what nor what for could not be booked."""
    with pytest.raises(errors.InvalidArgument, match=r"usage\[3\]\.category"):
        wire.usage_from_proto(money_pb2.Usage(), "usage[3]")
    with pytest.raises(errors.InvalidArgument, match=r"usage\[3\]\.quantity: missing; set one of"):
        wire.usage_from_proto(
            money_pb2.Usage(category=money_pb2.SPEND_CATEGORY_SAMPLING), "usage[3]"
        )


def test_a_tell_without_outcome_is_refused() -> None:
    """Nothing is assumed about a trial whose outcome was not set."""
    with pytest.raises(errors.InvalidArgument, match="outcome"):
        wire.outcome_from_proto(service_pb2.TellRequest())


@pytest.mark.parametrize(
    "message",
    [
        Duration(seconds=-1),
        Duration(nanos=-1),
        Duration(nanos=1_000_000_000),
        Duration(seconds=2**62),
    ],
)
def test_an_impossible_duration_is_refused(message: Duration) -> None:
    """Negative, malformed or endless: never a crash further in."""
    with pytest.raises(errors.InvalidArgument):
        wire.duration_from_proto(message, "latency")


@pytest.mark.parametrize(
    "message",
    [Timestamp(seconds=2**62), Timestamp(seconds=-(2**62)), Timestamp(nanos=-1)],
)
def test_an_impossible_moment_is_refused(message: Timestamp) -> None:
    """Outside the years 1 to 9999, or malformed."""
    with pytest.raises(errors.InvalidArgument):
        wire.timestamp_from_proto(message, "time")


def test_finer_than_a_microsecond_is_cut_off() -> None:
    """Another language's nanoseconds are no fault; the model just does not keep them."""
    assert wire.duration_from_proto(Duration(nanos=1_999)) == timedelta(microseconds=1)
    assert wire.timestamp_from_proto(Timestamp(nanos=1_999)).microsecond == 1


def test_a_moment_without_time_zone_is_refused() -> None:
    """It could be any of 26 hours."""
    with pytest.raises(ValueError, match="no time zone"):
        wire.timestamp_to_proto(datetime(2026, 3, 1))  # noqa: DTZ001


def test_defaults_of_the_protocol_are_the_models() -> None:
    """A field that is not set means what the protocol's comment says."""
    plain = model.StudySpec(search_space=model.SearchSpace(parameters=()), metrics=())

    assert wire.study_spec_from_proto(_study()) == plain
    assert wire.usage_from_proto(ONE_CALL).request_count == 1


def test_a_heartbeat_is_about_one_study() -> None:
    """A trial of another study is refused with its path."""
    request = wire.renewals_to_proto("s", [(1, "a"), (2, "b")])
    request.renewals[1].name = "studies/other/trials/2"

    with pytest.raises(errors.InvalidArgument, match=r"renewals\[1\]\.name"):
        wire.renewals_from_proto(request)


@pytest.mark.parametrize("paths", [[], ["budget", "metrics"]])
def test_a_mask_names_what_may_change(paths: list[str]) -> None:
    """An empty mask changes nothing and is a mistake; so is a part that is fixed for good."""
    request = service_pb2.UpdateStudyRequest(study=study_pb2.Study(name="studies/s"))
    request.update_mask.paths.extend(paths)

    with pytest.raises(errors.InvalidArgument, match="update_mask"):
        wire.patch_from_proto(request)


@pytest.mark.parametrize("part", ["search_space", "workload"])
def test_what_has_no_default_cannot_go_back_to_one(part: str) -> None:
    """A mask that names it and a study without it would mean a space of nothing."""
    request = service_pb2.UpdateStudyRequest(study=study_pb2.Study(name="studies/s"))
    request.update_mask.paths.append(part)

    with pytest.raises(errors.InvalidArgument, match=rf"study\.{part}: missing"):
        wire.patch_from_proto(request)
