"""Queueing by hand, importances and predictions from the command line, against a real server."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from uuid import uuid4

import pytest
from rich.console import Console

import groat
from groat import declare
from groat.cli.insight import importances
from tests.commands import Command, declaration
from tests.running import RunningServer


@pytest.fixture
def run(server: RunningServer, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run one command against the server."""
    return Command(server.address, capsys)


@pytest.fixture
def study(server: RunningServer) -> Iterator[groat.Study]:
    """An empty study that asks for nothing by itself."""
    with groat.Client(server.address) as client:
        yield client.create_study(f"s-{uuid4()}", **declaration())


def test_a_configuration_is_queued_from_words(run: Command, study: groat.Study) -> None:
    """The next worker gets it."""
    code, printed = run("trials", "add", study.id, "k=3", "retriever=bm25", "--examples", "5")

    (trial,) = study.ask().trials
    assert (code, printed) == (0, f"trial 0 of {study.id} is queued\n")
    assert trial.parameters == {"k": 3, "retriever": "bm25"}
    assert trial.example_count == 5


@pytest.mark.parametrize("verb", [[], ["list"], ["--json", "list"]])
def test_list_need_not_be_said(run: Command, study: groat.Study, verb: list[str]) -> None:
    """Wherever the options stand."""
    run("trials", "add", study.id, "k=3", "retriever=bm25")

    code, printed = run("trials", *verb, study.id, "--json", "--state", "requested")

    assert (code, [trial["number"] for trial in json.loads(printed)]) == (0, [0])


@pytest.fixture(scope="module")
def known(server: RunningServer) -> str:
    """A study in which accuracy is a matter of k, and the price one of the retriever."""
    with groat.Client(server.address) as client:
        study = client.create_study("known", **declaration())
        for k in range(1, 9):
            for retriever, price in (("bm25", 0.1), ("dense", 0.9)):
                spent = [groat.fee("0.5")]
                values = {"accuracy": k / 10, "price": price}
                study.import_trial({"k": k, "retriever": retriever}, values, usage=spent)
    return study.id


def test_importances_are_a_table_of_shares(run: Command, known: str) -> None:
    """What a metric goes by is on top of its column."""
    code, printed = run("importances", known)
    found = json.loads(run("importances", known, "--json")[1])

    first = {one["metric_id"]: one["parameter_id"] for one in reversed(found)}
    assert code == 0
    assert first == {"accuracy": "k", "price": "retriever"}
    assert "100%" in printed
    assert "██████████" in printed


def test_what_matters_most_over_all_metrics_comes_first() -> None:
    """And a metric that too few trials measured is named, not left out in silence."""
    spec = declare.study_spec(declaration()["space"], declaration()["metrics"])
    shares = [("k", "accuracy", 0.5), ("retriever", "accuracy", 0.75)]
    found = [
        groat.ParameterImportance(parameter_id=name, metric_id=metric, importance=one)
        for name, metric, one in shares
    ]
    console = Console(file=io.StringIO(), width=200)

    console.print(importances(spec, found))

    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert text.index("retriever") < text.index("k  ")
    assert "75%" in text
    assert " ".join(text.split()).endswith("Too few trials measured price.")


def test_without_trials_there_are_no_importances(run: Command, study: groat.Study) -> None:
    """An empty table alone would leave a person guessing."""
    assert run("importances", study.id) == (0, "Too few trials measured anything.\n")


def test_a_prediction_has_errors_and_spend(run: Command, known: str) -> None:
    """Near what its neighbours measured, which all spent half a dollar."""
    words = ("predict", known, "k=5", "retriever=dense")
    code, printed = run(*words)
    found = json.loads(run(*words, "--json")[1])

    accuracy, price = found["metrics"]
    assert code == 0
    assert accuracy["value"] == pytest.approx(0.5, abs=0.05)
    assert price["value"] == pytest.approx(0.9, abs=0.05)
    assert accuracy["standard_error"] > 0
    assert float(found["trial_spend_p50"]["amount"]) == pytest.approx(0.5, rel=0.1)
    assert f"{accuracy['value']:.4g} ± {accuracy['standard_error']:.4g}" in printed
    assert printed.count("USD") == 2


def test_a_prediction_needs_a_whole_configuration(run: Command, known: str) -> None:
    """What is missing is named before the models are asked."""
    assert run("predict", known, "k=5") == (1, "groat: retriever: has no value\n")
