"""What the benchmarks write into the README: between their marks, losses beside wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import readme, report
from benchmarks.results import Row

MARKED = """before
<!-- written by python -m benchmarks.quality -->
old
<!-- end -->
between
<!-- written by python -m benchmarks.spend -->
kept
<!-- end -->
"""


def row(optimizer: str, problem: str, reached: float, seed: int = 0) -> Row:
    """A run that has reached so much from its first trial on."""
    return Row(
        problem=problem,
        fingerprint="",
        optimizer=optimizer,
        version="",
        seed=seed,
        curve=(reached,) * 100,
        cpu_s=1.0,
        wall_s=1.0,
        commit="",
        date="2026-01-01",
    )


def test_a_benchmark_writes_between_its_own_marks() -> None:
    """What others wrote, and what people wrote around it, stays; twice is as once."""
    once = readme.placed(MARKED, "quality", "\nnew\n\n")

    assert once == MARKED.replace("old", "new")
    assert readme.placed(once, "quality", "new") == once


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("nothing", id="no mark"),
        pytest.param("<!-- written by python -m benchmarks.quality -->", id="no end"),
        pytest.param("<!-- end --><!-- written by python -m benchmarks.quality -->", id="before"),
    ],
)
def test_without_its_marks_nothing_is_written(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A README that was rewritten by hand is not guessed at."""
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    readme.README.write_text(text)

    with pytest.raises(ValueError, match=r"benchmarks\.quality --> with"):
        readme.put("quality", "new")

    assert readme.README.read_text() == text


@pytest.mark.parametrize("benchmark", ["quality", "spend", "latency", "parallel"])
def test_our_readme_has_the_marks_of(benchmark: str) -> None:
    """Else a benchmark that ran for hours would fail at its last line."""
    assert "new words" in readme.placed(readme.README.read_text(), benchmark, "new words")


def test_ranks_are_among_those_that_ran() -> None:
    """Of three on one problem and two on the other; who ran on one only says so."""
    rows = [
        *(row("groat-auto", "zdt1", 0.8), row("ax", "zdt1", 0.9), row("optuna-tpe", "zdt1", 0.1)),
        *(row("groat-auto", "re21", 0.8), row("optuna-tpe", "re21", 0.1)),
    ]

    lines = report.summary(rows).splitlines()

    assert "| ax | 1.0 / 1.0 / 1.0 (1) | **0.90** / **0.90** / **0.90** (1) | - |" in lines
    ours = "| **groat-auto** | 1.5 / 1.5 / 1.5 | 0.80 / 0.80 / 0.80 (1) | **0.80** / "
    assert any(line.startswith(ours) for line in lines)


def test_five_seeds_are_not_counted_out() -> None:
    """The number of seeds is told where a median is of fewer or more."""
    rows = [row("groat-auto", "zdt1", 0.1 * seed, seed) for seed in range(5)]

    assert "| **0.20** / **0.20** / **0.20** |" in report.summary(rows)
    assert "0.15 / 0.15 / 0.15 (4)" in report.summary(rows[:4]).replace("*", "")


def test_losses_are_told() -> None:
    """A peer's median above groat's is named with both figures."""
    rows = [row("groat-auto", "zdt1", 0.8), row("ax", "zdt1", 0.9)]

    assert "- zdt1, 60 trials: ax 0.900 against 0.800" in report.summary(rows)
