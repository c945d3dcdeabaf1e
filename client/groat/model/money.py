"""What the search consumes: usage, rates, spend and budget. Money is exact."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

NANO = 1_000_000_000
_MOST_NANOS = 2**63 - 1


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An exact amount of one currency.

    Attributes:
        nanos: Billionths of a currency unit, so that sums never drift and a
            price of 0.15 USD per million tokens is still a whole number.
        currency: ISO 4217. Amounts of two currencies never meet.
    """

    nanos: int
    currency: str = "USD"

    @classmethod
    def of(cls, amount: str | int | Decimal, currency: str = "USD") -> Money:
        """Read a decimal amount, such as ``Money.of("0.15")``.

        Raises:
            ValueError: ``amount`` is not a number, finer than one nano, or too large.
            TypeError: It is a float, which is not exact.
        """
        _refuse_float(amount)
        try:
            nanos = Decimal(amount) * NANO
            whole = nanos.to_integral_value()
        except ArithmeticError as error:
            raise ValueError(f"{amount!r} is not an amount of money") from error
        if not nanos.is_finite() or abs(nanos) > _MOST_NANOS:
            raise ValueError(f"{amount} is not an amount of money that 64 bits of nanos hold")
        if nanos != whole:
            raise ValueError(f"{amount} is finer than a billionth")
        return cls(int(whole), currency)

    @classmethod
    def rounded(cls, amount: Decimal, currency: str = "USD") -> Money:
        """Round to whole nanos, half to even; for computed prices only."""
        return cls(int((amount * NANO).to_integral_value(ROUND_HALF_EVEN)), currency)

    @classmethod
    def total(cls, amounts: Iterable[Money], currency: str = "USD") -> Money:
        """Add up amounts of one currency; none is zero."""
        return sum(amounts, cls(0, currency))

    @property
    def amount(self) -> Decimal:
        """The amount in currency units, exact."""
        return Decimal(self.nanos) / NANO

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.nanos + other.nanos, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.nanos - other.nanos, self.currency)

    def __str__(self) -> str:
        return f"{self.amount.normalize():f} {self.currency}"


def _refuse_float(amount: object) -> None:
    if isinstance(amount, float):
        raise TypeError(f'{amount} is a float, and floats are not exact; write "{amount}"')


class SpendCategory(enum.Enum):
    """Which step of the loop consumed it."""

    SAMPLING = "sampling"
    EXPERIMENT = "experiment"
    EVALUATION = "evaluation"


class Provenance(enum.Enum):
    """Where a token count comes from."""

    REPORTED = "reported"
    COUNTED = "counted"
    ESTIMATED = "estimated"


class Coverage(enum.Enum):
    """How much of the consumption has a price."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    UNREPORTED = "unreported"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounts:
    """Tokens of one or more calls. Sub-counts are included in their parents.

    ``None`` means unknown, which is not zero.
    """

    input: int | None = None
    output: int | None = None
    cache_read_input: int | None = None
    cache_write_input: int | None = None
    reasoning_output: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawText:
    """Text to be counted by the server, which then forgets it."""

    input: str = ""
    output: str = ""
    tokenizer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanTime:
    """A person's time, at their rate."""

    duration: timedelta
    hourly_rate: Money
    rater: str = ""


Quantity: TypeAlias = TokenCounts | RawText | HumanTime | Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A physical amount that was consumed, with all that is needed to price it.

    Attributes:
        usage_id: Made by the client; the same id is booked once in a study.
            Empty means that the lease and the place in the request are the id.
        request_count: How many calls the counts sum over.
        cache_hit: Answered from the caller's own cache: nothing was paid, yet
            production would pay.
        billed: The provider's own figure; it wins over any price for spend.
        time: When it was consumed; ``None`` means when it was told.
    """

    category: SpendCategory
    quantity: Quantity
    provider: str = ""
    model: str = ""
    usage_id: str = ""
    request_count: int = 1
    cache_hit: bool = False
    billed: Money | None = None
    time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedUsage:
    """Usage with its two amounts of money.

    Attributes:
        spend: What the search paid; ``None`` when no price is known.
        list_value: What production would pay at the pinned prices; ``None``
            when no price is known.
    """

    usage: Usage
    provenance: Provenance
    spend: Money | None
    list_value: Money | None


class Unit(enum.Enum):
    """What a rate is paid for."""

    INPUT_TOKEN = "input_token"  # noqa: S105
    OUTPUT_TOKEN = "output_token"  # noqa: S105
    CACHE_READ_INPUT_TOKEN = "cache_read_input_token"  # noqa: S105
    CACHE_WRITE_INPUT_TOKEN = "cache_write_input_token"  # noqa: S105
    REQUEST = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Money per ``per`` units of one model; an empty provider matches any."""

    model: str
    unit: Unit
    amount: Money
    per: int = 1
    provider: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """Where prices come from, pinned so that trials stay comparable.

    Attributes:
        source: Name and version of the public price list.
        as_of: The day whose list prices count; ``None`` before the study exists.
        rates: The study's own rates, asked before the list.
    """

    source: str = ""
    as_of: datetime | None = None
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategorySpend:
    """One category's share of a spend."""

    category: SpendCategory
    amount: Money
    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Priced usage, added up.

    Attributes:
        categories: One entry per category that was used, in enum order.
        unpriced_models: ``provider/model`` of usage without a price, sorted.
    """

    total: Money
    categories: tuple[CategorySpend, ...] = ()
    coverage: Coverage = Coverage.UNREPORTED
    unpriced_models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpend:
    """What one model, or other supplier, was paid for in one category.

    Attributes:
        kind: ``"tokens"``, ``"human_time"`` or ``"amount"``.
        spend: Of the entries that have a price.
        list_value: What production would pay; cache hits included.
        cache_hits: Calls answered from the caller's own cache.
        unpriced_entries: Usage whose spend is not known.
    """

    category: SpendCategory
    provider: str
    model: str
    kind: str
    spend: Money
    list_value: Money
    request_count: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_input_tokens: int = 0
    cache_write_input_tokens: int = 0
    reasoning_output_tokens: int = 0
    human_time: timedelta = timedelta(0)
    cache_hits: int = 0
    unpriced_entries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The limits a person set; ``None`` is no limit.

    Attributes:
        max_spend: Hard: settled + held never passes it at an ask.
        max_trial_spend: The most that one trial spends. A worker that reports
            as it goes is told to stop there; for others it is held in full.
        max_tokens: Input and output of the whole search.
        deadline: No ask gets a trial after it.
    """

    max_spend: Money | None = None
    max_trial_spend: Money | None = None
    max_tokens: int | None = None
    max_trials: int | None = None
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetStatus:
    """Budget and ledger at one moment.

    Attributes:
        settled: What is booked.
        held: Set aside for attempts that have not told.
        remaining: ``max_spend - settled - held``; ``None`` without a cap,
            negative after an overshoot.
    """

    settled: Spend
    held: Money
    remaining: Money | None
    settled_tokens: int = 0
    finished_trials: int = 0
    running_trials: int = 0
    waiting_trials: int = 0
