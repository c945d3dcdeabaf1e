"""``groat plan``: how to tune by hand with the money that is left, step by step."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from groat import model
from groat.cli import worksheet
from groat.cli.insight import share
from groat.cli.output import roughly, settings, show
from groat.client import Client

FORMATS = ("table", "markdown", "csv", "json")


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``plan``."""
    del common
    parser.add_argument("study", help="its id")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="table",
        help="csv is a worksheet to fill in and give to groat tell",
    )
    parser.set_defaults(run=_run)


def _run(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    found, spec = study.plan(), study.spec
    match "json" if wanted.json else wanted.format:
        case "csv":
            print(worksheet.csv_of(spec, found), end="")
        case "markdown":
            print(worksheet.markdown_of(study.id, spec, found), end="")
        case form:
            parts = (page(spec, found), Text(), Text(how_to_tell(study.id, spec, found)))
            show(found, lambda: Group(*parts), as_json=form == "json")


def page(spec: model.StudySpec, plan: model.ManualPlan) -> RenderableType:
    """Draw a plan: how it goes, its steps, what to touch first, and what else there is."""
    parts: list[RenderableType] = [
        Text(f"By hand: {plan.method.replace('_', ' ')}", style="bold"),
        *_indented([Text(plan.procedure)]),
        "",
        steps(spec, plan),
    ]
    if plan.ranking:
        parts += ["", Text("What to touch first", style="bold"), ranking(plan)]
    for title, entries in (
        ("What to change when", [Text(rule) for rule in plan.rules]),
        ("Other ways by hand", [_method(one) for one in plan.alternatives]),
    ):
        if entries:
            parts += ["", Text(title, style="bold"), *_indented(entries)]
    return Group(*parts)


def _indented(entries: Iterable[Text]) -> list[Padding]:
    return [Padding(one, (0, 0, 0, 2), expand=False) for one in entries]


def _method(one: model.ManualMethod) -> Text:
    return Text.assemble((one.method.replace("_", " "), "italic"), ": ", one.text)


def steps(spec: model.StudySpec, plan: model.ManualPlan) -> Table:
    """Draw a line per step, with what it spends and what all that are left spend until then."""
    known = plan.expected_spend is not None
    caption = f"What is left of it spends about {roughly(plan.expected_spend)}." if known else None
    drawn = Table("step", "what to do", "examples", "spends", "in all", caption=caption)
    for step in plan.steps:
        drawn.add_row(
            f"{step.number} {'✓' if step.is_done else ''}".strip(),
            _what(spec, step),
            f"{step.example_count:,}" if step.example_count else "all",
            roughly(step.expected_spend),
            f"trial {step.trial_number}" if step.is_done else roughly(step.cumulative_spend),
            end_section=True,
        )
    return drawn


def _what(spec: model.StudySpec, step: model.ManualStep) -> Text:
    lines = [Text(step.title, style="bold")]
    if step.configuration is not None:
        lines.append(Text(" ".join(settings(spec, step.configuration)), style="cyan"))
    if not step.is_done:
        lines.append(Text(step.instruction))
        lines.append(Text.assemble(("Then: ", "italic"), step.decision_rule))
    return Text("\n").join(lines)


def ranking(plan: model.ManualPlan) -> Table:
    """Draw how much each parameter is believed to matter, and why."""
    drawn = Table.grid(padding=(0, 2, 0, 2))
    for one in plan.ranking:
        drawn.add_row(one.parameter_id, share(one.importance), one.why)
    return drawn


def next_step(plan: model.ManualPlan) -> model.ManualStep | None:
    """Return the first step that is not done."""
    return next((step for step in plan.steps if not step.is_done), None)


def how_to_tell(study_id: str, spec: model.StudySpec, plan: model.ManualPlan) -> str:
    """Write the command that tells the next step."""
    step = next_step(plan)
    if step is None:
        return "Every step is done."
    told = [f"{metric.id}=VALUE" for metric in worksheet.told_by_hand(spec)]
    if worksheet.takes_money(spec):
        told += ["--spend", "AMOUNT"]
    if worksheet.is_graded(spec):
        told += ["--evaluation-spend", "AMOUNT"]
    command = shlex.join(["groat", "tell", study_id, "--step", str(step.number), *told])
    return f"When step {step.number} is run: {command}"
