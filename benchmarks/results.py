"""Finished runs, one JSON line each, so that a benchmark can stop and go on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import moocore
import numpy as np

from benchmarks import lines
from benchmarks.problems import Problem
from benchmarks.runs import Run

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One optimizer on one problem with one seed.

    Attributes:
        fingerprint: Checksum of the problem; rows of another one are not reused.
        version: Of the optimizer; rows of another one are not reused.
        curve: Normalised hypervolume after each trial.
        cpu_s: CPU seconds of the optimizer alone.
        wall_s: Seconds of everything, start of a server included.
        fallbacks: As in `Run`.
        commit: Of the checkout, for people.
        date: Day of the run, UTC.
    """

    problem: str
    fingerprint: str
    optimizer: str
    version: str
    seed: int
    curve: tuple[float, ...]
    cpu_s: float
    wall_s: float
    commit: str
    date: str
    fallbacks: int = 0

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """What makes a run the same run."""
        trials = len(self.curve)
        return (self.problem, self.fingerprint, self.optimizer, self.version, self.seed, trials)


def curve(problem: Problem, run: Run) -> tuple[float, ...]:
    """Return the normalised hypervolume after each trial, shape ``(n,)``.

    A front is chosen by what was told and scored by the truth, so that luck does not count.
    Under noise a curve may fall.
    """
    values: list[float] = []
    for count in range(1, len(run.losses) + 1):
        chosen = moocore.is_nondominated(run.losses[:count])
        values.append(problem.normalised_hypervolume(run.truths[:count][chosen]))
    return tuple(np.round(values, 5).tolist())


def read(path: Path) -> list[Row]:
    """Return the rows of a file, the newest of each key; none when there is no file."""
    return lines.read(path, lambda told: Row(**lines.frozen(told)))
