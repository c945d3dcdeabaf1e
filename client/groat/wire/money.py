"""Money, usage, prices and budgets on the wire."""

from __future__ import annotations

from groat import model
from groat.errors import InvalidArgument
from groat.v1 import money_pb2
from groat.wire.enums import Coding
from groat.wire.fields import at, chosen, optional, repeated, required
from groat.wire.times import (
    duration_from_proto,
    duration_to_proto,
    timestamp_from_proto,
    timestamp_to_proto,
)

CATEGORY = Coding(model.SpendCategory, money_pb2.SpendCategory, "SPEND_CATEGORY_")
PROVENANCE = Coding(model.Provenance, money_pb2.Usage.Provenance, "PROVENANCE_")
COVERAGE = Coding(model.Coverage, money_pb2.Spend.Coverage, "COVERAGE_")
UNIT = Coding(model.Unit, money_pb2.Rate.Unit, "UNIT_")


def money_to_proto(money: model.Money) -> money_pb2.Money:
    """Write an amount, exactly."""
    return money_pb2.Money(currency=money.currency, nanos=money.nanos)


def money_from_proto(message: money_pb2.Money, path: str = "") -> model.Money:
    """Read an amount, exactly.

    Raises:
        InvalidArgument: It has no currency.
    """
    if not message.currency:
        raise InvalidArgument.at(at(path, "currency"), 'missing; name one, such as "USD"')
    return model.Money(message.nanos, message.currency)


def usage_to_proto(usage: model.Usage) -> money_pb2.Usage:
    """Write a usage as a worker tells it."""
    message = money_pb2.Usage(
        usage_id=usage.usage_id,
        category=CATEGORY.to_proto(usage.category),
        provider=usage.provider,
        model=usage.model,
        request_count=usage.request_count,
        cache_hit=usage.cache_hit,
        billed=None if usage.billed is None else money_to_proto(usage.billed),
        time=None if usage.time is None else timestamp_to_proto(usage.time),
    )
    _write_quantity(usage.quantity, message)
    return message


def usage_from_proto(message: money_pb2.Usage, path: str = "") -> model.Usage:
    """Read a usage as a worker tells it; what only the server may say is passed over."""
    return model.Usage(
        usage_id=message.usage_id,
        category=CATEGORY.from_proto(message.category, at(path, "category")),
        provider=message.provider,
        model=message.model,
        quantity=_read_quantity(message, path),
        request_count=message.request_count or 1,
        cache_hit=message.cache_hit,
        billed=optional(message, "billed", money_from_proto, path),
        time=optional(message, "time", timestamp_from_proto, path),
    )


def priced_usage_to_proto(priced: model.PricedUsage) -> money_pb2.Usage:
    """Write a usage with what the server made of it."""
    message = usage_to_proto(priced.usage)
    message.provenance = PROVENANCE.to_proto(priced.provenance)
    if priced.spend is not None:
        message.spend.CopyFrom(money_to_proto(priced.spend))
    if priced.list_value is not None:
        message.list_value.CopyFrom(money_to_proto(priced.list_value))
    return message


def priced_usage_from_proto(message: money_pb2.Usage, path: str = "") -> model.PricedUsage:
    """Read a usage with what the server made of it."""
    return model.PricedUsage(
        usage=usage_from_proto(message, path),
        provenance=PROVENANCE.from_proto(message.provenance, at(path, "provenance")),
        spend=optional(message, "spend", money_from_proto, path),
        list_value=optional(message, "list_value", money_from_proto, path),
    )


def price_book_to_proto(book: model.PriceBook) -> money_pb2.PriceBook:
    """Write a price book."""
    return money_pb2.PriceBook(
        source=book.source,
        as_of=None if book.as_of is None else timestamp_to_proto(book.as_of),
        rates=map(rate_to_proto, book.rates),
    )


def price_book_from_proto(message: money_pb2.PriceBook, path: str = "") -> model.PriceBook:
    """Read a price book."""
    return model.PriceBook(
        source=message.source,
        as_of=optional(message, "as_of", timestamp_from_proto, path),
        rates=repeated(message, "rates", rate_from_proto, path),
    )


def rate_to_proto(rate: model.Rate) -> money_pb2.Rate:
    """Write a rate."""
    return money_pb2.Rate(
        provider=rate.provider,
        model=rate.model,
        unit=UNIT.to_proto(rate.unit),
        amount=money_to_proto(rate.amount),
        per=rate.per,
    )


def rate_from_proto(message: money_pb2.Rate, path: str = "") -> model.Rate:
    """Read a rate."""
    return model.Rate(
        provider=message.provider,
        model=message.model,
        unit=UNIT.from_proto(message.unit, at(path, "unit")),
        amount=required(message, "amount", money_from_proto, path),
        per=message.per or 1,
    )


def spend_to_proto(spend: model.Spend) -> money_pb2.Spend:
    """Write a spend."""
    return money_pb2.Spend(
        total=money_to_proto(spend.total),
        categories=map(category_spend_to_proto, spend.categories),
        coverage=COVERAGE.to_proto(spend.coverage),
        unpriced_models=spend.unpriced_models,
    )


def spend_from_proto(message: money_pb2.Spend, path: str = "") -> model.Spend:
    """Read a spend."""
    return model.Spend(
        total=required(message, "total", money_from_proto, path),
        categories=repeated(message, "categories", category_spend_from_proto, path),
        coverage=COVERAGE.from_proto(message.coverage, at(path, "coverage")),
        unpriced_models=tuple(message.unpriced_models),
    )


