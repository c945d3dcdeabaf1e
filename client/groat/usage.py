"""Short ways to say what was used; see `groat.model.Usage`."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias, TypedDict, Unpack

from groat import model

Amount: TypeAlias = model.Money | str | int | Decimal
"""Money, or a decimal amount of US dollars; never a float, which would not be exact."""


class UsageOptions(TypedDict, total=False):
    """What any usage may have besides its quantity; see `groat.model.Usage`."""

    category: model.SpendCategory
    usage_id: str
    request_count: int
    cache_hit: bool
    billed: model.Money | None
    time: datetime | None


def tokens(
    model_id: str,
    input: int | None,
    output: int | None,
    *,
    provider: str = "",
    cached: int | None = None,
    **options: Unpack[UsageOptions],
) -> model.Usage:
    """Say how many tokens one or more calls of a model took.

    Args:
        model_id: As the provider names it.
        input: All tokens in, cached ones included; ``None`` is unknown.
        output: All tokens out, reasoning included; ``None`` is unknown.
        provider: Such as ``"openai"``; empty when the model's name is enough.
        cached: How many of ``input`` came from the provider's cache.
        options: The category is EXPERIMENT unless it says otherwise.
    """
    counts = model.TokenCounts(input=input, output=output, cache_read_input=cached)
    options.setdefault("category", model.SpendCategory.EXPERIMENT)
    return model.Usage(quantity=counts, provider=provider, model=model_id, **options)


def fee(amount: Amount, **options: Unpack[UsageOptions]) -> model.Usage:
    """Say what something cost that is not counted in tokens: a tool's fee, a GPU hour.

    Args:
        amount: US dollars, or money of any currency.
        options: The category is EXPERIMENT unless it says otherwise.

    Raises:
        TypeError: The amount is a float.
        ValueError: It is no amount, or finer than a billionth.
    """
    options.setdefault("category", model.SpendCategory.EXPERIMENT)
    return model.Usage(quantity=_money(amount), **options)


def human(
    minutes: float, hourly_rate: Amount, *, rater: str = "", **options: Unpack[UsageOptions]
) -> model.Usage:
    """Say how long a person worked.

    Args:
        minutes: 0 or more.
        hourly_rate: US dollars, or money of any currency.
        rater: Who, as a label.
        options: The category is EVALUATION unless it says otherwise.

    Raises:
        TypeError: The rate is a float.
        ValueError: It is no amount, or finer than a billionth.
    """
    time = model.HumanTime(
        duration=timedelta(minutes=minutes), hourly_rate=_money(hourly_rate), rater=rater
    )
    options.setdefault("category", model.SpendCategory.EVALUATION)
    return model.Usage(quantity=time, **options)


def _money(amount: Amount) -> model.Money:
    if isinstance(amount, model.Money):
        return amount
    if _is_float(amount):
        raise TypeError(f'{amount} is a float, and floats are not exact; write "{amount}"')
    return model.Money.of(amount)


def _is_float(amount: object) -> bool:
    return isinstance(amount, float)
