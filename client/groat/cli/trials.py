"""``groat trials``: every trial of a study with what it tried and measured, and more of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.table import Table

from groat import model
from groat.cli import importing
from groat.cli.output import amount, number, show
from groat.cli.rows import configuration
from groat.client import Client

_STATES = ", ".join(state.value for state in model.TrialState)


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add what can be done with trials; ``list`` need not be said."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", parents=[common], help="list them, also without this word")
    listing.add_argument("study", help="its id")
    listing.add_argument(
        "--state",
        action="append",
        default=[],
        type=_state,
        metavar="STATE",
        help=f"only trials that are {_STATES}",
    )
    listing.set_defaults(run=_list)
    queue = verbs.add_parser("add", parents=[common], help="queue one configuration")
    queue.add_argument("study", help="its id")
    queue.add_argument("values", nargs="+", metavar="ID=VALUE", help="one per active parameter")
    queue.add_argument(
        "--examples", type=int, default=0, metavar="COUNT", help="evaluate on so many, else on all"
    )
    queue.set_defaults(run=_add)
    text = "import trials that were evaluated elsewhere"
    importing.add(verbs.add_parser("import", parents=[common], help=text, description=text))


def _state(text: str) -> model.TrialState:
    try:
        return model.TrialState(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r:.60} is none of {_STATES}") from error


def _list(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    trials = list(study.trials(states=wanted.state))
    show(trials, lambda: table(study.spec, trials), as_json=wanted.json)


def _add(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    chosen = configuration(study.spec, wanted.values)
    trial = study.enqueue(chosen, example_count=wanted.examples)
    show(trial, lambda: f"trial {trial.number} of {study.id} is queued", as_json=wanted.json)


def table(spec: model.StudySpec, trials: Sequence[model.Trial]) -> Table:
    """Draw one line per trial."""
    parameters = [parameter.id for parameter in spec.search_space.parameters]
    metrics = [metric.id for metric in spec.metrics]
    drawn = Table("trial", "state", "by", *parameters, *metrics, "spent")
    for trial in trials:
        drawn.add_row(
            str(trial.number),
            trial.state.value,
            trial.generator or trial.origin.value,
            *(value(trial, parameter) for parameter in parameters),
            *(measured(trial, metric) for metric in metrics),
            amount(trial.spend.total),
        )
    return drawn


def value(trial: model.Trial, parameter_id: str) -> str:
    """Write a parameter's value, a list in brackets; a hyphen when it is not active."""
    chosen = trial.configuration.get(parameter_id)
    if isinstance(chosen, float):
        return number(chosen)
    if isinstance(chosen, tuple):
        return f"[{', '.join(chosen)}]"
    return "-" if chosen is None else str(chosen)


def measured(trial: model.Trial, metric_id: str) -> str:
    """Write a metric's value with its standard error; a hyphen when there is none."""
    seen = trial.measurement.value(metric_id) if trial.measurement else None
    if seen is None:
        return "-"
    error = "" if seen.standard_error is None else f" ± {number(seen.standard_error)}"
    return number(seen.value) + error
