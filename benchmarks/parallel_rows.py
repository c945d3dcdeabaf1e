"""Finished searches by several workers, one JSON line each."""

from __future__ import annotations

import bisect
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks import lines, parallel_runs, problems
from benchmarks.results import RESULTS

KNOWN = RESULTS / "parallel.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way of searching one problem with one seed.

    Attributes:
        way: One of `parallel_runs.WAYS`.
        fingerprint: Checksum of the problem and the workers; rows of another one are not reused.
        version: Of the optimizer; rows of another one are not reused.
        curve: Normalised hypervolume after each told trial.
        times: When each was told, in simulated time; 1 is what a trial takes on average.
        cpu_s: CPU seconds of the optimizer alone, on the way to the last result.
        wall_s: Seconds of everything, real ones.
        fallbacks: As in `runs.Run`.
        commit: Of the checkout, for people.
        date: Day of the run, UTC.
    """

    problem: str
    way: str
    fingerprint: str
    version: str
    seed: int
    curve: tuple[float, ...]
    times: tuple[float, ...]
    cpu_s: float
    wall_s: float
    commit: str
    date: str
    fallbacks: int = 0

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """What makes a search the same search."""
        trials = len(self.curve)
        return (self.problem, self.way, self.fingerprint, self.version, self.seed, trials)

    def reached(self, time: float) -> float:
        """Return the hypervolume at a simulated time; 0 before the first trial is told."""
        count = bisect.bisect_right(self.times, time)
        return self.curve[count - 1] if count else 0.0


def fingerprint(problem: str) -> str:
    """Return a checksum that changes with the problem, the workers and what trials take."""
    facts = (
        problems.look_up(problem).fingerprint(),
        parallel_runs.WORKERS,
        parallel_runs.SPREAD,
    )
    return f"{zlib.crc32(repr(facts).encode()):08x}"


def of(rows: Iterable[Row], problem: str, way: str) -> list[Row]:
    """Return the searches of one problem in one way, one per seed."""
    return [row for row in rows if (row.problem, row.way) == (problem, way)]


def read() -> list[Row]:
    """Return all that is known, the newest of each key."""
    return lines.read(KNOWN, lambda told: Row(**lines.frozen(told)))


def append(rows: Iterable[Row]) -> None:
    """Keep rows."""
    lines.append(KNOWN, rows)
