"""Short ways to declare parameters, metrics and a study.

Each function makes one of the values in `groat.model` and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias, TypedDict, Unpack

from groat import model

When: TypeAlias = Mapping[str, Iterable[model.Value]]
"""Other parameters' ids, with the values of theirs that make this parameter active."""


class ParameterOptions(TypedDict, total=False):
    """What any parameter may have besides its domain.

    Attributes:
        default: Its value in the configuration in use today.
        when: All must hold for the parameter to be active.
    """

    default: model.Value | None
    when: When


class StudyOptions(TypedDict, total=False):
    """What a study may have besides its space and metrics; see `groat.model.StudySpec`.

    Attributes:
        algorithm: Or just its kind, such as ``Nsga2()``.
        rates: Own prices, asked before the public list.
    """

    algorithm: model.Algorithm | model.AlgorithmKind
    budget: model.Budget
    guard_policy: model.GuardPolicy
    rates: Iterable[model.Rate]
    display_name: str
    labels: Mapping[str, str]
    max_concurrent_trials: int
    lease_duration: timedelta
    max_attempts: int


def real(
    id: str,
    low: float,
    high: float,
    *,
    step: float | None = None,
    log: bool = False,
    **options: Unpack[ParameterOptions],
) -> model.Parameter:
    """Declare a real number from ``low`` to ``high``, both included.

    Args:
        id: Unique in its space.
        low: Above 0 when ``log``.
        high: Not below ``low``.
        step: Allow only ``low``, ``low + step``, ...; not together with ``log``.
        log: Search the logarithm.
        options: Its default and its conditions.
    """
    domain = model.FloatDomain(min=low, max=high, step=step, log_scale=log)
    return _parameter(id, domain, **options)


def integer(
    id: str,
    low: int,
    high: int,
    *,
    step: int | None = None,
    log: bool = False,
    **options: Unpack[ParameterOptions],
) -> model.Parameter:
    """Declare a whole number from ``low`` to ``high``, both included; see `real`."""
    domain = model.IntDomain(min=low, max=high, step=step, log_scale=log)
    return _parameter(id, domain, **options)


def flag(id: str, **options: Unpack[ParameterOptions]) -> model.Parameter:
    """Declare true or false."""
    return _parameter(id, model.BoolDomain(), **options)


def choice(id: str, labels: Iterable[str], **options: Unpack[ParameterOptions]) -> model.Parameter:
    """Declare one of several labels that have no order."""
    return _parameter(id, model.CategoricalDomain(labels=tuple(labels)), **options)


def levels(
    id: str, levels: Iterable[model.Value], **options: Unpack[ParameterOptions]
) -> model.Parameter:
    """Declare one of several levels in their order: all numbers, or all strings."""
    return _parameter(id, model.OrdinalDomain(levels=tuple(levels)), **options)


def maximize(
    id: str,
    *,
    unit: str = "",
    bound: float | None = None,
    derive: model.Derivation | None = None,
) -> model.Metric:
    """Declare an objective that should be large.

    Args:
        id: Unique in its study.
        unit: For people, such as ``"1"``.
        bound: The worst value that is still useful.
        derive: Let the server compute the value; the worker then does not tell it.
    """
    return model.Metric(
        id=id,
        role=model.Role.OBJECTIVE,
        goal=model.Goal.MAXIMIZE,
        unit=unit,
        bound=bound,
        derivation=derive,
    )


def minimize(
    id: str,
    *,
    unit: str = "",
    bound: float | None = None,
    derive: model.Derivation | None = None,
) -> model.Metric:
    """Declare an objective that should be small; see `maximize`."""
    return model.Metric(
        id=id,
        role=model.Role.OBJECTIVE,
        goal=model.Goal.MINIMIZE,
        unit=unit,
        bound=bound,
        derivation=derive,
    )


def at_most(
    id: str, bound: float, *, unit: str = "", derive: model.Derivation | None = None
) -> model.Metric:
    """Declare a constraint that a trial keeps with values up to ``bound``."""
    return model.Metric(
        id=id,
        role=model.Role.CONSTRAINT,
        goal=model.Goal.MINIMIZE,
        unit=unit,
        bound=bound,
        derivation=derive,
    )


def at_least(
    id: str, bound: float, *, unit: str = "", derive: model.Derivation | None = None
) -> model.Metric:
    """Declare a constraint that a trial keeps with values from ``bound`` up."""
    return model.Metric(
        id=id,
        role=model.Role.CONSTRAINT,
        goal=model.Goal.MAXIMIZE,
        unit=unit,
        bound=bound,
        derivation=derive,
    )


def tracked(
    id: str,
    *,
    unit: str = "",
    goal: model.Goal = model.Goal.MINIMIZE,
    derive: model.Derivation | None = None,
) -> model.Metric:
    """Declare a metric that is only stored and shown; ``goal`` says which way is better."""
    return model.Metric(id=id, role=model.Role.TRACKED, goal=goal, unit=unit, derivation=derive)


def money_per_example() -> model.Derivation:
    """Derive what one example costs in production, from EXPERIMENT usage at the study's prices."""
    return model.Derivation(source=model.Source.MONEY_PER_EXAMPLE)


def tokens_per_example() -> model.Derivation:
    """Derive the input and output tokens of one example."""
    return model.Derivation(source=model.Source.TOKENS_PER_EXAMPLE)


def latency(aggregation: model.Aggregation = model.Aggregation.MEAN) -> model.Derivation:
    """Derive the seconds that an example takes, from example records."""
    return model.Derivation(source=model.Source.LATENCY_PER_EXAMPLE, aggregation=aggregation)


def score(
    score_id: str, aggregation: model.Aggregation = model.Aggregation.MEAN
) -> model.Derivation:
    """Derive a metric from one of the scores in example records."""
    return model.Derivation(
        source=model.Source.SCORE_PER_EXAMPLE, aggregation=aggregation, score_id=score_id
    )


def study_spec(
    space: model.SearchSpace | Iterable[model.Parameter],
    metrics: Iterable[model.Metric],
    **options: Unpack[StudyOptions],
) -> model.StudySpec:
    """Put a declaration together."""
    parameters = space.parameters if isinstance(space, model.SearchSpace) else tuple(space)
    algorithm = options.pop("algorithm", model.Algorithm())
    if not isinstance(algorithm, model.Algorithm):
        algorithm = model.Algorithm(kind=algorithm)
    rates = tuple(options.pop("rates", ()))
    spec = model.StudySpec(
        search_space=model.SearchSpace(parameters=parameters),
        metrics=tuple(metrics),
        algorithm=algorithm,
        price_book=model.PriceBook(rates=rates),
    )
    return replace(spec, **options)


def _parameter(
    id: str, domain: model.Domain, **options: Unpack[ParameterOptions]
) -> model.Parameter:
    conditions = (
        model.Condition(parameter_id=other, any_of=tuple(values))
        for other, values in options.get("when", {}).items()
    )
    return model.Parameter(
        id=id,
        domain=domain,
        active_when=tuple(conditions),
        default_value=options.get("default"),
    )
