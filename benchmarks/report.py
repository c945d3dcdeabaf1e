"""The tables of a quality benchmark, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, median

from scipy.stats import rankdata

from benchmarks import peers, problems
from benchmarks.results import Row

CHECKPOINTS = (30, 60, 100)
_SEEDS = 5


def markdown(rows: Sequence[Row], trials: int) -> str:
    """Return the whole report; rows of all problems and optimizers, same number of trials."""
    if not rows:
        return "No finished runs.\n"
    checkpoints = [count for count in CHECKPOINTS if count <= trials] or [trials]
    parts = [_head(rows)]
    parts += [_problem(rows, problem, checkpoints) for problem in problem_names(rows)]
    losses = f"## Where a peer is ahead of groat-auto\n\n{_losses(rows, checkpoints)}"
    parts += [_ranks(rows, checkpoints), losses]
    return "\n\n".join(parts) + "\n"


def summary(rows: Sequence[Row]) -> str:
    """Return the medians of all in one table, with mean ranks, and where a peer is ahead."""
    listed = problem_names(rows)
    counts = " / ".join(map(str, CHECKPOINTS))
    lines = [f"| after {counts} trials | mean rank | {' | '.join(listed)} |"]
    lines.append("|---" * (len(listed) + 2) + "|")
    table = {name: _mean_ranks(rows, name, CHECKPOINTS) for name in names(rows, "optimizer")}
    for name, ranks in sorted(table.items(), key=lambda item: item[1][-1]):
        cells = [" / ".join(f"{rank:.1f}" for rank in ranks) + _missing(rows, name)]
        cells += [_medians(rows, problem, name) for problem in listed]
        lines.append(f"| {_bold(name)} | {' | '.join(cells)} |")
    few = (
        f"Medians of {_SEEDS} seeds, or as many as in brackets. Ranks are by medians among those "
        "that ran on a problem; in brackets on how many, where not on all."
    )
    ahead = "A peer is ahead of groat-auto:\n\n" + _losses(rows, CHECKPOINTS)
    return "\n\n".join(["\n".join(lines), few, _origin(rows), ahead])


def _medians(rows: Sequence[Row], problem: str, name: str) -> str:
    """Return the medians at each checkpoint, the best of all optimizers in bold."""
    if not (first := values(rows, problem, name, CHECKPOINTS[0])):
        return "-"
    cells: list[str] = []
    for count in CHECKPOINTS:
        found = [values(rows, problem, other, count) for other in names(rows, "optimizer")]
        best = max(median(scores) for scores in found if scores)
        reached = median(values(rows, problem, name, count))
        cells.append(f"**{reached:.2f}**" if reached == best else f"{reached:.2f}")
    return " / ".join(cells) + ("" if len(first) == _SEEDS else f" ({len(first)})")


def names(rows: Iterable[Row], field: str) -> list[str]:
    """Return the distinct values of a text field, in order of appearance."""
    return list(dict.fromkeys(str(getattr(row, field)) for row in rows))


def problem_names(rows: Iterable[Row]) -> list[str]:
    """Return the problems of the rows, in the order of `problems.NAMES`."""
    present = {row.problem for row in rows}
    return [name for name in problems.NAMES if name in present]


def values(rows: Iterable[Row], problem: str, optimizer: str, trials: int) -> list[float]:
    """Return the normalised hypervolume after so many trials, one per seed; empty if none."""
    mine = [row for row in rows if (row.problem, row.optimizer) == (problem, optimizer)]
    return [row.curve[trials - 1] for row in mine]


def _head(rows: Sequence[Row]) -> str:
    return f"""# Search quality per trial

Normalised hypervolume: 1 is the best known front, 0 is nothing beyond the reference point.
Medians over seeds, with the least and the greatest; sequential; higher is better; n/a: the
optimizer has nothing of its own to say there. CPU: median seconds of the optimizer alone for the
whole run, with what it loads lazily; for groat that is the server with its worker processes, gRPC
and SQLite included.

{_origin(rows)}
{_fallbacks(rows)}"""


def _origin(rows: Sequence[Row]) -> str:
    dates = sorted(row.date for row in rows)
    versions = ", ".join(sorted(names(rows, "version")))
    return f"""Runs from {dates[0]} to {dates[-1]} on {_cpu_model()}, {os.cpu_count()} cores that
