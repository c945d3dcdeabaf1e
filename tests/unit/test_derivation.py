"""Metrics from usage and records: exact, blind to judges, honest about what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat.model import Aggregation, Money, SpendCategory, TokenCounts
from groat.model import Source as From
from groat_server import derivation
from groat_server.storage.base import BookedUsage
from tests.examples import study_spec


def spec_with(
    source: From,
    aggregation: Aggregation = Aggregation.MEAN,
    role: model.Role = model.Role.OBJECTIVE,
) -> model.StudySpec:
    """A study whose only metric ``m`` is derived."""
    score_id = "f1" if source is From.SCORE_PER_EXAMPLE else ""
    how = model.Derivation(source=source, aggregation=aggregation, score_id=score_id)
    metric = model.Metric(id="m", role=role, goal=model.Goal.MINIMIZE, bound=9.0, derivation=how)
    return study_spec(metrics=(metric,))


def spent(
    nanos: int | None = 0,
    example_id: str = "",
    *,
    category: SpendCategory = SpendCategory.EXPERIMENT,
    quantity: model.Quantity | None = None,
) -> BookedUsage:
    """Booked usage that is worth so many nanos."""
    amount = None if nanos is None else Money(nanos)
    quantity = quantity or TokenCounts(input=100, output=20)
    usage = model.Usage(category=category, quantity=quantity, provider="acme", model="m1")
    priced = model.PricedUsage(
        usage=usage, provenance=model.Provenance.REPORTED, spend=amount, list_value=amount
    )
    return BookedUsage(usage_id="", priced=priced, example_id=example_id)


def records(*ids: str, **changes: Any) -> model.Measurement:
    """A measurement with one record per id."""
    return model.Measurement(
        examples=tuple(model.ExampleRecord(example_id=one, **changes) for one in ids)
    )


def timed(*seconds: float) -> model.Measurement:
    """A measurement with one record per latency."""
    examples = [
        model.ExampleRecord(example_id=str(i), latency=timedelta(seconds=s))
        for i, s in enumerate(seconds)
    ]
    return model.Measurement(examples=tuple(examples))


def value(
    spec: model.StudySpec, measurement: model.Measurement, usage: list[BookedUsage]
) -> model.MetricValue | None:
    """Derive the metric ``m``."""
    return derivation.derive(spec, measurement, usage).measurement.value("m")


def faults(
    spec: model.StudySpec, measurement: model.Measurement, usage: list[BookedUsage]
) -> list[str]:
    """Return the paths that `check` complains about."""
    found = derivation.check(spec, measurement, usage, "succeeded")
    return [violation.path for violation in found]


def test_mean_money_by_hand() -> None:
    """0.1, 0.2 and 0.6 dollars: mean 0.3, deviations -0.2, -0.1 and 0.3."""
    usage = [spent(100_000_000, "a"), spent(200_000_000, "b"), spent(600_000_000, "c")]

    found = value(spec_with(From.MONEY_PER_EXAMPLE), records("a", "b", "c"), usage)

    assert found
    assert found.value == 0.3
    assert found.standard_error == pytest.approx(sqrt((0.04 + 0.01 + 0.09) / 2 / 3), rel=1e-12)


def test_usage_of_one_record_is_added_up_first() -> None:
    """Two calls for one question are one example; a question without calls costs 0."""
    usage = [spent(1_000, "a"), spent(3_000, "a"), spent(2_000, "c")]

    found = value(spec_with(From.MONEY_PER_EXAMPLE), records("a", "b", "c"), usage)

    assert found
    assert found.value == 2_000e-9
    assert found.standard_error == pytest.approx(2_000e-9 / sqrt(3))


def test_usage_of_the_whole_trial_has_a_mean_and_no_error() -> None:
    """What cannot be told apart by example says nothing about their spread."""
    usage = [spent(1_000_000_000), spent(500_000_000, "a")]

    found = value(spec_with(From.MONEY_PER_EXAMPLE), records("a", "b"), usage)

    assert found == model.MetricValue(metric_id="m", value=0.75)


def test_a_count_is_enough_for_a_mean() -> None:
    """A worker that keeps no records tells how many examples there were."""
    measurement = model.Measurement(example_count=4)

    found = value(spec_with(From.MONEY_PER_EXAMPLE), measurement, [spent(1_000_000_000)])

    assert found == model.MetricValue(metric_id="m", value=0.25)


def test_tokens_are_input_and_output() -> None:
    """Sub-counts are inside already; fees and people are no tokens."""
    counts = TokenCounts(input=100, output=20, cache_read_input=90, reasoning_output=10)
    usage = [spent(example_id="a", quantity=counts), spent(7, "b", quantity=Money(7))]

    found = value(spec_with(From.TOKENS_PER_EXAMPLE), records("a", "b"), usage)

    assert found == model.MetricValue(metric_id="m", value=60.0, standard_error=60.0)


def test_mean_latency_by_hand() -> None:
    """1, 2 and 6 seconds: mean 3, variance (4 + 1 + 9) / 2."""
    found = value(spec_with(From.LATENCY_PER_EXAMPLE), timed(1, 2, 6), [])

    assert found
    assert found.value == 3.0
    assert found.standard_error == pytest.approx(sqrt(7 / 3))


def test_one_record_has_no_standard_error() -> None:
    """A spread takes two."""
    measurement = records("a", scores={"f1": 0.5})

    found = value(spec_with(From.SCORE_PER_EXAMPLE), measurement, [])

    assert found == model.MetricValue(metric_id="m", value=0.5)


@pytest.mark.parametrize(
    ("aggregation", "share"),
    [(Aggregation.P50, 0.5), (Aggregation.P95, 0.95), (Aggregation.P99, 0.99)],
)
def test_percentiles_are_numpys(aggregation: Aggregation, share: float) -> None:
    """Between two examples a percentile is interpolated linearly."""
    seconds = np.random.default_rng(1).lognormal(size=150).round(6)

    found = value(spec_with(From.LATENCY_PER_EXAMPLE, aggregation), timed(*seconds), [])

    assert found
    assert found.value == pytest.approx(np.quantile(seconds, share))


def test_a_median_by_hand() -> None:
    """Of 0 to 8 seconds: 4, and half the way from 1/3 to 2/3 of the sample."""
    found = value(spec_with(From.LATENCY_PER_EXAMPLE, Aggregation.P50), timed(*range(9)), [])

    assert found
    assert found.value == 4.0
    assert found.standard_error == pytest.approx(8 * (2 / 3 - 1 / 3) / 2)


def test_percentile_errors_match_repetition() -> None:
    """The estimate from one sample is the spread over many, within a quarter."""
    dice = np.random.default_rng(2)
    samples = dice.lognormal(sigma=0.7, size=(400, 200))
    spec = spec_with(From.LATENCY_PER_EXAMPLE, Aggregation.P95)

    found = [value(spec, timed(*sample), []) for sample in samples[:50]]

    estimated = np.mean([one.standard_error for one in found if one and one.standard_error])
    assert estimated == pytest.approx(np.quantile(samples, 0.95, axis=1).std(), rel=0.25)


@pytest.mark.parametrize(
    ("aggregation", "enough"),
    [(Aggregation.P50, 2), (Aggregation.P95, 19), (Aggregation.P99, 99)],
)
def test_too_few_examples_have_no_percentile_error(aggregation: Aggregation, enough: int) -> None:
    """Past the largest example the sample knows nothing, and says so."""
    spec = spec_with(From.LATENCY_PER_EXAMPLE, aggregation)

    errors = [value(spec, timed(*range(n)), []) for n in (enough - 1, enough)]

    assert [one is not None and one.standard_error is not None for one in errors] == [False, True]


def test_percentiles_of_money_are_over_examples() -> None:
    """The median question, not the median call."""
    usage = [spent(1_000, "a"), spent(1_000, "a"), spent(3_000, "b"), spent(9_000, "c")]

    found = value(spec_with(From.MONEY_PER_EXAMPLE, Aggregation.P50), records("a", "b", "c"), usage)

    assert found
    assert found.value == 3_000e-9


nanos = st.integers(0, 10**15)


@given(
    st.lists(nanos, min_size=2, max_size=5),
    st.lists(st.tuples(nanos, st.sampled_from(["", "0", "1", "other"])), max_size=5),
)
def test_judges_move_no_objective(prices: list[int], judged: list[tuple[int, str]]) -> None:
    """Usage of any other category changes neither value nor error by one bit."""
    spec = spec_with(From.MONEY_PER_EXAMPLE)
    measurement = records(*(str(i) for i in range(len(prices))))
    usage = [spent(price, str(i)) for i, price in enumerate(prices)]
    others = [spent(n, e, category=SpendCategory.EVALUATION) for n, e in judged]
    others += [spent(None, e, category=SpendCategory.SAMPLING) for _, e in judged]

    assert value(spec, measurement, others + usage) == value(spec, measurement, usage)


@given(st.lists(nanos, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_order_of_usage_does_not_matter(prices: list[int], dice: Any) -> None:
    """Whole nanos are added, so the same usage gives the same bits in any order."""
    spec = spec_with(From.MONEY_PER_EXAMPLE)
    usage = [spent(price, str(i % 3)) for i, price in enumerate(prices)]
    shuffled = dice.sample(usage, len(usage))

    assert value(spec, records("0", "1", "2"), usage) == value(
        spec, records("0", "1", "2"), shuffled
    )


def test_told_metrics_stay_and_old_derived_values_go() -> None:
    """Deriving again replaces what was derived before and nothing else."""
    told = model.MetricValue(metric_id="told", value=1.0)
    old = model.MetricValue(metric_id="m", value=99.0)
    measurement = replace(timed(1, 3), metrics=(old, told))

    derived = derivation.derive(spec_with(From.LATENCY_PER_EXAMPLE), measurement, [])

    assert derived.measurement.metrics == (
        told,
        model.MetricValue(metric_id="m", value=2.0, standard_error=1.0),
    )
    assert derived.missing == ()


@pytest.mark.parametrize(
    ("source", "unknown"),
    [
        pytest.param(From.MONEY_PER_EXAMPLE, spent(None, "a"), id="no price"),
        pytest.param(
            From.TOKENS_PER_EXAMPLE, spent(5, "a", quantity=TokenCounts(input=1)), id="no count"
        ),
    ],
)
def test_unpriced_usage_leaves_a_gap_and_is_no_fault(source: From, unknown: BookedUsage) -> None:
    """A rate may come later, so the result is taken and the gap is named."""
    spec, usage = spec_with(source), [spent(5, "a"), unknown]

    derived = derivation.derive(spec, records("a"), usage)

    assert derived.measurement.value("m") is None
    assert [gap.metric_id for gap in derived.missing] == ["m"]
    assert "acme/m1" in derived.missing[0].why
    assert faults(spec, records("a"), usage) == []


HALF_TIMED = replace(timed(1, 2), examples=(*timed(1, 2).examples, *records("c").examples))
GOOD, BAD = {"scores": {"f1": 1.0}}, {"scores": {"f1": 1e200}}


@pytest.mark.parametrize(
    ("spec", "measurement", "usage", "path"),
    [
        (spec_with(From.LATENCY_PER_EXAMPLE), HALF_TIMED, [], "examples[2].latency"),
        (spec_with(From.LATENCY_PER_EXAMPLE), model.Measurement(), [], "examples"),
        (spec_with(From.SCORE_PER_EXAMPLE), records("a"), [], "examples[0].scores"),
        (spec_with(From.SCORE_PER_EXAMPLE), records("a", **BAD), [], "examples[0].scores"),
        (spec_with(From.MONEY_PER_EXAMPLE), records("a"), [], "examples"),
        (
            spec_with(From.MONEY_PER_EXAMPLE),
            records("a"),
            [spent(1, "a", category=SpendCategory.EVALUATION)],
            "examples",
        ),
        (spec_with(From.TOKENS_PER_EXAMPLE), model.Measurement(), [spent(1)], "example_count"),
        (
            spec_with(From.SCORE_PER_EXAMPLE),
            replace(records("a", **GOOD), example_count=2),
            [],
            "example_count",
        ),
        (spec_with(From.MONEY_PER_EXAMPLE, Aggregation.P95), records("a"), [spent(1)], "examples"),
    ],
)
def test_what_a_caller_left_out_is_found_at_its_path(
    spec: model.StudySpec, measurement: model.Measurement, usage: list[BookedUsage], path: str
) -> None:
    """An objective that cannot be derived from what was told is the caller's fault."""
    assert faults(spec, measurement, usage) == [f"succeeded.{path}"]
    assert [gap.metric_id for gap in derivation.derive(spec, measurement, usage).missing] == ["m"]


def test_a_constraint_is_checked_and_a_tracked_metric_is_not() -> None:
    """Only what the search depends on may hold up a tell."""
    constraint = spec_with(From.LATENCY_PER_EXAMPLE, role=model.Role.CONSTRAINT)
    tracked = spec_with(From.LATENCY_PER_EXAMPLE, role=model.Role.TRACKED)

    assert faults(constraint, records("a"), []) == ["succeeded.examples[0].latency"]
    assert faults(tracked, records("a"), []) == []


def test_complete_records_have_no_faults() -> None:
    """A count that agrees with the records is welcome."""
    measurement = replace(records("a", **GOOD), example_count=1)

    assert faults(spec_with(From.SCORE_PER_EXAMPLE), measurement, []) == []
