"""A declared workload to money and tokens, for any configuration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from groat import model
from groat.errors import InvalidArgument, Violation
from groat_server.pricing import tokens
from groat_server.pricing.book import price
from groat_server.pricing.checks import validate_usage

MAX_ITEMS = 100
MAX_PRICES = 5_000
_MOST_TIMES = 1e6
_MOST_PARTS = 1e18
_ORDINAL_NAMES = "ordinal of names"
_COUNTABLE = ("int", "float", "ordinal", "subset")
_NAMES = ("categorical", "text", "ordinal", _ORDINAL_NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One item, priced for every model that it may have."""

    declared: model.WorkloadItem
    nanos: dict[str, int | None]
    tokens: dict[str, int]

    def model_in(self, configuration: model.Configuration) -> str | None:
        """Return the model; ``None`` where its parameter is inactive."""
        if not self.declared.model_parameter:
            return self.declared.usage.model
        value = configuration.get(self.declared.model_parameter)
        return None if value is None else str(value)

    def times_in(self, configuration: model.Configuration) -> float:
        """Return how often it happens per example, or per trial."""
        if not self.declared.times_parameter:
            return self.declared.times
        value = configuration.get(self.declared.times_parameter, 0)
        size = len(value) if isinstance(value, tuple) else float(value)
        return self.declared.times * max(size, 0.0)


class DeclaredSpend:
    """What a study's declaration says a trial spends.

    Args:
        spec: With a pinned price book.
        workload: What is declared.
        now: Prices are those of this moment.

    Attributes:
        unpriced: ``provider/model`` of everything without a price, sorted; such
            items count nothing.
    """

    def __init__(self, spec: model.StudySpec, workload: model.Workload, now: datetime) -> None:
        self._whole = spec.algorithm.whole_example_count or workload.example_count
        self._items = [_priced(spec, item, i, now) for i, item in enumerate(workload.items)]
        self.unpriced = tuple(sorted({name for item in self._items for name in _unpriced(item)}))

    @property
    def parameters(self) -> frozenset[str]:
        """Those on which it depends, by their ids."""
        declared = [item.declared for item in self._items]
        names = {name for one in declared for name in (one.model_parameter, one.times_parameter)}
        return frozenset(names - {""})

    def nanos(self, configuration: model.Configuration, example_count: int = 0) -> float:
        """Return the declared spend of a trial on so many examples; 0 is all."""
        return sum(
            (item.nanos.get(name) or 0) * times
            for item, name, times in self._parts(configuration, example_count)
        )

    def tokens(self, configuration: model.Configuration, example_count: int = 0) -> float:
        """Return the declared tokens, in and out, of a trial on so many examples."""
        return sum(
            item.tokens.get(name, 0) * times
            for item, name, times in self._parts(configuration, example_count)
        )

    def _parts(
        self, configuration: model.Configuration, example_count: int
    ) -> Iterator[tuple[_Item, str, float]]:
        count = example_count or self._whole
        for item in self._items:
            name = item.model_in(configuration)
            if name is not None:
                scale = 1 if item.declared.per_trial else count
                yield item, name, min(scale * item.times_in(configuration), _MOST_PARTS)


def counted(workload: model.Workload) -> model.Workload:
    """Return the workload with counts in place of texts, which nobody keeps."""
    return replace(workload, items=tuple(map(_counted, workload.items)))


def _counted(item: model.WorkloadItem) -> model.WorkloadItem:
    raw = item.usage.quantity
    if not isinstance(raw, model.RawText):
        return item
    counts, _ = tokens.count(raw, model=item.usage.model, path="study.workload.items")
    return replace(item, usage=replace(item.usage, quantity=counts))


def _priced(spec: model.StudySpec, item: model.WorkloadItem, place: int, now: datetime) -> _Item:
    nanos: dict[str, int | None] = {}
    counts: dict[str, int] = {}
    for name in _models(spec, item):
        usage = replace(item.usage, model=name)
        try:
            priced = price(usage, spec.price_book, currency=spec.currency, now=now)
        except InvalidArgument as error:
            path = f"study.workload.items[{place}]"
            moved = [Violation(f"{path}.{one.path}", one.problem) for one in error.violations]
            raise InvalidArgument(*moved) from error
        nanos[name] = None if priced.spend is None else priced.spend.nanos
        quantity = priced.usage.quantity
        is_tokens = isinstance(quantity, model.TokenCounts)
        counts[name] = (quantity.input or 0) + (quantity.output or 0) if is_tokens else 0
    return _Item(declared=item, nanos=nanos, tokens=counts)


