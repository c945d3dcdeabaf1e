"""Answers about money, on the wire: what was spent, what will be, what usage is worth."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from groat import model
from groat.v1 import service_pb2
from groat.wire import names
from groat.wire.fields import at, chosen, optional, repeated, required
from groat.wire.forecast import forecast_from_proto, forecast_to_proto
from groat.wire.guard import decision_from_proto, decision_to_proto
from groat.wire.money import (
    CATEGORY,
    budget_status_from_proto,
    budget_status_to_proto,
    money_from_proto,
    money_to_proto,
    price_book_from_proto,
    price_book_to_proto,
    priced_usage_from_proto,
    priced_usage_to_proto,
    spend_from_proto,
    spend_to_proto,
    usage_from_proto,
    usage_to_proto,
)
from groat.wire.study import study_spec_from_proto, study_spec_to_proto
from groat.wire.times import duration_from_proto, duration_to_proto

_NO_TIME = timedelta(0)


def spend_report_to_proto(report: model.SpendReport) -> service_pb2.GetSpendReportResponse:
    """Write what a search spent."""
    return service_pb2.GetSpendReportResponse(
        budget_status=budget_status_to_proto(report.budget_status),
        models=map(model_spend_to_proto, report.models),
        list_value=money_to_proto(report.list_value),
    )


def spend_report_from_proto(
    message: service_pb2.GetSpendReportResponse, path: str = ""
) -> model.SpendReport:
    """Read what a search spent."""
    return model.SpendReport(
        budget_status=required(message, "budget_status", budget_status_from_proto, path),
        models=repeated(message, "models", model_spend_from_proto, path),
        list_value=required(message, "list_value", money_from_proto, path),
    )


def model_spend_to_proto(paid: model.ModelSpend) -> service_pb2.ModelSpend:
    """Write what one model, or other supplier, was paid."""
    return service_pb2.ModelSpend(
        category=CATEGORY.to_proto(paid.category),
        provider=paid.provider,
        model=paid.model,
        kind=paid.kind,
        spend=money_to_proto(paid.spend),
        list_value=money_to_proto(paid.list_value),
        request_count=paid.request_count,
        input_tokens=paid.input_tokens,
        output_tokens=paid.output_tokens,
        cache_read_input_tokens=paid.cache_read_input_tokens,
        cache_write_input_tokens=paid.cache_write_input_tokens,
        reasoning_output_tokens=paid.reasoning_output_tokens,
        human_time=duration_to_proto(paid.human_time) if paid.human_time else None,
        cache_hits=paid.cache_hits,
        unpriced_entries=paid.unpriced_entries,
    )


def model_spend_from_proto(message: service_pb2.ModelSpend, path: str = "") -> model.ModelSpend:
    """Read what one model, or other supplier, was paid."""
    return model.ModelSpend(
        category=CATEGORY.from_proto(message.category, at(path, "category")),
        provider=message.provider,
        model=message.model,
        kind=message.kind,
        spend=required(message, "spend", money_from_proto, path),
        list_value=required(message, "list_value", money_from_proto, path),
        request_count=message.request_count,
        input_tokens=message.input_tokens,
        output_tokens=message.output_tokens,
        cache_read_input_tokens=message.cache_read_input_tokens,
        cache_write_input_tokens=message.cache_write_input_tokens,
        reasoning_output_tokens=message.reasoning_output_tokens,
        human_time=optional(message, "human_time", duration_from_proto, path) or _NO_TIME,
        cache_hits=message.cache_hits,
        unpriced_entries=message.unpriced_entries,
    )


def forecast_request_to_proto(
    target: str | model.StudySpec, pilot: model.Pilot | None
) -> service_pb2.ForecastRequest:
    """Write what to forecast: a study by its id, or one that is only declared."""
    usage = map(usage_to_proto, pilot.usage) if pilot else ()
    request = service_pb2.ForecastRequest(
        pilot_usage=usage, pilot_examples=pilot.example_count if pilot else 0
    )
    if isinstance(target, str):
        request.name = names.study_name(target)
    else:
        request.study.CopyFrom(study_spec_to_proto(target))
    return request


def forecast_request_from_proto(
    message: service_pb2.ForecastRequest,
) -> tuple[str | model.StudySpec, model.Pilot | None]:
    """Read a study's id or a declaration, and the examples that were run."""
    if chosen(message, "target", "") == "name":
        target = names.parse_study(message.name)
    else:
        target = study_spec_from_proto(message.study, "study")
    usage = repeated(message, "pilot_usage", usage_from_proto, "")
    if not usage and not message.pilot_examples:
        return target, None
    return target, model.Pilot(usage=usage, example_count=message.pilot_examples)


def forecast_result_to_proto(result: model.ForecastResult) -> service_pb2.ForecastResponse:
    """Write a forecast with what an ask would be answered."""
    return service_pb2.ForecastResponse(
        forecast=forecast_to_proto(result.forecast), decision=decision_to_proto(result.decision)
    )


def forecast_result_from_proto(
    message: service_pb2.ForecastResponse, path: str = ""
) -> model.ForecastResult:
    """Read a forecast with what an ask would be answered."""
    return model.ForecastResult(
        forecast=required(message, "forecast", forecast_from_proto, path),
        decision=required(message, "decision", decision_from_proto, path),
    )


def price_usage_to_proto(
    book: model.PriceBook, usage: Iterable[model.Usage], currency: str
) -> service_pb2.PriceUsageRequest:
    """Write what to price, and by what."""
    return service_pb2.PriceUsageRequest(
        price_book=price_book_to_proto(book), usage=map(usage_to_proto, usage), currency=currency
    )


def price_usage_from_proto(
    message: service_pb2.PriceUsageRequest,
) -> tuple[model.PriceBook, tuple[model.Usage, ...], str]:
    """Read the price book, the usage and the currency, which is empty when none was named."""
    book = optional(message, "price_book", price_book_from_proto, "") or model.PriceBook()
    return book, repeated(message, "usage", usage_from_proto, ""), message.currency


def priced_usages_to_proto(priced: model.PricedUsages) -> service_pb2.PriceUsageResponse:
    """Write usage with its prices."""
    return service_pb2.PriceUsageResponse(
        usage=map(priced_usage_to_proto, priced.usage), total=spend_to_proto(priced.total)
    )


def priced_usages_from_proto(
    message: service_pb2.PriceUsageResponse, path: str = ""
) -> model.PricedUsages:
    """Read usage with its prices."""
    return model.PricedUsages(
        usage=repeated(message, "usage", priced_usage_from_proto, path),
        total=required(message, "total", spend_from_proto, path),
    )
