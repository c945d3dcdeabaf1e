"""Usage to money: what the search paid, and what production would pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib.metadata import version

from groat import model
from groat.errors import InvalidArgument
from groat.model import Money, Provenance
from groat_server.pricing import tariffs, tokens

_MOST_NANOS = 2**63 - 1
"""What a database's BIGINT holds: 9.2e9 currency units."""


def pin(book: model.PriceBook, now: datetime, currency: str) -> model.PriceBook:
    """Fix the list and the day for a new study, so that its trials stay comparable.

    Args:
        book: As declared; a day that it names is kept.
        now: The day of creation.
        currency: The study's. The public list is in USD: with any other there
            are the study's own rates only, and ``source`` is empty.
    """
    has_list = currency == tariffs.LIST_CURRENCY
    source = f"genai-prices {version('genai-prices')}" if has_list else ""
    return replace(book, source=source, as_of=book.as_of or now.astimezone(UTC))


def price(
    usage: model.Usage, book: model.PriceBook, *, currency: str, now: datetime
) -> model.PricedUsage:
    """Give a usage its two amounts of money, each rounded once, half to even.

    Spend is 0 for a cache hit, else what was billed, else the price at the
    call's own time. The list value is the price at the book's day, cache hit or
    not; what was billed stands in where there is no price. The price is the
    amount itself, a person's time at their rate, or tokens at the study's own
    rates, else at the list's.

    Price tiers belong to a call. Where one usage sums over several calls, each
    is taken to be their mean: its input chooses the tier, and the whole counts
    are priced there, so that no division loses anything.

    Args:
        usage: Valid (see `validate_usage`). Raw text is counted, then dropped.
        book: Pinned.
        currency: The study's.
        now: When it was told; for a usage without a time of its own.

    Returns:
        ``None`` for an amount that is unknown, which is not zero.

    Raises:
        InvalidArgument: The price is beyond what can be stored, or a tokenizer is unknown.
        NotPossibleNow: Raw text cannot be counted here.
        ValueError: The book is not pinned.
    """
    if book.as_of is None:
        raise ValueError("the price book has no as_of; pin it when the study is created")
    usage, provenance = _counted(usage)
    list_value = _price_at(usage, book, currency, book.as_of)
    if usage.cache_hit:
        spend = Money(0, currency)
    else:
        spend = usage.billed or _price_at(usage, book, currency, usage.time or now)
    return model.PricedUsage(
        usage=usage,
        provenance=provenance,
        spend=spend,
        list_value=usage.billed if list_value is None else list_value,
    )


def _counted(usage: model.Usage) -> tuple[model.Usage, Provenance]:
    if not isinstance(usage.quantity, model.RawText):
        return usage, Provenance.REPORTED
    counts, provenance = tokens.count(
        usage.quantity, provider=usage.provider, model=usage.model, path="usage.raw_text"
    )
    return replace(usage, quantity=counts), provenance


def _price_at(
    usage: model.Usage, book: model.PriceBook, currency: str, at: datetime
) -> Money | None:
    match usage.quantity:
        case Money():
            return usage.quantity
        case model.HumanTime(duration=duration, hourly_rate=hourly):
            hours = Fraction(duration // timedelta(microseconds=1), 3_600_000_000)
            return _money(hours * hourly.nanos, currency)
        case model.TokenCounts() as counts:
            return _tokens_at(usage, counts, book, currency, at)
        case model.RawText():
            raise AssertionError("texts are counted before they are priced")


def _tokens_at(
    usage: model.Usage,
    counts: model.TokenCounts,
    book: model.PriceBook,
    currency: str,
    at: datetime,
) -> Money | None:
    requests = usage.request_count or 1  # 0 means 1, as in the proto
    tariff = tariffs.own_tariff(book.rates, usage.provider, usage.model)
    if tariff is None and currency == tariffs.LIST_CURRENCY:
        call_input = Fraction(counts.input or 0, requests)
        tariff = tariffs.list_tariff(usage.provider, usage.model, at=at, call_input=call_input)
    nanos = None if tariff is None else tariff.charge(counts, requests)
    return None if nanos is None else _money(nanos, currency)


def _money(nanos: Fraction, currency: str) -> Money:
    whole = round(nanos)  # a Fraction rounds half to even
    if abs(whole) > _MOST_NANOS:
        most = Money(_MOST_NANOS, currency)
        problem = f"its price of {Money(whole, currency)} is beyond {most}, the most that is booked"
        raise InvalidArgument.at("usage", problem)
    return Money(whole, currency)
