"""The commands around the budget guard, against a real server, as a person would use them."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import groat
from groat import model
from groat.model import Origin
from tests.commands import Command
from tests.running import RunningServer

EXAMPLE = Path(__file__).parents[2] / "examples" / "study.toml"
BY_HAND = """
id = "by-hand"
budget = { max_spend = 300 }

[workload]
examples = 100

[[workload.items]]
minutes = 4
hourly_rate = 40

[[parameters]]
id = "model"
choice = ["small", "large"]
default = "small"

[[parameters]]
id = "top_k"
integer = [1, 9]
default = 3

[[metrics]]
maximize = "quality"
"""
"""People grade every example, for 267 USD a trial: one of them can be paid."""


@pytest.fixture
def run(server: RunningServer, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command against the server."""
    return Command(server.address, capsys)


@pytest.fixture
def study(server: RunningServer) -> Iterator[groat.Study]:
    """An empty study with a baseline, whose trials cost a dollar of its twelve."""
    with groat.Client(server.address) as client:
        yield client.create_study(
            f"s-{uuid4()}",
            space=[
                groat.choice("model", ["small", "large"], default="small"),
                groat.integer("top_k", 1, 9, default=3),
            ],
            metrics=[groat.maximize("quality"), groat.minimize("price")],
            budget=groat.Budget(max_spend=groat.Money.of(12)),
            workload=groat.workload(100, [groat.fee_per("0.01")]),
        )


def steps(run: Command, study: groat.Study) -> list[dict[str, str]]:
    """The plan as a worksheet."""
    code, printed = run("plan", study.id, "--format", "csv")
    assert code == 0
    return list(csv.DictReader(io.StringIO(printed)))


def test_a_search_that_pays_exits_with_0(run: Command) -> None:
    """A script may go on; nothing is stored."""
    code, printed = run("estimate", EXAMPLE)
    found = json.loads(run("estimate", EXAMPLE, "--format", "json")[1])

    assert code == 0
    assert "PROCEED" in printed
    assert found["decision"]["verdict"] == "proceed"
    assert found["forecast"]["basis"] == "declared"
    assert run("studies", "show", "support-bot")[0] == 1


def test_a_search_that_does_not_pay_exits_with_2_and_a_plan(run: Command, tmp_path: Path) -> None:
    """A script knows, and a person knows what to do instead."""
    file = tmp_path / "by-hand.toml"
    file.write_text(BY_HAND)

    code, printed = run("estimate", file)
    found = json.loads(run("estimate", file, "--json")[1])

    assert (code, found["decision"]["verdict"]) == (2, "tune_manually")
    assert printed.index("TUNE_MANUALLY") < printed.index("By hand: ")
    assert found["decision"]["plan"]["steps"]


def test_a_pilot_is_what_the_forecast_rests_on(run: Command, tmp_path: Path) -> None:
    """Ten examples that took a cent each make a trial of a hundred a dollar."""
    usage = tmp_path / "usage.jsonl"
    usage.write_text('{"amount": "0.01"}\n' * 10)
    pilot = ("--pilot-examples", "10", "--pilot-usage", usage, "--json")

    found = json.loads(run("estimate", EXAMPLE, *pilot)[1])
    without = json.loads(run("estimate", EXAMPLE, "--json")[1])

    spends = [float(one["forecast"]["trial_spend_p50"]["amount"]) for one in (without, found)]
    assert found["forecast"]["basis"] == "pilot"
    assert spends[0] < 0.5 * spends[1]


@pytest.mark.parametrize("form", ["table", "markdown", "csv", "json"])
def test_a_plan_can_be_had_in_every_form(run: Command, study: groat.Study, form: str) -> None:
    """Whatever the guard thinks of it."""
    code, printed = run("plan", study.id, "--format", form)

    assert code == 0
    for step in study.plan().steps:
        assert step.title in printed


def test_a_told_step_is_a_trial_of_the_plan(run: Command, study: groat.Study) -> None:
    """It is on the front, in the books, and done when the plan is read again."""
    words = ("tell", study.id, "--step", "1", "quality=0.8±0.04", "--spend", "1.20", "price=0.01")
    code, printed = run(*words)

    (trial,) = study.trials()  # the baseline that waited, not another trial beside it
    first = study.plan().steps[0]
    assert code == 0
    assert f"trial {trial.number}, model=small top_k=3, is told" in printed
    assert "quality 0.8 ± 0.04, price 0.01; spent 1.2" in printed
    assert f"trial {trial.number} joined the front; hypervolume" in printed
    assert "as free" not in printed
    assert trial.spend.total == groat.Money.of("1.2")
    assert (first.is_done, first.trial_number) == (True, trial.number)


def test_a_step_that_is_done_is_refused(run: Command, study: groat.Study) -> None:
    """Telling it twice would count its money twice."""
    words = ("tell", study.id, "--step", "1", "quality=0.8", "price=0.01")
    assert "so the budget counts it as free" in run(*words)[1]
    count = len(list(study.trials()))

    code, printed = run(*words)

    assert (code, "step 1 is done: trial" in printed) == (1, True)
    assert len(list(study.trials())) == count


