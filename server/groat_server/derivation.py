"""Metrics that groat computes itself from EXPERIMENT usage and example records.

What judges and proposers consume never gets here: a metric says what the tuned
system is like, and that does not depend on how it was graded.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import TypeAlias

import numpy as np

from groat import model
from groat.errors import Violation
from groat.model import NANO, Aggregation, Derivation, Source, TokenCounts
from groat_server.pooling import Evaluation, ExampleUsage, Pool, pool

_PROBABILITY = {Aggregation.P50: 0.5, Aggregation.P95: 0.95, Aggregation.P99: 0.99}

_LARGEST = 1e100
"""Beyond it, squares leave the range of a double."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A derived metric that has no value, and the reason in words."""

    metric_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A measurement with every derived metric that could be computed.

    Attributes:
        missing: The others, in declared order.
        example_count: How many examples they were computed from; 0 when
            nobody knows.
    """

    measurement: model.Measurement
    missing: tuple[Missing, ...] = ()
    example_count: int = 0


@dataclass(frozen=True, slots=True)
class _Lack:
    """Why there is no value; ``where`` is a path inside the measurement."""

    where: str
    why: str
    is_fault: bool = True


_Estimate: TypeAlias = tuple[float, float | None]
"""A value and its standard error, in the metric's unit."""


def derive(
    spec: model.StudySpec,
    measurement: model.Measurement,
    usage: Sequence[ExampleUsage],
    earlier: Sequence[Evaluation] = (),
) -> Derived:
    """Fill in each derived metric of a study.

    A value that a derived metric had before is replaced, so that this may run
    again once a rate is known.

    Args:
        spec: Says which metrics are derived, and how.
        measurement: As told.
        usage: All of the attempt that told, in any order and category; only
            EXPERIMENT counts. Usage of the trial's other attempts must not be
            here: they ran the examples too.
        earlier: Of the trials that this one goes on from, newest first; see
            `pooling.pool` for how they count.

    Returns:
        Told metrics in told order, then derived ones in declared order. Of the
        examples it has the trial's own alone.
    """
    pooled = pool(Evaluation(measurement=measurement, usage=usage), earlier)
    found = {
        metric.id: _estimate(metric.derivation, measurement, pooled)
        for metric in spec.metrics
        if metric.derivation is not None
    }
    told = [value for value in measurement.metrics if value.metric_id not in found]
    derived = [
        model.MetricValue(metric_id=metric_id, value=result[0], standard_error=result[1])
        for metric_id, result in found.items()
        if not isinstance(result, _Lack)
    ]
    missing = [
        Missing(metric_id=metric_id, why=result.why)
        for metric_id, result in found.items()
        if isinstance(result, _Lack)
    ]
    return Derived(
        measurement=replace(measurement, metrics=(*told, *derived)),
        missing=tuple(missing),
        example_count=pooled.example_count,
    )


def check(
    spec: model.StudySpec,
    measurement: model.Measurement,
    usage: Sequence[ExampleUsage],
    path: str,
    *,
    earlier: Sequence[Evaluation] = (),
) -> list[Violation]:
    """Find what the caller left out that an objective or a constraint is derived from.

    Usage without a price or a count is no fault: a rate may come later.

    Args:
        spec: Says which metrics are derived, and how.
        measurement: As told.
        usage: As for `derive`.
        path: Where the measurement stands in its request, such as ``succeeded``.
        earlier: As for `derive`.
    """
    pooled = pool(Evaluation(measurement=measurement, usage=usage), earlier)
    violations: list[Violation] = []
    for metric in (*spec.objectives, *spec.constraints):
        if metric.derivation is None:
            continue
        result = _estimate(metric.derivation, measurement, pooled)
        if isinstance(result, _Lack) and result.is_fault:
            problem = f"{metric.role.value} {metric.id!r} cannot be derived: {result.why}"
            violations.append(Violation(f"{path}.{result.where}", problem))
    return violations


def _estimate(
    derivation: Derivation, measurement: model.Measurement, pooled: Pool
) -> _Estimate | _Lack:
    records, count = len(measurement.examples), measurement.example_count
    if records and count not in {0, records, pooled.example_count}:
        return _Lack("example_count", f"{count} beside {records} example records; leave it 0")
    if derivation.source in {Source.MONEY_PER_EXAMPLE, Source.TOKENS_PER_EXAMPLE}:
        return _from_usage(derivation, pooled)
    values = _record_values(derivation, pooled.examples)
    return values if isinstance(values, _Lack) else _aggregate(values, derivation.aggregation)


