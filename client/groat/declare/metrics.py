"""What the tuned system is like, in short words."""

from __future__ import annotations

from groat import model


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
