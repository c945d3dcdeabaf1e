"""``groat spend``: the bill by category."""

from __future__ import annotations

import argparse

from rich.table import Table

from groat import model
from groat.cli.output import amount, show
from groat.client import Client


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``spend``."""
    del common
    parser.add_argument("study", help="its id")
    parser.set_defaults(run=_run)


def _run(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study).seen
    bill = {"budget": study.spec.budget, "status": study.budget_status}
    show(bill, lambda: table(study), as_json=wanted.json)


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
