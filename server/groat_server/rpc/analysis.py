"""The service that only reads."""

from __future__ import annotations

import asyncio

from groat import wire
from groat.v1 import service_pb2 as pb
from groat.v1 import service_pb2_grpc
from groat.v1.guard_pb2 import ManualPlan
from groat_server.engine import Engine
from groat_server.rpc.interceptor import Context


class AnalysisService(service_pb2_grpc.AnalysisServiceServicer):
    """See ``AnalysisService`` in service.proto."""

    def __init__(self, engine: Engine) -> None:
        self._analysis = engine.analysis
        self._insight = engine.insight
        self._choosing = engine.choosing
        self._accounts = engine.accounts
        self._judging = engine.judging
        self._studies = engine.studies

    async def GetFront(self, request: pb.GetFrontRequest, context: Context) -> pb.GetFrontResponse:
        """See ``AnalysisService.GetFront``."""
        front = await asyncio.to_thread(
            self._analysis.front,
            wire.parse_study(request.parent, "parent"),
            include_infeasible_when_empty=request.include_infeasible_when_empty,
            page_size=request.page_size,
            page_token=request.page_token,
        )
        return wire.front_to_proto(front)

    async def GetHypervolumeHistory(
        self, request: pb.GetHypervolumeHistoryRequest, context: Context
    ) -> pb.GetHypervolumeHistoryResponse:
        """See ``AnalysisService.GetHypervolumeHistory``."""
        points, reference = await asyncio.to_thread(
            self._analysis.hypervolume_history,
            wire.parse_study(request.parent, "parent"),
            max_points=request.max_points,
        )
        return pb.GetHypervolumeHistoryResponse(
            points=map(wire.hypervolume_point_to_proto, points), reference_point=reference
        )

    async def GetImportances(
        self, request: pb.GetImportancesRequest, context: Context
    ) -> pb.GetImportancesResponse:
        """See ``AnalysisService.GetImportances``."""
        study_id = wire.parse_study(request.parent, "parent")
        found, finished = await self._insight.importances(study_id)
        return pb.GetImportancesResponse(
            importances=map(wire.importance_to_proto, found), finished_trials=finished
        )

    async def Predict(self, request: pb.PredictRequest, context: Context) -> pb.PredictResponse:
        """See ``AnalysisService.Predict``."""
        study_id, configurations = wire.predict_from_proto(request)
        found = await self._insight.predict(study_id, configurations)
        return pb.PredictResponse(predictions=map(wire.prediction_to_proto, found))

    async def SelectTradeoff(
        self, request: pb.SelectTradeoffRequest, context: Context
    ) -> pb.SelectTradeoffResponse:
        """See ``AnalysisService.SelectTradeoff``."""
        study_id, preference, count, confidence = wire.select_tradeoff_from_proto(request)
        chosen = await asyncio.to_thread(
            self._choosing.select, study_id, preference, count=count, confidence=confidence
        )
        return wire.tradeoff_to_proto(study_id, chosen)

    async def GetSpendReport(
        self, request: pb.GetSpendReportRequest, context: Context
    ) -> pb.GetSpendReportResponse:
        """See ``AnalysisService.GetSpendReport``."""
        study_id = wire.parse_study(request.parent, "parent")
        return wire.spend_report_to_proto(await asyncio.to_thread(self._accounts.report, study_id))

    async def Forecast(self, request: pb.ForecastRequest, context: Context) -> pb.ForecastResponse:
        """See ``AnalysisService.Forecast``."""
        target, pilot = wire.forecast_request_from_proto(request)
        return wire.forecast_result_to_proto(
            await asyncio.to_thread(self._judging.forecast, target, pilot)
        )

    async def GetManualPlan(self, request: pb.GetManualPlanRequest, context: Context) -> ManualPlan:
        """See ``AnalysisService.GetManualPlan``."""
        study_id = wire.parse_study(request.parent, "parent")
        return wire.plan_to_proto(await asyncio.to_thread(self._judging.plan, study_id))

    async def ListDecisions(
        self, request: pb.ListDecisionsRequest, context: Context
    ) -> pb.ListDecisionsResponse:
        """See ``AnalysisService.ListDecisions``."""
        page = await asyncio.to_thread(
            self._judging.decisions,
            wire.parse_study(request.parent, "parent"),
            page_size=request.page_size,
            page_token=request.page_token,
        )
        return pb.ListDecisionsResponse(
            decisions=map(wire.decision_to_proto, page.items), next_page_token=page.next_page_token
        )

    async def PriceUsage(
        self, request: pb.PriceUsageRequest, context: Context
    ) -> pb.PriceUsageResponse:
        """See ``AnalysisService.PriceUsage``."""
        book, usage, currency = wire.price_usage_from_proto(request)
        priced = await asyncio.to_thread(self._accounts.price, book, usage, currency)
        return wire.priced_usages_to_proto(priced)
