"""What a usage is worth, worked by hand rule by rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import genai_prices
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat.errors import InvalidArgument
from groat.model import Money, Provenance, TokenCounts, Unit
from groat_server import pricing

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BOOK = pricing.pin(model.PriceBook(), NOW, "USD")


def rate(unit: Unit, amount: str, per: int = 1_000_000, **changes: Any) -> model.Rate:
    """A rate of the model ``mine``, in dollars per million."""
    rate = model.Rate(model="mine", unit=unit, amount=Money.of(amount), per=per)
    return replace(rate, **changes)


INPUT, OUTPUT = rate(Unit.INPUT_TOKEN, "3"), rate(Unit.OUTPUT_TOKEN, "15")
CACHE_READ = rate(Unit.CACHE_READ_INPUT_TOKEN, "0.3")
CACHE_WRITE = rate(Unit.CACHE_WRITE_INPUT_TOKEN, "3.75")
REQUEST = rate(Unit.REQUEST, "0.01", per=1)


def own(*rates: model.Rate) -> model.PriceBook:
    """The pinned book with a study's own rates."""
    return replace(BOOK, rates=rates)


def usage(
    name: str = "mine", quantity: model.Quantity | None = None, **changes: Any
) -> model.Usage:
    """Make usage of 1000 tokens in and 200 out, unless told otherwise."""
    return model.Usage(
        category=model.SpendCategory.EXPERIMENT,
        quantity=quantity or TokenCounts(input=1_000, output=200),
        model=name,
        **changes,
    )


def amounts(
    usage: model.Usage, book: model.PriceBook = BOOK, currency: str = "USD"
) -> tuple[int | None, int | None]:
    """Return spend and list value in nanos."""
    priced = pricing.price(usage, book, currency=currency, now=NOW)
    return tuple(money and money.nanos for money in (priced.spend, priced.list_value))  # pyright: ignore[reportReturnType]


def both(amount: str) -> tuple[int, int]:
    """The same amount spent and listed."""
    return Money.of(amount).nanos, Money.of(amount).nanos


def test_cached_tokens_are_priced_once() -> None:
    """Sub-counts leave their parent: 300 plain, 600 read, 100 written, 200 out."""
    counts = TokenCounts(
        input=1_000, output=200, cache_read_input=600, cache_write_input=100, reasoning_output=50
    )
    book = own(INPUT, OUTPUT, CACHE_READ, CACHE_WRITE)

    nanos = 300 * 3_000 + 600 * 300 + 100 * 3_750 + 200 * 15_000
    assert amounts(usage(quantity=counts), book) == (nanos, nanos)


def test_cached_tokens_without_a_rate_cost_the_input_rate() -> None:
    """A person who names no cache price pays the plain one."""
    counts = TokenCounts(input=1_000, output=0, cache_read_input=600, cache_write_input=100)

    assert amounts(usage(quantity=counts), own(INPUT, OUTPUT)) == both("0.003")


def test_requests_are_priced_by_their_number() -> None:
    """A rate per request is paid for each call that the counts sum over."""
    book = own(INPUT, OUTPUT, REQUEST)

    assert amounts(usage(request_count=4), book) == both("0.046")


def test_a_model_paid_by_the_request_gives_tokens_away() -> None:
    """With no token rate at all, only the calls are counted."""
    assert amounts(usage(request_count=2), own(REQUEST)) == both("0.02")


def test_own_rates_win_over_the_list() -> None:
    """A negotiated price replaces the public one, for spend and list value."""
    rates = [replace(INPUT, model="gpt-4o"), replace(OUTPUT, model="gpt-4o")]

    assert amounts(usage("gpt-4o"), own(*rates)) == both("0.006")


def test_rates_of_the_named_provider_win_as_a_whole() -> None:
    """No price is put together from two providers' rates."""
    named = replace(INPUT, provider="acme", amount=Money.of(5))
    output = replace(OUTPUT, provider="acme", amount=Money.of(0))
    book = own(INPUT, OUTPUT, CACHE_READ, named, output)
    counts = TokenCounts(input=1_000, output=200, cache_read_input=1_000)

    assert amounts(usage(quantity=counts, provider="acme"), book) == both("0.005")
    assert amounts(usage(quantity=counts, provider="other"), book) == both("0.0033")


def test_list_prices_are_found() -> None:
    """gpt-5-mini: 900 plain at 0.25, 100 cached at 0.025, 200 out at 2 dollars per million."""
    counts = TokenCounts(input=1_000, output=200, cache_read_input=100)

    assert amounts(usage("gpt-5-mini", counts)) == both("0.0006275")


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("openai", "gpt-4o"),
        ("", "openai/gpt-4o"),
        ("azure.ai.inference", "gpt-4o"),
        ("aws.bedrock", "amazon.nova-pro-v1:0"),
        ("gcp.gen_ai", "gemini-2.5-pro"),
        ("x_ai", "grok-4"),
    ],
)
def test_telemetry_names_are_understood(provider: str, name: str) -> None:
    """What OpenTelemetry and LiteLLM call a provider finds its prices."""
    spend, list_value = amounts(usage(name, provider=provider))

    assert spend
    assert spend == list_value


