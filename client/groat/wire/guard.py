"""The guard's words on the wire."""

from __future__ import annotations

from groat import model
from groat.v1 import guard_pb2
from groat.wire.enums import Coding
from groat.wire.fields import at, required
from groat.wire.money import budget_status_from_proto, budget_status_to_proto
from groat.wire.times import timestamp_from_proto, timestamp_to_proto

VERDICT = Coding(model.Verdict, guard_pb2.Decision.Verdict, "VERDICT_")
REASON = Coding(model.Reason, guard_pb2.Decision.Reason, "REASON_")


def guard_policy_to_proto(policy: model.GuardPolicy) -> guard_pb2.GuardPolicy:
    """Write a guard policy."""
    return guard_pb2.GuardPolicy(hold_quantile=policy.hold_quantile)


def guard_policy_from_proto(message: guard_pb2.GuardPolicy, path: str = "") -> model.GuardPolicy:
    """Read a guard policy; 0 is the default."""
    if not message.hold_quantile:
        return model.GuardPolicy()
    return model.GuardPolicy(hold_quantile=message.hold_quantile)


def decision_to_proto(decision: model.Decision) -> guard_pb2.Decision:
    """Write a decision."""
    return guard_pb2.Decision(
        decision_id=decision.decision_id,
        verdict=VERDICT.to_proto(decision.verdict),
        reason=REASON.to_proto(decision.reason),
        explanation=decision.explanation,
        budget_status=budget_status_to_proto(decision.budget_status),
        time=timestamp_to_proto(decision.time),
    )


def decision_from_proto(message: guard_pb2.Decision, path: str = "") -> model.Decision:
    """Read a decision."""
    return model.Decision(
        decision_id=message.decision_id,
        verdict=VERDICT.from_proto(message.verdict, at(path, "verdict")),
        reason=REASON.from_proto(message.reason, at(path, "reason")),
        explanation=message.explanation,
        budget_status=required(message, "budget_status", budget_status_from_proto, path),
        time=required(message, "time", timestamp_from_proto, path),
    )
