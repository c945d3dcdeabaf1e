"""The books: what the search spent, by model, and what usage would cost."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from groat import model
from groat.errors import InvalidArgument, Violation
from groat_server import ledger, pricing
from groat_server.engine.clock import Clock
from groat_server.storage.base import Store

MAX_USAGE = 10_000
MAX_MODELS = 1_000

_PAGE = 5_000
_STUDIES_KEPT = 64
_CURRENCY = "USD"

_Key = tuple[model.SpendCategory, str, str, str]


class Accounts:
    """The verbs that read the books. Safe between threads."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._books: OrderedDict[tuple[str, str], _Book] = OrderedDict()
        self._lock = threading.Lock()

    def report(self, study_id: str) -> model.SpendReport:
        """Say what the search spent, by model and category.

        Raises:
            NotFound: There is no such study.
        """
        study = self._store.look(study_id).study
        book = self._book(study)
        with book.lock:
            while news := self._store.usages(study_id, after=book.last_entry, limit=_PAGE):
                for entry, stored in news:
                    book.add(stored.booked.priced)
                    book.last_entry = entry
            rows = sorted(book.rows.values(), key=lambda row: (-row.spend.nanos, repr(row)))
        listed = model.Money.total((row.list_value for row in rows), study.spec.currency)
        return model.SpendReport(
            budget_status=study.budget_status, models=tuple(rows[:MAX_MODELS]), list_value=listed
        )

    def price(
        self, book: model.PriceBook, usage: Sequence[model.Usage], currency: str = ""
    ) -> model.PricedUsages:
        """Count and price usage; nothing is stored.

        Raises:
            InvalidArgument: A usage or a rate breaks a rule.
        """
        currency = currency or next((rate.amount.currency for rate in book.rates), _CURRENCY)
        faults = pricing.validate_book(book, "price_book", currency)
        if len(usage) > MAX_USAGE:
            problem = f"{len(usage)} usages; at most {MAX_USAGE} are priced at once"
            faults.append(Violation("usage", problem))
        for i, one in enumerate(usage[:MAX_USAGE]):
            faults += pricing.validate_usage(one, f"usage[{i}]", currency)
        if faults:
            raise InvalidArgument(*faults)
        now = self._clock()
        pinned = pricing.pin(book, now, currency)
        priced = tuple(pricing.price(one, pinned, currency=currency, now=now) for one in usage)
        total = ledger.add(model.Spend(total=model.Money(0, currency)), priced)
        return model.PricedUsages(usage=priced, total=total)

    def _book(self, study: model.Study) -> _Book:
        key = (study.study_id, study.create_time.isoformat())
        with self._lock:
            book = self._books.get(key)
            # New rates give old entries a price.
            if book is None or book.rates != study.spec.price_book.rates:
                currency = study.spec.currency
                book = self._books[key] = _Book(currency, study.spec.price_book.rates)
            self._books.move_to_end(key)
            while len(self._books) > _STUDIES_KEPT:
                self._books.popitem(last=False)
            return book


@dataclass(slots=True)
class _Book:
    """Sums of one study's usage, grown by what was booked since; the store has all of it."""

    currency: str
    rates: tuple[model.Rate, ...]
    last_entry: int = -1
    rows: dict[_Key, model.ModelSpend] = field(default_factory=dict[_Key, model.ModelSpend])
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, priced: model.PricedUsage) -> None:
        usage = priced.usage
        key = (usage.category, usage.provider, usage.model, _kind(usage.quantity))
        row = self.rows.get(key) or self._empty(*key)
        calls = usage.request_count or 1
        row = replace(
            row,
            spend=row.spend + (priced.spend or self._nothing),
            list_value=row.list_value + (priced.list_value or self._nothing),
            request_count=row.request_count + calls,
            cache_hits=row.cache_hits + (calls if usage.cache_hit else 0),
            unpriced_entries=row.unpriced_entries + (priced.spend is None),
        )
        self.rows[key] = _with_quantity(row, usage.quantity)

    @property
    def _nothing(self) -> model.Money:
        return model.Money(0, self.currency)

    def _empty(
        self, category: model.SpendCategory, provider: str, name: str, kind: str
    ) -> model.ModelSpend:
        return model.ModelSpend(
            category=category,
            provider=provider,
            model=name,
            kind=kind,
            spend=self._nothing,
            list_value=self._nothing,
        )


def _kind(quantity: model.Quantity) -> str:
    match quantity:
        case model.TokenCounts() | model.RawText():
            return "tokens"
        case model.HumanTime():
            return "human_time"
        case model.Money():
            return "amount"


def _with_quantity(row: model.ModelSpend, quantity: model.Quantity) -> model.ModelSpend:
    match quantity:
        case model.TokenCounts():
            return replace(
                row,
                input_tokens=row.input_tokens + (quantity.input or 0),
                output_tokens=row.output_tokens + (quantity.output or 0),
                cache_read_input_tokens=row.cache_read_input_tokens
                + (quantity.cache_read_input or 0),
                cache_write_input_tokens=row.cache_write_input_tokens
                + (quantity.cache_write_input or 0),
                reasoning_output_tokens=row.reasoning_output_tokens
                + (quantity.reasoning_output or 0),
            )
        case model.HumanTime(duration=duration):
            return replace(row, human_time=row.human_time + duration)
        case _:
            return row
