"""``groat watch``: one study as it goes, until it is completed."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rich.live import Live
from rich.table import Table

from groat import model
from groat.cli.forecast import predicted_end
from groat.cli.output import amount, console, number, show
from groat.client import Client, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A study at one moment.

    Attributes:
        predicted_end: ``None`` when nobody can tell, or when it is over.
    """

    study_id: str
    state: model.StudyState
    front_size: int
    hypervolume: float
    budget: model.Budget
    status: model.BudgetStatus
    explanation: str
    predicted_end: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to watch."""
        return self.state is model.StudyState.COMPLETED


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``watch``."""
    del common
    parser.add_argument("study", help="its id")
    parser.add_argument(
        "--every", type=_seconds, default=2.0, metavar="SECONDS", help="how often to look (2)"
    )
    parser.set_defaults(run=_run)


def _seconds(text: str) -> float:
    seconds = float(text) if text.replace(".", "", 1).isdecimal() else -1.0
    if seconds < 0:
        raise argparse.ArgumentTypeError(f"{text!r:.60} is no number of seconds, such as 2 or 0.5")
    return seconds


def _run(client: Client, wanted: argparse.Namespace) -> None:
    glances = _glances(client.study(wanted.study), wanted.every)
    try:
        if wanted.json:
            for glance in glances:
                show(glance, lambda: "", as_json=True)
            return
        with Live(console=console(), auto_refresh=False) as live:
            for glance in glances:
                live.update(table(glance), refresh=True)
    except KeyboardInterrupt:
        return


def _glances(study: Study, every_s: float) -> Iterator[Glance]:
    while True:
        glance = look(study)
        yield glance
        if glance.is_over:
            return
        time.sleep(every_s)


def look(study: Study) -> Glance:
    """Look at a study once."""
    now, front = study.refresh(), study.front()
    is_over = now.state is model.StudyState.COMPLETED
    end = predicted_end(now.spec.budget, now.budget_status, study.hypervolume_history())
    return Glance(
        study_id=now.study_id,
        state=now.state,
        front_size=front.size,
        hypervolume=front.hypervolume,
        budget=now.spec.budget,
        status=now.budget_status,
        explanation="" if now.last_decision is None else now.last_decision.explanation,
        predicted_end=None if is_over else end,
    )


def table(glance: Glance) -> Table:
    """Draw a glance."""
    status, budget = glance.status, glance.budget
    trials = f"{status.finished_trials} finished"
    trials += "" if budget.max_trials is None else f" of {budget.max_trials}"
    drawn = Table(title=f"{glance.study_id}: {glance.state.value}", show_header=False)
    drawn.add_row("front", f"{glance.front_size} trials")
    drawn.add_row("hypervolume", number(glance.hypervolume))
    drawn.add_row("trials", f"{trials}, {status.running_trials} running")
    drawn.add_row("spent", f"{amount(status.settled.total)} of {amount(budget.max_spend)}")
    drawn.add_row("held", amount(status.held))
    drawn.add_row("ends about", _moment(glance.predicted_end))
    drawn.add_row("guard", glance.explanation or "-")
    return drawn


def _moment(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
