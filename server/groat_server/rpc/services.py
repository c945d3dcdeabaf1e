"""The services that workers and owners use. A method that needs an ``if`` belongs in the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from google.protobuf.empty_pb2 import Empty

from groat import wire
from groat.v1 import service_pb2 as pb
from groat.v1 import service_pb2_grpc
from groat.v1.study_pb2 import Study
from groat.v1.trial_pb2 import Trial
from groat_server.engine import Engine
from groat_server.rpc import requests
from groat_server.rpc.interceptor import Context
from groat_server.rpc.threads import writing


class TrialService(service_pb2_grpc.TrialServiceServicer):
    """See ``TrialService`` in service.proto."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Ask(self, request: pb.AskRequest, context: Context) -> pb.AskResponse:
        """See ``TrialService.Ask``."""
        order, max_wait = requests.ask_order(request)
        return wire.ask_result_to_proto(await self._engine.asks.ask(order, max_wait=max_wait))

    async def Report(self, request: pb.ReportRequest, context: Context) -> pb.ReportResponse:
        """See ``TrialService.Report``."""
        order = requests.work_order(request)
        measurement = wire.measurement_from_proto(request.measurement, "measurement")
        result = await writing(self._engine.work.report, order, measurement)
        return wire.report_result_to_proto(result)

    async def Tell(self, request: pb.TellRequest, context: Context) -> pb.TellResponse:
        """See ``TrialService.Tell``."""
        order = requests.work_order(request)
        outcome = wire.outcome_from_proto(request)
        result = await writing(self._engine.work.tell, order, outcome)
        self._engine.asks.told(order.study_id, result.budget_status)
        return wire.tell_result_to_proto(result)

    async def Heartbeat(
        self, request: pb.HeartbeatRequest, context: Context
    ) -> pb.HeartbeatResponse:
        """See ``TrialService.Heartbeat``."""
        study_id, renewals = wire.renewals_from_proto(request)
        states = await writing(self._engine.work.heartbeat, study_id, renewals)
        leases = [wire.lease_state_to_proto(study_id, state) for state in states]
        return pb.HeartbeatResponse(leases=leases)

    async def CreateTrial(self, request: pb.CreateTrialRequest, context: Context) -> Trial:
        """See ``TrialService.CreateTrial``."""
        study_id, draft, request_id = wire.draft_from_proto(request)
        created = await writing(self._engine.drafts.create, study_id, draft, request_id=request_id)
        return wire.trial_to_proto(created)

    async def GetTrial(self, request: pb.GetTrialRequest, context: Context) -> Trial:
        """See ``TrialService.GetTrial``."""
        study_id, number = wire.parse_trial(request.name)
        found = await asyncio.to_thread(self._engine.analysis.trial, study_id, number)
        return wire.trial_to_proto(found)

    async def ListTrials(
        self, request: pb.ListTrialsRequest, context: Context
    ) -> pb.ListTrialsResponse:
        """See ``TrialService.ListTrials``."""
        page = await asyncio.to_thread(
            self._engine.analysis.trials,
            wire.parse_study(request.parent, "parent"),
            page_size=request.page_size,
            page_token=request.page_token,
            states=wire.trial_states_from_proto(request.states, "states"),
            full=request.full,
        )
        return pb.ListTrialsResponse(
            trials=map(wire.trial_to_proto, page.items), next_page_token=page.next_page_token
        )

    async def RecordUsage(
        self, request: pb.RecordUsageRequest, context: Context
    ) -> pb.RecordUsageResponse:
        """See ``TrialService.RecordUsage``."""
        study_id = wire.parse_study(request.parent, "parent")
        usage = [wire.usage_from_proto(one, f"usage[{i}]") for i, one in enumerate(request.usage)]
        result = await writing(self._engine.work.record_usage, study_id, usage)
        return wire.record_result_to_proto(result)


class StudyService(service_pb2_grpc.StudyServiceServicer):
    """See ``StudyService`` in service.proto."""

    def __init__(self, engine: Engine) -> None:
        self._studies = engine.studies
        self._watching = engine.watching

    async def CreateStudy(self, request: pb.CreateStudyRequest, context: Context) -> Study:
        """See ``StudyService.CreateStudy``."""
        study_id = request.study_id and wire.check_study_id(request.study_id)
        spec = wire.study_spec_from_proto(request.study, "study")
        created = await writing(
            self._studies.create,
            study_id,
            spec,
            request_id=request.request_id,
            validate_only=request.validate_only,
        )
        return wire.study_to_proto(created)

    async def GetStudy(self, request: pb.GetStudyRequest, context: Context) -> Study:
        """See ``StudyService.GetStudy``."""
        study_id = wire.parse_study(request.name)
        return wire.study_to_proto(await asyncio.to_thread(self._studies.get, study_id))

    async def ListStudies(
        self, request: pb.ListStudiesRequest, context: Context
    ) -> pb.ListStudiesResponse:
        """See ``StudyService.ListStudies``."""
        page = await asyncio.to_thread(
            self._studies.page, page_size=request.page_size, page_token=request.page_token
        )
        return pb.ListStudiesResponse(
            studies=map(wire.study_to_proto, page.items), next_page_token=page.next_page_token
        )

    async def UpdateStudy(self, request: pb.UpdateStudyRequest, context: Context) -> Study:
        """See ``StudyService.UpdateStudy``."""
        study_id, changes = wire.patch_from_proto(request)
        changed = await writing(self._studies.update, study_id, changes)
        return wire.study_to_proto(changed)

    async def DeleteStudy(self, request: pb.DeleteStudyRequest, context: Context) -> Empty:
        """See ``StudyService.DeleteStudy``."""
        study_id = wire.parse_study(request.name)
        await writing(self._studies.delete, study_id, etag=request.etag)
        return Empty()

    async def PauseStudy(self, request: pb.PauseStudyRequest, context: Context) -> Study:
        """See ``StudyService.PauseStudy``."""
        study_id = wire.parse_study(request.name)
        return wire.study_to_proto(await writing(self._studies.pause, study_id))

    async def ResumeStudy(self, request: pb.ResumeStudyRequest, context: Context) -> Study:
        """See ``StudyService.ResumeStudy``."""
        study_id = wire.parse_study(request.name)
        return wire.study_to_proto(await writing(self._studies.resume, study_id))

    async def WatchStudy(
        self, request: pb.WatchStudyRequest, context: Context
    ) -> AsyncIterator[pb.WatchStudyResponse]:
        """See ``StudyService.WatchStudy``."""
        study_id = wire.parse_study(request.name)
        async for event in self._watching.watch(study_id, request.resume_token):
            yield wire.event_to_proto(study_id, event)
