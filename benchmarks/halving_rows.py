"""Finished runs of the halving benchmark, one JSON line each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from benchmarks import lines
from benchmarks.results import RESULTS

KNOWN = RESULTS / "halving.jsonl"

_ROOT = Path(__file__).parents[1]
_SERVER = _ROOT / "server" / "groat_server"
_DECIDING = (
    *("halving.py", "rungs.py", "successive_halving.py", "hyperband.py", "random.py"),
    *("../front.py", "../../../benchmarks/halving_runs.py"),
)
"""What a run depends on, from the algorithms' folder."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One algorithm with its options.

    Attributes:
        min_examples: 0 for the algorithm that evaluates everything on all examples.
        is_recommended: What the benchmark's claim is about.
    """

    algorithm: str
    min_examples: int = 0
    factor: float = 0.0
    is_recommended: bool = field(default=False, compare=False)

    @property
    def is_whole(self) -> bool:
        """Whether there are no rungs."""
        return not self.min_examples

    def __str__(self) -> str:
        if self.is_whole:
            return "all examples at once"
        name = self.algorithm.replace("_", " ")
        return f"{name} from {self.min_examples} by {self.factor:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One setting with one seed.

    Attributes:
        table: Checksum of the table; rows of another one are not reused.
        version: Of groat's halving; rows of another one are not reused.
        whole, spent, trials, cpu_s: As in `halving_runs.Progress`.
        commit: Of the checkout, for people.
        date: Day of the run, UTC.
    """

    algorithm: str
    min_examples: int
    factor: float
    seed: int
    table: str
    version: str
    whole: list[int]
    spent: list[float]
    trials: dict[str, int]
    cpu_s: float
    commit: str
    date: str

    @property
    def setting(self) -> Setting:
        """What ran."""
        return Setting(self.algorithm, self.min_examples, self.factor)

    @property
    def key(self) -> tuple[Setting, int, str, str]:
        """What makes a run the same run."""
        return (self.setting, self.seed, self.table, self.version)


def version() -> str:
    """Return groat's version, with a checksum of the code that a run depends on."""
    digest = hashlib.sha256()
    for name in _DECIDING:
        digest.update((_SERVER / "algorithms" / name).read_bytes())
    return f"groat {metadata.version('groat')}+{digest.hexdigest()[:8]}"


def read(path: Path = KNOWN) -> list[Row]:
    """Return the rows of a file, the newest of each key; none when there is no file."""
    return lines.read(path, lambda told: Row(**told))


def append(rows: Iterable[Row], path: Path = KNOWN) -> None:
    """Add rows at the end of a file."""
    lines.append(path, rows)
