"""The three services. A method that needs an ``if`` belongs in the engine."""

from __future__ import annotations

import asyncio

from google.protobuf.empty_pb2 import Empty

from groat.v1 import service_pb2 as pb
from groat.v1 import service_pb2_grpc
from groat.v1.study_pb2 import Study
from groat.v1.trial_pb2 import Trial
from groat.wire import analysis, calls, money, names, patch, study, trial
from groat_server.engine import Engine
from groat_server.rpc import requests
from groat_server.rpc.interceptor import Context


class TrialService(service_pb2_grpc.TrialServiceServicer):
    """See ``TrialService`` in service.proto."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Ask(self, request: pb.AskRequest, context: Context) -> pb.AskResponse:
        """See ``TrialService.Ask``."""
        order, max_wait = requests.ask_order(request)
        return calls.ask_result_to_proto(await self._engine.asks.ask(order, max_wait=max_wait))

    async def Report(self, request: pb.ReportRequest, context: Context) -> pb.ReportResponse:
        """See ``TrialService.Report``."""
        order = requests.work_order(request)
        measurement = trial.measurement_from_proto(request.measurement, "measurement")
        result = await asyncio.to_thread(self._engine.work.report, order, measurement)
        return calls.report_result_to_proto(result)

    async def Tell(self, request: pb.TellRequest, context: Context) -> pb.TellResponse:
        """See ``TrialService.Tell``."""
        order = requests.work_order(request)
        outcome = calls.outcome_from_proto(request)
        result = await asyncio.to_thread(self._engine.work.tell, order, outcome)
        return calls.tell_result_to_proto(result)

    async def Heartbeat(
        self, request: pb.HeartbeatRequest, context: Context
    ) -> pb.HeartbeatResponse:
        """See ``TrialService.Heartbeat``."""
        study_id, renewals = calls.renewals_from_proto(request)
        states = await asyncio.to_thread(self._engine.work.heartbeat, study_id, renewals)
        return calls.lease_states_to_proto(study_id, states)

    async def GetTrial(self, request: pb.GetTrialRequest, context: Context) -> Trial:
        """See ``TrialService.GetTrial``."""
        study_id, number = names.parse_trial(request.name)
        found = await asyncio.to_thread(self._engine.analysis.trial, study_id, number)
        return trial.trial_to_proto(found)

    async def ListTrials(
        self, request: pb.ListTrialsRequest, context: Context
    ) -> pb.ListTrialsResponse:
        """See ``TrialService.ListTrials``."""
        states = [trial.STATE.from_proto(s, f"states[{i}]") for i, s in enumerate(request.states)]
        page = await asyncio.to_thread(
            self._engine.analysis.trials,
            names.parse_study(request.parent, "parent"),
            page_size=request.page_size,
            page_token=request.page_token,
            states=[
                trial.STATE.from_proto(s, f"states[{i}]") for i, s in enumerate(request.states)
            ],
            full=request.full,
        )
        return calls.trial_page_to_proto(page)

    async def RecordUsage(
        self, request: pb.RecordUsageRequest, context: Context
    ) -> pb.RecordUsageResponse:
        """See ``TrialService.RecordUsage``."""
        study_id = names.parse_study(request.parent, "parent")
        usage = [money.usage_from_proto(one, f"usage[{i}]") for i, one in enumerate(request.usage)]
        result = await asyncio.to_thread(self._engine.work.record_usage, study_id, usage)
        return calls.record_result_to_proto(result)


class StudyService(service_pb2_grpc.StudyServiceServicer):
    """See ``StudyService`` in service.proto."""

    def __init__(self, engine: Engine) -> None:
        self._studies = engine.studies

    async def CreateStudy(self, request: pb.CreateStudyRequest, context: Context) -> Study:
        """See ``StudyService.CreateStudy``."""
        study_id = request.study_id and names.check_study_id(request.study_id)
        spec = study.study_spec_from_proto(request.study, "study")
        created = await asyncio.to_thread(
            self._studies.create,
            study_id,
            spec,
            request_id=request.request_id,
            validate_only=request.validate_only,
        )
        return study.study_to_proto(created)

    async def GetStudy(self, request: pb.GetStudyRequest, context: Context) -> Study:
        """See ``StudyService.GetStudy``."""
        study_id = names.parse_study(request.name)
        return study.study_to_proto(await asyncio.to_thread(self._studies.get, study_id))

    async def ListStudies(
        self, request: pb.ListStudiesRequest, context: Context
    ) -> pb.ListStudiesResponse:
        """See ``StudyService.ListStudies``."""
        page = await asyncio.to_thread(
            self._studies.page, page_size=request.page_size, page_token=request.page_token
        )
        return calls.study_page_to_proto(page)

    async def UpdateStudy(self, request: pb.UpdateStudyRequest, context: Context) -> Study:
        """See ``StudyService.UpdateStudy``."""
        study_id, changes = patch.patch_from_proto(request)
        changed = await asyncio.to_thread(self._studies.update, study_id, changes)
        return study.study_to_proto(changed)

    async def DeleteStudy(self, request: pb.DeleteStudyRequest, context: Context) -> Empty:
        """See ``StudyService.DeleteStudy``."""
        study_id = names.parse_study(request.name)
        await asyncio.to_thread(self._studies.delete, study_id, etag=request.etag)
        return Empty()

    async def PauseStudy(self, request: pb.PauseStudyRequest, context: Context) -> Study:
        """See ``StudyService.PauseStudy``."""
        study_id = names.parse_study(request.name)
        return study.study_to_proto(await asyncio.to_thread(self._studies.pause, study_id))

    async def ResumeStudy(self, request: pb.ResumeStudyRequest, context: Context) -> Study:
        """See ``StudyService.ResumeStudy``."""
        study_id = names.parse_study(request.name)
        return study.study_to_proto(await asyncio.to_thread(self._studies.resume, study_id))


class AnalysisService(service_pb2_grpc.AnalysisServiceServicer):
    """See ``AnalysisService`` in service.proto."""

    def __init__(self, engine: Engine) -> None:
        self._analysis = engine.analysis

    async def GetFront(self, request: pb.GetFrontRequest, context: Context) -> pb.GetFrontResponse:
        """See ``AnalysisService.GetFront``."""
        front = await asyncio.to_thread(
            self._analysis.front,
            names.parse_study(request.parent, "parent"),
            include_infeasible_when_empty=request.include_infeasible_when_empty,
            page_size=request.page_size,
            page_token=request.page_token,
        )
        return analysis.front_to_proto(front)

    async def GetHypervolumeHistory(
        self, request: pb.GetHypervolumeHistoryRequest, context: Context
    ) -> pb.GetHypervolumeHistoryResponse:
        """See ``AnalysisService.GetHypervolumeHistory``."""
        points, reference = await asyncio.to_thread(
            self._analysis.hypervolume_history,
            names.parse_study(request.parent, "parent"),
            max_points=request.max_points,
        )
        return analysis.hypervolume_history_to_proto(points, reference)
