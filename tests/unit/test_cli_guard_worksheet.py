"""A plan goes out as a worksheet, and comes back filled in."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import groat
from groat import model
from groat._fitting import value
from groat.cli import output, worksheet
from groat.errors import InvalidArgument
from tests.examples import study_spec
from tests.unit.test_cli_guard import PLAN, STEPS

SPEC = study_spec(
    search_space=model.SearchSpace(
        parameters=(groat.choice("retriever", ["bm25", "dense"]), groat.integer("top_k", 1, 20))
    ),
    metrics=(
        groat.maximize("quality"),
        groat.minimize("latency"),
        groat.minimize("price", derive=groat.money_per_example()),
    ),
    workload=groat.workload(200, []),
)


def cells(text: str) -> list[dict[str, str]]:
    """The rows of a worksheet."""
    return list(csv.DictReader(io.StringIO(text)))


def filled(folder: Path, *changes: dict[str, str]) -> Path:
    """A worksheet of the plan with some cells filled in, row by row."""
    rows = cells(worksheet.csv_of(SPEC, PLAN))
    file = folder / "plan.csv"
    with file.open("w", newline="") as stream:
        lines = csv.DictWriter(stream, rows[0])
        lines.writeheader()
        lines.writerows({**row, **change} for row, change in zip(rows, changes, strict=True))
    return file


def test_a_worksheet_has_what_to_do_and_room_for_what_came_of_it() -> None:
    """A column per parameter and metric; a derived one needs its spend instead."""
    first, second, third = cells(worksheet.csv_of(SPEC, PLAN))

    assert list(first) == [
        *("step", "title", "trial", "retriever", "top_k", "example_count"),
        *("quality", "quality.error", "latency", "latency.error", "spend"),
        *("expected_spend", "cumulative_spend", "instruction", "decision_rule"),
    ]
    assert (first["trial"], first["example_count"]) == ("7", "200")
    assert (second["top_k"], second["example_count"], second["quality"]) == ("10", "50", "")
    assert (third["retriever"], third["expected_spend"]) == ("", "0.5 USD")


def test_a_filled_worksheet_is_read_back(tmp_path: Path) -> None:
    """One row is told already, one measured something, one is blank."""
    told = {"quality": "0.84", "quality.error": "0.02", "latency": "1.5", "spend": "0.30"}
    file = filled(tmp_path, {"quality": "0.1"}, told, {})

    read = worksheet.read(SPEC, str(file))

    (draft,) = read.drafts
    values = (
        model.MetricValue(metric_id="quality", value=0.84, standard_error=0.02),
        model.MetricValue(metric_id="latency", value=1.5),
    )
    assert draft == model.TrialDraft(
        configuration={"retriever": "bm25", "top_k": 10},
        outcome=model.Succeeded(measurement=model.Measurement(metrics=values, example_count=50)),
        usage=(groat.fee("0.30"),),
        example_count=50,
        is_planned=True,
    )
    assert (read.places, read.told, read.blank) == (["line 3"], 1, 1)


def test_a_whole_evaluation_is_no_part(tmp_path: Path) -> None:
    """Only those on fewer examples than the workload's are told as parts."""
    told = {"quality": "1", "latency": "1", "spend": "1", "example_count": "200"}

    (draft,) = worksheet.read(SPEC, str(filled(tmp_path, {}, told, {}))).drafts

    assert draft.example_count == 0


def test_every_fault_of_a_worksheet_is_named(tmp_path: Path) -> None:
    """And nothing is told."""
    file = filled(tmp_path, {}, {"quality": "good"}, {"spend": "1"})

    with pytest.raises(InvalidArgument) as refused:
        worksheet.read(SPEC, str(file))

    problems = [str(one) for one in refused.value.violations]
    assert problems[0] == f"{file}: 7 faults, so nothing was sent"
    assert "line 3, quality: 'good' is not a number" in problems
    assert "line 4, retriever: has no value" in problems


def test_names_that_mean_two_things_are_spelled_out(tmp_path: Path) -> None:
    """A parameter may be called as a column of the plan's, or as a metric."""
    clash = [groat.flag("step"), groat.flag("m"), groat.flag("example_count")]
    spec = study_spec(
        search_space=model.SearchSpace(parameters=tuple(clash)), metrics=(groat.maximize("m"),)
    )
    step = replace(STEPS[1], configuration={"step": True, "m": False, "example_count": True})
    text = worksheet.csv_of(spec, replace(PLAN, steps=(step,)))
    (row,) = cells(text)
    file = tmp_path / "plan.csv"
    with file.open("w", newline="") as stream:
        lines = csv.DictWriter(stream, row)
        lines.writeheader()
        lines.writerow({**row, "metrics.m": "0.5"})

    (draft,) = worksheet.read(spec, str(file)).drafts

    assert draft.configuration == step.configuration


def test_a_page_has_every_step_and_room_to_write() -> None:
    """A bar in a setting must not end a cell."""
    step = replace(STEPS[1], configuration={"tools": ("a", "b")}, title="Line\nbreak")

    text = worksheet.markdown_of("s", SPEC, replace(PLAN, steps=(STEPS[0], step)))

    assert "| 2 | Line break | tools=a\\|b | 50 | 0.25 USD | 0.25 USD |  |  |" in text
    assert "**Step 2, Line\nbreak.** Raise top_k.\n\nThen: Keep it" in text
    assert "- top_k (60%): it is its name" in text
    assert text.startswith("# s: one factor at a time\n\nOne change at a time.\n")


items = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4, unique=True)


@given(items, st.data())
def test_any_setting_is_read_back_as_it_was(names: list[str], data: st.DataObject) -> None:
    """A worksheet and a command line must not change what is run."""
    domain = groat.subset("s", names).domain
    chosen = tuple(one for one in names if data.draw(st.booleans()))

    assert value(domain, output.written(chosen)) == chosen
    assert value(groat.flag("f").domain, output.written(bool(chosen))) is bool(chosen)
    assert value(groat.choice("c", [*names, "more"]).domain, output.written(names[0])) == names[0]


def test_what_grading_took_is_kept_apart(tmp_path: Path) -> None:
    """A study whose judges are paid has a column for it, and no objective is derived from that."""
    graded = replace(SPEC, workload=groat.workload(200, [groat.people(1, "30")]))
    head, *rest = worksheet.csv_of(graded, PLAN).splitlines()
    values = {"quality": "0.8", "latency": "1", "spend": "2", "evaluation_spend": "5"}
    second = dict(zip(head.split(","), rest[1].split(","), strict=False)) | values
    file = tmp_path / "plan.csv"
    names = ["retriever", "top_k", "example_count", *values]
    file.write_text(f"{';'.join(names)}\n{';'.join(second[name] for name in names)}\n")

    (draft,) = worksheet.read(graded, str(file)).drafts

    paid = {one.category: one.quantity for one in draft.usage}
    assert "evaluation_spend" in head.split(",")
    assert paid == {
        model.SpendCategory.EXPERIMENT: model.Money.of(2),
        model.SpendCategory.EVALUATION: model.Money.of(5),
    }


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    """Some spreadsheets save UTF-16."""
    file = tmp_path / "plan.csv"
    file.write_text("step,quality\n", encoding="utf-16")

    with pytest.raises(InvalidArgument, match=r"plan\.csv: is not UTF-8"):
        worksheet.read(SPEC, str(file))
