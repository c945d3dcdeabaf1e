"""``groat studies``: list, show, create, pause, resume, delete."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from rich.table import Table

from groat import model
from groat.cli import study_file
from groat.cli.output import amount, show
from groat.client import Client


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add what can be done with studies."""
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    listing = verbs.add_parser("list", parents=[common], help="list every study")
    listing.set_defaults(run=_list)
    create = verbs.add_parser("create", parents=[common], help="create a study from a file")
    create.add_argument("file", help="a study file: TOML, JSON or YAML, as its name ends")
    create.set_defaults(run=_create)
    for verb, run, text in (
        ("show", _show, "show one study"),
        ("pause", _pause, "let asks wait; results are still taken"),
        ("resume", _resume, "serve asks again"),
        ("delete", _delete, "delete a study with all its trials"),
    ):
        one = verbs.add_parser(verb, parents=[common], help=text)
        one.add_argument("study", help="its id")
        one.set_defaults(run=run)


def _list(client: Client, wanted: argparse.Namespace) -> None:
    studies = [study.seen for study in client.studies()]
    show(studies, lambda: table(studies), as_json=wanted.json)


def _show(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study).seen
    show(study, lambda: sheet(study), as_json=wanted.json)


def _create(client: Client, wanted: argparse.Namespace) -> None:
    study_id, spec = study_file.declared(wanted.file, "nothing was created")
    study = client.declare_study(study_id, spec).seen
    show(study, lambda: sheet(study), as_json=wanted.json)


def _pause(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study).pause()
    show(study, lambda: f"{study.study_id} is {study.state.value}", as_json=wanted.json)


def _resume(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study).resume()
    show(study, lambda: f"{study.study_id} is {study.state.value}", as_json=wanted.json)


def _delete(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    study.delete()
    show({"deleted": study.id}, lambda: f"{study.id} is deleted", as_json=wanted.json)


def table(studies: Iterable[model.Study]) -> Table:
    """Draw one line per study."""
    drawn = Table("study", "state", "finished", "running", "spent", "of", "trials of")
    for study in studies:
        status, budget = study.budget_status, study.spec.budget
        drawn.add_row(
            study.study_id,
            study.state.value,
            str(status.finished_trials),
            str(status.running_trials),
            amount(status.settled.total),
            amount(budget.max_spend),
            "-" if budget.max_trials is None else str(budget.max_trials),
        )
    return drawn


def sheet(study: model.Study) -> Table:
    """Draw one study: what it is, where it stands, and the guard's last word."""
    spec, status = study.spec, study.budget_status
    drawn = Table("", "", show_header=False, box=None)
    drawn.add_row("study", study.study_id)
    drawn.add_row("name", spec.display_name or "-")
    drawn.add_row("state", study.state.value)
    drawn.add_row("parameters", ", ".join(map(_parameter, spec.search_space.parameters)))
    drawn.add_row("metrics", ", ".join(map(_metric, spec.metrics)))
    drawn.add_row("algorithm", f"{spec.algorithm.kind.kind}, seed {spec.algorithm.seed}")
    drawn.add_row("spent", f"{amount(status.settled.total)} of {amount(spec.budget.max_spend)}")
    drawn.add_row("held", amount(status.held))
    drawn.add_row("trials", f"{status.finished_trials} finished, {status.running_trials} running")
    if study.last_decision is not None:
        drawn.add_row("guard", study.last_decision.explanation)
    return drawn


def _parameter(parameter: model.Parameter) -> str:
    return f"{parameter.id} ({parameter.domain.kind})"


def _metric(metric: model.Metric) -> str:
    match metric.role:
        case model.Role.OBJECTIVE:
            return f"{metric.goal.value} {metric.id}"
        case model.Role.CONSTRAINT:
            side = "at most" if metric.goal is model.Goal.MINIMIZE else "at least"
            return f"{metric.id} {side} {metric.bound}"
        case model.Role.TRACKED:
            return f"{metric.id} tracked"
