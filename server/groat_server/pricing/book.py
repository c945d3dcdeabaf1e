"""Usage to money: what the search paid, and what production would pay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib.metadata import version
from typing import TypeAlias

from groat import model
from groat.errors import InvalidArgument
from groat.model import Money, Provenance
from groat_server.pricing import tariffs, tokens
from groat_server.pricing.checks import MOST_NANOS

_Counted: TypeAlias = model.TokenCounts | model.HumanTime | Money


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
    quantity, provenance = _counted(usage)
    usage = replace(usage, quantity=quantity)
    list_value = _price_at(usage, quantity, book, currency=currency, at=book.as_of)
    if usage.cache_hit:
        spend: Money | None = Money(0, currency)
    elif usage.billed is not None:
        spend = usage.billed
    else:
        spend = _price_at(usage, quantity, book, currency=currency, at=usage.time or now)
    return model.PricedUsage(
        usage=usage,
        provenance=provenance,
        spend=spend,
        list_value=usage.billed if list_value is None else list_value,
    )


def _counted(usage: model.Usage) -> tuple[_Counted, Provenance]:
    if not isinstance(usage.quantity, model.RawText):
        return usage.quantity, Provenance.REPORTED
    return tokens.count(usage.quantity, model=usage.model, path="usage.raw_text")


def _price_at(
    usage: model.Usage,
    quantity: _Counted,
    book: model.PriceBook,
    *,
    currency: str,
    at: datetime,
) -> Money | None:
    match quantity:
        case Money():
            return quantity
        case model.HumanTime(duration=duration, hourly_rate=hourly):
            hours = Fraction(duration // timedelta(microseconds=1), 3_600_000_000)
            return _money(hours * hourly.nanos, currency)
        case model.TokenCounts():
            calls = usage.request_count or 1  # 0 means 1, as in the proto
            tariff = _tariff(usage, book, currency, at, Fraction(quantity.input or 0, calls))
            nanos = None if tariff is None else tariff.charge(quantity, calls)
            return None if nanos is None else _money(nanos, currency)


def _tariff(
    usage: model.Usage, book: model.PriceBook, currency: str, at: datetime, call_input: Fraction
) -> tariffs.Tariff | None:
    own = tariffs.own_tariff(book.rates, usage.provider, usage.model)
    if own is not None or currency != tariffs.LIST_CURRENCY:
        return own
    return tariffs.list_tariff(usage.provider, usage.model, at=at, call_input=call_input)


def _money(nanos: Fraction, currency: str) -> Money:
    whole = round(nanos)  # a Fraction rounds half to even
    if whole > MOST_NANOS:
        most = Money(MOST_NANOS, currency)
        problem = f"its price of {Money(whole, currency)} is beyond {most}, the most that is booked"
        raise InvalidArgument.at("usage", problem)
    return Money(whole, currency)
