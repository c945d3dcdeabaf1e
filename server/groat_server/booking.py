"""From told usage to booked usage: priced outside any lock, once per id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, is_dataclass, replace
from datetime import datetime

from groat import model
from groat_server import pricing
from groat_server.storage.base import BookedUsage


def digest_of(value: object) -> str:
    """Return a hash of a value that is equal for equal values, in any process."""
    plain = asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def price_all(
    spec: model.StudySpec,
    usage: Sequence[model.Usage],
    measurement: model.Measurement | None,
    *,
    scope: str,
    lease_id: str,
    now: datetime,
) -> list[BookedUsage]:
    """Price the usage of a request and of its example records.

    Usage without an id gets one from its lease, its place and its contents, so
    that the same request sent again books nothing twice.

    Args:
        spec: Names the price book and the currency.
        usage: Of the trial as a whole.
        measurement: Its example records may carry usage of their own.
        scope: Which kind of request it came with.
        lease_id: Empty for usage of the study as a whole.
        now: When it was told.
    """
    booked = [_book(spec, one, f"{lease_id}/{scope}/{i}", "", now) for i, one in enumerate(usage)]
    for example in measurement.examples if measurement else ():
        place = f"{lease_id}/example/{example.example_id}"
        booked += [
            _book(spec, one, f"{place}/{i}", example.example_id, now)
            for i, one in enumerate(example.usage)
        ]
    return booked


def without_usage(measurement: model.Measurement) -> model.Measurement:
    """Drop the examples' usage, which the ledger has: its texts are never stored."""
    if not any(example.usage for example in measurement.examples):
        return measurement
    examples = tuple(replace(example, usage=()) for example in measurement.examples)
    return replace(measurement, examples=examples)


def reprice(
    spec: model.StudySpec, unpriced: Sequence[BookedUsage], *, now: datetime
) -> Iterator[BookedUsage]:
    """Yield those of the booked usages that have a price by now."""
    for one in unpriced:
        usage = one.priced.usage
        priced = pricing.price(usage, spec.price_book, currency=spec.currency, now=now)
        if priced.spend is not None:
            yield replace(one, priced=replace(priced, provenance=one.priced.provenance))


def _book(
    spec: model.StudySpec, usage: model.Usage, place: str, example_id: str, now: datetime
) -> BookedUsage:
    # The place alone would take a later, different report for a repetition.
    usage_id = usage.usage_id or f"{place}/{digest_of(usage)[:12]}"
    usage = replace(usage, time=usage.time or now)
    priced = pricing.price(usage, spec.price_book, currency=spec.currency, now=now)
    return BookedUsage(usage_id=usage_id, priced=priced, example_id=example_id)
