"""Every request, made from plain values; both kinds of client send the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias, TypedDict, Unpack
from uuid import uuid4

from groat import _amounts, declare, model, wire
from groat.errors import InvalidArgument
from groat.v1 import service_pb2

_PAGE = 1_000
_FULL_PAGE = 100

MetricValues: TypeAlias = Mapping[str, float | tuple[float, float]]
"""By metric id: the value, or the value with its standard error."""


class Seen(TypedDict, total=False):
    """What a measurement may have besides its values; see `groat.model.Measurement`."""

    example_count: int
    examples: Iterable[model.ExampleRecord]
    elapsed: timedelta | None
    checkpoint: str


class Change(TypedDict, total=False):
    """What may change of a study; see `groat.model.StudyPatch`."""

    display_name: str
    labels: Mapping[str, str]
    search_space: model.SearchSpace
    early_stopping: model.EarlyStopping
    budget: model.Budget
    guard_policy: model.GuardPolicy
    workload: model.Workload
    max_concurrent_trials: int
    lease_duration: timedelta
    max_attempts: int
    rates: Iterable[model.Rate]
    etag: str


def measurement(
    values: MetricValues,
    *,
    example_count: int = 0,
    examples: Iterable[model.ExampleRecord] = (),
    elapsed: timedelta | None = None,
    checkpoint: str = "",
) -> model.Measurement:
    """Make a measurement of what `Seen` has; a word that it has not is a ``TypeError``."""
    return model.Measurement(
        metrics=tuple(_metric_value(name, value) for name, value in values.items()),
        example_count=example_count,
        examples=tuple(examples),
        elapsed=elapsed,
        checkpoint=checkpoint,
    )


def _metric_value(name: str, told: float | tuple[float, float]) -> model.MetricValue:
    if isinstance(told, tuple):
        value, error = told
        return model.MetricValue(metric_id=name, value=float(value), standard_error=float(error))
    return model.MetricValue(metric_id=name, value=float(told))


def ask(
    study_id: str,
    count: int,
    *,
    worker_id: str,
    max_wait: timedelta,
    acknowledge: str = "",
    reports_usage: bool = False,
) -> service_pb2.AskRequest:
    """Ask for trials, under a new request id."""
    return service_pb2.AskRequest(
        parent=wire.study_name(study_id),
        count=count,
        request_id=str(uuid4()),
        worker_id=worker_id,
        max_wait=wire.duration_to_proto(max_wait),
        acknowledged_decision_id=acknowledge,
        reports_usage=reports_usage,
    )


def report(
    study_id: str,
    number: int,
    lease_id: str,
    measured: model.Measurement,
    usage: Iterable[model.Usage],
    *,
    next_spend: model.Money | None,
) -> service_pb2.ReportRequest:
    """Report what is known so far. Its usage must have ids: a trial may report twice the same."""
    return service_pb2.ReportRequest(
        name=wire.trial_name(study_id, number),
        lease_id=lease_id,
        measurement=wire.measurement_to_proto(measured),
        usage=map(wire.usage_to_proto, usage),
        next_spend=None if next_spend is None else wire.money_to_proto(next_spend),
    )


def tell(
    study_id: str,
    number: int,
    lease_id: str,
    outcome: model.Outcome,
    usage: Iterable[model.Usage],
) -> service_pb2.TellRequest:
    """Tell an outcome. Usage needs no ids: a lease tells once, so its place is an id."""
    request = wire.outcome_to_proto(outcome)
    request.name = wire.trial_name(study_id, number)
    request.lease_id = lease_id
    request.usage.extend(map(wire.usage_to_proto, usage))
    return request


def create_trial(
    study_id: str,
    configuration: Mapping[str, declare.Given],
    outcome: model.Succeeded | model.Infeasible | None = None,
    *,
    usage: Iterable[model.Usage] = (),
    example_count: int = 0,
    is_planned: bool = False,
) -> service_pb2.CreateTrialRequest:
    """Add a trial, under a new request id. Usage needs no ids: it is booked with the trial."""
    draft = model.TrialDraft(
        configuration=declare.configuration(configuration),
        outcome=outcome,
        usage=tuple(usage),
        example_count=example_count,
        is_planned=is_planned,
    )
    return add_draft(study_id, draft)


def add_draft(
    study_id: str, draft: model.TrialDraft, request_id: str = ""
) -> service_pb2.CreateTrialRequest:
    """Add a trial, under a new request id unless it has one."""
    return wire.draft_to_proto(study_id, draft, request_id or str(uuid4()))


def get_trial(study_id: str, number: int) -> service_pb2.GetTrialRequest:
    """Read one trial."""
    return service_pb2.GetTrialRequest(name=wire.trial_name(study_id, number))


def list_trials(
    study_id: str, *, states: Iterable[model.TrialState], full: bool
) -> service_pb2.ListTrialsRequest:
    """Read the first page of trials."""
    return service_pb2.ListTrialsRequest(
        parent=wire.study_name(study_id),
        page_size=_FULL_PAGE if full else _PAGE,
        states=wire.trial_states_to_proto(states),
        full=full,
    )


def record_usage(study_id: str, usage: Iterable[model.Usage]) -> service_pb2.RecordUsageRequest:
    """Record usage of the study as a whole; what has no id gets one."""
    return service_pb2.RecordUsageRequest(
        parent=wire.study_name(study_id), usage=map(wire.usage_to_proto, with_ids(usage))
    )


def with_ids(usage: Iterable[model.Usage]) -> list[model.Usage]:
    """Give every usage that has no id a new one."""
    return [one if one.usage_id else replace(one, usage_id=str(uuid4())) for one in usage]


def create_study(study_id: str, spec: model.StudySpec) -> service_pb2.CreateStudyRequest:
    """Create a study, under a new request id."""
    _amounts.check(spec.budget, spec.guard_policy, spec.price_book.rates)
    return service_pb2.CreateStudyRequest(
        study_id=wire.check_study_id(study_id),
        study=wire.study_spec_to_proto(spec),
        request_id=str(uuid4()),
    )


def get_study(study_id: str) -> service_pb2.GetStudyRequest:
    """Read one study."""
    return service_pb2.GetStudyRequest(name=wire.study_name(study_id))


def list_studies() -> service_pb2.ListStudiesRequest:
    """Read the first page of studies."""
    return service_pb2.ListStudiesRequest(page_size=_PAGE)


def update_study(study_id: str, **change: Unpack[Change]) -> service_pb2.UpdateStudyRequest:
    """Change parts of a study."""
    rates = tuple(change.pop("rates")) if "rates" in change else None
    patch = replace(model.StudyPatch(rates=rates), **change)
    _amounts.check(patch.budget, patch.guard_policy, patch.rates)
    return wire.patch_to_proto(study_id, patch)


def delete_study(study_id: str, *, etag: str) -> service_pb2.DeleteStudyRequest:
    """Delete a study; with an etag only when it is still the one that was read."""
    return service_pb2.DeleteStudyRequest(name=wire.study_name(study_id), etag=etag)


def pause_study(study_id: str) -> service_pb2.PauseStudyRequest:
    """Let asks wait."""
    return service_pb2.PauseStudyRequest(name=wire.study_name(study_id))


def resume_study(study_id: str) -> service_pb2.ResumeStudyRequest:
    """Serve asks again."""
    return service_pb2.ResumeStudyRequest(name=wire.study_name(study_id))


def front(study_id: str, *, include_infeasible_when_empty: bool) -> service_pb2.GetFrontRequest:
    """Read the first page of the front."""
    return service_pb2.GetFrontRequest(
        parent=wire.study_name(study_id),
        include_infeasible_when_empty=include_infeasible_when_empty,
        page_size=_PAGE,
    )


def hypervolume_history(
    study_id: str, *, max_points: int
) -> service_pb2.GetHypervolumeHistoryRequest:
    """Read how the hypervolume grew; 0 points lets the server choose how many."""
    return service_pb2.GetHypervolumeHistoryRequest(
        parent=wire.study_name(study_id), max_points=max_points
    )


def importances(study_id: str) -> service_pb2.GetImportancesRequest:
    """Read how much each parameter has to do with each metric."""
    return service_pb2.GetImportancesRequest(parent=wire.study_name(study_id))


def predict(
    study_id: str, configurations: Iterable[Mapping[str, declare.Given]]
) -> service_pb2.PredictRequest:
    """Read what configurations would measure and spend."""
    if isinstance(configurations, Mapping):
        problem = "one configuration; write a list of them, even of one"
        raise InvalidArgument.at("configurations", problem)
    chosen = [
        declare.configuration(one, f"configurations[{i}]") for i, one in enumerate(configurations)
    ]
    return wire.predict_to_proto(study_id, chosen)


def watch_study(study_id: str, *, resume_token: str) -> service_pb2.WatchStudyRequest:
    """Follow a study, from now on or from after the event with this token."""
    return service_pb2.WatchStudyRequest(name=wire.study_name(study_id), resume_token=resume_token)


def spend_report(study_id: str) -> service_pb2.GetSpendReportRequest:
    """Read what the search spent."""
    return service_pb2.GetSpendReportRequest(parent=wire.study_name(study_id))


def plan(study_id: str) -> service_pb2.GetManualPlanRequest:
    """Read how to go on by hand."""
    return service_pb2.GetManualPlanRequest(parent=wire.study_name(study_id))


def forecast(
    target: str | model.StudySpec, pilot: model.Pilot | None
) -> service_pb2.ForecastRequest:
    """Forecast a study by its id, or one that is only declared."""
    if isinstance(target, model.StudySpec):
        _amounts.check(target.budget, target.guard_policy, target.price_book.rates)
    return wire.forecast_request_to_proto(target, pilot)


def pick(
    study_id: str, preference: model.Preference, *, count: int, confidence: float
) -> service_pb2.SelectTradeoffRequest:
    """Choose from the front."""
    return wire.select_tradeoff_to_proto(study_id, preference, count=count, confidence=confidence)


def decisions(study_id: str) -> service_pb2.ListDecisionsRequest:
    """Read the first page of decisions."""
    return service_pb2.ListDecisionsRequest(parent=wire.study_name(study_id), page_size=_PAGE)


def price(
    usage: Iterable[model.Usage], *, rates: Iterable[model.Rate], currency: str
) -> service_pb2.PriceUsageRequest:
    """Count and price usage."""
    return wire.price_usage_to_proto(model.PriceBook(rates=tuple(rates)), usage, currency)
