"""What the command prints, from real values."""

from __future__ import annotations

import io
import json
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console, RenderableType

import groat
from groat import model
from groat.cli import front, main, output, spend, studies, trials, watch
from groat.cli.forecast import predicted_end
from tests.examples import NOW, budget, decision, study_spec, succeeded

USD = groat.Money.of


def drawn(picture: RenderableType) -> str:
    """What a terminal would show, without colours."""
    console = Console(file=io.StringIO(), width=300, markup=False, emoji=False, highlight=False)
    console.print(picture)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def status(spent: str = "0", remaining: str | None = None, finished: int = 0) -> model.BudgetStatus:
    """A ledger with so much spent on the experiment."""
    share = model.CategorySpend(
        category=model.SpendCategory.EXPERIMENT,
        amount=USD(spent),
        input_tokens=12_345,
        output_tokens=67,
    )
    settled = model.Spend(
        total=USD(spent),
        categories=(share,),
        coverage=model.Coverage.PARTIAL,
        unpriced_models=("acme/secret",),
    )
    return model.BudgetStatus(
        settled=settled,
        held=USD("0.5"),
        remaining=None if remaining is None else USD(remaining),
        finished_trials=finished,
    )


def study(**changes: object) -> model.Study:
    """A study that has spent 1.25 of 10 USD."""
    made = model.Study(
        study_id="prompts",
        spec=study_spec(budget=budget("10", max_trials=50)),
        state=model.StudyState.ACTIVE,
        budget_status=status("1.25", "8.25", finished=5),
        last_decision=decision(),
        create_time=NOW,
        update_time=NOW,
        etag="e",
    )
    return replace(made, **changes)


def trial(number: int = 3, quality: float = 0.75) -> model.Trial:
    """A trial whose quality is known to an eighth."""
    return model.Trial(
        study_id="prompts",
        number=number,
        configuration={"temperature": 0.123456, "retriever": "bm25", "top_k": 4},
        configuration_id="c",
        origin=model.Origin.ALGORITHM,
        state=model.TrialState.SUCCEEDED,
        spend=model.Spend(total=USD("0.0021")),
        create_time=NOW,
        outcome=succeeded(quality),
        generator="sobol",
    )


def test_studies_show_where_they_stand() -> None:
    """One line per study: its state, its trials and its money."""
    text = drawn(studies.table([study()]))

    for part in ("prompts", "active", "5", "1.25 USD", "10 USD", "50"):
        assert part in text


def test_a_studys_sheet_ends_with_the_guards_word() -> None:
    """The explanation is the way out when nothing runs."""
    text = drawn(studies.sheet(study()))

    assert "maximize quality, minimize price, latency tracked" in text
    assert "random, seed 7" in text
    assert "Nothing is spent and there is no cap." in text


def test_names_are_printed_as_they_are() -> None:
    """A display name may look like the terminal library's markup and must not become it."""
    spec = study_spec(display_name="[red]loud[/red] :bomb:")

    assert "[red]loud[/red] :bomb:" in drawn(studies.sheet(study(spec=spec)))


def test_trials_show_values_and_errors() -> None:
    """An inactive parameter and an unmeasured metric are hyphens."""
    spec = study_spec()

    assert trials.measured(trial(), "quality") == "0.75 ± 0.125"
    assert trials.measured(trial(), "price") == "-"
    assert trials.value(trial(), "temperature") == "0.1235"
    assert trials.value(trial(), "chunk_size") == "-"
    assert "0.0021 USD" in drawn(trials.table(spec, [trial()]))


@pytest.mark.parametrize(
    ("chosen", "shown"), [(("search", "shell"), "[search, shell]"), ((), "[]"), ("long", "long")]
)
def test_a_list_is_shown_in_brackets(chosen: model.Value, shown: str) -> None:
    """A subset with nothing in it is not the same as one that is not active."""
    tried = replace(trial(), configuration={"tools": chosen})
    spec = study_spec(
        search_space=model.SearchSpace(parameters=(groat.subset("tools", ["search", "shell"]),))
    )

    assert trials.value(tried, "tools") == shown
    assert shown in drawn(front.table(spec, model.Front(trials=(tried,))))


def test_json_has_lists_as_lists() -> None:
    """As a program expects them."""
    assert output.plain({"tools": ("search", "shell")}) == {"tools": ["search", "shell"]}


def test_the_bill_warns_of_missing_prices() -> None:
    """A total that leaves something out must say so."""
    text = drawn(spend.table(study()))

    assert "12,345" in text
    assert "A lower bound: there is no price for acme/secret." in text


@pytest.mark.parametrize(
    ("shown", "caption"),
    [
        (model.Front(trials=()), "No trial has finished yet."),
        (
            model.Front(trials=(), size=2, finished_trials=9, hypervolume=0.5),
            "2 of 9 finished trials",
        ),
        (
            model.Front(trials=(), size=2, finished_trials=9, feasible=False),
            "none keeps the constraints",
        ),
    ],
)
def test_the_front_says_what_it_is(shown: model.Front, caption: str) -> None:
    """An empty table alone would leave a person guessing."""
    assert caption in drawn(front.table(study_spec(), shown))


