"""A manual plan as a worksheet: out to a spreadsheet or a page, and back when it is filled in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from groat import model
from groat.cli import rows
from groat.cli.output import roughly, settings, written
from groat.cli.trial_file import Row, read_csv
from groat.errors import InvalidArgument, Violation

_BEFORE = ("step", "title", "trial")
_AFTER = ("expected_spend", "cumulative_spend", "instruction", "decision_rule")
_OWN = {*_BEFORE, *_AFTER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What a person filled in.

    Attributes:
        drafts: One per row that measured something and is not told by its ``trial`` cell.
        places: Where each stands, such as ``line 3``.
        blank: How many rows are not filled in.
        told: How many name the trial that told them.
    """

    drafts: Sequence[model.TrialDraft]
    places: Sequence[str]
    blank: int = 0
    told: int = 0


def told_by_hand(spec: model.StudySpec) -> list[model.Metric]:
    """Return the metrics that a person tells: those that the server does not derive."""
    return [metric for metric in spec.metrics if metric.derivation is None]


def planned(spec: model.StudySpec, draft: model.TrialDraft) -> model.TrialDraft:
    """Mark a finished draft as a step of the plan, and as a part where it has fewer examples."""
    measured = None if draft.outcome is None else draft.outcome.measurement
    count = 0 if measured is None else measured.example_count or len(measured.examples)
    is_part = 0 < count < whole(spec)
    return replace(draft, is_planned=True, example_count=count if is_part else 0)


def whole(spec: model.StudySpec) -> int:
    """Return how many examples a whole trial has; 0 is unknown."""
    declared = 0 if spec.workload is None else spec.workload.example_count
    return spec.algorithm.whole_example_count or declared


def csv_of(spec: model.StudySpec, plan: model.ManualPlan) -> str:
    """Write a plan as a table with a column per parameter and empty ones to fill in."""
    names = _names(spec)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([*_BEFORE, *names.values(), *_AFTER])
    for step in plan.steps:
        chosen = step.configuration or {}
        cells = {name: written(chosen[name]) for name in names if name in chosen}
        cells["example_count"] = str(step.example_count or whole(spec) or "")
        trial = step.trial_number if step.is_done else ""
        spends = [_exact(step.expected_spend), _exact(step.cumulative_spend)]
        lines.writerow(
            [
                *(step.number, step.title, trial),
                *(cells.get(name, "") for name in names),
                *(*spends, step.instruction, step.decision_rule),
            ]
        )
    return text.getvalue()


def _exact(money: model.Money | None) -> str:
    return "" if money is None else str(money)


def _names(spec: model.StudySpec) -> dict[str, str]:
    """Return the columns that a person fills in, and their titles; none of these means two things."""
    parameters = [parameter.id for parameter in spec.search_space.parameters]
    metrics = [metric.id for metric in spec.metrics]
    others = [*_OWN, *rows.TRIAL_WORDS]
    told = [metric.id for metric in told_by_hand(spec)]
    titles = {
        name: f"parameters.{name}" if name in {*metrics, *others} else name for name in parameters
    }
    titles["example_count"] = "example_count"
    for name in told:
        title = f"metrics.{name}" if name in {*parameters, *others} else name
        titles |= {f"metrics.{name}": title, f"metrics.{name}.error": f"{title}.error"}
    return {**titles, "spend": "spend"}


def read(spec: model.StudySpec, path: str) -> Filled:
    """Read a worksheet that was filled in.

    Raises:
        OSError: The file cannot be read.
        InvalidArgument: With every fault of every row.
    """
    try:
        found = read_csv(Path(path).read_text(encoding="utf-8-sig"))
        open_rows = [row for row in found if "trial" not in row.cells]
        filled = [row for row in map(_stripped, open_rows) if _is_filled(spec, row)]
        drafts = rows.drafts(spec, filled)
    except InvalidArgument as error:
        count = len(error.violations)
        problem = f"{count} fault{'s' * (count > 1)}, so nothing was sent"
        raise InvalidArgument(Violation(path, problem), *error.violations) from error
    return Filled(
        drafts=[planned(spec, draft) for draft in drafts],
        places=[f"line {row.line}" for row in filled],
        blank=len(open_rows) - len(filled),
        told=len(found) - len(open_rows),
    )


def _stripped(row: Row) -> Row:
    return Row(row.line, {name: cell for name, cell in row.cells.items() if name not in _OWN})


def _is_filled(spec: model.StudySpec, row: Row) -> bool:
    """Whether a person wrote something that is no setting and no count of the plan's own."""
    given = {f"parameters.{parameter.id}" for parameter in spec.search_space.parameters}
    given |= {parameter.id for parameter in spec.search_space.parameters}
    given -= {metric.id for metric in spec.metrics} | set(rows.TRIAL_WORDS)
    return any(name not in {*given, "example_count"} for name in row.cells)


def markdown_of(study_id: str, spec: model.StudySpec, plan: model.ManualPlan) -> str:
    """Write a plan as a page, with columns to fill in."""
    told = [metric.id for metric in told_by_hand(spec)]
    parts = [
        f"# {study_id}: {plan.method.replace('_', ' ')}",
        plan.procedure,
        f"Expected to spend: {roughly(plan.expected_spend)}.",
        _table(plan.steps, told),
        *(_step(step) for step in plan.steps if not step.is_done),
    ]
    sections = {
        "What to touch first": [
            f"{one.parameter_id} ({one.importance:.0%}): {one.why}" for one in plan.ranking
        ],
        "What to change when": plan.rules,
        "Other ways by hand": [
            f"**{one.method.replace('_', ' ')}**: {one.text}" for one in plan.alternatives
        ],
    }
    for title, entries in sections.items():
        if entries:
            parts += [f"## {title}", "\n".join(f"- {_line(entry)}" for entry in entries)]
    return "\n\n".join(parts) + "\n"


def _table(steps: Iterable[model.ManualStep], told: Sequence[str]) -> str:
    head = ("step", "what", "settings", "examples", "spends", "in all", *told)
    body = [
        (
            str(step.number),
            step.title,
            "-" if step.configuration is None else " ".join(settings(step.configuration)),
            f"{step.example_count:,}" if step.example_count else "all",
            roughly(step.expected_spend),
            f"trial {step.trial_number}" if step.is_done else roughly(step.cumulative_spend),
            *("" for _ in told),
        )
        for step in steps
    ]
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _step(step: model.ManualStep) -> str:
    return f"**Step {step.number}, {step.title}.** {step.instruction}\n\nThen: {step.decision_rule}"


def _cell(text: str) -> str:
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    return " ".join(text.split())