def test_a_configuration_of_ones_own_can_be_told(run: Command, study: groat.Study) -> None:
    """Word for word again it is the same trial, unless it is said to be another run."""
    own = '{"model": "large", "top_k": 7}'
    words = ("tell", study.id, "--parameters", own, "quality=0.9", "price=0.02")

    first = json.loads(run(*words, "--json")[1])
    again = json.loads(run(*words, "--json")[1])
    more = json.loads(run(*words, "--again", "--json")[1])

    assert (first["trials"][0]["origin"], first["known"]) == ("import", [])
    assert (again["trials"], again["known"]) == ([], [first["trials"][0]["number"]])
    assert len(more["trials"]) == 1


def test_what_cannot_work_can_be_told(run: Command, study: groat.Study) -> None:
    """It teaches where not to go."""
    run("tell", study.id, "--step", "1", "--infeasible", "too slow")

    (trial,) = study.trials()
    assert trial.outcome == model.Infeasible(reason="too slow")


def test_a_filled_worksheet_is_told_once(
    run: Command, study: groat.Study, tmp_path: Path, dump: Callable[[], list[str]]
) -> None:
    """Blank rows are passed over; sent again it changes nothing."""
    rows = steps(run, study)
    for i, row in enumerate(rows[:2]):
        row.update({"quality": f"0.{7 + i}", "price": "0.01", "spend": "1"})
    file = tmp_path / "plan.csv"
    with file.open("w", newline="") as stream:
        lines = csv.DictWriter(stream, rows[0])
        lines.writeheader()
        lines.writerows(rows)

    code, _ = run("tell", study.id, "--worksheet", file)
    before = dump()
    again = run("tell", study.id, "--worksheet", file)

    told = [one.origin for one in study.trials()]
    assert (code, again[0]) == (0, 0)
    assert told == [Origin.BASELINE, Origin.MANUAL_PLAN]
    assert "said exactly this before" in again[1]
    assert dump() == before


@pytest.fixture(scope="module")
def front(server: RunningServer) -> str:
    """A study whose large model is better and dearer, each measured twice with small errors."""
    with groat.Client(server.address) as client:
        study = client.create_study(
            "front",
            space=[groat.choice("model", ["small", "large"]), groat.integer("top_k", 1, 9)],
            metrics=[groat.maximize("quality"), groat.minimize("price")],
        )
        for size, quality, price in (("small", 0.7, 0.01), ("large", 0.9, 0.05)):
            for _ in range(2):
                values = {"quality": (quality, 0.001), "price": (price, 0.0001)}
                study.import_trial({"model": size, "top_k": 5}, values, example_count=100)
    return study.id


@pytest.mark.parametrize(
    ("preference", "best"),
    [
        (("--limit", "quality>=0.8", "--optimize", "price"), "large"),
        (("--limit", "quality=0.6"), "small"),
        (("--weight", "price=1"), "small"),
        (("--money", "quality=1", "--money", "price=-1"), "large"),
    ],
)
def test_a_preference_picks_the_one_that_fits_it(
    run: Command, front: str, preference: tuple[str, ...], best: str
) -> None:
    """Worked by hand: two models, one of them better and dearer."""
    found = json.loads(run("pick", front, *preference, "--format", "json")[1])

    assert found["points"][0]["trial"]["configuration"]["model"] == best


def test_a_pick_can_be_put_in_the_environment(run: Command, front: str) -> None:
    """One line a setting, after a comment."""
    code, printed = run("pick", front, "--limit", "quality=0.6", "--format", "env")

    comment, *lines = printed.splitlines()
    assert code == 0
    assert comment.startswith("# trial ")
    assert lines == ["export MODEL='small'", "export TOP_K='5'"]


def test_a_pick_that_no_trial_fits_sets_nothing(run: Command, front: str) -> None:
    """The table shows what comes nearest; a script gets an error."""
    limit = ("pick", front, "--limit", "quality=0.99")

    assert "INFEASIBLE" in run(*limit)[1]
    assert run(*limit, "--format", "env")[0] == 1


def test_what_would_confirm_a_pick_can_be_pasted(run: Command, study: groat.Study) -> None:
    """Its command queues the configuration."""
    study.import_trial({"model": "small", "top_k": 5}, {"quality": (0.7, 0.1), "price": (0.1, 0.1)})
    study.import_trial({"model": "large", "top_k": 5}, {"quality": (0.7, 0.1), "price": (0.1, 0.1)})

    _, printed = run("pick", study.id, "--knee")
    commands = [line.strip() for line in printed.splitlines() if "groat trials add" in line]

    assert "UNCONFIRMED" in printed
    assert run(*shlex.split(commands[0])[1:])[0] == 0


def test_decisions_and_the_bill_can_be_read(run: Command, study: groat.Study) -> None:
    """The guard's words with their ids; who was paid, in both forms."""
    study.ask()
    run("tell", study.id, "--step", "1", "quality=0.8", "price=0.01", "--spend", "1.20")

    decided = json.loads(run("decisions", study.id, "--json")[1])
    bill = json.loads(run("spend", study.id, "--json")[1])

    assert decided[0]["decision_id"] in run("decisions", study.id)[1]
    assert [one["kind"] for one in bill["models"]] == ["amount"]
    assert "fees" in run("spend", study.id)[1]
