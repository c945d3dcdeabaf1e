"""Curves of a benchmark, for the README."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.report import names, problem_names
from benchmarks.results import Row

_OURS = ("#0b6e4f", "#e4572e", "#8a5a83", "#3b3b98")
_THEIRS = mpl.colormaps["tab10"]


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the median curve of each optimizer with a band from least to greatest seed.

    One panel per problem; groat's curves are thick, the peers' dashed.
    """
    problems = problem_names(rows)
    across = min(len(problems), 3)
    down = -(-len(problems) // across)
    figure = Figure(figsize=(4.6 * across, 3.6 * down + 0.8), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for panel, problem in zip(panels, problems, strict=False):
        _panel(panel, rows, problem)
    for panel in panels[len(problems) :]:
        panel.axis("off")
    lines = {line.get_label(): line for panel in panels for line in panel.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=5)
    figure.savefig(path, dpi=110)


def _panel(panel: Axes, rows: Sequence[Row], problem: str) -> None:
    optimizers = sorted(names(rows, "optimizer"), key=lambda name: not name.startswith("groat"))
    for position, name in enumerate(optimizers):
        mine = [row.curve for row in rows if (row.problem, row.optimizer) == (problem, name)]
        if mine:
            _band(panel, np.array(mine), name, position)
    panel.set_title(problem)
    panel.set_xlabel("trials")
    panel.set_ylabel("normalised hypervolume")
    panel.set_ylim(0, 1.02)
    panel.grid(alpha=0.25)


def _band(panel: Axes, curves: np.ndarray, name: str, position: int) -> None:
    is_ours = name.startswith("groat")
    colour = _OURS[position % len(_OURS)] if is_ours else _THEIRS(position % 10)
    trials = np.arange(1, curves.shape[1] + 1)
    style, width = ("-", 2.2) if is_ours else ("--", 1.2)
    panel.plot(trials, np.median(curves, axis=0), style, color=colour, lw=width, label=name)
    panel.fill_between(trials, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.08)
