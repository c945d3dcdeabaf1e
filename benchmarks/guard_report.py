"""What the guard's benchmark found, as Markdown and as a chart."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import guard_checks, guard_gains, guard_outcomes, guard_verdicts
from benchmarks.guard_checks import cells, results, sums
from benchmarks.guard_ledger import LARGE, RULES, SMALL, WORKERS
from benchmarks.guard_rows import Row
from benchmarks.machine import cpu_model

_COLOURS = ("#0b6e4f", "#3b3b98", "#8a5a83", "#e4572e")


def markdown(rows: Sequence[Row]) -> str:
    """Return the whole report."""
    kinds = {
        "ledger": ("Whole studies against a cap (T1, T2, T3)", _ledger),
        "intervals": ("Intervals of a trial's spend (T4)", _intervals),
        "verdicts": ("Verdicts, and what was right (T5)", _verdicts),
        "outcomes": ("By hand against automatic (T6)", _outcomes),
        "stops": ("When the guard stops (T7)", _stops),
        "gains": ("The gain of the next ten trials (T8)", _gains),
        "latencies": ("How long judging takes (T10)", _latencies),
    }
    parts = [_head(rows), _targets(rows)]
    for kind, (title, table) in kinds.items():
        mine = [row for row in rows if row.kind == kind]
        if mine:
            parts.append(f"## {title}\n\n{table(mine)}")
    return "\n\n".join(parts) + "\n"


def _head(rows: Sequence[Row]) -> str:
    dates, minutes = sorted({row.date for row in rows}), sum(row.seconds for row in rows) / 60
    when = " to ".join(dict.fromkeys([*dates[:1], *dates[-1:]]))
    where = f"{cpu_model()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    commits = ", ".join(sorted({row.commit for row in rows}))
    return f"""# The budget guard in simulated studies

Spends and results are simulated and their truth is known; everything that decides is the
product's own code. {when}, {where}, checkout {commits}, {minutes:.0f} minutes of one core.
The machine was shared with other work, so times by the clock are longer than they need be.

```
python -m benchmarks.guard            # goes on where it was; --studies says how many for T1
python -m benchmarks.guard --report   # only writes this up
python -m benchmarks.guard --quick    # a little of everything, half a minute
```"""


def _targets(rows: Sequence[Row]) -> str:
    lines = [
        (
            one.target,
            one.what,
            one.wanted,
            one.measured,
            f"**{one.verdict}**" if one.verdict else "",
        )
        for one in guard_checks.checks(rows)
    ]
    return _table(("", "measure", "wanted", "measured", "verdict"), lines)


def _ledger(rows: Sequence[Row]) -> str:
    lines = list[Sequence[str]]()
    for name in sorted(cells(rows), key=_place):
        one = sums(rows, name)
        shares = (f"{one[key]:.1%}" for key in ("any", "over", "most", "unused"))
        lines.append((name, f"{one['studies']:,.0f}", *shares, f"{one['trials']:.1f}"))
    head = ("studies of", "run", "any over", "mean over", "most over", "unused", "trials")
    return f"""A trial spends e^N(0, 0.5) around its model's mean; with heavy tails, three in a
hundred spend four times that. Caps are in mean trials, money in shares of the cap. In tranches a
trial has three to five batches, each at most as dear as its worker says before; "first batch
unannounced" is a worker that starts without a report, so that nothing but the first tranche holds
what it does. "Check afterwards" is the peers' rule, which starts a trial whenever less than the cap
is told; it is simulated beside, in the same worlds.

{_table(head, lines)}"""


def _place(name: str) -> tuple[int, int, int, str]:
    rule = next(i for i, one in enumerate(RULES) if name.startswith(one))
    trials = next(size for size in (SMALL, LARGE) if f"cap of {size}," in name)
    return rule, trials, next(w for w in WORKERS if f" {w} workers" in name), name


def _intervals(rows: Sequence[Row]) -> str:
    lines = [
        (
            str(one["told"]),
            "yes" if one["declared"] else "no",
            "dear ones only" if one["shifted"] else "any",
            f"{one['coverage']:.1%}",
            f"x{one['width']:.3g}",
        )
        for one in results(rows)
    ]
    return _table(("told", "declared", "proposals", "coverage", "median width"), lines)


def _verdicts(rows: Sequence[Row]) -> str:
    lines = list[Sequence[str]]()
    for error in guard_verdicts.ERRORS:
        found = guard_checks.judged(rows, str(error))
        if not found:
            continue
        unsure = np.mean([one.is_unsure for one in found])
        clear = guard_verdicts.wrongs([one for one in found if not 0.8 < one.room < 1.25])
        for way, shares in guard_verdicts.wrongs(found).items():
            percents = (f"{share:.1%}" for share in (*shares, *clear[way]))
            lines.append((str(error), f"{unsure:.0%}", way, *percents))
    wrong = ("wrongly by hand", "wrongly automatic")
    beyond = (f"{one}, caps beyond a quarter of the line" for one in wrong)
    head = ("sd of the error", "pilots", "decided by", *wrong, *beyond)
    return f"""Caps pay for between a sixth and six times the least number of trials (log-uniform).