were shared with other work; one thread per process; Python {platform.python_version()};
{versions}."""


def _fallbacks(rows: Sequence[Row]) -> str:
    lost = {
        name: sum(r.fallbacks for r in rows if r.optimizer == name)
        for name in names(rows, "optimizer")
    }
    told = ", ".join(f"{name} {count}" for name, count in lost.items() if count)
    return f"Suggestions replaced by Sobol points because a fit failed: {told or 'none'}."


def _problem(rows: Sequence[Row], problem: str, checkpoints: Sequence[int]) -> str:
    head = "".join(f" {count} trials |" for count in checkpoints)
    rule = "|---" * (len(checkpoints) + 3) + "|"
    lines = [f"## {problem}\n", f"| |{head} CPU s | seeds |", rule]
    optimizers = names(rows, "optimizer")
    final = {name: values(rows, problem, name, checkpoints[-1]) for name in optimizers}
    for name in sorted(optimizers, key=lambda name: -median(final[name] or [-1.0])):
        cells = [_spread(values(rows, problem, name, count)) for count in checkpoints]
        spent = [row.cpu_s for row in rows if (row.problem, row.optimizer) == (problem, name)]
        cells += [f"{median(spent):.1f}" if spent else "", str(len(spent))]
        if not peers.can_run(name, problems.look_up(problem)):
            cells = ["n/a"] * len(cells)
        lines.append(f"| {_bold(name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ranks(rows: Sequence[Row], checkpoints: Sequence[int]) -> str:
    head = "".join(f" {count} trials |" for count in checkpoints)
    lines = [
        "## Mean rank\n",
        "By medians, ties shared, among those that ran on a problem; 1 is best. In brackets: on",
        "how many problems, where not on all.\n",
        f"| |{head}",
        "|---" * (len(checkpoints) + 1) + "|",
    ]
    table = {name: _mean_ranks(rows, name, checkpoints) for name in names(rows, "optimizer")}
    for name, ranks in sorted(table.items(), key=lambda item: item[1][-1]):
        cells = " | ".join(f"{rank:.1f}" for rank in ranks)
        lines.append(f"| {_bold(name)}{_missing(rows, name)} | {cells} |")
    return "\n".join(lines)


def _mean_ranks(rows: Sequence[Row], name: str, checkpoints: Sequence[int]) -> list[float]:
    ran = _ran(rows, name)
    return [mean(_rank(rows, problem, name, count) for problem in ran) for count in checkpoints]


def _rank(rows: Sequence[Row], problem: str, name: str, count: int) -> float:
    """Rank the median among those of all that ran on the problem."""
    found = {other: values(rows, problem, other, count) for other in names(rows, "optimizer")}
    medians = {other: -median(scores) for other, scores in found.items() if scores}
    return float(rankdata(list(medians.values()))[list(medians).index(name)])


def _ran(rows: Sequence[Row], name: str) -> list[str]:
    return problem_names(row for row in rows if row.optimizer == name)


def _missing(rows: Sequence[Row], name: str) -> str:
    count = len(_ran(rows, name))
    return "" if count == len(problem_names(rows)) else f" ({count})"


def _losses(rows: Sequence[Row], checkpoints: Sequence[int]) -> str:
    """Name every place where a peer's median beats that of what groat chooses by itself."""
    lines = [
        f"- {problem}, {count} trials: {', '.join(ahead)}"
        for problem in problem_names(rows)
        for count in checkpoints
        if (ahead := _ahead(rows, problem, count))
    ]
    if "groat-auto" not in names(rows, "optimizer"):
        lines = ["groat-auto did not run."]
    return "\n".join(lines or ["Nowhere, by medians."])


def _ahead(rows: Sequence[Row], problem: str, count: int) -> list[str]:
    ours = values(rows, problem, "groat-auto", count)
    found: list[str] = []
    for name in names(rows, "optimizer"):
        theirs = values(rows, problem, name, count)
        if ours and theirs and not name.startswith("groat") and median(theirs) > median(ours):
            found.append(f"{name} {median(theirs):.3f} against {median(ours):.3f}")
    return found


def _spread(scores: Sequence[float]) -> str:
    if not scores:
        return "not run"
    return f"{median(scores):.3f} ({min(scores):.2f}-{max(scores):.2f})"


def _bold(name: str) -> str:
    return f"**{name}**" if name.startswith("groat") else name


def _cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
