"""Finished measurements of the latency benchmark, one JSON line each."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from benchmarks import contenders, groat_runs, lines, machine, peers
from benchmarks.latency_runs import Timing
from benchmarks.results import RESULTS

KNOWN = RESULTS / "latency.jsonl"

Key: TypeAlias = tuple[str, str, str, str, int, int, str, str]

_MODELS = "algorithms/bayesian/*.py"
_TIMED = (
    *("*.py", "algorithms/*.py", "guard/*.py", "pricing/*.py", "validation/*.py"),
    *("engine/*.py", "rpc/*.py", "storage/**/*.py"),
    *("../../client/groat/*.py", "../../client/groat/model/*.py", "../../client/groat/wire/*.py"),
    "../../benchmarks/latency_runs.py",
)
"""What a time of groat's depends on: everything between a caller and the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement.

    Attributes:
        measure: ``asks``, ``cycles``, ``thinking`` or ``crowd``, as in `latency_runs`.
        fingerprint: Checksum of the problem; rows of another one are not reused.
        told: How many trials were told before the first ask that is measured.
        version: Of the contender; rows of another one are not reused.
        machine: Rows of another one are not reused, as no time can be compared with them.
        timing: What was measured.
        commit: Of the checkout, for people.
        date: Day of the run, UTC.
    """

    measure: str
    contender: str
    problem: str
    fingerprint: str
    told: int
    seed: int
    version: str
    machine: str
    timing: Timing
    commit: str
    date: str

    @property
    def key(self) -> Key:
        """What makes a measurement the same measurement."""
        what = (self.measure, self.contender, self.problem, self.fingerprint)
        return (*what, self.told, self.seed, self.version, self.machine)


@functools.cache
def version(contender: str) -> str:
    """Return the version of a contender; groat's has a checksum of all code that takes time."""
    if not contenders.is_ours(contender):
        return peers.version(contender)
    models = () if contender == "groat-nsga2" else (_MODELS,)
    return groat_runs.version((*_TIMED, *models))


def this_machine() -> str:
    """Name the processor and its number of cores."""
    return f"{machine.cpu_model()}, {os.cpu_count()} cores"


def read() -> list[Row]:
    """Return all that is known, the newest of each key."""
    return lines.read(KNOWN, _row)


def append(rows: Iterable[Row]) -> None:
    """Keep rows."""
    lines.append(KNOWN, rows)


def distinct(values: Iterable[str]) -> list[str]:
    """Return each value once, in order of appearance."""
    return list(dict.fromkeys(values))


def _row(told: dict[str, Any]) -> Row:
    return Row(**{**told, "timing": Timing(**lines.frozen(told["timing"]))})
