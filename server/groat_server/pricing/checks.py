"""What usage and rates must be like before they are priced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime, timedelta

from groat import model
from groat.errors import Violation
from groat.model import Money, Unit
from groat_server.pricing import tokens

MAX_TEXT = 2_000_000
MAX_ID = 256
MAX_COUNT = 10**12
MAX_RATES = 1_000
MOST_NANOS = 10**18
"""Of one entry of usage: a billion units, of which the small currencies need many."""

_MOST_HOURS = 100_000

_CURRENCY = re.compile(r"[A-Z]{3}")
_CACHE_UNITS = {Unit.CACHE_READ_INPUT_TOKEN, Unit.CACHE_WRITE_INPUT_TOKEN}


def validate_usage(usage: model.Usage, path: str, currency: str) -> list[Violation]:
    """Find everything that is wrong with one usage.

    Args:
        usage: As told.
        path: Where it stands in its request, such as ``usage[2]``.
        currency: The study's; every amount must be in it.
    """
    return list(_usage(usage, path, currency))


def validate_book(book: model.PriceBook, path: str, currency: str) -> list[Violation]:
    """Find everything that is wrong with a study's rates and their day.

    Args:
        book: As declared.
        path: Where it stands in its request, such as ``study.price_book``.
        currency: The study's; every rate must be in it.
    """
    return list(_book(book, path, currency))


def _usage(usage: model.Usage, path: str, currency: str) -> Iterator[Violation]:
    for name in ("usage_id", "provider", "model"):
        yield from _id(getattr(usage, name), f"{path}.{name}")
    yield from _count(usage.request_count, f"{path}.request_count")
    yield from _time(usage.time, f"{path}.time")
    if usage.billed is not None:
        yield from _amount(usage.billed, f"{path}.billed", currency, most=MOST_NANOS)
    match usage.quantity:
        case model.TokenCounts() as counts:
            yield from _tokens(counts, f"{path}.tokens")
        case model.RawText() as raw:
            yield from _text(raw, f"{path}.raw_text")
        case model.HumanTime() as time:
            yield from _human(time, f"{path}.human_time", currency)
        case Money() as amount:
            yield from _amount(amount, f"{path}.amount", currency, most=MOST_NANOS)


def _tokens(counts: model.TokenCounts, path: str) -> Iterator[Violation]:
    for field in fields(counts):
        yield from _count(getattr(counts, field.name), f"{path}.{field.name}")
    yield from _part(counts.cache_read_input, "input", counts.input, f"{path}.cache_read_input")
    yield from _part(counts.cache_write_input, "input", counts.input, f"{path}.cache_write_input")
    yield from _part(counts.reasoning_output, "output", counts.output, f"{path}.reasoning_output")
    read, write = counts.cache_read_input or 0, counts.cache_write_input or 0
    if counts.input is not None and max(read, write) <= counts.input < read + write:
        problem = f"{write} and {read} cache_read_input together exceed the input of {counts.input}"
        yield Violation(f"{path}.cache_write_input", problem)


def _part(part: int | None, name: str, whole: int | None, path: str) -> Iterator[Violation]:
    if part and whole is None:
        yield Violation(path, f"{part} is a part of {name}, which is missing; tell it as well")
    elif part and whole is not None and part > whole:
        problem = f"{part} is more than the {name} of {whole}, which includes it"
        yield Violation(path, problem)


def _text(raw: model.RawText, path: str) -> Iterator[Violation]:
    for name, text in (("input", raw.input), ("output", raw.output)):
        if len(text) > MAX_TEXT:
            problem = f"{len(text)} characters; at most {MAX_TEXT} are counted here"
            yield Violation(f"{path}.{name}", problem)
    if not tokens.is_tokenizer(raw.tokenizer):
        yield Violation(f"{path}.tokenizer", tokens.unknown_tokenizer(raw.tokenizer))


def _human(time: model.HumanTime, path: str, currency: str) -> Iterator[Violation]:
    if time.duration < timedelta(0):
        yield Violation(f"{path}.duration", f"{time.duration.total_seconds():g} s is negative")
    if time.duration > timedelta(hours=_MOST_HOURS):
        hours = time.duration / timedelta(hours=1)
        yield Violation(f"{path}.duration", f"{hours:,.0f} h are more than {_MOST_HOURS:,} h")
    yield from _amount(time.hourly_rate, f"{path}.hourly_rate", currency)
    yield from _id(time.rater, f"{path}.rater")


def _book(book: model.PriceBook, path: str, currency: str) -> Iterator[Violation]:
    yield from _time(book.as_of, f"{path}.as_of")
    if len(book.rates) > MAX_RATES:
        problem = f"{len(book.rates)} rates; at most {MAX_RATES} are allowed"
        yield Violation(f"{path}.rates", problem)
        return
    for i, rate in enumerate(book.rates):
        yield from _rate(rate, f"{path}.rates[{i}]", currency)
    yield from _together(book.rates, f"{path}.rates")


def _rate(rate: model.Rate, path: str, currency: str) -> Iterator[Violation]:
    yield from _id(rate.provider, f"{path}.provider")
    yield from _id(rate.model, f"{path}.model")
    if not rate.model:
        yield Violation(f"{path}.model", "empty; a rate names its model")
    if rate.per < 0:
        yield Violation(f"{path}.per", f"{rate.per} is negative")
    yield from _amount(rate.amount, f"{path}.amount", currency)


def _together(rates: tuple[model.Rate, ...], path: str) -> Iterator[Violation]:
    keys = [(rate.provider, rate.model, rate.unit) for rate in rates]
    times = Counter(keys)
    for i, (provider, name, unit) in enumerate(keys):
        who = f"{provider}/{name}" if provider else name
        if times[provider, name, unit] > 1:
            yield Violation(f"{path}[{i}]", f"{unit.value} of {who} has several rates; leave one")
        if unit in _CACHE_UNITS and (provider, name, Unit.INPUT_TOKEN) not in times:
            problem = f"{unit.value} of {who} has a rate but input_token has none; add it"
            yield Violation(f"{path}[{i}].unit", problem)


def _amount(
    amount: Money, path: str, currency: str, *, most: int | None = None
) -> Iterator[Violation]:
    if not _CURRENCY.fullmatch(amount.currency):
        problem = f"{amount.currency[:10]!r} is not a currency; three capitals, as in ISO 4217"
        yield Violation(f"{path}.currency", problem)
    elif amount.currency != currency:
        problem = f"{amount.currency} in a study in {currency}; convert it first"
        yield Violation(f"{path}.currency", problem)
    if amount.nanos < 0:
        yield Violation(f"{path}.nanos", f"{amount} is negative")
    if most is not None and amount.nanos > most:
        problem = f"{amount} is beyond {Money(most, amount.currency)}, the most of one entry"
        yield Violation(f"{path}.nanos", problem)


def _count(number: int | None, path: str) -> Iterator[Violation]:
    if number is not None and not 0 <= number <= MAX_COUNT:
        yield Violation(path, f"{number} is outside 0 to {MAX_COUNT}")


def _time(moment: datetime | None, path: str) -> Iterator[Violation]:
    if moment is not None and moment.utcoffset() is None:
        yield Violation(path, f"{moment} has no time zone")


def _id(text: str, path: str) -> Iterator[Violation]:
    if len(text) > MAX_ID:
        yield Violation(path, f"{len(text)} characters; at most {MAX_ID} are allowed")
    elif any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
        yield Violation(path, "control characters are not allowed")
