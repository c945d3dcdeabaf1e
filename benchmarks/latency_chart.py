"""Processor time per ask over told trials, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.contenders import is_ours
from benchmarks.latency_rows import Row, distinct

_COLOURS = {
    "groat-auto": "#0b6e4f",
    "groat-bayesian": "#e4572e",
    "groat-nsga2": "#8a5a83",
    "ax": "tab:blue",
    "botorch-qlognehvi": "tab:orange",
    "optuna-gp": "tab:brown",
    "optuna-tpe": "tab:gray",
}
_TITLES = {"asks": "with a model", "cycles": "after a long past"}


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw one panel per kind of ask and problem, one line per contender, in powers of ten.

    A point is the mean over all asks of all seeds, the bar about it from the least to the
    greatest seed.
    """
    found = [(m, p) for m in _TITLES for p in distinct(r.problem for r in rows if r.measure == m)]
    figure = Figure(figsize=(4.8 * max(len(found), 1), 4.4), layout="constrained")
    panels = figure.subplots(1, max(len(found), 1), squeeze=False).ravel()
    for panel, (measure, problem) in zip(panels, found, strict=False):
        mine = [row for row in rows if (row.measure, row.problem) == (measure, problem)]
        _panel(panel, mine, f"{problem}, {_TITLES[measure]}")
    panels[0].set_ylabel("CPU seconds per ask, with its tell")
    lines = {line.get_label(): line for panel in panels for line in panel.get_lines()}
    figure.legend(lines.values(), lines.keys(), loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=110)


def points(rows: Sequence[Row], contender: str) -> dict[int, list[float]]:
    """Return by told trials, ascending: the mean of all, the least and the greatest seed's."""
    found: dict[int, list[float]] = {}
    for told in sorted({row.told for row in rows if row.contender == contender}):
        mine = [r.timing.cpu_s for r in rows if (r.contender, r.told) == (contender, told)]
        seeds = [mean(one) for one in mine]
        found[told] = [mean([one for seed in mine for one in seed]), min(seeds), max(seeds)]
    return found


def _panel(panel: Axes, rows: Sequence[Row], title: str) -> None:
    names = sorted(distinct(row.contender for row in rows), key=is_ours, reverse=True)
    for name in names:
        told = points(rows, name)
        middle, least, most = (list(one) for one in zip(*told.values(), strict=True))
        colour = _COLOURS[name]
        style, width = ("-", 2.2) if is_ours(name) else ("--", 1.2)
        panel.plot(list(told), middle, style, color=colour, lw=width, marker="o", ms=4, label=name)
        panel.vlines(list(told), least, most, color=colour, lw=1)
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_title(title)
    panel.set_xlabel("told trials")
    panel.grid(alpha=0.25)
