"""Hypervolume over the dollars that a search has spent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from benchmarks import spend_rows, spend_runs
from benchmarks.problems import PRICED, Floats
from benchmarks.spend_rows import Row

_OURS = ("#0b6e4f", "#e4572e", "#8a5a83", "#3b3b98")
_THEIRS = mpl.colormaps["tab10"]
_CAP = float(spend_runs.CAP.amount)
_DOLLARS = np.geomspace(0.5, _CAP, 400)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw the median curve of each optimizer, and a band from least to greatest for groat's.

    One panel per problem; dollars on a log scale, after which a median is what was reached with
    as much; groat's curves are thick, the peers' dashed.
    """
    present = {row.problem for row in rows}
    found = [name for name in PRICED if name in present]
    figure = Figure(figsize=(5.6 * len(found), 4.9), layout="constrained")
    panels = figure.subplots(1, len(found), squeeze=False).ravel()
    for panel, problem in zip(panels, found, strict=True):
        _panel(panel, rows, problem)
    lines = {line.get_label(): line for panel in panels for line in panel.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=110)


def _panel(panel: Axes, rows: Sequence[Row], problem: str) -> None:
    for position, name in enumerate(spend_rows.optimizers(rows)):
        mine = spend_rows.of(rows, problem, name)
        if mine:
            curves = np.array([[row.reached(d) for d in _DOLLARS] for row in mine])
            _band(panel, curves, name, position)
    panel.set_title(problem)
    panel.set_xscale("log")
    panel.set_xticks([1, 5, 10, 20, 40, 80, 150])
    panel.xaxis.set_major_formatter(ScalarFormatter())
    panel.xaxis.set_minor_formatter("")
    panel.set_xlabel("USD spent by the search")
    panel.set_ylabel("normalised hypervolume")
    panel.set_ylim(0, 1.02)
    panel.grid(alpha=0.25)


def _band(panel: Axes, curves: Floats, name: str, position: int) -> None:
    is_ours = name in spend_runs.GROAT
    colour = _OURS[position % len(_OURS)] if is_ours else _THEIRS(position % 10)
    style, width = ("-", 2.2) if is_ours else ("--", 1.3)
    panel.plot(_DOLLARS, np.median(curves, axis=0), style, color=colour, lw=width, label=name)
    if is_ours:
        low, high = curves.min(axis=0), curves.max(axis=0)
        panel.fill_between(_DOLLARS, low, high, color=colour, alpha=0.12)
