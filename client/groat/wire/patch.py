"""A change of a study's declaration on the wire: a study, and a mask of what counts in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from groat import model
from groat.errors import InvalidArgument
from groat.v1 import service_pb2, study_pb2
from groat.wire import names
from groat.wire.algorithm import early_stopping_from_proto, early_stopping_to_proto
from groat.wire.fields import optional
from groat.wire.guard import guard_policy_from_proto, guard_policy_to_proto
from groat.wire.money import (
    budget_from_proto,
    budget_to_proto,
    price_book_from_proto,
    rate_to_proto,
)
from groat.wire.space import search_space_from_proto, search_space_to_proto
from groat.wire.study import DEFAULT_ATTEMPTS, DEFAULT_LEASE
from groat.wire.times import duration_from_proto, duration_to_proto
from groat.wire.workload import workload_from_proto, workload_to_proto

_FIELDS = {
    "display_name": "display_name",
    "labels": "labels",
    "search_space": "search_space",
    "early_stopping": "early_stopping",
    "budget": "budget",
    "guard_policy": "guard_policy",
    "workload": "workload",
    "max_concurrent_trials": "max_concurrent_trials",
    "lease_duration": "lease_duration",
    "max_attempts": "max_attempts",
    "price_book.rates": "rates",
}
"""Mask path to field of `model.StudyPatch`."""

_WITHOUT_DEFAULT: tuple[Literal["search_space"], Literal["workload"]] = ("search_space", "workload")


def patch_to_proto(study_id: str, patch: model.StudyPatch) -> service_pb2.UpdateStudyRequest:
    """Write a patch of one study; its mask names every part that is not ``None``."""
    study = study_pb2.Study(
        name=names.study_name(study_id),
        display_name=patch.display_name or "",
        labels=patch.labels,
        max_concurrent_trials=patch.max_concurrent_trials or 0,
        max_attempts=patch.max_attempts or 0,
        etag=patch.etag,
    )
    _write_messages(patch, study)
    request = service_pb2.UpdateStudyRequest(study=study)
    changed = (path for path, field in _FIELDS.items() if getattr(patch, field) is not None)
    request.update_mask.paths.extend(changed)
    return request


def _write_messages(patch: model.StudyPatch, study: study_pb2.Study) -> None:
    if patch.search_space is not None:
        study.search_space.CopyFrom(search_space_to_proto(patch.search_space))
    if patch.early_stopping is not None:
        study.early_stopping.CopyFrom(early_stopping_to_proto(patch.early_stopping))
    if patch.budget is not None:
        study.budget.CopyFrom(budget_to_proto(patch.budget))
    if patch.guard_policy is not None:
        study.guard_policy.CopyFrom(guard_policy_to_proto(patch.guard_policy))
    if patch.workload is not None:
        study.workload.CopyFrom(workload_to_proto(patch.workload))
    if patch.lease_duration is not None:
        study.lease_duration.CopyFrom(duration_to_proto(patch.lease_duration))
    if patch.rates is not None:
        study.price_book.rates.extend(map(rate_to_proto, patch.rates))


def patch_from_proto(message: service_pb2.UpdateStudyRequest) -> tuple[str, model.StudyPatch]:
    """Read the study's id and the patch.

    A part that the mask names and the study does not set goes back to its default.

    Raises:
        InvalidArgument: The mask is empty or names what cannot be changed, or
            the search space or the workload, which have no default, and the
            study has none.
    """
    _check_mask(message.update_mask.paths)
    study_id = names.parse_study(message.study.name, "study.name")
    for part in _WITHOUT_DEFAULT:
        if part in message.update_mask.paths and not message.study.HasField(part):
            problem = f"missing; it has no default to go back to, so set the whole {part}"
            raise InvalidArgument.at(f"study.{part}", problem)
    kept = {field: None for path, field in _FIELDS.items() if path not in message.update_mask.paths}
    return study_id, replace(_every_part(message.study), **kept)


def _every_part(study: study_pb2.Study) -> model.StudyPatch:
    lease = optional(study, "lease_duration", duration_from_proto, "study")
    return model.StudyPatch(
        display_name=study.display_name,
        labels=dict(study.labels),
        search_space=optional(study, "search_space", search_space_from_proto, "study"),
        early_stopping=early_stopping_from_proto(study.early_stopping, "study.early_stopping"),
        budget=optional(study, "budget", budget_from_proto, "study") or model.Budget(),
        guard_policy=guard_policy_from_proto(study.guard_policy, "study.guard_policy"),
        workload=optional(study, "workload", workload_from_proto, "study"),
        max_concurrent_trials=study.max_concurrent_trials,
        lease_duration=DEFAULT_LEASE if lease is None else lease,
        max_attempts=study.max_attempts or DEFAULT_ATTEMPTS,
        rates=price_book_from_proto(study.price_book, "study.price_book").rates,
        etag=study.etag,
    )


def _check_mask(paths: Sequence[str]) -> None:
    known = ", ".join(_FIELDS)
    if not paths:
        raise InvalidArgument.at("update_mask", f"empty; name what to change, among {known}")
    for i, path in enumerate(paths):
        if path not in _FIELDS:
            problem = f"{path[:40]!r} cannot be changed; {known} can"
            raise InvalidArgument.at(f"update_mask.paths[{i}]", problem)
