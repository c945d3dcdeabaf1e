"""Searches that are asked one trial at a time, with a past to begin with.

`runs.Peer` searches from the first trial to the last. Here the loop is the benchmark's: it
attaches what is known already, holds several trials at once, or looks at a clock in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from benchmarks import cube
from benchmarks.problems import Problem
from groat import model


@dataclass(frozen=True, slots=True)
class Fact:
    """A trial that was evaluated before: its values by metric id."""

    configuration: dict[str, model.Value]
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Job:
    """A trial to evaluate; ``tell`` takes its values by metric id, once."""

    configuration: model.Configuration
    tell: Callable[[Mapping[str, float]], None]


class Search(Protocol):
    """One optimizer at work on one problem. It need not be safe between threads."""

    def attach(self, past: Sequence[Fact]) -> None:
        """Add trials that were evaluated before; called at most once, before the first ask."""
        ...

    def ask(self, count: int = 1) -> list[Job]:
        """Return the next trials; fewer while it needs the result of one that runs."""
        ...

    def settle(self) -> None:
        """Wait until nothing is computed any more."""
        ...

    def cpu_s(self) -> float:
        """CPU seconds of the optimizer so far, over all its threads and processes."""
        ...

    def beside_s(self) -> float:
        """CPU seconds of the benchmark itself so far, where they are not the optimizer's."""
        ...

    def lost(self) -> int:
        """How many suggestions were not the optimizer's own, since a fit failed."""
        ...


class Proposer(Protocol):
    """An optimizer of this process, which works only while it is called.

    Attributes:
        lost: As `Search.lost`; 0 where it does not say.
    """

    lost: int

    def attach(self, past: Sequence[Fact]) -> None:
        """See `Search`."""
        ...

    def ask(self) -> Job:
        """Return the next trial."""
        ...


Opened: TypeAlias = Callable[[Problem, int, int], AbstractContextManager[Search]]
"""Begins a search of a problem, with a seed, that may have so many trials, its past included."""


def past(problem: Problem, count: int, seed: int) -> list[Fact]:
    """Return ``count >= 1`` evaluated trials: today's, where there is one, then Sobol points."""
    # Not the dice of a study with this seed, whose own design would be among these points.
    configurations = cube.spread(problem.space, count, [seed, 4])
    return [Fact(one, problem.evaluate(one)) for one in configurations]
