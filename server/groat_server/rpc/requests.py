"""From request messages to what the engine's verbs take."""

from __future__ import annotations

from datetime import timedelta

from groat import wire
from groat.v1 import service_pb2
from groat_server.engine import AskOrder, WorkOrder

_DEFAULT_WAIT = timedelta(seconds=5)
_LONGEST_WAIT = timedelta(seconds=30)


def ask_order(request: service_pb2.AskRequest) -> tuple[AskOrder, timedelta]:
    """Read an ask, and how long to wait for its answer."""
    lease = None
    if request.HasField("lease_duration"):
        lease = wire.duration_from_proto(request.lease_duration, "lease_duration")
    order = AskOrder(
        study_id=wire.parse_study(request.parent, "parent"),
        count=request.count or 1,
        request_id=request.request_id,
        worker_id=request.worker_id,
        lease_duration=lease,
        reports_usage=request.reports_usage,
        acknowledged_decision_id=request.acknowledged_decision_id,
    )
    if not request.HasField("max_wait"):
        return order, _DEFAULT_WAIT
    return order, min(wire.duration_from_proto(request.max_wait, "max_wait"), _LONGEST_WAIT)


def work_order(request: service_pb2.ReportRequest | service_pb2.TellRequest) -> WorkOrder:
    """Read whose work it is, and the usage that came with it."""
    study_id, number = wire.parse_trial(request.name)
    usage = tuple(wire.usage_from_proto(one, f"usage[{i}]") for i, one in enumerate(request.usage))
    next_spend = None
    if isinstance(request, service_pb2.ReportRequest) and request.HasField("next_spend"):
        next_spend = wire.money_from_proto(request.next_spend, "next_spend")
    return WorkOrder(
        study_id=study_id,
        number=number,
        lease_id=request.lease_id,
        usage=usage,
        next_spend=next_spend,
    )
