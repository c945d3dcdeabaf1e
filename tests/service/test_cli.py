"""The ``groat`` command against a real server, as a script would use it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import groat
from groat.cli import main
from tests.running import RunningServer

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "study.toml")
TRIALS = 4

Run = Callable[[str], tuple[int, str]]


@pytest.fixture
def run(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run one command; returns its exit code and what it printed, errors included."""
    monkeypatch.setenv("GROAT_SERVER", server.address)

    def command(line: str) -> tuple[int, str]:
        code = main(line.split())
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return command


@pytest.fixture(scope="module")
def finished(server: RunningServer) -> str:
    """The study of the example file, run to its end."""
    assert main(["--server", server.address, "studies", "create", EXAMPLE]) == 0
    with groat.Client(server.address) as client:
        study = client.study("support-bot")
        study.update(budget=groat.Budget(max_spend=groat.Money.of(5), max_trials=TRIALS))
        record = groat.ExampleRecord(example_id="1", latency=timedelta(seconds=1))
        for trial in study:
            trial.tell(
                {"quality": trial.value("temperature", float)},
                usage=[groat.tokens("house-model", 1_000, 100)],
                examples=[record],
            )
    return study.id


def test_the_same_file_again_is_the_same_study(run: Run, finished: str) -> None:
    """Whoever deploys twice gets what is there."""
    code, printed = run(f"studies create {EXAMPLE} --json")

    assert code == 0
    assert json.loads(printed)["budget_status"]["finished_trials"] == TRIALS


def test_every_noun_speaks_json(run: Run, finished: str) -> None:
    """One document a command, whether ``--json`` comes first or last."""
    listed = json.loads(run("--json studies list")[1])
    trials = json.loads(run(f"trials {finished} --state succeeded --json")[1])
    front = json.loads(run(f"front {finished} --json")[1])
    spend = json.loads(run(f"spend {finished} --json")[1])

    assert finished in [study["study_id"] for study in listed]
    assert [trial["number"] for trial in trials] == list(range(TRIALS))
    assert front["finished_trials"] == TRIALS
    # 4 x (1,000 x 0.15 + 100 x 0.60) / 1,000,000, worked by hand.
    assert spend["status"]["settled"]["total"] == {"amount": "0.00084", "currency": "USD"}


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("studies list", "completed"),
        ("studies show support-bot", "All 4 trials are done"),
        ("trials support-bot", "baseline"),
        ("front support-bot --plot quality price", "front"),
        ("spend support-bot", "0.00084 USD"),
    ],
)
def test_every_noun_speaks_to_people(run: Run, finished: str, line: str, part: str) -> None:
    """Tables, not JSON, unless asked for."""
    code, printed = run(line)

    assert code == 0
    assert part in printed


def test_watching_ends_with_the_study(run: Run, finished: str) -> None:
    """A completed study is shown once, and the command returns."""
    code, printed = run(f"watch {finished} --json")

    (glance,) = map(json.loads, printed.splitlines())
    assert code == 0
    assert glance["state"] == "completed"
    assert glance["predicted_end"] is None


def test_a_refusal_is_one_sentence(run: Run) -> None:
    """The server's own words, and no traceback."""
    assert run("front nowhere") == (1, "groat: there is no study 'nowhere'\n")


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b'id = "s"\nbugdet = 1', ["{file}: 1 fault, so nothing was created", "bugdet: unknown"]),
        (b"id = \n", ["{file}: Invalid value (at line 1"]),
        (b'id = "\xff"', ["{file}: is not UTF-8 at byte 7"]),
    ],
    ids=["a key", "no TOML", "no UTF-8"],
)
def test_a_bad_study_file_is_named(
    run: Run, tmp_path: Path, content: bytes, problems: list[str]
) -> None:
    """A script that creates ten studies says in which file to look."""
    file = tmp_path / "study.toml"
    file.write_bytes(content)

    code, printed = run(f"studies create {file}")

    lines = [f"groat: {one.format(file=file)}" for one in problems]
    assert code == 1
    assert len(printed.splitlines()) == len(lines)
    assert all(map(str.startswith, printed.splitlines(), lines))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("trials s --state done", "argument --state: 'done' is none of requested, "),
        ("watch s --every -1", "argument --every: "),
        ("watch s --every=-1", "argument --every: '-1' is no number of seconds"),
        ("watch s --every=soon", "argument --every: 'soon' is no number of seconds"),
    ],
)
def test_a_bad_option_is_told_with_what_it_takes(
    line: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In words, not in names of functions."""
    with pytest.raises(SystemExit, match="2"):
        main(line.split())

    assert problem in capsys.readouterr().err


def test_a_study_can_be_paused_resumed_and_deleted(run: Run, tmp_path: Path) -> None:
    """The verbs that change something say what it is now."""
    file = tmp_path / "small.toml"
    file.write_text(
        'id = "small"\n[[parameters]]\nid = "f"\nflag = true\n[[metrics]]\nmaximize = "q"\n'
    )
    run(f"studies create {file}")

    assert run("studies pause small") == (0, "small is paused\n")
    assert run("studies resume small") == (0, "small is active\n")
    assert run("studies delete small") == (0, "small is deleted\n")
