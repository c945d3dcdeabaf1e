"""The guard's words on the wire."""

from __future__ import annotations

from groat import model
from groat.v1 import guard_pb2
from groat.wire.enums import Coding
from groat.wire.fields import at, optional, present, required
from groat.wire.forecast import forecast_from_proto, forecast_to_proto
from groat.wire.money import (
    budget_status_from_proto,
    budget_status_to_proto,
    money_from_proto,
    money_to_proto,
)
from groat.wire.plan import plan_from_proto, plan_to_proto
from groat.wire.times import timestamp_from_proto, timestamp_to_proto

MODE = Coding(model.GuardMode, guard_pb2.GuardPolicy.Mode, "MODE_")
VERDICT = Coding(model.Verdict, guard_pb2.Decision.Verdict, "VERDICT_")
REASON = Coding(model.Reason, guard_pb2.Decision.Reason, "REASON_")

_USUAL = model.GuardPolicy()


def guard_policy_to_proto(policy: model.GuardPolicy) -> guard_pb2.GuardPolicy:
    """Write a guard policy."""
    return guard_pb2.GuardPolicy(
        mode=MODE.to_proto(policy.mode),
        hold_quantile=policy.hold_quantile,
        manual_trial_spend=present(policy.manual_trial_spend, money_to_proto),
        value=present(policy.value, improvement_value_to_proto),
        max_consecutive_failures=policy.max_consecutive_failures,
    )


def guard_policy_from_proto(message: guard_pb2.GuardPolicy, path: str = "") -> model.GuardPolicy:
    """Read a guard policy; what is not set gets the model's default."""
    most = message.max_consecutive_failures
    return model.GuardPolicy(
        mode=MODE.optional_from_proto(message.mode, at(path, "mode"), _USUAL.mode),
        hold_quantile=message.hold_quantile or _USUAL.hold_quantile,
        manual_trial_spend=optional(message, "manual_trial_spend", money_from_proto, path),
        value=optional(message, "value", improvement_value_from_proto, path),
        max_consecutive_failures=most or _USUAL.max_consecutive_failures,
    )


def improvement_value_to_proto(value: model.ImprovementValue) -> guard_pb2.ImprovementValue:
    """Write what a better system is worth."""
    return guard_pb2.ImprovementValue(
        requests_per_month=value.requests_per_month,
        months=value.months,
        per_point=money_to_proto(value.per_point),
        metric_id=value.metric_id,
    )


def improvement_value_from_proto(
    message: guard_pb2.ImprovementValue, path: str = ""
) -> model.ImprovementValue:
    """Read what a better system is worth."""
    return model.ImprovementValue(
        requests_per_month=message.requests_per_month,
        months=message.months,
        per_point=required(message, "per_point", money_from_proto, path),
        metric_id=message.metric_id,
    )


def decision_to_proto(decision: model.Decision) -> guard_pb2.Decision:
    """Write a decision with all that it was made from."""
    return guard_pb2.Decision(
        decision_id=decision.decision_id,
        verdict=VERDICT.to_proto(decision.verdict),
        reason=REASON.to_proto(decision.reason),
        explanation=decision.explanation,
        forecast=present(decision.forecast, forecast_to_proto),
        budget_status=budget_status_to_proto(decision.budget_status),
        plan=present(decision.plan, plan_to_proto),
        time=timestamp_to_proto(decision.time),
    )


def decision_from_proto(message: guard_pb2.Decision, path: str = "") -> model.Decision:
    """Read a decision with all that it was made from."""
    return model.Decision(
        decision_id=message.decision_id,
        verdict=VERDICT.from_proto(message.verdict, at(path, "verdict")),
        reason=REASON.from_proto(message.reason, at(path, "reason")),
        explanation=message.explanation,
        forecast=optional(message, "forecast", forecast_from_proto, path),
        budget_status=required(message, "budget_status", budget_status_from_proto, path),
        plan=optional(message, "plan", plan_from_proto, path),
        time=required(message, "time", timestamp_from_proto, path),
    )
