"""``groat decisions``: what the guard decided, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC
from itertools import islice

from rich.table import Table
from rich.text import Text

from groat import model
from groat.cli.estimate import STYLES, count
from groat.cli.output import amount, show
from groat.client import Client


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``decisions``."""
    del common
    parser.add_argument("study", help="its id")
    parser.add_argument(
        "--count", type=count, default=20, metavar="N", help="at most so many, the newest (20)"
    )
    parser.set_defaults(run=_run)


def _run(client: Client, wanted: argparse.Namespace) -> None:
    decisions = list(islice(client.study(wanted.study).decisions(), wanted.count))
    show(decisions, lambda: table(decisions), as_json=wanted.json)


def table(decisions: Sequence[model.Decision]) -> Table:
    """Draw a line per decision, the newest first."""
    caption = None if decisions else "The guard has decided nothing yet."
    drawn = Table("when", "verdict", "reason", "spent", "why", "id", caption=caption)
    for one in decisions:
        drawn.add_row(
            f"{one.time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC",
            Text(one.verdict.name, style=STYLES[one.verdict]),
            one.reason.value,
            amount(one.budget_status.settled.total),
            one.explanation,
            one.decision_id,
        )
    return drawn