Wrongly by hand: of the studies whose cap pays for the least number; wrongly automatic: of the
others, of which those just below the line weigh as much as the hopeless ones. In doubt: where the
declaration alone asks for a pilot.

{_table(head, lines)}"""


def _outcomes(rows: Sequence[Row]) -> str:
    lines = list[Sequence[str]]()
    for count in guard_outcomes.COUNTS:
        ran = [one for one in results(rows) if one["count"] == count]
        means = [np.mean([one["people"] for one in ran]), np.mean([one["by_hand"] for one in ran])]
        machines = [
            [one["machine"] - one["people"] for one in ran if one["algorithm"] == name]
            for name in guard_outcomes.ALGORITHMS
        ]
        gaps = [f"{np.mean(gap):+.3f}" for gap in machines]
        often = [f"{np.mean(np.array(gap) > guard_outcomes.BETTER):.0%}" for gap in machines]
        lines.append((str(count), f"{means[1]:.0%}", f"{means[0]:.3f}", *gaps, *often))
    names = guard_outcomes.ALGORITHMS
    gap_heads = (f"{name} - people" for name in names)
    often_heads = (f"{name} > 2 % better" for name in names)
    head = ("trials", "said by hand", "hypervolume of people", *gap_heads, *often_heads)
    return f"""Hypervolumes are means over 40 people or seeds per problem. People try every model
first, then one change at a time, with beliefs that are partly wrong.

{_table(head, lines)}"""


def _stops(rows: Sequence[Row]) -> str:
    lines = list[Sequence[str]]()
    for search in cells(rows):
        for value in guard_gains.VALUES:
            found = [one for one in results(rows, search) if one["value"] == value]
            stop, everything = guard_checks.regrets(rows, search, value)
            trials = f"{np.mean([one['stopped'] for one in found]):.0f}"
            best = f"{np.mean([one['best'] for one in found]):.0f}"
            lines.append((search, f"{value}x", trials, best, f"{stop:.3f}", f"{everything:.3f}"))
    head = ("search", "value", "stops after", "best stop", "regret", "regret of spending all")
    parts = [_table(head, lines)]
    for search in cells(rows):
        plain = [one for one in results(rows, search) if one["value"] == 0]
        saved, lost = (np.mean([one[key] for one in plain]) for key in ("saved", "lost"))
        parts.append(
            f"Without a value, {search}: stopped with {saved:.0%} of the money saved and "
            f"{lost:.1%} of the hypervolume not found ({len(plain)} studies)."
        )
    return "\n\n".join(parts)


def _gains(rows: Sequence[Row]) -> str:
    lines = list[Sequence[str]]()
    for search in cells(rows):
        for start in guard_gains.STARTS:
            found = guard_checks.at(rows, search, start)
            ratio, share = guard_gains.ratio(found)
            means = (
                f"{np.mean([one[key] for one in found]):.3f}" for key in ("forecast", "actual")
            )
            lines.append((search, str(start), *means, f"{ratio:.2f}", f"{share:.0%}"))
    head = ("search", "after", "forecast", "actual", "ratio of means", "actual at most twice")
    return _table(head, lines)


def _latencies(rows: Sequence[Row]) -> str:
    keys = ("processor_p50", "processor_p99", "clock_p50", "clock_p99")
    lines = [
        (one["what"], str(one["told"]), str(one["calls"]), *(f"{one[key]:.0f}" for key in keys))
        for one in results(rows)
    ]
    head = ("", "told trials", "calls", "CPU p50", "CPU p99", "clock p50", "clock p99")
    return f"Milliseconds.\n\n{_table(head, lines)}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def broken(rows: Sequence[Row]) -> list[str]:
    """See `guard_checks.broken`."""
    return guard_checks.broken(rows)


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw how far studies overshoot, by rule, number of workers and size of the cap."""
    mine = [row for row in rows if row.kind == "ledger" and "unannounced" not in row.cell]
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, 2)
    for panel, size in zip(panels, (SMALL, LARGE), strict=True):
        _panel(panel, mine, size)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(RULES))
    figure.savefig(path, dpi=110)


def _panel(panel: Axes, rows: Sequence[Row], size: int) -> None:
    width = 0.8 / len(RULES)
    for i, rule in enumerate(RULES):
        heights = [_overshoot(rows, rule, workers, size) for workers in WORKERS]
        places = np.arange(len(WORKERS)) + (i - (len(RULES) - 1) / 2) * width
        bars = panel.bar(places, heights, width, color=_COLOURS[i], label=rule)
        panel.bar_label(bars, [f"{one:.3g}" for one in heights], fontsize=7, padding=2)
    panel.set_title(f"cap of {size} mean trials")
    panel.set_xticks(range(len(WORKERS)), [f"{one} at once" for one in WORKERS])
    panel.set_ylabel("mean overshoot, % of the cap")
    panel.set_yscale("symlog", linthresh=1.0)
    panel.set_ylim(0, 500)
    panel.grid(axis="y", alpha=0.25)


def _overshoot(rows: Sequence[Row], rule: str, workers: int, size: int) -> float:
    names = cells(rows, f"{rule}, {workers} workers", f"cap of {size},")
    return 100 * float(np.mean([sums(rows, name)["over"] for name in names])) if names else 0.0
