"""What halving spares, as Markdown and as curves."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.halving_rows import Row, Setting
from benchmarks.halving_runs import WORKERS
from benchmarks.machine import cpu_model
from benchmarks.rag_table import Floats, Table
from examples.rag_docs.declaration import metrics
from groat_server import front

GOALS = (0.9, 0.95, 0.99)
CLAIM = 0.4
"""Share of the examples by which 95 % of the hypervolume must be there."""

_NAMES = {
    "declared": "up to the worst useful values: 50 % answered, 1.20 USD per 1,000 questions",
    "front": "up to a tenth of its span beyond the front",
}


@dataclass(frozen=True, slots=True)
class Scale:
    """Hypervolume of some rows, as a share of that of the whole table's front.

    Attributes:
        losses: Shape ``(n, 2)``, on all examples.
        reference: Shape ``(2,)``.
    """

    losses: Floats
    reference: Floats

    def curve(self, whole: Sequence[int]) -> Floats:
        """Return the share after each whole evaluation, shape ``(len(whole),)``."""
        told = self.losses[list(whole)]
        kept = np.ones(len(told), dtype=np.bool_)
        best = front.hypervolume(self.losses, self.reference)
        return front.hypervolume_history(told, kept, self.reference) / best

    def reached(self, row: Row, goal: float) -> float:
        """Return the share of examples that a run had spent at a goal; infinite if never."""
        there = np.flatnonzero(self.curve(row.whole) >= goal)
        return row.spent[there[0]] if len(there) else np.inf


def scales(table: Table) -> dict[str, Scale]:
    """Return both ways to measure."""
    losses = np.column_stack([-table.answerable.mean(axis=1), table.usd.mean(axis=1)])
    by_front = front.reference_point(losses, np.full(2, np.nan))
    declared = np.array([one.loss(one.bound or 0.0) for one in metrics()[:2]])
    return {"declared": Scale(losses, declared), "front": Scale(losses, by_front)}


def markdown(rows: Sequence[Row], settings: Sequence[Setting], table: Table) -> str:
    """Return the whole report."""
    parts = [_head(rows, table), _verdict(rows, settings, table)]
    for name, scale in scales(table).items():
        parts.append(f"## Hypervolume {_NAMES[name]}\n\n{_table(rows, settings, scale)}")
    return "\n\n".join(parts) + "\n"


def _head(rows: Sequence[Row], table: Table) -> str:
    dates, (size, questions) = sorted(row.date for row in rows), table.answerable.shape
    origin = ", ".join(f"{key} {value}" for key, value in table.origin.items())
    versions = ", ".join(sorted({row.version for row in rows}))
    return f"""# What halving spares

{size} configurations of a retrieval pipeline on {questions} questions: real scores and prices,
measured once and replayed ({origin}).
Objectives: share of answerable questions, US dollars per question. 100 % is every configuration
on all examples. New configurations come in random order; {WORKERS} workers, one unit of time per
example; a trial that goes on needs only the examples that are new; examples count when they are
handed out. The hypervolume is that of the configurations told on all examples so far, as a share
of that of the table's front. Medians over {len({row.seed for row in rows})} seeds (order of
configurations and of questions), with the least and the greatest. "From 16 by 3" is min_examples
and reduction_factor. What is recommended was chosen on this very table.