@pytest.mark.parametrize(
    ("tokens", "requests", "price"),
    [
        pytest.param(200_000, 1, "0.25", id="the limit is in the lower tier"),
        pytest.param(200_001, 1, "0.5000025", id="one token more is not"),
        pytest.param(300_000, 2, "0.375", id="two calls of half the length are"),
        pytest.param(400_001, 2, "1.0000025", id="two calls half a token over are not"),
    ],
)
def test_tiers_belong_to_a_call(tokens: int, requests: int, price: str) -> None:
    """gemini-2.5-pro doubles its input price above 200 000 tokens in one call."""
    counts = TokenCounts(input=tokens, output=0)

    assert amounts(usage("gemini-2.5-pro", counts, request_count=requests)) == both(price)


@pytest.mark.parametrize(
    ("tokens", "price"), [(32_000, "0.00624"), (100_000, "0.0325"), (200_000, "0.104")]
)
def test_the_highest_tier_that_is_reached_counts(tokens: int, price: str) -> None:
    """By the end of 2026 this model's price rises at 32 000 and again at 128 000 tokens."""
    call = usage("qwen/qwen3-coder-flash", TokenCounts(input=tokens, output=0))
    call = replace(call, provider="openrouter", time=datetime(2026, 12, 31, tzinfo=UTC))

    assert amounts(call)[0] == Money.of(price).nanos


def test_spend_is_dated_by_the_call_and_list_value_by_the_book() -> None:
    """o3 fell from 10 to 2 dollars in June 2025; the study began later."""
    call = usage("o3", TokenCounts(input=1_000_000, output=0))
    early = replace(call, time=datetime(2025, 6, 1, tzinfo=UTC))

    assert amounts(call) == both("2")
    assert amounts(early) == (Money.of(10).nanos, Money.of(2).nanos)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, (6_000_000, 6_000_000), id="paid"),
        pytest.param({"cache_hit": True}, (0, 6_000_000), id="cache hit"),
        pytest.param({"billed": Money(7)}, (7, 6_000_000), id="billed"),
        pytest.param({"billed": Money(7), "cache_hit": True}, (0, 6_000_000), id="both"),
    ],
)
def test_list_value_ignores_how_it_was_paid(
    changes: dict[str, Any], expected: tuple[int, int]
) -> None:
    """A cache hit spends nothing, a bill wins, and production would pay the same."""
    assert amounts(usage(**changes), own(INPUT, OUTPUT)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, (None, None), id="nothing known"),
        pytest.param({"cache_hit": True}, (0, None), id="cache hit"),
        pytest.param({"billed": Money(7)}, (7, 7), id="the bill is the best that is known"),
    ],
)
def test_an_unknown_model_is_not_free(changes: dict[str, Any], expected: tuple[int, int]) -> None:
    """Without a price there is no amount, which is not zero."""
    assert amounts(usage("my-llama", **changes)) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param(TokenCounts(), (None, None), id="nothing counted"),
        pytest.param(TokenCounts(input=1_000), (None, None), id="output unknown"),
        pytest.param(TokenCounts(output=200), (None, None), id="input unknown"),
    ],
)
def test_an_unknown_count_is_not_zero(
    counts: TokenCounts, expected: tuple[int | None, int | None]
) -> None:
    """A side that costs something and was not counted leaves the price unknown."""
    assert amounts(usage(quantity=counts), own(INPUT, OUTPUT)) == expected


def test_a_side_that_is_free_need_not_be_counted() -> None:
    """A rate of zero is known, whatever the count."""
    free = replace(OUTPUT, amount=Money(0))

    assert amounts(usage(quantity=TokenCounts(input=1_000)), own(INPUT, free)) == both("0.003")


def test_embeddings_need_no_output() -> None:
    """A model that has only an input price is priced by its input."""
    call = usage("text-embedding-3-small", TokenCounts(input=1_000_000), provider="openai")

    assert amounts(call) == both("0.02")


def test_tokens_without_a_rate_are_not_free() -> None:
    """Output of a model that has only an input rate has no price."""
    assert amounts(usage(), own(INPUT)) == (None, None)


def test_a_list_entry_without_a_price_is_not_free() -> None:
    """The list knows some models' names only; it would price them at zero."""
    assert amounts(usage("qwen-3-coder-480b", provider="cerebras")) == (None, None)


