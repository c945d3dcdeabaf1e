"""The door over a real channel, as a worker in any language has it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import grpc

from groat import model, wire
from groat.v1 import service_pb2 as pb
from groat.v1 import service_pb2_grpc
from tests.contracts.doors import ANSWER_WAIT, lease_id

R = TypeVar("R")


class ChannelDoor:
    """The generated stubs over a real channel, as any language would use them."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._trials = service_pb2_grpc.TrialServiceStub(self._channel)
        self._studies = service_pb2_grpc.StudyServiceStub(self._channel)
        self._analysis = service_pb2_grpc.AnalysisServiceStub(self._channel)

    def close(self) -> None:
        self._channel.close()

    def create(self, study_id: str, spec: model.StudySpec) -> model.Study:
        request = pb.CreateStudyRequest(study_id=study_id, study=wire.study_spec_to_proto(spec))
        return wire.study_from_proto(_call(self._studies.CreateStudy, request))

    def get(self, study_id: str) -> model.Study:
        request = pb.GetStudyRequest(name=wire.study_name(study_id))
        return wire.study_from_proto(_call(self._studies.GetStudy, request))

    def update(self, study_id: str, changes: model.StudyPatch) -> model.Study:
        request = wire.patch_to_proto(study_id, changes)
        return wire.study_from_proto(_call(self._studies.UpdateStudy, request))

    def pause(self, study_id: str) -> model.Study:
        request = pb.PauseStudyRequest(name=wire.study_name(study_id))
        return wire.study_from_proto(_call(self._studies.PauseStudy, request))

    def resume(self, study_id: str) -> model.Study:
        request = pb.ResumeStudyRequest(name=wire.study_name(study_id))
        return wire.study_from_proto(_call(self._studies.ResumeStudy, request))

    def delete(self, study_id: str) -> None:
        request = pb.DeleteStudyRequest(name=wire.study_name(study_id))
        _call(self._studies.DeleteStudy, request)

    def ask(
        self,
        study_id: str,
        count: int = 1,
        *,
        request_id: str = "",
        lease_s: float | None = None,
        acknowledge: str = "",
        reports_usage: bool = False,
    ) -> model.AskResult:
        request = pb.AskRequest(
            parent=wire.study_name(study_id),
            count=count,
            request_id=request_id or str(uuid4()),
            acknowledged_decision_id=acknowledge,
            reports_usage=reports_usage,
        )
        request.max_wait.FromTimedelta(ANSWER_WAIT)
        if lease_s is not None:
            request.lease_duration.FromTimedelta(timedelta(seconds=lease_s))
        return wire.ask_result_from_proto(_call(self._trials.Ask, request))

    def report(
        self,
        trial: model.Trial,
        measurement: model.Measurement,
        usage: Sequence[model.Usage] = (),
        *,
        next_spend: model.Money | None = None,
    ) -> model.ReportResult:
        request = pb.ReportRequest(
            name=wire.trial_name(trial.study_id, trial.number),
            lease_id=lease_id(trial),
            measurement=_measurement(measurement),
            usage=map(wire.usage_to_proto, usage),
            next_spend=None if next_spend is None else wire.money_to_proto(next_spend),
        )
        return wire.report_result_from_proto(_call(self._trials.Report, request))

    def forecast(
        self, target: str | model.StudySpec, pilot: model.Pilot | None = None
    ) -> model.ForecastResult:
        request = wire.forecast_request_to_proto(target, pilot)
        return wire.forecast_result_from_proto(_call(self._analysis.Forecast, request))

    def plan(self, study_id: str) -> model.ManualPlan:
        request = pb.GetManualPlanRequest(parent=wire.study_name(study_id))
        return wire.plan_from_proto(_call(self._analysis.GetManualPlan, request))

    def decisions(
        self, study_id: str, *, page_size: int = 0, page_token: str = ""
    ) -> model.Page[model.Decision]:
        request = pb.ListDecisionsRequest(
            parent=wire.study_name(study_id), page_size=page_size, page_token=page_token
        )
        reply = _call(self._analysis.ListDecisions, request)
        return model.Page(
            items=tuple(map(wire.decision_from_proto, reply.decisions)),
            next_page_token=reply.next_page_token,
        )

    def tradeoff(self, study_id: str, preference: model.Preference) -> model.Tradeoff:
        request = wire.select_tradeoff_to_proto(study_id, preference, count=0, confidence=0)
        return wire.tradeoff_from_proto(_call(self._analysis.SelectTradeoff, request))

    def spend_report(self, study_id: str) -> model.SpendReport:
        request = pb.GetSpendReportRequest(parent=wire.study_name(study_id))
        return wire.spend_report_from_proto(_call(self._analysis.GetSpendReport, request))

    def price(self, usage: Sequence[model.Usage]) -> model.PricedUsages:
        request = wire.price_usage_to_proto(model.PriceBook(), usage, "")
        return wire.priced_usages_from_proto(_call(self._analysis.PriceUsage, request))

    def watch(self, study_id: str, resume_token: str, count: int) -> Sequence[model.StudyEvent]:
        request = pb.WatchStudyRequest(name=wire.study_name(study_id), resume_token=resume_token)
        stream = self._studies.WatchStudy(request)
        try:
            found = [wire.event_from_proto(one) for one in itertools.islice(stream, count)]
        except grpc.RpcError as error:
            raise wire.from_rpc_error(error) from error
        stream.cancel()
        return found

    def tell(
        self, trial: model.Trial, outcome: model.Outcome, usage: Sequence[model.Usage] = ()
    ) -> model.TellResult:
        request = wire.outcome_to_proto(outcome)
        request.name = wire.trial_name(trial.study_id, trial.number)
        request.lease_id = lease_id(trial)
        request.usage.extend(map(wire.usage_to_proto, usage))
        return wire.tell_result_from_proto(_call(self._trials.Tell, request))

    def heartbeat(
        self, study_id: str, renewals: Sequence[tuple[int, str]]
    ) -> Sequence[model.LeaseState]:
        request = wire.renewals_to_proto(study_id, renewals)
        answer = _call(self._trials.Heartbeat, request)
        return [wire.lease_state_from_proto(state) for state in answer.leases]

    def create_trial(
        self, study_id: str, draft: model.TrialDraft, *, request_id: str = ""
    ) -> model.Trial:
        request = wire.draft_to_proto(study_id, draft, request_id or str(uuid4()))
        return wire.trial_from_proto(_call(self._trials.CreateTrial, request))

    def record(self, study_id: str, usage: Sequence[model.Usage]) -> model.RecordResult:
        usages = map(wire.usage_to_proto, usage)
        request = pb.RecordUsageRequest(parent=wire.study_name(study_id), usage=usages)
        return wire.record_result_from_proto(_call(self._trials.RecordUsage, request))

    def trial(self, study_id: str, number: int) -> model.Trial:
        request = pb.GetTrialRequest(name=wire.trial_name(study_id, number))
        return wire.trial_from_proto(_call(self._trials.GetTrial, request))

    def trials(
        self, study_id: str, *, page_size: int = 0, page_token: str = ""
    ) -> model.Page[model.Trial]:
        request = pb.ListTrialsRequest(
            parent=wire.study_name(study_id), page_size=page_size, page_token=page_token
        )
        answer = _call(self._trials.ListTrials, request)
        trials = tuple(map(wire.trial_from_proto, answer.trials))
        return model.Page(items=trials, next_page_token=answer.next_page_token)

    def front(self, study_id: str) -> model.Front:
        request = pb.GetFrontRequest(parent=wire.study_name(study_id))
        return wire.front_from_proto(_call(self._analysis.GetFront, request))

    def history(self, study_id: str) -> Sequence[model.HypervolumePoint]:
        request = pb.GetHypervolumeHistoryRequest(parent=wire.study_name(study_id))
        answer = _call(self._analysis.GetHypervolumeHistory, request)
        return [wire.hypervolume_point_from_proto(point) for point in answer.points]

    def importances(self, study_id: str) -> Sequence[model.ParameterImportance]:
        request = pb.GetImportancesRequest(parent=wire.study_name(study_id))
        answer = _call(self._analysis.GetImportances, request)
        return [wire.importance_from_proto(one) for one in answer.importances]

    def predict(
        self, study_id: str, configurations: Sequence[model.Configuration]
    ) -> Sequence[model.Prediction]:
        request = wire.predict_to_proto(study_id, configurations)
        answer = _call(self._analysis.Predict, request)
        return [wire.prediction_from_proto(one) for one in answer.predictions]

    def let_pass(self, seconds: float) -> None:
        time.sleep(seconds)


def _call(method: Callable[..., R], request: object) -> R:
    try:
        return method(request, timeout=30)
    except grpc.RpcError as error:
        raise wire.from_rpc_error(error) from error


def _measurement(measurement: model.Measurement):
    return wire.outcome_to_proto(model.Succeeded(measurement=measurement)).succeeded