def _models(spec: model.StudySpec, item: model.WorkloadItem) -> list[str]:
    """Every model that the item may have."""
    for parameter in spec.search_space.parameters:
        if item.model_parameter and parameter.id == item.model_parameter:
            return names_of(parameter.domain)
    return [item.usage.model]


def _models_named(item: model.WorkloadItem, space: model.SearchSpace) -> int:
    """How many models the item may have; 1 where its parameter is not there, or none is named."""
    domains = {one.id: one.domain for one in space.parameters}
    domain = domains.get(item.model_parameter)
    return 1 if domain is None else len(names_of(domain))


def names_of(domain: model.Domain) -> list[str]:
    """Return the values of a choice between names."""
    match domain:
        case model.CategoricalDomain(labels=labels):
            return list(labels)
        case model.TextDomain(variants=variants):
            return [variant.id for variant in variants]
        case model.OrdinalDomain(levels=levels):
            return [str(level) for level in levels]
        case _:
            return []


def _unpriced(item: _Item) -> Iterator[str]:
    for name, nanos in item.nanos.items():
        if nanos is None:
            yield "/".join(filter(None, (item.declared.usage.provider, name))) or "no model"


def validate_workload(
    workload: model.Workload, space: model.SearchSpace, path: str, currency: str
) -> list[Violation]:
    """Find everything that is wrong with a declared workload.

    Args:
        workload: As declared.
        space: Its items may name parameters of it.
        path: Where it stands in its request, such as ``study.workload``.
        currency: The study's; every amount must be in it.
    """
    return list(_workload(workload, space, path, currency))


def _workload(
    workload: model.Workload, space: model.SearchSpace, path: str, currency: str
) -> Iterator[Violation]:
    if workload.example_count < 1:
        problem = f"{workload.example_count}; a trial has at least one example"
        yield Violation(f"{path}.example_count", problem)
    if workload.parallel_examples < 1:
        yield Violation(f"{path}.parallel_examples", f"{workload.parallel_examples} is below 1")
    if workload.example_time is not None and workload.example_time < timedelta(0):
        seconds = workload.example_time.total_seconds()
        yield Violation(f"{path}.example_time", f"{seconds:g} s is negative")
    if not 1 < workload.spread <= 1_000:
        problem = f"{workload.spread:g}; a factor above 1 and at most 1000"
        yield Violation(f"{path}.spread", problem)
    if len(workload.items) > MAX_ITEMS:
        problem = f"{len(workload.items)} items; at most {MAX_ITEMS} are allowed"
        yield Violation(f"{path}.items", problem)
        return
    pairs = sum(_models_named(item, space) for item in workload.items)
    if pairs > MAX_PRICES:
        problem = f"items and the models that each may have are {pairs:,} prices to look up"
        yield Violation(f"{path}.items", f"{problem}; at most {MAX_PRICES:,} are allowed")
        return
    for i, item in enumerate(workload.items):
        yield from _item(item, space, f"{path}.items[{i}]", currency)


def _item(
    item: model.WorkloadItem, space: model.SearchSpace, path: str, currency: str
) -> Iterator[Violation]:
    yield from validate_usage(item.usage, f"{path}.usage", currency)
    if not 0 < item.times <= _MOST_TIMES:
        yield Violation(f"{path}.times", f"{item.times:g} is outside 0 to {_MOST_TIMES:g}")
    kinds = {parameter.id: _kind(parameter.domain) for parameter in space.parameters}
    yield from _named(item.model_parameter, kinds, _NAMES, f"{path}.model_parameter")
    yield from _named(item.times_parameter, kinds, _COUNTABLE, f"{path}.times_parameter")


def _kind(domain: model.Domain) -> str:
    is_ordinal = isinstance(domain, model.OrdinalDomain)
    if is_ordinal and any(isinstance(level, str) for level in domain.levels):
        return _ORDINAL_NAMES
    return domain.kind


def _named(
    name: str, kinds: dict[str, str], allowed: tuple[str, ...], path: str
) -> Iterator[Violation]:
    if not name:
        return
    if name not in kinds:
        yield Violation(path, f"there is no parameter {name[:64]!r} in the search space")
    elif kinds[name] not in allowed:
        yield Violation(path, f"{name!r} is of kind {kinds[name]}; one of {', '.join(allowed)}")
