"""The ``groat`` command as tests run it, and a study for it."""

from __future__ import annotations

from typing import Any

import pytest

import groat
from groat.cli import main


class Command:
    """Runs the command in this process.

    Args:
        address: The server's.
        capsys: Takes what is printed.
    """

    def __init__(self, address: str, capsys: pytest.CaptureFixture[str]) -> None:
        self._address = address
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[int, str]:
        """Return the exit code and what was printed, errors last."""
        code = main(["--server", self._address, *map(str, words)])
        printed = self._capsys.readouterr()
        return code, printed.out + printed.err


def declaration() -> Any:
    """A study of two parameters and two objectives, in which only people propose."""
    return {
        "space": [
            groat.integer("k", 1, 9),
            groat.choice("retriever", ["bm25", "dense"]),
        ],
        "metrics": [groat.maximize("accuracy"), groat.minimize("price")],
        "constraints": [groat.forbid(k=9, retriever="dense")],
        "algorithm": groat.Manual(),
    }
