"""Finished searches that paid for their trials, one JSON line each, so that it can go on."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import lines
from benchmarks.results import RESULTS

KNOWN = RESULTS / "spend.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One optimizer on one problem with one seed.

    Attributes:
        fingerprint: Checksum of the problem, its money and its limits.
        version: Of the optimizer; rows of another one, or of another fingerprint, are not reused.
        curve: Normalised hypervolume after each trial; 1 is the best known front.
        spent: Nanos of a dollar after each trial.
        ended: Why it was over.
        said: What groat's guard decided on the way; empty for peers.
        cpu_s: CPU seconds of the optimizer.
        wall_s: Seconds of everything, start of a server included.
        commit: Of the checkout, for people.
        date: Day of the run, UTC.
        fallbacks: As in `runs.Run`; 0 for peers that ran out of money, who cannot say.
    """

    problem: str
    fingerprint: str
    optimizer: str
    version: str
    seed: int
    curve: tuple[float, ...]
    spent: tuple[int, ...]
    ended: str
    cpu_s: float
    wall_s: float
    commit: str
    date: str
    said: tuple[str, ...] = ()
    fallbacks: int = 0

    @property
    def key(self) -> tuple[str, str, str, str, int]:
        """What makes a search the same search."""
        return (self.problem, self.fingerprint, self.optimizer, self.version, self.seed)

    @property
    def dollars(self) -> list[float]:
        """Spent after each trial; for tables and drawings, never to pay with."""
        return [nanos / 1e9 for nanos in self.spent]

    def reached(self, dollars: float) -> float:
        """Return the hypervolume when so much was spent; 0 before the first trial is paid."""
        count = bisect.bisect_right(self.dollars, dollars)
        return self.curve[count - 1] if count else 0.0

    def price_of(self, hypervolume: float) -> float:
        """Return the dollars spent when so much was first reached; ``inf`` if it never was."""
        pairs = zip(self.curve, self.dollars, strict=True)
        return next((dollars for reached, dollars in pairs if reached >= hypervolume), math.inf)


def optimizers(rows: Iterable[Row]) -> list[str]:
    """Return the optimizers of the rows, in order of appearance."""
    return list(dict.fromkeys(row.optimizer for row in rows))


def of(rows: Iterable[Row], problem: str, optimizer: str) -> list[Row]:
    """Return the searches of one optimizer on one problem."""
    return [row for row in rows if (row.problem, row.optimizer) == (problem, optimizer)]


def read(path: Path = KNOWN) -> list[Row]:
    """Return the rows of a file, the newest of each key; none when there is no file."""
    return lines.read(path, lambda told: Row(**lines.frozen(told)))


def append(rows: Iterable[Row], path: Path = KNOWN) -> None:
    """Add rows at the end of a file."""
    lines.append(path, rows)
