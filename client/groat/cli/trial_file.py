"""Files of trials: tables and objects, one row a trial. `rows` says what is in them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from groat.errors import InvalidArgument, Violation


@dataclass(frozen=True, slots=True)
class Row:
    """One trial as it stands in a file.

    Attributes:
        line: Where it begins, from 1.
        cells: What is there, by the name of its column; empty cells are not.
    """

    line: int
    cells: Mapping[str, object]


def read_csv(text: str) -> list[Row]:
    """Read a table whose first line names the columns.

    Raises:
        InvalidArgument: It is no such table; every line that is not is named.
    """
    head = text.partition("\n")[0]
    # Where a comma is the decimal mark, spreadsheets write semicolons between cells.
    mark = ";" if head.count(";") > head.count(",") else ","
    lines = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=mark)
    rows: list[Row] = []
    problems: list[Violation] = []
    start = 1
    try:
        header = next(lines, list[str]())
        _refuse_twice(header)
        start = lines.line_num + 1
        for cells in lines:
            if len(cells) not in {0, len(header)}:
                problem = f"{len(cells)} cells under {len(header)} columns"
                problems.append(Violation(f"line {start}", problem))
            elif cells:
                filled = {name: cell for name, cell in zip(header, cells, strict=True) if cell}
                rows.append(Row(start, filled))
            start = lines.line_num + 1
    except csv.Error as error:
        problems.append(Violation(f"line {start}", str(error)))
    if problems:
        raise InvalidArgument(*problems)
    return rows


def _refuse_twice(header: Sequence[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InvalidArgument.at("line 1", f"{', '.join(twice)}: a column stands there twice")


def read_jsonl(text: str) -> list[Row]:
    """Read one object a line; ``parameters`` and ``metrics`` may be objects in it.

    Raises:
        InvalidArgument: A line is no such object; all of them are named.
    """
    rows: list[Row] = []
    problems: list[Violation] = []
    # Not splitlines: what ends a line there may stand in a string here.
    for line, one in enumerate(text.split("\n"), start=1):
        try:
            if one.strip():
                content = json.loads(one, parse_float=Decimal, object_pairs_hook=_once)
                rows.append(Row(line, _flat(content)))
        except json.JSONDecodeError as error:
            # Its own words would count lines in what is one line here.
            problem = f"is no JSON: {error.msg} at character {error.pos + 1}"
            problems.append(Violation(f"line {line}", problem))
        except (ValueError, RecursionError) as error:
            problems.append(Violation(f"line {line}", str(error)))
    if problems:
        raise InvalidArgument(*problems)
    return rows


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        twice = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        raise ValueError(f"{', '.join(twice)}: a key stands there twice")
    return content


def _flat(content: object) -> dict[str, object]:
    if not isinstance(content, dict):
        raise ValueError("is no object, such as {...}")  # noqa: TRY004 - a fault in a file
    cells: dict[str, object] = {}
    for name, cell in cast("dict[str, object]", content).items():
        if name in {"parameters", "metrics"} and isinstance(cell, dict):
            inner = cast("dict[str, object]", cell)
            cells |= {f"{name}.{one}": held for one, held in inner.items()}
        else:
            cells[name] = cell
    return {name: cell for name, cell in cells.items() if cell is not None}


FORMATS: dict[str, Callable[[str], list[Row]]] = {"csv": read_csv, "jsonl": read_jsonl}
"""What reads each kind of file."""
