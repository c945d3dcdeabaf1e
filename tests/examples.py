"""Small example values that every test room may use.

Each function makes one valid value; keyword arguments replace its parts.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from groat import model
from groat_server.storage.base import BookedUsage, NewTrial

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The moment at which tests take place, unless they move it."""

SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="temperature", domain=model.FloatDomain(min=0.0, max=1.0)),
        model.Parameter(id="chunk_size", domain=model.IntDomain(min=64, max=4096, log_scale=True)),
        model.Parameter(
            id="retriever",
            domain=model.CategoricalDomain(labels=("bm25", "dense", "none")),
            default_value="bm25",
        ),
        model.Parameter(
            id="top_k",
            domain=model.IntDomain(min=1, max=20),
            active_when=(model.Condition(parameter_id="retriever", any_of=("bm25", "dense")),),
        ),
    )
)
"""A float, an integer on a logarithm, a category, and an integer that depends on it."""

QUALITY = model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE)
PRICE = model.Metric(
    id="price",
    role=model.Role.OBJECTIVE,
    goal=model.Goal.MINIMIZE,
    unit="USD",
    derivation=model.Derivation(source=model.Source.MONEY_PER_EXAMPLE),
)
LATENCY = model.Metric(id="latency", role=model.Role.TRACKED, goal=model.Goal.MINIMIZE, unit="s")


def study_spec(**changes: Any) -> model.StudySpec:
    """A study with two objectives, the second derived, one tracked metric, and no cap."""
    spec = model.StudySpec(
        search_space=SPACE,
        metrics=(QUALITY, PRICE, LATENCY),
        algorithm=model.Algorithm(kind=model.RandomSearch(), seed=7),
        price_book=model.PriceBook(source="test-prices 1", as_of=NOW),
        display_name="Support bot",
        labels={"team": "support"},
    )
    return replace(spec, **changes)


def budget(max_spend: str = "10", **changes: Any) -> model.Budget:
    """A hard cap in USD, and nothing else."""
    return replace(model.Budget(max_spend=model.Money.of(max_spend)), **changes)


def configuration(index: int = 0) -> dict[str, model.Value]:
    """The ``index``-th of many configurations, all different and all valid for `SPACE`."""
    return {
        "temperature": (index % 1000) / 1000,
        "chunk_size": 64 + index // 1000,
        "retriever": "dense",
        "top_k": 1 + index % 20,
    }


def new_trial(index: int = 0, **changes: Any) -> NewTrial:
    """A trial of the ``index``-th configuration, as an algorithm would add it."""
    trial = NewTrial(
        configuration=configuration(index),
        configuration_id=f"configuration-{index}",
        origin=model.Origin.ALGORITHM,
        generator="random",
    )
    return replace(trial, **changes)


def lease(
    lease_id: str = "lease-0", *, seconds: float = 60, worker_id: str = "worker-0"
) -> model.Lease:
    """A lease that ends so many seconds after `NOW`."""
    return model.Lease(
        lease_id=lease_id, worker_id=worker_id, expire_time=NOW + timedelta(seconds=seconds)
    )


def measurement(quality: float = 0.5, **changes: Any) -> model.Measurement:
    """The quality, measured on ten examples."""
    value = model.MetricValue(metric_id="quality", value=quality, standard_error=0.125)
    return replace(model.Measurement(metrics=(value,), example_count=10), **changes)


def succeeded(quality: float = 0.5, **changes: Any) -> model.Succeeded:
    """A trial that ran to its end with this quality."""
    return model.Succeeded(measurement=measurement(quality, **changes))


def usage(**changes: Any) -> model.Usage:
    """One call of an experiment's model: 1,000 tokens in, 100 out."""
    usage = model.Usage(
        category=model.SpendCategory.EXPERIMENT,
        quantity=model.TokenCounts(input=1000, output=100),
        provider="openai",
        model="gpt-4o-mini",
    )
    return replace(usage, **changes)


def priced_usage(spend: str | None = "0.01", **changes: Any) -> model.PricedUsage:
    """A `usage` that the search paid ``spend`` for; ``None`` when it has no price."""
    amount = None if spend is None else model.Money.of(spend)
    return model.PricedUsage(
        usage=usage(**changes),
        provenance=model.Provenance.REPORTED,
        spend=amount,
        list_value=amount,
    )


def booked_usage(
    usage_id: str = "usage-0", spend: str | None = "0.01", *, example_id: str = "", **changes: Any
) -> BookedUsage:
    """A `priced_usage` under the id by which a study knows it."""
    priced = priced_usage(spend, usage_id=usage_id, **changes)
    return BookedUsage(usage_id=usage_id, priced=priced, example_id=example_id)


def decision(**changes: Any) -> model.Decision:
    """A guard that lets a study without a cap go on."""
    status = model.BudgetStatus(
        settled=model.Spend(total=model.Money(0)), held=model.Money(0), remaining=None
    )
    proceed = model.Decision(
        decision_id="decision-0",
        verdict=model.Verdict.PROCEED,
        reason=model.Reason.WITHIN_BUDGET,
        explanation="Nothing is spent and there is no cap.",
        budget_status=status,
        time=NOW,
    )
    return replace(proceed, **changes)
