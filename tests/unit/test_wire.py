"""Conversions between messages and values lose nothing."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groat import model, wire
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
