"""``groat spend``: the bill by category, and by model."""

from __future__ import annotations

import argparse

from rich.console import Group
from rich.table import Table

from groat import model
from groat.cli.output import amount, lasting, show
from groat.client import Client


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``spend``."""
    del common
    parser.add_argument("study", help="its id")
    parser.set_defaults(run=_run)


def _run(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    seen, report = study.seen, study.spend_report()
    bill = {
        "budget": seen.spec.budget,
        "status": seen.budget_status,
        "models": report.models,
        "list_value": report.list_value,
    }
    show(bill, lambda: Group(table(seen), models(report)), as_json=wanted.json)


def table(study: model.Study) -> Table:
    """Draw the bill: one line per category, then what is held and what is left."""
    status = study.budget_status
    drawn = Table("category", "spent", "input tokens", "output tokens", caption=_caption(status))
    for share in status.settled.categories:
        drawn.add_row(
            share.category.value,
            amount(share.amount),
            f"{share.input_tokens:,}",
            f"{share.output_tokens:,}",
        )
    drawn.add_section()
    drawn.add_row("total", amount(status.settled.total))
    drawn.add_row("held for running trials", amount(status.held))
    drawn.add_row("left", amount(status.remaining))
    drawn.add_row("cap", amount(study.spec.budget.max_spend))
    return drawn


def _caption(status: model.BudgetStatus) -> str:
    match status.settled.coverage:
        case model.Coverage.COMPLETE:
            return "Everything that was told has a price."
        case model.Coverage.PARTIAL:
            models = ", ".join(status.settled.unpriced_models)
            return f"A lower bound: there is no price for {models or 'some usage'}."
        case model.Coverage.UNREPORTED:
            return "No usage was told."


def models(report: model.SpendReport) -> Table:
    """Draw who was paid for what, the dearest first, and what production would pay for it."""
    caption = f"At list prices it is worth {amount(report.list_value)}."
    drawn = Table(
        *("paid", "for", "calls", "input", "of it cached", "output", "spent", "at list prices"),
        caption=caption if report.models else "Nothing was paid yet.",
    )
    for one in report.models:
        drawn.add_row(
            _payee(one),
            one.category.value,
            _quantity(one),
            f"{one.input_tokens:,}",
            f"{one.cache_read_input_tokens:,}",
            f"{one.output_tokens:,}",
            _paid(one),
            amount(one.list_value),
        )
    return drawn


def _paid(one: model.ModelSpend) -> str:
    missing = f", and {one.unpriced_entries:,} without a price" if one.unpriced_entries else ""
    return amount(one.spend) + missing


def _payee(one: model.ModelSpend) -> str:
    name = "/".join(filter(None, (one.provider, one.model)))
    return name or {"human_time": "people", "amount": "fees"}.get(one.kind, "-")


def _quantity(one: model.ModelSpend) -> str:
    if one.human_time:
        return lasting(one.human_time)
    hits = f", {one.cache_hits:,} from the cache" if one.cache_hits else ""
    return f"{one.request_count:,}{hits}"
