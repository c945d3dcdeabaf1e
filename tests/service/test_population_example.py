"""Population-based training of real networks, through a real server, against fixed schedules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import groat
from examples.population.judging import lineage, mean_loss
from examples.population.training import (
    Checkpoint,
    Plan,
    constants,
    population,
    train_constants,
    train_population,
)
from tests.running import RunningServer

PLAN = Plan(members=12, intervals=20, seed=7)


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Checkpoint]]]:
    """Both ways to train, with the same number of steps."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("checkpoints")
    with (
        RunningServer(f"sqlite:///{folder}/groat.db") as server,
        groat.Client(server.address) as client,
    ):
        trained = train_population(population(client, PLAN), PLAN, Path(folder))
        alone = train_constants(constants(client, PLAN, groat.Sobol()), PLAN)
        yield {"population": list(trained), "constant": list(alone)}


@pytest.mark.slow
def test_a_population_beats_fixed_schedules(ways: dict[str, list[Checkpoint]]) -> None:
    """From the same steps, 0.27 against 0.43 where it was measured, on digits nobody chose by."""
    assert len(ways["population"]) == len(ways["constant"]) == PLAN.members * PLAN.intervals
    assert mean_loss(ways["population"]) < 0.85 * mean_loss(ways["constant"])


@pytest.mark.slow
def test_every_network_has_a_history(ways: dict[str, list[Checkpoint]]) -> None:
    """Each checkpoint goes back to a newborn, one interval after the other, some by copying."""
    paths = [lineage(ways["population"], one) for one in ways["population"]]

    assert {len(path) for path in paths} == set(range(1, PLAN.intervals + 1))
    assert all(path[0].parent is None for path in paths)
    ends = [path for path in paths if len(path) == PLAN.intervals]
    assert len({path[0].number for path in ends}) < PLAN.members