Runs from {dates[0]} to {dates[-1]} on {cpu_model()}, {os.cpu_count()} cores that were shared with
other work; one thread per process; Python {platform.python_version()}; {versions}."""


def _verdict(rows: Sequence[Row], settings: Sequence[Setting], table: Table) -> str:
    """Say whether the recommended settings keep the claim, and which others fail at times."""
    lines = [
        f"Must show: 95 % of the hypervolume with at most {_percent(CLAIM)} of the examples.\n"
    ]
    for setting in settings:
        shares = [_reached(rows, setting, scale, 0.95) for scale in scales(table).values()]
        there = min(int(np.isfinite(one).sum()) for one in shares)
        told = " and ".join(_percent(median(one)) for one in shares)
        if setting.is_recommended:
            kept = "kept" if max(map(median, shares)) <= CLAIM else "**not kept**"
            lines.append(f"- {setting}: {told}, by the two ways to measure below: {kept}.")
        elif there < len(shares[0]):
            lines.append(f"- {setting}: 95 % in {there} of {len(shares[0])} runs only.")
    return "\n".join(lines)


def _reached(rows: Sequence[Row], setting: Setting, scale: Scale, goal: float) -> list[float]:
    return [scale.reached(row, goal) for row in rows if row.setting == setting]


def _table(rows: Sequence[Row], settings: Sequence[Setting], scale: Scale) -> str:
    goals = "".join(f" {_percent(goal)} |" for goal in GOALS)
    lines = [
        f"| examples spent until |{goals} 95 % reached | at the end: examples | hypervolume | "
        "of the front | ms per ask |",
        "|---" * (len(GOALS) + 6) + "|",
    ]
    for setting in settings:
        mine = [row for row in rows if row.setting == setting]
        cells = [_spread(_reached(rows, setting, scale, goal)) for goal in GOALS]
        lines.append(f"| {setting} | {' | '.join(cells)} | {_end(mine, scale)} |")
    return "\n".join(lines)


def _end(rows: Sequence[Row], scale: Scale) -> str:
    members = set(np.flatnonzero(front.non_dominated(scale.losses)).tolist())
    reached = sum(scale.reached(row, 0.95) < np.inf for row in rows)
    cells = [
        f"{reached} of {len(rows)}",
        _spread([row.spent[-1] for row in rows]),
        _spread([float(scale.curve(row.whole)[-1]) for row in rows], digits=1),
        f"{median(len(members & set(row.whole)) for row in rows):.0f} of {len(members)}",
        f"{median(1000 * row.cpu_s / sum(row.trials.values()) for row in rows):.1f}",
    ]
    return " | ".join(cells)


def _spread(shares: Sequence[float], digits: int = 0) -> str:
    middle, least, most = (_percent(f(shares), digits) for f in (median, min, max))
    return f"{middle} ({least} to {most})"


def _percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %" if np.isfinite(share) else "never"


def draw(rows: Sequence[Row], settings: Sequence[Setting], table: Table, path: Path) -> None:
    """Draw hypervolume by examples spent: medians, with a band from least to greatest."""
    shown = [one for one in settings if one.is_recommended or one.is_whole]
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, (name, scale) in zip(panels, scales(table).items(), strict=True):
        for position, setting in enumerate(shown):
            mine = [row for row in rows if row.setting == setting]
            _band(panel, mine, scale, str(setting), position)
        panel.axhline(0.95, color="grey", lw=0.8, ls=":")
        panel.axvline(CLAIM, color="grey", lw=0.8, ls=":")
        panel.set_title(_NAMES[name].partition(":")[0])
        panel.set_xlabel("share of all examples")
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("share of the front's hypervolume")
    panels[0].set_ylim(0.5, 1.01)
    panels[1].legend(loc="lower right")
    figure.savefig(path, dpi=110)


def _band(panel: Axes, rows: Sequence[Row], scale: Scale, label: str, position: int) -> None:
    grid = np.linspace(0, 1, 201)
    curves = np.zeros((len(rows), len(grid)))
    for at, row in enumerate(rows):
        steps = np.concatenate([[0.0], scale.curve(row.whole)])
        curves[at] = steps[np.searchsorted(row.spent, grid, side="right")]
    colour = mpl.colormaps["tab10"](position)
    panel.plot(grid, np.median(curves, axis=0), color=colour, lw=2, label=label)
    panel.fill_between(grid, curves.min(axis=0), curves.max(axis=0), color=colour, alpha=0.1)
