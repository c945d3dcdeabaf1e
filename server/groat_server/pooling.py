"""Examples of a trial and of those it goes on from, put together.

A trial that continues another runs only what is new. Its derived metrics are of
all the examples: what the others ran and used counts with its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from groat import model
from groat.model import SpendCategory


class ExampleUsage(Protocol):
    """Priced usage and where it came with; booked usage is one."""

    @property
    def priced(self) -> model.PricedUsage:
        """The usage and its two amounts."""
        ...

    @property
    def example_id(self) -> str:
        """Its example record; empty when it belongs to the trial as a whole."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one trial measured, and what the attempt that told it used.

    Attributes:
        usage: In any order and category. Usage of the trial's other attempts
            must not be here: they ran the examples too.
    """

    measurement: model.Measurement
    usage: Sequence[ExampleUsage] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What derived metrics are computed from.

    Attributes:
        examples: Records, the newest trial's first; no id twice.
        usage: EXPERIMENT only. Empty when the newest trial has none: that of
            the others alone would make it look cheap.
        example_count: How many examples the usage is of; 0 when unknown.
    """

    examples: tuple[model.ExampleRecord, ...]
    usage: tuple[ExampleUsage, ...]
    example_count: int


def pool(own: Evaluation, earlier: Sequence[Evaluation] = ()) -> Pool:
    """Put a trial's examples and usage together with those of the trials it goes on from.

    An example that was told again counts once, with its newer record and usage.
    Usage that is on no record belongs to all examples of its trial, and is left
    out when all their records were told again. A trial without records counts
    all its examples as new ones: nobody can tell which were run again.

    Records are pooled only with records. A trial that tells none has none here,
    and an earlier one that told none adds to usage and count alone.

    Args:
        own: Of the newest trial.
        earlier: Of its parent, of that one's parent, and so on.
    """
    examples, usage = _by_id(own.measurement), _experiment(own)
    counts, seen = [_count(own.measurement)], set(examples)
    for one in earlier:
        records = _by_id(one.measurement)
        again = seen & records.keys()
        if records and again == records.keys():
            continue
        counts.append(_count(one.measurement) - len(again))
        seen |= records.keys()
        if own.measurement.examples:
            examples |= {name: record for name, record in records.items() if name not in again}
        if usage:
            usage += [used for used in _experiment(one) if used.example_id not in again]
    return Pool(
        examples=tuple(examples.values()),
        usage=tuple(usage),
        example_count=sum(counts) if all(counts) else 0,
    )


def _by_id(measurement: model.Measurement) -> dict[str, model.ExampleRecord]:
    return {record.example_id: record for record in measurement.examples}


def _experiment(one: Evaluation) -> list[ExampleUsage]:
    return [u for u in one.usage if u.priced.usage.category is SpendCategory.EXPERIMENT]


def _count(measurement: model.Measurement) -> int:
    return len(measurement.examples) or measurement.example_count
