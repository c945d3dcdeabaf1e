"""Metrics and studies on the wire."""

from __future__ import annotations

from datetime import timedelta

from groat import model
from groat.v1 import study_pb2
from groat.wire import names
from groat.wire.algorithm import (
    algorithm_from_proto,
    algorithm_to_proto,
    early_stopping_from_proto,
    early_stopping_to_proto,
)
from groat.wire.enums import Coding
from groat.wire.fields import at, optional, present, repeated, required
from groat.wire.guard import (
    decision_from_proto,
    decision_to_proto,
    guard_policy_from_proto,
    guard_policy_to_proto,
)
from groat.wire.money import (
    budget_from_proto,
    budget_status_from_proto,
    budget_status_to_proto,
    budget_to_proto,
    price_book_from_proto,
    price_book_to_proto,
)
from groat.wire.space import search_space_from_proto, search_space_to_proto
from groat.wire.times import (
    duration_from_proto,
    duration_to_proto,
    timestamp_from_proto,
    timestamp_to_proto,
)
from groat.wire.workload import workload_from_proto, workload_to_proto

ROLE = Coding(model.Role, study_pb2.Metric.Role, "ROLE_")
GOAL = Coding(model.Goal, study_pb2.Metric.Goal, "GOAL_")
SOURCE = Coding(model.Source, study_pb2.Derivation.Source, "SOURCE_")
AGGREGATION = Coding(model.Aggregation, study_pb2.Derivation.Aggregation, "AGGREGATION_")
STATE = Coding(model.StudyState, study_pb2.Study.State, "STATE_")

# What the protocol promises for a field that is not set.
DEFAULT_LEASE = timedelta(seconds=60)
DEFAULT_ATTEMPTS = 3


def metric_to_proto(metric: model.Metric) -> study_pb2.Metric:
    """Write a metric."""
    derivation = metric.derivation
    return study_pb2.Metric(
        id=metric.id,
        role=ROLE.to_proto(metric.role),
        goal=GOAL.to_proto(metric.goal),
        unit=metric.unit,
        bound=metric.bound,
        derivation=None if derivation is None else derivation_to_proto(derivation),
    )


def metric_from_proto(message: study_pb2.Metric, path: str = "") -> model.Metric:
    """Read a metric."""
    return model.Metric(
        id=message.id,
        role=ROLE.from_proto(message.role, at(path, "role")),
        goal=GOAL.from_proto(message.goal, at(path, "goal")),
        unit=message.unit,
        bound=message.bound if message.HasField("bound") else None,
        derivation=optional(message, "derivation", derivation_from_proto, path),
    )


def derivation_to_proto(derivation: model.Derivation) -> study_pb2.Derivation:
    """Write a derivation."""
    return study_pb2.Derivation(
        source=SOURCE.to_proto(derivation.source),
        aggregation=AGGREGATION.to_proto(derivation.aggregation),
        score_id=derivation.score_id,
    )


def derivation_from_proto(message: study_pb2.Derivation, path: str = "") -> model.Derivation:
    """Read a derivation; no aggregation is the mean."""
    return model.Derivation(
        source=SOURCE.from_proto(message.source, at(path, "source")),
        aggregation=AGGREGATION.optional_from_proto(
            message.aggregation, at(path, "aggregation"), model.Aggregation.MEAN
        ),
        score_id=message.score_id,
    )


def study_spec_to_proto(spec: model.StudySpec) -> study_pb2.Study:
    """Write a declaration: a study without what only the server may say."""
    return study_pb2.Study(
        display_name=spec.display_name,
        labels=spec.labels,
        search_space=search_space_to_proto(spec.search_space),
        metrics=map(metric_to_proto, spec.metrics),
        algorithm=algorithm_to_proto(spec.algorithm),
        early_stopping=early_stopping_to_proto(spec.early_stopping),
        budget=budget_to_proto(spec.budget),
        guard_policy=guard_policy_to_proto(spec.guard_policy),
        price_book=price_book_to_proto(spec.price_book),
        workload=present(spec.workload, workload_to_proto),
        max_concurrent_trials=spec.max_concurrent_trials,
        lease_duration=duration_to_proto(spec.lease_duration),
        max_attempts=spec.max_attempts,
    )


def study_spec_from_proto(message: study_pb2.Study, path: str = "") -> model.StudySpec:
    """Read a declaration; parts that are not set get the model's defaults."""
    lease = optional(message, "lease_duration", duration_from_proto, path)
    return model.StudySpec(
        display_name=message.display_name,
        labels=dict(message.labels),
        search_space=required(message, "search_space", search_space_from_proto, path),
        metrics=repeated(message, "metrics", metric_from_proto, path),
        algorithm=optional(message, "algorithm", algorithm_from_proto, path) or model.Algorithm(),
        early_stopping=optional(message, "early_stopping", early_stopping_from_proto, path)
        or model.EarlyStopping(),
        budget=optional(message, "budget", budget_from_proto, path) or model.Budget(),
        guard_policy=optional(message, "guard_policy", guard_policy_from_proto, path)
        or model.GuardPolicy(),
        price_book=optional(message, "price_book", price_book_from_proto, path)
        or model.PriceBook(),
        workload=optional(message, "workload", workload_from_proto, path),
        max_concurrent_trials=message.max_concurrent_trials,
        lease_duration=DEFAULT_LEASE if lease is None else lease,
        max_attempts=message.max_attempts or DEFAULT_ATTEMPTS,
    )


def study_to_proto(study: model.Study) -> study_pb2.Study:
    """Write a study as it is now."""
    message = study_spec_to_proto(study.spec)
    message.name = names.study_name(study.study_id)
    message.state = STATE.to_proto(study.state)
    message.budget_status.CopyFrom(budget_status_to_proto(study.budget_status))
    if study.last_decision is not None:
        message.last_decision.CopyFrom(decision_to_proto(study.last_decision))
    message.create_time.CopyFrom(timestamp_to_proto(study.create_time))
    message.update_time.CopyFrom(timestamp_to_proto(study.update_time))
    message.etag = study.etag
    return message


def study_from_proto(message: study_pb2.Study, path: str = "") -> model.Study:
    """Read a study as the server sends it."""
    return model.Study(
        study_id=names.parse_study(message.name, at(path, "name")),
        spec=study_spec_from_proto(message, path),
        state=STATE.from_proto(message.state, at(path, "state")),
        budget_status=required(message, "budget_status", budget_status_from_proto, path),
        last_decision=optional(message, "last_decision", decision_from_proto, path),
        create_time=required(message, "create_time", timestamp_from_proto, path),
        update_time=required(message, "update_time", timestamp_from_proto, path),
        etag=message.etag,
    )
