"""Trials of Optuna's imported from the command line and from Python, against a real server."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import optuna
import pytest

import groat
from groat import aio, model
from groat.optuna import read
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


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A storage of Optuna's."""
    return f"sqlite:///{tmp_path / 'optuna.db'}"


@pytest.fixture
def source(url: str) -> Iterator[optuna.Study]:
    """Forty trials of Optuna's in a database, some failed and some pruned."""
    optuna.logging.disable_default_handler()
    dice = random.Random(7)

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        k = trial.suggest_int("k", 1, 9)
        retriever = trial.suggest_categorical("retriever", ["bm25", "dense"])
        if trial.number % 10 == 3:
            raise ArithmeticError
        bonus = 0.1 if retriever == "dense" else 0.0
        return k / 9 + bonus + dice.gauss(0, 0.1), k / 10 + bonus + dice.random()

    storage = optuna.storages.RDBStorage(url)
    found = optuna.create_study(
        study_name="past", storage=storage, directions=["maximize", "minimize"]
    )
    sampler = optuna.samplers.RandomSampler(seed=7)
    found.sampler = sampler
    found.optimize(objective, n_trials=40, catch=ArithmeticError)
    yield found
    storage.remove_session()
    storage.engine.dispose()
    optuna.logging.enable_default_handler()


@pytest.fixture
def past(source: optuna.Study, url: str) -> str:
    """The storage of the study above."""
    del source
    return url


def test_optunas_best_trials_are_the_front(
    run: Command, study: groat.Study, source: optuna.Study, url: str
) -> None:
    """And running it twice changes nothing."""
    words = ["trials", "import", study.id, "--optuna", url]

    code, printed = run(*words, "--metric", "0=accuracy", "--metric", "1=price")
    again = json.loads(run(*words, "--optuna-study", "past", "--json")[1])

    front = study.front().trials
    assert code == 0
    assert sorted(measured(trial) for trial in front) == sorted(
        tuple(trial.values) for trial in source.best_trials
    )
    assert len(front) > 3
    assert "36 trials added" in printed
    assert "skipped 4 fail" in printed
    assert (again["added"], again["known"], again["skipped"]) == (0, 36, {"fail": 4})


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        ("0=price", "1=accuracy", "Optuna would maximize it, and 'price' is to minimize"),
        ("0=accuracy", "0=price", "names one of Optuna's objectives twice: 0"),
    ],
)
def test_a_wrong_metric_is_refused(
    run: Command, study: groat.Study, past: str, first: str, second: str, problem: str
) -> None:
    """Nothing is guessed where somebody said something else."""
    words = ["--optuna", past, "--metric", first, "--metric", second]

    code, printed = run("trials", "import", study.id, *words)

    assert (code, problem in printed) == (1, True)
    assert list(study.trials()) == []


def measured(trial: model.Trial) -> tuple[float, ...]:
    assert trial.measurement is not None
    return tuple(one.value for one in trial.measurement.metrics)


def test_a_study_in_memory_is_read_in_python(study: groat.Study) -> None:
    """Whoever has a study of Optuna's needs no storage, and no command."""
    past = optuna.create_study(directions=["maximize", "minimize"])
    past.add_trial(
        optuna.trial.create_trial(
            params={"k": 3, "retriever": "bm25"},
            distributions={
                "k": optuna.distributions.IntDistribution(1, 9),
                "retriever": optuna.distributions.CategoricalDistribution(("bm25",)),
            },
            values=[0.5, 0.1],
        )
    )
    request_id = str(uuid4())

    (draft,) = read(past, study.spec)
    trials = [study.create_trial(draft, request_id=request_id) for _ in range(2)]

    assert trials[0] == trials[1]
    assert measured(trials[0]) == (0.5, 0.1)


async def test_asyncio_adds_drafts_too(server: RunningServer, study: groat.Study) -> None:
    """Once under one request id, as the blocking client."""
    outcome = model.Infeasible(reason="no memory")
    draft = model.TrialDraft(configuration={"k": 3, "retriever": "bm25"}, outcome=outcome)
    request_id = str(uuid4())

    async with aio.Client(server.address) as client:
        same = await client.study(study.id)
        trials = [await same.create_trial(draft, request_id=request_id) for _ in range(2)]

    assert trials[0] == trials[1] == next(study.trials())
    assert trials[0].outcome == outcome


def test_trials_of_optunas_can_be_queued(
    run: Command, study: groat.Study, source: optuna.Study, url: str
) -> None:
    """Except for combinations that are never asked, which are named before any is sent."""
    code, printed = run("trials", "import", study.id, "--optuna", url, "--enqueue")

    assert (code, "is a forbidden combination" in printed) == (1, True)
    assert list(study.trials()) == []


def test_without_optuna_it_says_what_to_install(
    run: Command, study: groat.Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line can be pasted."""
    monkeypatch.setitem(sys.modules, "optuna", None)

    code, printed = run("trials", "import", study.id, "--optuna", "sqlite://")

    assert (code, printed.endswith("pip install optuna\n")) == (1, True)
