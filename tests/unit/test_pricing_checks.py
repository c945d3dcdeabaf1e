"""What may be told about usage and declared about prices, each rule at its path."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from groat import model
from groat.model import Money, TokenCounts, Unit
from groat_server import pricing

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
USAGE = model.Usage(
    category=model.SpendCategory.EXPERIMENT, quantity=TokenCounts(input=1), model="mine"
)

INPUT, OUTPUT, CACHE_READ, CACHE_WRITE, REQUEST = (
    model.Rate(model="mine", unit=unit, amount=Money(1)) for unit in Unit
)


def book(*rates: model.Rate) -> model.PriceBook:
    """Declare a price book."""
    return model.PriceBook(rates=rates)


NAIVE = datetime(2026, 3, 1)  # noqa: DTZ001 - the fault under test
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"quantity": TokenCounts(input=-1)}, "tokens.input"),
        ({"quantity": TokenCounts(input=5, cache_read_input=6)}, "tokens.cache_read_input"),
        ({"quantity": TokenCounts(cache_read_input=6)}, "tokens.cache_read_input"),
        (
            {"quantity": TokenCounts(input=5, cache_read_input=3, cache_write_input=3)},
            "tokens.cache_write_input",
        ),
        ({"quantity": TokenCounts(output=5, reasoning_output=6)}, "tokens.reasoning_output"),
        ({"quantity": TokenCounts(input=10**12 + 1)}, "tokens.input"),
        ({"quantity": model.RawText(input="a" * 2_000_001)}, "raw_text.input"),
        ({"quantity": model.RawText(output="a" * 2_000_001)}, "raw_text.output"),
        ({"quantity": model.RawText(tokenizer="words")}, "raw_text.tokenizer"),
        ({"quantity": Money(-1)}, "amount.nanos"),
        ({"quantity": Money(1, "EUR")}, "amount.currency"),
        (
            {"quantity": model.HumanTime(duration=-MINUTE, hourly_rate=Money(1))},
            "human_time.duration",
        ),
        (
            {"quantity": model.HumanTime(duration=MINUTE, hourly_rate=Money(1, "EUR"))},
            "human_time.hourly_rate.currency",
        ),
        (
            {"quantity": model.HumanTime(duration=MINUTE, hourly_rate=Money(1), rater="\n")},
            "human_time.rater",
        ),
        ({"billed": Money(1, "EUR")}, "billed.currency"),
        ({"billed": Money(-1)}, "billed.nanos"),
        ({"request_count": -1}, "request_count"),
        ({"time": NAIVE}, "time"),
        ({"usage_id": "a" * 257}, "usage_id"),
        ({"provider": "open\x00ai"}, "provider"),
        ({"model": "gpt\x7f"}, "model"),
    ],
)
def test_faults_of_a_usage_are_found_at_their_paths(changes: dict[str, Any], path: str) -> None:
    """Each rule of a usage points at the one field that breaks it."""
    violations = pricing.validate_usage(replace(USAGE, **changes), "usage[2]", "USD")

    assert [violation.path for violation in violations] == [f"usage[2].{path}"]


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": TokenCounts()},
        {"quantity": TokenCounts(input=5, cache_read_input=3, cache_write_input=2)},
        {"quantity": model.RawText(input="a" * 2_000_000, tokenizer="cl100k_base")},
        {"request_count": 0, "cache_hit": True, "time": NOW, "billed": Money(0)},
    ],
)
def test_what_is_allowed_is_allowed(changes: dict[str, Any]) -> None:
    """Unknown counts, full parts and zero amounts are no faults."""
    assert pricing.validate_usage(replace(USAGE, **changes), "usage[0]", "USD") == []


@pytest.mark.parametrize(
    ("declared", "paths"),
    [
        (book(INPUT, OUTPUT, CACHE_READ, CACHE_WRITE, REQUEST), []),
        (book(INPUT, INPUT), ["rates[0]", "rates[1]"]),
        (book(INPUT, replace(INPUT, provider="acme")), []),
        (book(CACHE_READ), ["rates[0].unit"]),
        (book(replace(INPUT, provider="acme"), CACHE_READ), ["rates[1].unit"]),
        (book(replace(INPUT, model="")), ["rates[0].model"]),
        (book(replace(INPUT, per=-1)), ["rates[0].per"]),
        (book(replace(INPUT, amount=Money(-1))), ["rates[0].amount.nanos"]),
        (book(replace(INPUT, amount=Money(1, "EUR"))), ["rates[0].amount.currency"]),
        (model.PriceBook(as_of=NAIVE), ["as_of"]),
    ],
)
def test_faults_of_a_book_are_found_at_their_paths(
    declared: model.PriceBook, paths: list[str]
) -> None:
    """Each rule of a price book points at the rate that breaks it."""
    violations = pricing.validate_book(declared, "book", "USD")

    assert [violation.path for violation in violations] == [f"book.{path}" for path in paths]


def test_a_currency_is_three_capitals() -> None:
    """A study in "usd" would silently have no list prices."""
    declared = book(replace(INPUT, amount=Money(1, "usd")))

    violations = pricing.validate_book(declared, "book", "usd")

    assert [violation.path for violation in violations] == ["book.rates[0].amount.currency"]
