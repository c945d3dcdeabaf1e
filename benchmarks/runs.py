"""One optimizer at work on one problem: what it tried, and what it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from benchmarks.problems import Floats, Problem
from groat import model


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One optimizer on one problem with one seed.

    Attributes:
        losses: Shape ``(n, m)``, as told, in order of trials.
        truths: Shape ``(n, m)``, without noise.
        cpu_s: CPU seconds of the optimizer alone, over all its asks and tells.
        fallbacks: Suggestions that were not the optimizer's own, since it failed.
    """

    losses: Floats
    truths: Floats
    cpu_s: float
    fallbacks: int = 0


class Peer(Protocol):
    """Runs ``trials`` evaluations one after the other."""

    def __call__(self, problem: Problem, seed: int, trials: int) -> Run:
        """Return what was told, and what it took to choose it."""
        ...


class Log:
    """Evaluates configurations, remembers the losses, and stops the clock meanwhile."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._losses: list[Floats] = []
        self._truths: list[Floats] = []
        self._cpu_s = 0.0

    @contextmanager
    def thinking(self) -> Iterator[None]:
        """Count the CPU of this block, over all threads of the process, as the optimizer's."""
        start = time.process_time()
        yield
        self._cpu_s += time.process_time() - start

    def evaluate(self, configuration: model.Configuration) -> dict[str, float]:
        """Return the metric values of one trial."""
        values = self._problem.evaluate(configuration)
        self._losses.append(self._problem.losses(values))
        self._truths.append(self._problem.losses(self._problem.truth(configuration)))
        return values

    @property
    def count(self) -> int:
        """How many trials were evaluated."""
        return len(self._losses)

    @property
    def newest(self) -> Floats:
        """Shape ``(m,)``. The losses of the last trial, as told."""
        return self._losses[-1]

    def run(self, *, cpu_s: float | None = None, fallbacks: int = 0) -> Run:
        """Return everything so far; ``cpu_s`` replaces the clock where it was elsewhere."""
        return Run(
            losses=np.array(self._losses),
            truths=np.array(self._truths),
            cpu_s=self._cpu_s if cpu_s is None else cpu_s,
            fallbacks=fallbacks,
        )
