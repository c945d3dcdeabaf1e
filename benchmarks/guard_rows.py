"""Finished pieces of the guard's benchmark, one JSON line each, so that it can stop and go on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import groat_server
from benchmarks import lines
from benchmarks.results import RESULTS

KNOWN = RESULTS / "guard.jsonl"
_SERVER = Path(groat_server.__file__).parent
_BENCHMARKS = Path(__file__).parent

_LEDGER = (
    "engine/asking.py",
    "engine/assessing.py",
    "engine/batches.py",
    "engine/situations.py",
    "engine/spends.py",
    "engine/telling.py",
    "engine/tranches.py",
    "guard/admit.py",
    "guard/outlook.py",
    "guard/regression.py",
    "guard/spend_model.py",
    "ledger.py",
    "spending.py",
)
_ADVICE = (*_LEDGER, "engine/judging.py", "guard/advice.py", "guard/sizes.py", "gains.py")
DECIDING = {
    "ledger": (*_LEDGER, "guard_ledger.py"),
    "intervals": ("guard/regression.py", "guard/spend_model.py", "spending.py", "guard_spends.py"),
    "verdicts": (*_ADVICE, "guard_verdicts.py"),
    "outcomes": (*_ADVICE, "guard_outcomes.py"),
    "stops": (*_ADVICE, "guard_gains.py"),
    "gains": ("gains.py", "front.py", "guard_gains.py"),
    "promises": (*_ADVICE, "guard_promises.py"),
    "histories": (*_ADVICE, "guard_promises.py"),
    "latencies": (*_ADVICE, "guard_promises.py"),
}
"""Per kind of piece, the files that its numbers depend on; those of the product come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One finished piece.

    Attributes:
        kind: One of `DECIDING`.
        cell: What was simulated; empty where there is only one way.
        seed: Of its dice.
        code: Checksum of the code that it depends on; rows of other code are not reused.
        result: What came of it.
        seconds: Of processor time.
        commit: Of the checkout, for people.
        date: Day of the run, UTC.
    """

    kind: str
    cell: str
    seed: int
    code: str
    result: list[dict[str, object]]
    seconds: float
    commit: str
    date: str

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What makes a piece the same piece."""
        return (self.kind, self.cell, self.seed, self.code)


def code(kind: str) -> str:
    """Return the checksum of all code that a kind of piece depends on."""
    digest = hashlib.sha256()
    for name in DECIDING[kind]:
        home = _BENCHMARKS if name.startswith("guard_") else _SERVER
        digest.update((home / name).read_bytes())
    return digest.hexdigest()[:8]


def read(path: Path = KNOWN) -> list[Row]:
    """Return the rows of a file, the newest of each key; none when there is no file."""
    return lines.read(path, lambda told: Row(**told))


def append(rows: Iterable[Row], path: Path = KNOWN) -> None:
    """Add rows at the end of a file."""
    lines.append(path, rows)
