"""A manual plan as a worksheet: out to a spreadsheet or a page, and back when it is filled in."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from groat import model
from groat.cli import rows
from groat.cli.output import roughly, settings, written
from groat.cli.trial_file import Row, read_csv
from groat.errors import InvalidArgument, Violation

_OWN = {
    *("step", "title", "trial"),
    *("expected_spend", "cumulative_spend", "instruction", "decision_rule"),
}
"""Columns of the plan itself, which say nothing of a trial."""

_Column: TypeAlias = tuple[str, Callable[[model.ManualStep], str]]


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


def is_graded(spec: model.StudySpec) -> bool:
    """Whether judges or people are paid beside the experiment, as far as it was declared."""
    items = () if spec.workload is None else spec.workload.items
    return any(one.usage.category is model.SpendCategory.EVALUATION for one in items)


def takes_money(spec: model.StudySpec) -> bool:
    """Whether an objective is derived from what the experiment takes."""
    sources = {one.derivation.source for one in spec.metrics if one.derivation is not None}
    return model.Source.MONEY_PER_EXAMPLE in sources


def finished(
    spec: model.StudySpec, draft: model.TrialDraft, *, is_planned: bool
) -> model.TrialDraft:
    """Say of a finished draft whether the plan asked for it, and whether it is only a part."""
    measured = None if draft.outcome is None else draft.outcome.measurement
    count = 0 if measured is None else measured.example_count or len(measured.examples)
    is_part = 0 < count < whole(spec)
    return replace(draft, is_planned=is_planned, example_count=count if is_part else 0)


def whole(spec: model.StudySpec) -> int:
    """Return how many examples a whole trial has; 0 is unknown."""
    declared = 0 if spec.workload is None else spec.workload.example_count
    return spec.algorithm.whole_example_count or declared


def csv_of(spec: model.StudySpec, plan: model.ManualPlan) -> str:
    """Write a plan as a table with a column per parameter and empty ones to fill in."""
    columns = _columns(spec)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([title for title, _ in columns])
    lines.writerows([fill(step) for _, fill in columns] for step in plan.steps)
    return text.getvalue()


def _columns(spec: model.StudySpec) -> list[_Column]:
    """Return every column with what stands there; none of their titles means two things."""
    parameters = [parameter.id for parameter in spec.search_space.parameters]
    words = {*_OWN, *rows.TRIAL_WORDS}
    theirs = words | {metric.id for metric in spec.metrics}
    columns: list[_Column] = [
        ("step", lambda step: str(step.number)),
        ("title", lambda step: step.title),
        ("trial", lambda step: str(step.trial_number) if step.is_done else ""),
        *((_title("parameters", one, theirs), partial(_setting, one)) for one in parameters),
        ("example_count", lambda step: str(step.example_count or whole(spec) or "")),
    ]
    for metric in told_by_hand(spec):
        title = _title("metrics", metric.id, words | set(parameters))
        columns += [(title, _nothing), (f"{title}.error", _nothing)]
    graded: list[_Column] = [("evaluation_spend", _nothing)] if is_graded(spec) else []
    rest: list[_Column] = [
        ("spend", _nothing),
        *graded,
        ("expected_spend", lambda step: _expected(step.expected_spend)),
        ("cumulative_spend", lambda step: _expected(step.cumulative_spend)),
        ("instruction", lambda step: step.instruction),
        ("decision_rule", lambda step: step.decision_rule),
    ]
    # A word of a trial's that is also a name here has no spelling that means only the word.
    unclear = set(rows.TRIAL_WORDS) & {*parameters, *(metric.id for metric in spec.metrics)}
    return [column for column in (*columns, *rest) if column[0] not in unclear]


def _title(kind: str, name: str, taken: Container[str]) -> str:
    return f"{kind}.{name}" if name in taken else name


def _setting(name: str, step: model.ManualStep) -> str:
    chosen = (step.configuration or {}).get(name)
    return "" if chosen is None else written(chosen)


def _nothing(step: model.ManualStep) -> str:
    del step
    return ""


def _expected(money: model.Money | None) -> str:
    return "" if money is None else roughly(money).replace(",", "")


def read(spec: model.StudySpec, path: str) -> Filled:
    """Read a worksheet that was filled in.

    Raises:
        OSError: The file cannot be read.
        InvalidArgument: With every fault of every row.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidArgument.at(path, "is not UTF-8 text; save it as CSV (UTF-8)") from error
    try:
        found = read_csv(text)
        open_rows = [row for row in found if "trial" not in row.cells]
        filled = [row for row in map(_stripped, open_rows) if _is_filled(spec, row)]
        drafts = rows.drafts(spec, filled)
    except InvalidArgument as error:
        count = len(error.violations)
        problem = f"{count} fault{'s' * (count > 1)}, so nothing was sent"
        raise InvalidArgument(Violation(path, problem), *error.violations) from error
    return Filled(
        drafts=[finished(spec, draft, is_planned=True) for draft in drafts],
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
    parts = [
        f"# {study_id}: {plan.method.replace('_', ' ')}",
        plan.procedure,
        f"Expected to spend: {roughly(plan.expected_spend)}.",
        _table(spec, plan.steps),
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


def _table(spec: model.StudySpec, steps: Iterable[model.ManualStep]) -> str:
    told = [metric.id for metric in told_by_hand(spec)]
    head = ("step", "what", "settings", "examples", "spends", "in all", *told)
    body = [
        (
            str(step.number),
            step.title,
            "-" if step.configuration is None else " ".join(settings(spec, step.configuration)),
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
