"""Finished runs as lines of a file, so that a benchmark can stop and go on."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar


class Row(Protocol):
    """A dataclass; of rows with the same key the newest counts."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def key(self) -> Hashable:
        """What makes a run the same run."""
        ...


R = TypeVar("R", bound=Row)


def read(path: Path, revive: Callable[[dict[str, Any]], R]) -> list[R]:
    """Return the rows of a file, the newest of each key; none when there is no file.

    Args:
        path: Of the file.
        revive: Makes a row of what was written.
    """
    lines = path.read_text().splitlines() if path.exists() else []
    rows = [revive(json.loads(line)) for line in lines]
    return list({row.key: row for row in rows}.values())


def append(path: Path, rows: Iterable[Row]) -> None:
    """Add rows at the end of a file."""
    path.parent.mkdir(exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)


def frozen(told: dict[str, Any]) -> dict[str, Any]:
    """Return what was written with tuples where JSON knows only lists."""
    return {name: tuple(one) if isinstance(one, list) else one for name, one in told.items()}
