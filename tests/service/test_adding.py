"""Clients add to a study: trials of their own, and new wordings for its texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

import groat
from groat import aio, model
from groat.model import TrialState
from tests.bad_way import BadWay
from tests.running import RunningServer

HERE = {"k": 3, "prompt": "short", "tools": ["search", "shell"], "steps": ["rank", "filter"]}


@pytest.fixture
def way(server: RunningServer) -> Iterator[BadWay]:
    """The way to the server, good until a test makes it bad."""
    with BadWay(server.address) as way:
        yield way


@pytest.fixture
def study(way: BadWay) -> Iterator[groat.Study]:
    """A study of every kind of list and text, in which only people propose."""
    with groat.Client(way.address) as client:
        yield client.create_study(f"s-{uuid4()}", **declaration())


def declaration() -> Any:
    """What may vary, and what is never asked."""
    return {
        "space": [
            groat.integer("k", 1, 9),
            groat.text("prompt", {"short": "Be brief.", "long": "Explain."}, growable=True),
            groat.subset("tools", ["search", "shell"]),
            groat.order("steps", ["filter", "rank"]),
        ],
        "metrics": [groat.maximize("quality")],
        "constraints": [groat.forbid(prompt="long", tools=["shell"])],
        "algorithm": groat.Manual(),
    }


def only(study: groat.Study) -> groat.Trial:
    """Ask for one trial."""
    (trial,) = study.ask().trials
    return trial


def test_a_queued_configuration_goes_to_the_next_worker(study: groat.Study) -> None:
    """With its example count, and with lists as the model has them."""
    queued = study.enqueue(HERE, example_count=7)

    trial = only(study)

    assert queued.state is TrialState.REQUESTED
    assert (trial.number, trial.example_count, trial.parent) == (queued.number, 7, None)
    assert trial["tools"] == ("search", "shell")
    assert trial["steps"] == ("rank", "filter")


def test_a_forbidden_combination_can_only_be_imported(study: groat.Study) -> None:
    """Nobody pays for it here, and what is known stays known."""
    forbidden = {**HERE, "prompt": "long"}

    with pytest.raises(groat.InvalidArgument, match="constraint"):
        study.enqueue(forbidden)

    assert study.import_trial(forbidden, {"quality": 0.5}).state is TrialState.SUCCEEDED


def test_an_imported_trial_brings_all_that_it_knows(study: groat.Study) -> None:
    """Its values with their errors, its checkpoint, and its bill."""
    fee = groat.fee("0.25")

    trial = study.import_trial(HERE, {"quality": (0.5, 0.1)}, usage=[fee], checkpoint="s3://c")

    assert trial.measurement is not None
    assert trial.measurement.checkpoint == "s3://c"
    assert trial.measurement.value("quality") == model.MetricValue(
        metric_id="quality", value=0.5, standard_error=0.1
    )
    assert study.refresh().budget_status.settled.total == groat.Money.of("0.25")


def test_what_is_known_not_to_work_can_be_imported(study: groat.Study) -> None:
    """With the reason."""
    trial = study.import_infeasible(HERE, "no memory")

    assert trial.outcome == model.Infeasible(reason="no memory")


@pytest.mark.parametrize("fault", ["refuse", "lose"])
def test_a_lost_create_adds_one_trial(way: BadWay, study: groat.Study, fault: Any) -> None:
    """The request is sent again under the same id."""
    way.faults.append(fault)

    trial = study.enqueue(HERE)

    assert [one.number for one in study.trials()] == [trial.number]


def test_the_chosen_text_can_be_read(study: groat.Study) -> None:
    """A trial's value is an id; what is sent to a model is the text."""
    study.enqueue(HERE)

    trial = only(study)

    assert trial.text("prompt") == "Be brief."
    with pytest.raises(KeyError, match="tools"):
        trial.text("tools")


def test_a_text_that_is_newer_than_the_handle_is_looked_up(
    server: RunningServer, study: groat.Study
) -> None:
    """Another process may have added it since this one looked."""
    with groat.Client(server.address) as other:
        other.study(study.id).add_variants("prompt", {"new": "New words."})
    study.enqueue({**HERE, "prompt": "new"})

    assert only(study).text("prompt") == "New words."


def test_adding_the_same_variants_again_changes_nothing(study: groat.Study) -> None:
    """Whoever lost the answer may ask again."""
    new = groat.TextVariant(id="new", text="N", parent_id="long")
    once = study.add_variants("prompt", [new])

    again = study.add_variants("prompt", [new, groat.TextVariant(id="long", text="Explain.")])

    assert again == once
    assert again.etag


async def test_the_asyncio_client_adds_and_reads_alike(server: RunningServer) -> None:
    """The same words, awaited."""
    async with aio.Client(server.address) as client:
        study = await client.create_study(f"s-{uuid4()}", **declaration())
        await study.import_trial({**HERE, "k": 1}, {"quality": 0.5})
        await study.import_infeasible({**HERE, "k": 2}, "no memory")
        await (await client.study(study.id)).add_variants("prompt", {"new": "New words."})
        await study.enqueue({**HERE, "prompt": "new"})

        (trial,) = (await study.ask()).trials

        assert (trial.number, await trial.text("prompt")) == (2, "New words.")