def category_spend_to_proto(share: model.CategorySpend) -> money_pb2.CategorySpend:
    """Write one category's share."""
    return money_pb2.CategorySpend(
        category=CATEGORY.to_proto(share.category),
        amount=money_to_proto(share.amount),
        input_tokens=share.input_tokens,
        output_tokens=share.output_tokens,
    )


def category_spend_from_proto(
    message: money_pb2.CategorySpend, path: str = ""
) -> model.CategorySpend:
    """Read one category's share."""
    return model.CategorySpend(
        category=CATEGORY.from_proto(message.category, at(path, "category")),
        amount=required(message, "amount", money_from_proto, path),
        input_tokens=message.input_tokens,
        output_tokens=message.output_tokens,
    )


def budget_to_proto(budget: model.Budget) -> money_pb2.Budget:
    """Write a budget.

    Raises:
        InvalidArgument: ``max_tokens`` is 0, which the protocol reads as no limit.
    """
    if budget.max_tokens == 0:
        problem = "0 would be read as no limit; give 1 or more, or None"
        raise InvalidArgument.at("budget.max_tokens", problem)
    trial = budget.max_trial_spend
    return money_pb2.Budget(
        max_spend=None if budget.max_spend is None else money_to_proto(budget.max_spend),
        max_trial_spend=None if trial is None else money_to_proto(trial),
        max_tokens=budget.max_tokens or 0,
        max_trials=budget.max_trials,
        deadline=None if budget.deadline is None else timestamp_to_proto(budget.deadline),
    )


def budget_from_proto(message: money_pb2.Budget, path: str = "") -> model.Budget:
    """Read a budget."""
    return model.Budget(
        max_spend=optional(message, "max_spend", money_from_proto, path),
        max_trial_spend=optional(message, "max_trial_spend", money_from_proto, path),
        max_tokens=message.max_tokens or None,
        max_trials=message.max_trials if message.HasField("max_trials") else None,
        deadline=optional(message, "deadline", timestamp_from_proto, path),
    )


def budget_status_to_proto(status: model.BudgetStatus) -> money_pb2.BudgetStatus:
    """Write a budget's status."""
    return money_pb2.BudgetStatus(
        settled=spend_to_proto(status.settled),
        held=money_to_proto(status.held),
        remaining=None if status.remaining is None else money_to_proto(status.remaining),
        settled_tokens=status.settled_tokens,
        finished_trials=status.finished_trials,
        running_trials=status.running_trials,
        waiting_trials=status.waiting_trials,
    )


def budget_status_from_proto(message: money_pb2.BudgetStatus, path: str = "") -> model.BudgetStatus:
    """Read a budget's status."""
    return model.BudgetStatus(
        settled=required(message, "settled", spend_from_proto, path),
        held=required(message, "held", money_from_proto, path),
        remaining=optional(message, "remaining", money_from_proto, path),
        settled_tokens=message.settled_tokens,
        finished_trials=message.finished_trials,
        running_trials=message.running_trials,
        waiting_trials=message.waiting_trials,
    )


def _write_quantity(quantity: model.Quantity, message: money_pb2.Usage) -> None:
    match quantity:
        case model.TokenCounts():
            message.tokens.CopyFrom(_tokens_to_proto(quantity))
        case model.RawText(input=given, output=answered, tokenizer=tokenizer):
            raw = money_pb2.RawText(input=given, output=answered, tokenizer=tokenizer)
            message.raw_text.CopyFrom(raw)
        case model.HumanTime(duration=duration, hourly_rate=rate, rater=rater):
            time = money_pb2.HumanTime(
                duration=duration_to_proto(duration), hourly_rate=money_to_proto(rate), rater=rater
            )
            message.human_time.CopyFrom(time)
        case model.Money():
            message.amount.CopyFrom(money_to_proto(quantity))


def _read_quantity(message: money_pb2.Usage, path: str) -> model.Quantity:
    kind = chosen(message, "quantity", path)
    place = at(path, kind)
    match kind:
        case "tokens":
            return _tokens_from_proto(message.tokens)
        case "raw_text":
            raw = message.raw_text
            return model.RawText(input=raw.input, output=raw.output, tokenizer=raw.tokenizer)
        case "human_time":
            return model.HumanTime(
                duration=required(message.human_time, "duration", duration_from_proto, place),
                hourly_rate=required(message.human_time, "hourly_rate", money_from_proto, place),
                rater=message.human_time.rater,
            )
        case _:
            return money_from_proto(message.amount, place)


def _tokens_to_proto(tokens: model.TokenCounts) -> money_pb2.TokenCounts:
    return money_pb2.TokenCounts(
        input=tokens.input,
        output=tokens.output,
        cache_read_input=tokens.cache_read_input,
        cache_write_input=tokens.cache_write_input,
        reasoning_output=tokens.reasoning_output,
    )


def _tokens_from_proto(message: money_pb2.TokenCounts) -> model.TokenCounts:
    return model.TokenCounts(
        input=message.input if message.HasField("input") else None,
        output=message.output if message.HasField("output") else None,
        cache_read_input=(
            message.cache_read_input if message.HasField("cache_read_input") else None
        ),
        cache_write_input=(
            message.cache_write_input if message.HasField("cache_write_input") else None
        ),
        reasoning_output=(
            message.reasoning_output if message.HasField("reasoning_output") else None
        ),
    )
