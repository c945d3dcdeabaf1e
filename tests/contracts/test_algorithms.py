"""Every algorithm of ours keeps the contract that we ask of plug-ins."""

from __future__ import annotations

from importlib.metadata import entry_points

import numpy as np
import pytest

from groat_server.algorithms import GROUP, look_up
from groat_server.algorithms.base import Algorithm, AwaitsResults
from groat_server.testing import SMOOTH, AlgorithmContract, ask, problem_of, told

RUNGS = {"min_examples": 3.0, "max_examples": 27.0, "reduction_factor": 3.0}
OPTIONS: dict[str, dict[str, float]] = {"successive_halving": RUNGS, "hyperband": RUNGS}
MANY = (
    "auto",
    "bayesian",
    "grid",
    "hyperband",
    "nsga2",
    "population_based",
    "random",
    "sobol",
    "successive_halving",
)


@pytest.mark.parametrize("name", MANY)
class TestAlgorithms(AlgorithmContract):
    @pytest.fixture
    def algorithm(self, name: str) -> Algorithm:
        return look_up(name)

    @pytest.fixture
    def options(self, name: str) -> dict[str, float]:
        return OPTIONS.get(name, {})


class TestGenetic(AlgorithmContract):
    most_objectives = 1

    @pytest.fixture
    def algorithm(self) -> Algorithm:
        return look_up("genetic")


def test_manual_suggests_nothing() -> None:
    """People enqueue; the algorithm waits for them, whatever is known."""
    problem = problem_of(SMOOTH)

    with pytest.raises(AwaitsResults):
        ask(look_up("manual"), problem, told(problem, np.empty((0, 2))))


def test_every_algorithm_is_under_contract() -> None:
    """An entry point of ours that is missing above fails here."""
    ours = {one.name for one in entry_points(group=GROUP) if one.value.startswith("groat_server.")}

    assert ours == {*MANY, "genetic", "manual"}
