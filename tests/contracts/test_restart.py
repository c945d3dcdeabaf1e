"""A server that is restarted between all calls says the same as one that never is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from groat import model
from groat_server.sampler import Sampler
from groat_server.storage.sql import SqlStore
from tests.contracts.doors import EngineDoor
from tests.contracts.service import QUALITY, SPEED, told

ASKS = 14

PARAMETERS = (
    model.Parameter(id="retriever", domain=model.CategoricalDomain(labels=("none", "dense"))),
    model.Parameter(
        id="k",
        domain=model.IntDomain(min=1, max=4),
        active_when=(model.Condition(parameter_id="retriever", any_of=("dense",)),),
    ),
    model.Parameter(id="tools", domain=model.SubsetDomain(items=("search", "sql"), min_items=1)),
    model.Parameter(id="steps", domain=model.PermutationDomain(items=("plan", "draft", "check"))),
    model.Parameter(
        id="prompt",
        domain=model.TextDomain(
            variants=tuple(model.TextVariant(id=f"v{i}", text=f"wording {i}") for i in range(3))
        ),
    ),
    model.Parameter(id="cite", domain=model.BoolDomain()),
    model.Parameter(id="style", domain=model.OrdinalDomain(levels=("terse", "full"))),
)
HEAT = model.Parameter(id="heat", domain=model.FloatDomain(min=0.0, max=1.0))
NEVER = model.ForbiddenCombination(values={"tools": "sql", "cite": True})
SPACE = model.SearchSpace(parameters=(*PARAMETERS, HEAT), constraints=(NEVER,))
SMALL = model.SearchSpace(parameters=PARAMETERS[:4])

KINDS: dict[str, model.AlgorithmKind] = {
    kind.kind: kind
    for kind in (
        model.Auto(),
        model.Bayesian(initial_trial_count=8),
        model.GeneticAlgorithm(population_size=6),
        model.GridSearch(levels_per_number=2),
        model.Hyperband(min_examples=3, max_examples=27, sampler=model.Sobol()),
        model.Nsga2(population_size=6),
        model.PopulationBased(population_size=4, interval=10),
        model.RandomSearch(),
        model.Sobol(),
        model.SuccessiveHalving(min_examples=3, max_examples=27, sampler=model.Bayesian()),
    )
}


@pytest.fixture(scope="module")
def sampler() -> Iterator[Sampler]:
    """Processes that fit models know nothing of any study, so that they may be shared."""
    shared = Sampler()
    yield shared
    shared.close()


def spec(kind: model.AlgorithmKind) -> model.StudySpec:
    is_single = isinstance(kind, model.GeneticAlgorithm)
    return model.StudySpec(
        search_space=SMALL if isinstance(kind, model.GridSearch) else SPACE,
        metrics=(QUALITY,) if is_single else (QUALITY, SPEED),
        algorithm=model.Algorithm(kind=kind, seed=5),
    )


def outcome(trial: model.Trial, metrics: int) -> model.Outcome:
    """Some trials fail, some cannot work, the others differ; by their configuration alone."""
    luck = int(trial.configuration_id[:6], 16)
    if luck % 11 == 0:
        return model.Failed(message="no answer")
    if luck % 11 == 1:
        return model.Infeasible(reason="too long")
    done = told(0.5 + 0.4 * math.sin(luck), 1.0 + luck % 7)
    values = done.measurement.metrics[:metrics]
    return replace(done, measurement=replace(done.measurement, metrics=values))


def play(database: Path, spec: model.StudySpec, sampler: Sampler, *, restarts: bool) -> list[Any]:
    """Ask and tell one by one; what was asked."""
    asked: list[Any] = []
    door, store = open_door(database, sampler)
    door.create("s", spec)
    for _ in range(ASKS):
        for trial in door.ask("s").trials:
            asked.append(
                (trial.configuration, trial.example_count, trial.parent, trial.generator, trial.why)
            )
            door.tell(trial, outcome(trial, len(spec.metrics)))
        if restarts:
            door.close()
            store.close()
            door, store = open_door(database, sampler)
    door.close()
    store.close()
    return asked


def open_door(database: Path, sampler: Sampler) -> tuple[EngineDoor, SqlStore]:
    store = SqlStore.open(f"sqlite:///{database}")
    return EngineDoor(store, sampler), store


@pytest.mark.parametrize("name", KINDS)
def test_a_restart_changes_nothing(name: str, tmp_path: Path, sampler: Sampler) -> None:
    """Everything an algorithm goes by is in the store."""
    study = spec(KINDS[name])

    steady = play(tmp_path / "steady.db", study, sampler, restarts=False)
    shaken = play(tmp_path / "shaken.db", study, sampler, restarts=True)

    assert len(steady) == ASKS
    assert shaken == steady


def test_every_kind_of_algorithm_is_restarted() -> None:
    """A new kind that is missing above fails here; manual has nothing to remember."""
    known = {kind.__name__ for kind in model.AlgorithmKind.__args__}

    assert known == {type(kind).__name__ for kind in KINDS.values()} | {"Manual"}
