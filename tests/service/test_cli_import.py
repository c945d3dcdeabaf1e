"""Files of trials imported from the command line, against a real server."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import groat
from groat import model
from groat.model import Origin, TrialState
from tests.commands import Command, declaration
from tests.running import RunningServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "warm-start.md"
HEADER = "k,retriever,accuracy,price,example_count,spend,state,reason\n"
ROWS = [
    "1,bm25,0.50,0.01,20,0.10,,\n",
    "2,bm25,0.60,0.05,20,0.25,,\n",
    "3,dense,0.40,0.04,20,,,\n",
    "4,dense,0.60,0.05,20,,,\n",
    "5,dense,,,,0.05,infeasible,no memory\n",
    "2,bm25,0.60,0.05,20,0.25,,\n",
]


@pytest.fixture
def run(server: RunningServer, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command against the server."""
    return Command(server.address, capsys)


@pytest.fixture
def study(server: RunningServer) -> Iterator[groat.Study]:
    """An empty study that asks for nothing by itself."""
    with groat.Client(server.address) as client:
        yield client.create_study(f"s-{uuid4()}", **declaration())


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Six trials, two of them the same, as a spreadsheet would save them."""
    file = tmp_path / "past.csv"
    file.write_text(HEADER + "".join(ROWS), encoding="utf-8-sig")
    return file


def test_an_imported_front_is_the_one_worked_by_hand(
    run: Command, study: groat.Study, table: Path
) -> None:
    """Row 3 is beaten by row 1; rows 2, 4 and 6 measured the same, and nobody beats them."""
    code, printed = run("trials", "import", study.id, table)

    trials = list(study.trials())
    assert code == 0
    assert [trial.number for trial in study.front().trials] == [1, 3, 5, 0]
    assert [trial.origin for trial in trials] == [Origin.IMPORT] * 6
    assert trials[4].outcome == model.Infeasible(reason="no memory")
    assert "6 trials added" in printed
    assert "5 succeeded, 1 infeasible; booked 0.65 USD" in printed


def test_what_it_had_consumed_is_in_the_ledger(
    run: Command, study: groat.Study, table: Path
) -> None:
    """As fees of the experiment: 0.10 + 0.25 + 0.05 + 0.25."""
    run("trials", "import", study.id, table)

    (share,) = study.refresh().budget_status.settled.categories
    assert share.category is groat.SpendCategory.EXPERIMENT
    assert share.amount == groat.Money.of("0.65")


def test_importing_again_changes_nothing(
    run: Command, study: groat.Study, table: Path, dump: Callable[[], list[str]]
) -> None:
    """Not one byte of the database, whoever runs the command twice."""
    run("trials", "import", study.id, table)
    before = dump()

    code, printed = run("trials", "import", study.id, table, "--json")

    summary = json.loads(printed)
    assert code == 0
    assert dump() == before
    assert (summary["added"], summary["known"]) == (0, 6)
    assert summary["spend"] == {"amount": "0", "currency": "USD"}


def test_an_import_goes_on_where_it_was(run: Command, study: groat.Study, table: Path) -> None:
    """Rows that are new are added, wherever they stand."""
    part = table.with_name("part.csv")
    part.write_text(HEADER + ROWS[3] + ROWS[1])
    run("trials", "import", study.id, part)

    summary = json.loads(run("trials", "import", study.id, table, "--json")[1])

    assert (summary["added"], summary["known"]) == (4, 2)
    assert len(list(study.trials())) == 6


def test_one_fault_and_nothing_is_imported(run: Command, study: groat.Study, table: Path) -> None:
    """All faults are named, each on a line of its own, and the server has heard of none."""
    table.write_text(HEADER + ROWS[0] + "0,bm25,0.5,0.1,,,,\n1,dense,0.5,,,,,\n")

    code, printed = run("trials", "import", study.id, table)

    assert code == 1
    assert printed.splitlines() == [
        f"groat: {table}: 2 faults, so nothing was sent",
        "groat: line 3, k: '0' is not a whole number from 1 to 9",
        "groat: line 4, price: this objective has no value",
    ]
    assert list(study.trials()) == []


def test_what_only_the_server_refuses_is_said_with_its_line(
    run: Command, study: groat.Study, table: Path
) -> None:
    """The rows before it are in, and mending the file goes on from there."""
    table.write_text(HEADER + ROWS[0] + f"1,dense,,,,,infeasible,{'no ' * 2000}\n" + ROWS[1])

    code, printed = run("trials", "import", study.id, table)
    table.write_text(HEADER + ROWS[0] + "1,dense,,,,,infeasible,no\n" + ROWS[1])
    summary = json.loads(run("trials", "import", study.id, table, "--json")[1])

    assert code == 1
    assert "groat: line 3: trial.infeasible_reason: 6000 characters" in printed
    assert "(1 of 3 are in; importing again goes on from there)" in printed
    assert (summary["added"], summary["known"]) == (2, 1)


def test_a_dry_run_sends_nothing(run: Command, study: groat.Study, table: Path) -> None:
    """It checks all the same."""
    code, printed = run("trials", "import", study.id, table, "--dry-run")
    assert (code, printed) == (
        0,
        f"6 trials could be added to {study.id}; in the source 5 succeeded, 1 infeasible; "
        "would book 0.65 USD\n",
    )

    table.write_text(HEADER + "0,bm25,0.5,0.1,,,,\n")
    assert run("trials", "import", study.id, table, "--dry-run")[0] == 1
    assert list(study.trials()) == []


def test_rows_can_be_queued_to_be_evaluated_here(
    run: Command, study: groat.Study, table: Path
) -> None:
    """Whatever they measured elsewhere; nothing is booked."""
    code, printed = run("trials", "import", study.id, table, "--enqueue")

    trials = list(study.trials())
    assert code == 0
    assert {trial.state for trial in trials} == {TrialState.REQUESTED}
    assert [trial.configuration["k"] for trial in trials] == [1, 2, 3, 4, 5, 2]
    assert [trial.example_count for trial in trials] == [20, 20, 20, 20, 0, 20]
    assert printed.endswith("in the source 6 requested; booked 0 USD\n")


def test_a_forbidden_row_is_known_before_any_is_queued(
    run: Command, study: groat.Study, table: Path
) -> None:
    """The server would refuse it, half-way through the file."""
    table.write_text(HEADER + ROWS[0] + "9,dense,,,,,,\n")

    code, printed = run("trials", "import", study.id, table, "--enqueue")

    assert (code, "line 3: k=9, retriever=dense is a forbidden" in printed) == (1, True)
    assert list(study.trials()) == []


def test_objects_can_come_from_standard_input(
    run: Command, study: groat.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a name ends in nothing the format is said."""
    row = {
        "parameters": {"k": 3, "retriever": "bm25"},
        "metrics": {"accuracy": 0.5, "accuracy.error": 0.1, "price": 0.02},
    }
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(row).encode())))

    code, _ = run("trials", "import", study.id, "-", "--format", "jsonl")

    (trial,) = study.trials()
    assert code == 0
    assert trial.configuration == {"k": 3, "retriever": "bm25"}
    assert trial.measurement is not None
    assert trial.measurement.metrics[0].standard_error == 0.1


