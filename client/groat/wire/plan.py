"""How to tune by hand, on the wire."""

from __future__ import annotations

from groat import model
from groat.v1 import guard_pb2
from groat.wire.fields import optional, present, repeated
from groat.wire.money import money_from_proto, money_to_proto
from groat.wire.values import assignment_from_proto, assignment_to_proto


def plan_to_proto(plan: model.ManualPlan) -> guard_pb2.ManualPlan:
    """Write a plan."""
    return guard_pb2.ManualPlan(
        method=plan.method,
        procedure=plan.procedure,
        steps=map(step_to_proto, plan.steps),
        expected_spend=present(plan.expected_spend, money_to_proto),
        ranking=map(_rank_to_proto, plan.ranking),
        rules=plan.rules,
        alternatives=map(_method_to_proto, plan.alternatives),
    )


def plan_from_proto(message: guard_pb2.ManualPlan, path: str = "") -> model.ManualPlan:
    """Read a plan."""
    return model.ManualPlan(
        method=message.method,
        procedure=message.procedure,
        steps=repeated(message, "steps", step_from_proto, path),
        expected_spend=optional(message, "expected_spend", money_from_proto, path),
        ranking=repeated(message, "ranking", _rank_from_proto, path),
        rules=tuple(message.rules),
        alternatives=repeated(message, "alternatives", _method_from_proto, path),
    )


def step_to_proto(step: model.ManualStep) -> guard_pb2.ManualStep:
    """Write a row of the worksheet."""
    return guard_pb2.ManualStep(
        number=step.number,
        title=step.title,
        configuration=present(step.configuration, assignment_to_proto),
        example_count=step.example_count,
        expected_spend=present(step.expected_spend, money_to_proto),
        cumulative_spend=present(step.cumulative_spend, money_to_proto),
        instruction=step.instruction,
        decision_rule=step.decision_rule,
        trial_number=step.trial_number,
        is_done=step.is_done,
    )


def step_from_proto(message: guard_pb2.ManualStep, path: str = "") -> model.ManualStep:
    """Read a row of the worksheet."""
    return model.ManualStep(
        number=message.number,
        title=message.title,
        configuration=optional(message, "configuration", assignment_from_proto, path),
        example_count=message.example_count,
        expected_spend=optional(message, "expected_spend", money_from_proto, path),
        cumulative_spend=optional(message, "cumulative_spend", money_from_proto, path),
        instruction=message.instruction,
        decision_rule=message.decision_rule,
        trial_number=message.trial_number if message.HasField("trial_number") else None,
        is_done=message.is_done,
    )


def _rank_to_proto(rank: model.ParameterRank) -> guard_pb2.ParameterRank:
    return guard_pb2.ParameterRank(
        parameter_id=rank.parameter_id, importance=rank.importance, why=rank.why
    )


def _rank_from_proto(message: guard_pb2.ParameterRank, _: str) -> model.ParameterRank:
    return model.ParameterRank(
        parameter_id=message.parameter_id, importance=message.importance, why=message.why
    )


def _method_to_proto(method: model.ManualMethod) -> guard_pb2.ManualMethod:
    return guard_pb2.ManualMethod(method=method.method, text=method.text)


def _method_from_proto(message: guard_pb2.ManualMethod, _: str) -> model.ManualMethod:
    return model.ManualMethod(method=message.method, text=message.text)
