"""Hypervolume of several workers, by told trials and by simulated time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from benchmarks.parallel_report import problems
from benchmarks.parallel_rows import Row, of
from benchmarks.parallel_runs import WAYS
from benchmarks.problems import Floats

_LINES = {
    "groat-auto-1": ("#0b6e4f", "-", 2.2),
    "groat-auto-8": ("#e4572e", "-", 2.2),
    "groat-auto-batch": ("#3b3b98", "-", 1.6),
    "optuna-tpe-1": ("tab:brown", "--", 1.6),
    "optuna-tpe-8": ("#d4a017", "--", 1.6),
    "scipy-sobol-8": ("tab:gray", ":", 1.6),
}
_BANDS = ("groat-auto-1", "groat-auto-8")


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw one row per problem: on the left over told trials, on the right over time.

    Lines are medians; one worker's and eight workers' of groat have a band from the least to the
    greatest seed. Time, on a log scale, is in durations of an average trial.
    """
    found = problems(rows)
    figure = Figure(figsize=(10.0, 3.0 * len(found) + 0.7), layout="constrained")
    grid = figure.subplots(len(found), 2, squeeze=False, sharey="row")
    for (left, right), problem in zip(grid, found, strict=True):
        mine = [row for row in rows if row.problem == problem]
        _by_trials(left, mine, problem)
        _by_time(right, mine, problem)
    grid[-1][0].set_xlabel("told trials")
    grid[-1][1].set_xlabel("time, in average durations of a trial")
    lines = {line.get_label(): line for panel in grid.ravel() for line in panel.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=3)
    figure.savefig(path, dpi=110)


def _by_trials(panel: Axes, rows: Sequence[Row], problem: str) -> None:
    trials = np.arange(1, len(rows[0].curve) + 1, dtype=np.float64)
    curves = {way: np.array([row.curve for row in of(rows, problem, way)]) for way in WAYS}
    _draw(panel, trials, curves)
    panel.set_title(problem, loc="left")
    panel.set_ylabel("normalised hypervolume")
    panel.set_ylim(_floor(curves), 1.01)


def _by_time(panel: Axes, rows: Sequence[Row], problem: str) -> None:
    longest = max(row.times[-1] for row in rows)
    times = np.geomspace(0.5, longest, 300)
    curves = {
        way: np.array([[row.reached(t) for t in times] for row in of(rows, problem, way)])
        for way in WAYS
    }
    # A line ends where its trials do.
    for way, found in curves.items():
        for curve, row in zip(found, of(rows, problem, way), strict=True):
            curve[times > row.times[-1]] = np.nan
    _draw(panel, times, curves)
    panel.set_xscale("log")
    panel.set_xticks([tick for tick in (1, 2, 4, 8, 16, 32, 64) if tick < longest])
    panel.xaxis.set_major_formatter(ScalarFormatter())
    panel.xaxis.set_minor_formatter("")


def _draw(panel: Axes, places: Floats, curves: dict[str, Floats]) -> None:
    for way, found in curves.items():
        if not len(found):
            continue
        colour, style, width = _LINES[way]
        middle = np.median(found, axis=0)
        panel.plot(places, middle, style, color=colour, lw=width, label=way)
        if way in _BANDS:
            low, high = found.min(axis=0), found.max(axis=0)
            panel.fill_between(places, low, high, color=colour, alpha=0.10)
    panel.grid(alpha=0.25)


def _floor(curves: dict[str, Floats]) -> float:
    """Return where a drawing may begin: only an eighth of the trials is below, by medians."""
    drawn = [found for found in curves.values() if len(found)]
    eighth = [median(found[:, found.shape[1] // 8].tolist()) for found in drawn]
    return max(min(eighth) - 0.1, 0.0)