def test_the_examples_of_the_documentation_work(
    run: Command, server: RunningServer, tmp_path: Path
) -> None:
    """They are what people begin with."""
    blocks = re.findall(r"```(toml|csv|json)\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    files = {kind: tmp_path / f"past.{kind.replace('json', 'jsonl')}" for kind, _ in blocks}
    for kind, block in blocks:
        files[kind].write_text(block)

    codes = [run("studies", "create", files["toml"])[0]]
    codes += [run("trials", "import", "answers", files[kind])[0] for kind in ("csv", "json")]

    with groat.Client(server.address) as client:
        trials = list(client.study("answers").front().trials)
    assert codes == [0, 0, 0]
    assert [measured(trial)["price"] for trial in trials] == [0.0055, 0.0045, 0.002]


def measured(trial: model.Trial) -> dict[str, float]:
    assert trial.measurement is not None
    return {one.metric_id: one.value for one in trial.measurement.metrics}


@pytest.mark.parametrize(
    ("words", "content", "problem"),
    [
        ("past.txt", b"", "past.txt ends in none of .csv, .jsonl; say --format csv or"),
        ("past.csv", b"k\n1\n\xff\n", "line 3: is not UTF-8"),
        ("past.csv --metric 0=accuracy", b"k\n", "go with --optuna"),
        ("past.csv --optuna-study s", b"k\n", "go with --optuna"),
        ("past.csv", b"k,retriever\n", "has no trials"),
        ("nowhere.csv", b"", "No such file"),
    ],
)
def test_a_file_must_be_one(
    run: Command, tmp_path: Path, study: groat.Study, words: str, content: bytes, problem: str
) -> None:
    """One sentence says what to do."""
    name, *options = words.split()
    for file in ("past.txt", "past.csv"):
        (tmp_path / file).write_bytes(content)

    code, printed = run("trials", "import", study.id, tmp_path / name, *options)

    assert (code, problem in printed) == (1, True)