def test_the_list_is_in_dollars_only() -> None:
    """A study in euros has its own rates and nothing else."""
    book = pricing.pin(model.PriceBook(), NOW, "EUR")
    euros = replace(INPUT, amount=Money.of(3, "EUR")), replace(OUTPUT, amount=Money(0, "EUR"))

    assert book.source == ""
    assert amounts(usage("gpt-4o"), book, "EUR") == (None, None)
    assert amounts(usage(), replace(book, rates=euros), "EUR") == both("0.003")


@pytest.mark.parametrize(
    ("quantity", "price"),
    [
        pytest.param(Money.of("0.25"), "0.25", id="an amount is itself"),
        pytest.param(
            model.HumanTime(duration=timedelta(minutes=30), hourly_rate=Money.of(40)),
            "20",
            id="half an hour",
        ),
        pytest.param(
            model.HumanTime(duration=timedelta(microseconds=1), hourly_rate=Money.of("7.2")),
            "0.000000002",
            id="a microsecond",
        ),
    ],
)
def test_other_quantities_are_priced_without_a_list(quantity: model.Quantity, price: str) -> None:
    """Fees and people cost the same whether listed or spent, and nothing twice."""
    assert amounts(usage(quantity=quantity)) == both(price)
    assert amounts(usage(quantity=quantity, cache_hit=True)) == (0, both(price)[1])


@pytest.mark.parametrize(("tokens", "nanos"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)])
def test_halves_are_rounded_to_even(tokens: int, nanos: int) -> None:
    """Half a nano per token: no drift in either direction."""
    half = replace(INPUT, amount=Money(1), per=2)

    assert amounts(usage(quantity=TokenCounts(input=tokens)), own(half)) == (nanos, nanos)


def test_raw_text_is_counted_and_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What leaves this room has numbers where the words were."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    call = usage("gpt-4o", model.RawText(input="hello world", output="hello"))

    priced = pricing.price(call, BOOK, currency="USD", now=NOW)

    assert priced.usage.quantity == TokenCounts(input=2, output=1)
    assert (priced.provenance, priced.spend) == (Provenance.COUNTED, Money.of("0.000015"))


def test_a_price_beyond_the_ledger_is_refused() -> None:
    """What no database column holds is the caller's mistake, not an overflow."""
    dear = replace(INPUT, amount=Money.of(1_000), per=1)
    call = usage(quantity=TokenCounts(input=10**9))

    with pytest.raises(InvalidArgument, match="beyond"):
        amounts(call, own(dear))


def test_pinning_fixes_list_and_day() -> None:
    """The book of a new study says which prices count, on which day."""
    declared = datetime(2025, 1, 1, tzinfo=UTC)

    assert BOOK.source == f"genai-prices {genai_prices.__version__}"
    assert BOOK.as_of == NOW
    assert pricing.pin(model.PriceBook(as_of=declared), NOW, "USD").as_of == declared


def test_a_book_must_be_pinned() -> None:
    """Without a day, list values of two trials would not compare."""
    with pytest.raises(ValueError, match="pin"):
        amounts(usage(), model.PriceBook())


counts = st.builds(
    lambda plain, read, write, output: TokenCounts(
        input=plain + read + write, output=output, cache_read_input=read, cache_write_input=write
    ),
    *[st.integers(0, 400_000)] * 4,
)
"""Token counts whose parts fit their parents."""


@given(st.lists(counts, max_size=8), st.randoms(use_true_random=False))
def test_sums_do_not_depend_on_order(many: list[TokenCounts], dice: Any) -> None:
    """Whole nanos add up to the same total in any order."""
    thirds = [replace(INPUT, amount=Money(1), per=3), OUTPUT]
    priced = [amounts(usage(quantity=one), own(*thirds))[0] or 0 for one in many]
    shuffled = dice.sample(many, len(many))

    assert sum(priced) == sum(
        amounts(usage(quantity=one), own(*thirds))[0] or 0 for one in shuffled
    )


@given(counts, st.integers(1, 1_000))
def test_equal_calls_cost_their_number_times_one(call: TokenCounts, times: int) -> None:
    """A sum over equal calls is exactly as dear as the calls, whatever their tier."""
    summed = TokenCounts(
        input=(call.input or 0) * times,
        output=(call.output or 0) * times,
        cache_read_input=(call.cache_read_input or 0) * times,
    )

    together, _ = amounts(usage("gemini-2.5-pro", summed, request_count=times))

    one, _ = amounts(usage("gemini-2.5-pro", replace(call, cache_write_input=None)))
    assert together == times * (one or 0)


@given(counts, st.sampled_from(["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-pro", "o3"]))
def test_one_call_costs_what_the_list_says(call: TokenCounts, name: str) -> None:
    """The list's own calculator agrees to the nano on a single call."""
    listed = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=call.input,
            output_tokens=call.output,
            cache_read_tokens=call.cache_read_input,
            cache_write_tokens=call.cache_write_input,
        ),
        name,
        genai_request_timestamp=NOW,
    )

    assert amounts(usage(name, call))[0] == Money.rounded(listed.total_price).nanos