def test_a_plot_tells_the_front_from_the_others() -> None:
    """Both groups and both axes are named."""
    best = replace(trial(1), outcome=_measured(0.9, 0.2))
    other = replace(trial(2), outcome=_measured(0.4, 0.8))

    text = drawn(front.plot(model.Front(trials=(best,)), [best, other], ("quality", "price")))

    for part in ("●", "·", "front", "others", "quality", "price"):
        assert part in text


def _measured(quality: float, price: float) -> model.Succeeded:
    values = (
        model.MetricValue(metric_id="quality", value=quality),
        model.MetricValue(metric_id="price", value=price),
    )
    return model.Succeeded(measurement=model.Measurement(metrics=values))


@pytest.mark.parametrize("named", [["quality"], ["quality", "luck"], ["a", "b", "c"]])
def test_a_plot_needs_two_known_metrics(named: list[str]) -> None:
    """The message lists them."""
    with pytest.raises(ValueError, match="quality, price, latency"):
        front.chosen_axes(study_spec(), named)


def test_a_plot_takes_the_first_two_objectives() -> None:
    """Unless others are named, tracked ones too."""
    assert front.chosen_axes(study_spec(), []) == ("quality", "price")
    assert front.chosen_axes(study_spec(), ["latency", "quality"]) == ("latency", "quality")


def test_a_glance_shows_all_that_moves() -> None:
    """Front, hypervolume, trials, spend, hold, end, and why."""
    glance = watch.Glance(
        study_id="prompts",
        state=model.StudyState.ACTIVE,
        front_size=4,
        hypervolume=0.123456,
        budget=budget("10", max_trials=50),
        status=status("1.25", "8.25", finished=5),
        explanation="All is well.",
        predicted_end=NOW,
    )

    text = drawn(watch.table(glance))

    for part in ("4 trials", "0.1235", "5 finished of 50", "1.25 USD of 10 USD", "0.5 USD"):
        assert part in text
    assert "2026-03-01 12:00 UTC" in text
    assert "All is well." in text


def point(minute: int, finished: int, spent: str) -> model.HypervolumePoint:
    """Where a study stood after so many minutes."""
    return model.HypervolumePoint(
        finished_trials=finished,
        hypervolume=0.0,
        spend=USD(spent),
        time=NOW + timedelta(minutes=minute),
    )


@pytest.mark.parametrize(
    ("limits", "minutes"),
    [
        pytest.param(groat.Budget(max_trials=20), 20, id="one trial a minute, ten to go"),
        pytest.param(groat.Budget(max_spend=USD(10)), 30, id="a dime a minute, two dollars left"),
        pytest.param(groat.Budget(max_trials=20, max_spend=USD(10)), 20, id="the first counts"),
        pytest.param(groat.Budget(deadline=NOW + timedelta(minutes=1)), 1, id="a deadline"),
    ],
)
def test_the_end_is_predicted_from_the_pace(limits: groat.Budget, minutes: int) -> None:
    """Ten trials and a dollar in ten minutes, worked by hand."""
    left = None if limits.max_spend is None else "1.5"
    now = status("1", left, finished=10)

    end = predicted_end(limits, now, [point(0, 0, "0"), point(10, 10, "1")])

    assert end == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "points", [[], [point(0, 0, "0")], [point(0, 1, "1"), point(9, 1, "1")]], ids=len
)
def test_without_a_pace_nothing_is_predicted(points: list[model.HypervolumePoint]) -> None:
    """One trial sets no pace, and neither does standing still."""
    limits = groat.Budget(max_trials=20, max_spend=USD(10))

    assert predicted_end(limits, status("1", "9"), points) is None


def test_only_the_last_trials_set_the_pace() -> None:
    """A study that idled over night is not slow."""
    points = [point(0, 0, "0"), *(point(1_000 + i, i, "0") for i in range(1, 21))]

    end = predicted_end(groat.Budget(max_trials=30), status(finished=20), points)

    assert end == NOW + timedelta(minutes=1_030)


def test_json_is_exact_and_whole() -> None:
    """Money as a decimal string, enums by value, moments with their zone."""
    text = json.dumps(output.plain(study()))

    document = json.loads(text)
    assert document["budget_status"]["settled"]["total"] == {"amount": "1.25", "currency": "USD"}
    assert document["state"] == "active"
    assert document["create_time"] == "2026-03-01T12:00:00+00:00"
    assert document["spec"]["labels"] == {"team": "support"}
    assert document["spec"]["lease_duration"] == 60.0


def test_a_missing_extra_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line can be pasted."""
    monkeypatch.delitem(sys.modules, "groat.cli.studies")
    monkeypatch.setitem(sys.modules, "rich.table", None)

    assert main(["studies", "list"]) == 1
    assert capsys.readouterr().err.strip().endswith("pip install 'groat[cli]'")


def test_a_missing_file_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, and nothing on standard output."""
    code = main(["studies", "create", "no-such-file.toml"])

    printed = capsys.readouterr()
    assert code == 1
    assert printed.out == ""
    assert printed.err.startswith("groat: ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("line", ["", "studies", "trials", "trials s --state x", "watch s --every"])
def test_wrong_usage_exits_with_2(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As every command does."""
    with pytest.raises(SystemExit, match="2"):
        main(line.split())

    assert "usage: groat" in capsys.readouterr().err