def _record_values(
    derivation: Derivation, examples: Sequence[model.ExampleRecord]
) -> list[float] | _Lack:
    """Read one number per example record, in its order."""
    if derivation.source is Source.LATENCY_PER_EXAMPLE:
        field, what = "latency", "latency"
        found = [None if e.latency is None else e.latency.total_seconds() for e in examples]
    else:
        field, what = "scores", f"score {derivation.score_id!r} of ordinary size"
        found = [example.scores.get(derivation.score_id) for example in examples]
    if not found:
        return _Lack("examples", f"there are no example records, each with its {what}")
    values: list[float] = []
    for i, value in enumerate(found):
        if value is None or not abs(value) <= _LARGEST:
            return _Lack(f"examples[{i}].{field}", f"this record has no {what}")
        values.append(value)
    return values


def _from_usage(derivation: Derivation, pooled: Pool) -> _Estimate | _Lack:
    experiment, count = pooled.usage, pooled.example_count
    if not experiment:
        why = "there is no EXPERIMENT usage; tell an amount of 0 if nothing was consumed"
        return _Lack("examples", why)
    if count <= 0:
        return _Lack("example_count", "the number of examples is unknown; tell it, or records")
    records = {example.example_id for example in pooled.examples}
    is_by_example = all(u.example_id in records for u in experiment)
    if derivation.aggregation is not Aggregation.MEAN and not is_by_example:
        why = f"a {derivation.aggregation.value} needs all EXPERIMENT usage on example records"
        return _Lack("examples", why)
    is_money = derivation.source is Source.MONEY_PER_EXAMPLE
    amounts = [_nanos(u.priced) if is_money else _tokens(u.priced) for u in experiment]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return _unknown(experiment, amounts, "price" if is_money else "full token count")
    sums = _sums(pooled.examples, experiment, known) if is_by_example else []
    scale = NANO if is_money else 1
    if derivation.aggregation is Aggregation.MEAN:
        # Whole numbers until the one division, which Python rounds correctly.
        return sum(known) / (count * scale), _mean_error(sums, scale)
    return _aggregate([part / scale for part in sums], derivation.aggregation)


def _nanos(priced: model.PricedUsage) -> int | None:
    return None if priced.list_value is None else priced.list_value.nanos


def _tokens(priced: model.PricedUsage) -> int | None:
    match priced.usage.quantity:
        case TokenCounts(input=int(incoming), output=int(outgoing)):
            return incoming + outgoing
        case TokenCounts() | model.RawText():
            return None
        case model.HumanTime() | model.Money():
            return 0


def _sums(
    examples: Sequence[model.ExampleRecord],
    usage: Sequence[ExampleUsage],
    amounts: Sequence[int],
) -> list[int]:
    """Add up each example record's amounts, in the records' order; without usage it is 0."""
    sums = {example.example_id: 0 for example in examples}
    for one, amount in zip(usage, amounts, strict=True):
        sums[one.example_id] += amount
    return list(sums.values())


def _unknown(experiment: Sequence[ExampleUsage], amounts: Sequence[int | None], what: str) -> _Lack:
    usages = [u.priced.usage for u, a in zip(experiment, amounts, strict=True) if a is None]
    models = sorted({f"{usage.provider}/{usage.model}".strip("/") for usage in usages})
    why = f"{len(usages)} of {len(amounts)} usages have no {what}: {', '.join(models[:5])}"
    return _Lack("examples", why, is_fault=False)


def _aggregate(values: Sequence[float], aggregation: Aggregation) -> _Estimate:
    if aggregation is Aggregation.MEAN:
        # Exact sums inside: the order of the records changes nothing.
        return statistics.mean(values), _mean_error(values)
    probability = _PROBABILITY[aggregation]
    return float(np.quantile(values, probability)), _quantile_error(values, probability)


def _mean_error(values: Sequence[float], scale: int = 1) -> float | None:
    """Standard deviation (n - 1) over the root of n; unknown below two values."""
    n = len(values)
    return statistics.stdev(values) / scale / sqrt(n) if n >= 2 else None


def _quantile_error(values: Sequence[float], probability: float) -> float | None:
    """Estimate a quantile's standard error without assuming a distribution.

    The share of examples below the true quantile has the standard error
    sqrt(p (1 - p) / n). Read at p plus and minus one of these, the sample's own
    quantiles are two standard errors apart.

    Args:
        values: Shape ``(n,)``, any unit.
        probability: Inside 0 to 1.

    Returns:
        In the unit of ``values``. ``None`` where the interval leaves the sample:
        below 2 examples for P50, 19 for P95, 99 for P99.

    Source:
        Woodruff (1952), Confidence intervals for medians and other position
        measures, JASA 47. One standard error instead of 1.96: on 100 lognormal
        values it misses the true error of P95 by 2 % on average, 1.96 by 42 %.
    """
    n = len(values)
    spread = sqrt(probability * (1 - probability) / n)
    low, high = probability - spread, probability + spread
    if n < 2 or low < 0 or high > 1:
        return None
    below, above = np.quantile(values, [low, high])
    return float(above - below) / 2
