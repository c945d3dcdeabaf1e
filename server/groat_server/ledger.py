"""Adding up spend, for a trial and for its study alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from groat import model
from groat.errors import InvalidArgument

_NAMED_MODELS = 20
_MOST = 2**62


def add(spend: model.Spend, usages: Sequence[model.PricedUsage]) -> model.Spend:
    """Return ``spend`` with more usage in it; usage without a price adds its tokens."""
    unpriced = [usage for usage in usages if usage.spend is None]
    is_partial = bool(unpriced) or spend.coverage is model.Coverage.PARTIAL
    entries = [_entry(usage, spend.total.currency) for usage in usages]
    return _spend(
        [*spend.categories, *entries],
        spend.total.currency,
        is_partial=is_partial,
        names=[*spend.unpriced_models, *map(_name, unpriced)],
    )


def reprice(
    spend: model.Spend,
    usages: Sequence[model.PricedUsage],
    *,
    unpriced: Sequence[model.PricedUsage],
) -> model.Spend:
    """Return ``spend`` with the prices of usage that was in it without one.

    Args:
        spend: The sum so far, which has the usages' tokens already.
        usages: Usage that now has a price.
        unpriced: All usage in ``spend`` that still has none.
    """
    entries = [
        replace(_entry(usage, spend.total.currency), input_tokens=0, output_tokens=0)
        for usage in usages
    ]
    return _spend(
        [*spend.categories, *entries],
        spend.total.currency,
        is_partial=bool(unpriced),
        names=map(_name, unpriced),
    )


def tokens(spend: model.Spend) -> int:
    """Return all tokens in ``spend``, in and out."""
    return sum(share.input_tokens + share.output_tokens for share in spend.categories)


def _entry(priced: model.PricedUsage, currency: str) -> model.CategorySpend:
    """One usage as a share of its category; an answer from a cache used no tokens."""
    counts = priced.usage.quantity
    if priced.usage.cache_hit or not isinstance(counts, model.TokenCounts):
        counts = model.TokenCounts()
    return model.CategorySpend(
        category=priced.usage.category,
        amount=model.Money(0, currency) if priced.spend is None else priced.spend,
        input_tokens=counts.input or 0,
        output_tokens=counts.output or 0,
    )


def _name(priced: model.PricedUsage) -> str:
    return "/".join(filter(None, (priced.usage.provider, priced.usage.model)))


def _spend(
    entries: Sequence[model.CategorySpend], currency: str, *, is_partial: bool, names: Iterable[str]
) -> model.Spend:
    shares = [
        _sum([entry for entry in entries if entry.category is category], category, currency)
        for category in model.SpendCategory
        if any(entry.category is category for entry in entries)
    ]
    # The first 20 of all names are among the first 20 so far and the new ones: dropping the
    # rest here loses none of them.
    total = model.Money.total((share.amount for share in shares), currency)
    if total.nanos > _MOST:
        most = model.Money(_MOST, currency)
        raise InvalidArgument.at("usage", f"with it {total} would be spent; books end at {most}")
    return model.Spend(
        total=total,
        categories=tuple(shares),
        coverage=model.Coverage.PARTIAL if is_partial else model.Coverage.COMPLETE,
        unpriced_models=tuple(sorted({name for name in names if name})[:_NAMED_MODELS]),
    )


def _sum(
    entries: Sequence[model.CategorySpend], category: model.SpendCategory, currency: str
) -> model.CategorySpend:
    return model.CategorySpend(
        category=category,
        amount=model.Money.total((entry.amount for entry in entries), currency),
        input_tokens=min(sum(entry.input_tokens for entry in entries), _MOST),
        output_tokens=min(sum(entry.output_tokens for entry in entries), _MOST),
    )
