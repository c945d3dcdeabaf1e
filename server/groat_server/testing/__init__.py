"""Contract suites for plug-in authors.

Subclass `AlgorithmContract` in a test module and give it an ``algorithm`` fixture::

    class TestMine(AlgorithmContract):
        @pytest.fixture
        def algorithm(self) -> Algorithm:
            return Mine()
"""

from groat_server.testing.builders import (
    ask,
    assert_fit,
    different_points,
    plain,
    problem_of,
    told,
    waiting,
)
from groat_server.testing.contract import AlgorithmContract
from groat_server.testing.rehearsal import Rehearsal
from groat_server.testing.situations import SITUATIONS
from groat_server.testing.spaces import EVERYTHING, FINITE, KINDS, MIXED, SMOOTH, SPACES

__all__ = [
    "EVERYTHING",
    "FINITE",
    "KINDS",
    "MIXED",
    "SITUATIONS",
    "SMOOTH",
    "SPACES",
    "AlgorithmContract",
    "Rehearsal",
    "ask",
    "assert_fit",
    "different_points",
    "plain",
    "problem_of",
    "told",
    "waiting",
]
