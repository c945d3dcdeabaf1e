"""Every algorithm of ours keeps the contract that we ask of plug-ins."""

from __future__ import annotations

from importlib.metadata import entry_points

import pytest

from groat_server.algorithms import GROUP, look_up
from groat_server.algorithms.base import Algorithm
from groat_server.testing import AlgorithmContract

NAMES = ("auto", "bayesian", "nsga2", "random", "sobol")


@pytest.mark.parametrize("name", NAMES)
class TestAlgorithms(AlgorithmContract):
    @pytest.fixture
    def algorithm(self, name: str) -> Algorithm:
        return look_up(name)


def test_every_algorithm_is_under_contract() -> None:
    """An entry point of ours that is missing above fails here."""
    ours = {one.name for one in entry_points(group=GROUP) if one.value.startswith("groat_server.")}

    assert ours == set(NAMES)
