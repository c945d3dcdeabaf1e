"""The tables of the benchmark of several workers, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from statistics import median

from benchmarks import machine
from benchmarks.contenders import is_ours
from benchmarks.parallel_rows import Row, of
from benchmarks.parallel_runs import SPREAD, WAYS, WORKERS

OURS, ALONE = "groat-auto-8", "groat-auto-1"
TARGET = 0.97
"""Least share of a lone worker's hypervolume that eight must reach with as many trials."""

BESIDE = {OURS: ALONE, "groat-auto-batch": ALONE, "optuna-tpe-8": "optuna-tpe-1"}
"""Ways of several workers, and the same optimizer with one."""


def markdown(rows: Sequence[Row]) -> str:
    """Return the whole report; all rows have the same number of trials."""
    if not rows:
        return "No finished searches.\n"
    parts = [_head(rows), _claim(rows), _ratios(rows)]
    return "\n\n".join([*parts, *(_problem(rows, one) for one in problems(rows))]) + "\n"


def summary(rows: Sequence[Row]) -> str:
    """Return whether several workers are as good as one, and where that was measured."""
    return f"{_kept_ratios(rows)}\n\n{_origin(rows)}"


def problems(rows: Sequence[Row]) -> list[str]:
    """Return the problems of the rows, in order of appearance."""
    return list(dict.fromkeys(row.problem for row in rows))


def ratio(rows: Sequence[Row], problem: str, way: str) -> float | None:
    """Return the median hypervolume of several workers over that of one, after all trials.

    ``None`` where one of the two did not run. Only seeds that both have count.
    """
    many, one = of(rows, problem, way), of(rows, problem, BESIDE[way])
    seeds = {row.seed for row in many} & {row.seed for row in one}
    if not seeds:
        return None
    found = [median(r.curve[-1] for r in group if r.seed in seeds) for group in (many, one)]
    return found[0] / found[1]


def _head(rows: Sequence[Row]) -> str:
    lost = sum(row.fallbacks for row in rows)
    return f"""# Several workers

{WORKERS} workers against one, {len(rows[0].curve)} trials. `-1`: one worker, one trial after the
other. `-8`: {WORKERS} workers, each of whom asks as soon as it has told its own trial. `-batch`:
{WORKERS} trials asked in one call, and told together when the last of them has ended. What a trial
takes is drawn by dice (lognormal, spread {SPREAD:g}, 1 on average), the same for all; time is
simulated, and nothing that is computed takes any of it. Normalised hypervolume: 1 is the best known
front, 0 is nothing beyond the reference point. Medians over seeds, with the least and the greatest.
CPU: median seconds of the optimizer alone until the last trial is told.

{_origin(rows)}
Suggestions replaced by Sobol points because a fit failed: {lost}."""


def _origin(rows: Sequence[Row]) -> str:
    dates = sorted(row.date for row in rows)
    versions = ", ".join(sorted({row.version for row in rows}))
    return f"""Searches from {dates[0]} to {dates[-1]} on {machine.cpu_model()}, {os.cpu_count()}
cores that may have been shared with other work; one thread per process; Python
{platform.python_version()}; {versions}."""


def _claim(rows: Sequence[Row]) -> str:
    """Say of each problem and of all whether several workers are as good as one."""
    return f"## {OURS} over {ALONE}, after all trials\n\n{_kept_ratios(rows)}"


def _kept_ratios(rows: Sequence[Row]) -> str:
    title = f"{OURS} over {ALONE}, ratio of the medians. Must show: at least {TARGET}."
    found = {problem: ratio(rows, problem, OURS) for problem in problems(rows)}
    known = {problem: one for problem, one in found.items() if one is not None}
    if not known:
        return f"{title}\n\nNot measured."
    lines = [f"- {problem}: {one:.3f}: {_kept(one)}" for problem, one in known.items()]
    middle = median(known.values())
    lines.append(f"- median of {len(known)} problems: {middle:.3f}: {_kept(middle)}")
    return f"{title}\n\n" + "\n".join(lines)


def _ratios(rows: Sequence[Row]) -> str:
    lines = ["Each way over one worker of the same optimizer:\n", f"| | {' | '.join(BESIDE)} |"]
    lines.append("|---" * (len(BESIDE) + 1) + "|")
    for problem in problems(rows):
        found = [ratio(rows, problem, way) for way in BESIDE]
        cells = ["not run" if one is None else f"{one:.3f}" for one in found]
        lines.append(f"| {problem} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _problem(rows: Sequence[Row], problem: str) -> str:
    trials = len(rows[0].curve)
    counts = [max(trials * part // 4, 1) for part in (1, 2, 4)]
    times = [count / WORKERS for count in counts]
    head = "".join(
        [f" {one} trials |" for one in counts] + [f" at time {one:g} |" for one in times]
    )
    width = len(counts) + len(times) + 4
    lines = [f"## {problem}\n", f"| |{head} last told at | CPU s | seeds |", "|---" * width + "|"]
    for way in WAYS:
        mine = of(rows, problem, way)
        if not mine:
            continue
        cells = [_spread([row.curve[one - 1] for row in mine]) for one in counts]
        cells += [f"{median(row.reached(one) for row in mine):.3f}" for one in times]
        cells += [f"{median(row.times[-1] for row in mine):.1f}"]
        cells += [f"{median(row.cpu_s for row in mine):.1f}", str(len(mine))]
        lines.append(f"| {_bold(way)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _spread(scores: Sequence[float]) -> str:
    return f"{median(scores):.3f} ({min(scores):.2f}-{max(scores):.2f})"


def _bold(way: str) -> str:
    return f"**{way}**" if is_ours(way) else way


def _kept(ratio: float) -> str:
    return "kept" if ratio >= TARGET else "**not kept**"
