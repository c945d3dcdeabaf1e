"""A whole declaration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypedDict, Unpack

from groat import model


class StudyOptions(TypedDict, total=False):
    """What a study may have besides its space and metrics; see `groat.model.StudySpec`.

    Attributes:
        algorithm: Or just its kind, such as ``Nsga2()``.
        constraints: Combinations that are never asked; see `forbid` and `linear`.
        rates: Own prices, asked before the public list.
        workload: What a trial is expected to consume; see `workload`.
    """

    algorithm: model.Algorithm | model.AlgorithmKind
    early_stopping: model.EarlyStopping
    constraints: Iterable[model.ParameterConstraint]
    budget: model.Budget
    guard_policy: model.GuardPolicy
    rates: Iterable[model.Rate]
    workload: model.Workload
    display_name: str
    labels: Mapping[str, str]
    max_concurrent_trials: int
    lease_duration: timedelta
    max_attempts: int


def study_spec(
    space: model.SearchSpace | Iterable[model.Parameter],
    metrics: Iterable[model.Metric],
    **options: Unpack[StudyOptions],
) -> model.StudySpec:
    """Put a declaration together."""
    if not isinstance(space, model.SearchSpace):
        space = model.SearchSpace(parameters=tuple(space))
    constraints = (*space.constraints, *options.pop("constraints", ()))
    algorithm = options.pop("algorithm", model.Algorithm())
    if not isinstance(algorithm, model.Algorithm):
        algorithm = model.Algorithm(kind=algorithm)
    rates = tuple(options.pop("rates", ()))
    spec = model.StudySpec(
        search_space=replace(space, constraints=constraints),
        metrics=tuple(metrics),
        algorithm=algorithm,
        price_book=model.PriceBook(rates=rates),
    )
    return replace(spec, **options)
