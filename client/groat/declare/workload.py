"""What a trial is expected to consume, in short words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TypedDict, Unpack

from groat import model
from groat.declare.values import values
from groat.usage import Amount, fee, human, tokens

_USUAL = model.Workload(example_count=0)


class ItemOptions(TypedDict, total=False):
    """How often something is needed; see `groat.model.WorkloadItem`.

    Attributes:
        times: Per example; 0.1 is one example in ten.
        per_trial: Per trial instead.
        times_parameter: Id of a parameter that multiplies it: a number, or a set
            by its size.
    """

    times: float
    per_trial: bool
    times_parameter: str


class CallOptions(ItemOptions, total=False):
    """How often a model is called, and which.

    Attributes:
        model_parameter: Id of the parameter whose value is the model.
    """

    model_parameter: str


def workload(
    examples: int,
    items: Iterable[model.WorkloadItem],
    *,
    example_time: timedelta | None = None,
    parallel_examples: int = _USUAL.parallel_examples,
    spread: float = _USUAL.spread,
) -> model.Workload:
    """Declare what a trial is expected to consume, so that the guard can forecast.

    Args:
        examples: Of a whole trial.
        items: What each of them needs: `calls`, `judge`, `people`, `fee_per`.
        example_time: How long one takes.
        parallel_examples: How many run at once.
        spread: The truth is within this factor of the declaration nine times in
            ten.

    Raises:
        InvalidArgument: ``items`` is a single thing.
    """
    return model.Workload(
        example_count=examples,
        items=values(items, "workload.items"),
        example_time=example_time,
        parallel_examples=parallel_examples,
        spread=spread,
    )


def calls(
    model_id: str = "",
    *,
    input: int,
    output: int,
    provider: str = "",
    cached: int | None = None,
    category: model.SpendCategory = model.SpendCategory.EXPERIMENT,
    **options: Unpack[CallOptions],
) -> model.WorkloadItem:
    """Declare a call of a model, such as ``calls("gpt-4o-mini", input=900, output=150)``.

    Args:
        model_id: As the provider names it; leave it out with ``model_parameter``.
        input: All tokens in, of one call.
        output: All tokens out, reasoning included.
        provider: Empty when the model's name is enough.
        cached: How many of ``input`` the provider has in its cache.
        category: Which step of the loop it is.
        options: Once per example, unless they say otherwise.
    """
    once = tokens(model_id, input, output, provider=provider, cached=cached, category=category)
    return model.WorkloadItem(usage=once, **options)


def judge(
    model_id: str = "",
    *,
    input: int,
    output: int,
    provider: str = "",
    cached: int | None = None,
    **options: Unpack[CallOptions],
) -> model.WorkloadItem:
    """Declare a call of a model that grades; as `calls`, in the category EVALUATION."""
    return calls(
        model_id,
        input=input,
        output=output,
        provider=provider,
        cached=cached,
        category=model.SpendCategory.EVALUATION,
        **options,
    )


def people(
    minutes: float,
    hourly_rate: Amount,
    *,
    rater: str = "",
    category: model.SpendCategory = model.SpendCategory.EVALUATION,
    **options: Unpack[ItemOptions],
) -> model.WorkloadItem:
    """Declare a person's work, such as ``people(2, "40")`` for two minutes of a rater.

    Args:
        minutes: Each time.
        hourly_rate: US dollars, or money of any currency.
        rater: Who, as a label.
        category: Which step of the loop it is.
        options: Once per example, unless they say otherwise.
    """
    once = human(minutes, hourly_rate, rater=rater, category=category)
    return model.WorkloadItem(usage=once, **options)


def fee_per(
    amount: Amount,
    *,
    category: model.SpendCategory = model.SpendCategory.EXPERIMENT,
    **options: Unpack[ItemOptions],
) -> model.WorkloadItem:
    """Declare what is paid without tokens, such as ``fee_per("0.4", per_trial=True)``.

    Args:
        amount: US dollars, or money of any currency.
        category: Which step of the loop it is.
        options: Once per example, unless they say otherwise.
    """
    return model.WorkloadItem(usage=fee(amount, category=category), **options)
