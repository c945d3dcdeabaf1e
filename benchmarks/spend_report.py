"""The tables of the benchmark of hypervolume per dollar, as Markdown."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from statistics import median

from benchmarks import machine, spend_rows, spend_runs
from benchmarks.problems import PRICED
from benchmarks.spend_rows import Row

CHECKPOINTS = (5, 10, 20, 40, 80, 150)
"""Dollars."""

TARGETS = {0.90: 0.2, 0.95: 0.5}
"""By share of the best hypervolume: groat's dollars over those of the best peer, at most."""

_SEEDS = 5
_CAP = float(spend_runs.CAP.amount)


def markdown(rows: Sequence[Row]) -> str:
    """Return the whole report."""
    if not rows:
        return "No finished searches.\n"
    present = {row.problem for row in rows}
    parts = [_head(rows)]
    for problem in PRICED:
        if problem in present:
            mine = [row for row in rows if row.problem == problem]
            parts += [f"## {problem}", _reached(mine), _prices(mine), _verdicts(mine), _ends(mine)]
    return "\n\n".join([*parts, _said(rows)]) + "\n"


def summary(rows: Sequence[Row]) -> str:
    """Return what the same hypervolume costs with each optimizer, and whether targets are met."""
    listed = [problem for problem in PRICED if problem in {row.problem for row in rows}]
    heads = [f"{problem}, USD to {share:.0%}" for problem in listed for share in TARGETS]
    lines = [f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    of = {problem: [row for row in rows if row.problem == problem] for problem in listed}
    for name in spend_rows.optimizers(rows):
        cells: list[str] = []
        for mine in of.values():
            searches = [row for row in mine if row.optimizer == name]
            cells += [_price(searches, share * best_hypervolume(mine)) for share in TARGETS]
        lines.append(f"| {_bold(name)} | {' | '.join(cells)} |")
    verdicts = [f"{problem}:\n\n{_verdicts(mine)}" for problem, mine in of.items()]
    return "\n\n".join(["\n".join(lines), *verdicts, _origin(rows)])


def _price(searches: Sequence[Row], hypervolume: float) -> str:
    if not searches:
        return "-"
    dollars = price(searches, hypervolume)
    told = f"{dollars:.0f}" if math.isfinite(dollars) else "never"
    return told if len(searches) == _SEEDS else f"{told} ({len(searches)})"


def best_hypervolume(rows: Sequence[Row]) -> float:
    """Return the greatest median hypervolume at the cap, of the optimizers of one problem."""
    return max(median(row.reached(_CAP) for row in mine) for mine in _by_optimizer(rows).values())


def price(rows: Sequence[Row], hypervolume: float) -> float:
    """Return the median dollars to a hypervolume; a search that never gets there is ``inf``.

    Between a finite middle value and an infinite one the median is infinite.
    """
    return median(row.price_of(hypervolume) for row in rows)


def ratio(rows: Sequence[Row], ours: str, share: float) -> tuple[float, bool]:
    """Return groat's dollars over those of the peer that needs the fewest.

    Args:
        rows: Of one problem.
        ours: One of `spend_runs.GROAT`.
        share: Of `best_hypervolume`.

    Returns:
        The ratio, and whether it is exact. Where no peer gets there each needs more than it
        spent, so that the true ratio is below the one that is returned. ``inf`` where groat
        does not get there; NaN where no peer ran.
    """
    groups = _by_optimizer(rows)
    wanted = share * best_hypervolume(rows)
    theirs = [mine for name, mine in groups.items() if name not in spend_runs.GROAT]
    needed = min((price(mine, wanted) for mine in theirs), default=math.nan)
    if math.isinf(needed):
        spent = min(median(row.dollars[-1] for row in mine) for mine in theirs)
        return price(groups[ours], wanted) / spent, False
    return price(groups[ours], wanted) / needed, True


def _by_optimizer(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Group the rows of one problem, the best at the cap first."""
    found = spend_rows.optimizers(rows)
    groups = {name: [row for row in rows if row.optimizer == name] for name in found}
    final = {name: median(row.reached(_CAP) for row in mine) for name, mine in groups.items()}
    return {name: groups[name] for name in sorted(groups, key=lambda name: -final[name])}


def _head(rows: Sequence[Row]) -> str:
    return f"""# Search quality per dollar

How good a front is once a search has spent so many dollars, where one configuration's trial
spends hundreds of times what another's does (`benchmarks/priced_rag.py`, invented by us).
Normalised hypervolume: 1 is the best known front, 0 is nothing beyond the reference point; a
front is chosen by what was told, with the noise of 100 questions, and scored by the truth.
Medians over seeds, with the least and the greatest; one trial at a time; higher is better.

Each search may spend {spend_runs.CAP} and run {spend_runs.TRIALS} trials. groat is told the
prices, and tokens that are wrong by up to a factor of 1.65; its own guard keeps the cap. Peers
have no words for money: each goes on to {spend_runs.OVERTIME} or {spend_runs.TRIALS} trials, so
that one sees what it would have needed, and is stopped before the trial that would pass it.

{_origin(rows)}"""


def _origin(rows: Sequence[Row]) -> str:
    dates = sorted(row.date for row in rows)
    versions = ", ".join(sorted({row.version for row in rows}))
    return f"""Runs from {dates[0]} to {dates[-1]} on {machine.cpu_model()}, {os.cpu_count()} cores
that were shared with other work; one thread per process; Python {platform.python_version()};
{versions}."""


def _reached(rows: Sequence[Row]) -> str:
    head = "".join(f" {dollars} USD |" for dollars in CHECKPOINTS)
    lines = [f"| hypervolume at |{head} seeds |", "|---" * (len(CHECKPOINTS) + 2) + "|"]
    for name, mine in _by_optimizer(rows).items():
        cells = [_spread([row.reached(dollars) for row in mine]) for dollars in CHECKPOINTS]
        lines.append(f"| {_bold(name)} | {' | '.join(cells)} | {len(mine)} |")
    return "\n".join(lines)


def _prices(rows: Sequence[Row]) -> str:
    best = best_hypervolume(rows)
    head = "".join(f" {share:.0%} ({share * best:.3f}) |" for share in TARGETS)
    lines = [
        f"The best median at {spend_runs.CAP} is {best:.3f}. Dollars to so much of it:",
        "",
        f"| |{head}",
        "|---" * (len(TARGETS) + 1) + "|",
    ]
    for name, mine in _by_optimizer(rows).items():
        cells = [_dollars([r.price_of(share * best) for r in mine]) for share in TARGETS]
        lines.append(f"| {_bold(name)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _verdicts(rows: Sequence[Row]) -> str:
    ours = [name for name in _by_optimizer(rows) if name in spend_runs.GROAT]
    lines = [_verdict(rows, name, share) for name in ours for share in TARGETS]
    return "\n".join(lines) or "groat did not run."


def _verdict(rows: Sequence[Row], ours: str, share: float) -> str:
    found, is_exact = ratio(rows, ours, share)
    target = TARGETS[share]
    start = f"- {ours}, {share:.0%}: "
    aim = f"the target of {target}x"
    if math.isnan(found):
        return f"{start}no peer ran."
    if math.isinf(found):
        return f"{start}not reached by the median; {aim} is missed."
    told = f"{found:.2f}x the dollars of the best peer"
    if not is_exact:
        told = f"below {found:.2f}x, as no peer's median gets there"
    outcome = "is met" if found <= target else "is missed" if is_exact else "is not shown to be met"
    return f"{start}{told}; {aim} {outcome}."


def _ends(rows: Sequence[Row]) -> str:
    lines = ["| at the end | trials | USD spent | over because of | CPU s |", "|---" * 5 + "|"]
    for name, mine in _by_optimizer(rows).items():
        reasons = ", ".join(sorted({row.ended for row in mine}))
        spent = median(row.dollars[-1] for row in mine)
        trials, cpu_s = median(len(row.curve) for row in mine), median(row.cpu_s for row in mine)
        lines.append(f"| {_bold(name)} | {trials:.0f} | {spent:.1f} | {reasons} | {cpu_s:.1f} |")
    return "\n".join(lines)


def _said(rows: Sequence[Row]) -> str:
    """List the guard's decisions, since a search that stops early looks like a poor one."""
    lines = [
        f"- {row.problem}, {row.optimizer}, seed {row.seed}: {'; '.join(row.said)}"
        for row in rows
        if row.said
    ]
    lost = sum(row.fallbacks for row in rows if row.optimizer in spend_runs.GROAT)
    return "\n".join(
        [
            "## What groat's guard said\n",
            "With the dollars booked at that moment. Advice is only said here and ends no search:",
            "such a decision reads `proceed`. A `stop` before the last is about a typical trial;",
            "a cheaper one still fitted.",
            f"Fits that failed, so that a Sobol point took their place: {lost}.\n",
            *(lines or ["groat did not run."]),
        ]
    )


def _spread(scores: Sequence[float]) -> str:
    return f"{median(scores):.3f} ({min(scores):.2f}-{max(scores):.2f})"


def _dollars(prices: Sequence[float]) -> str:
    words = [f"{one:.1f}" if math.isfinite(one) else "never" for one in _summary(prices)]
    return f"{words[0]} ({words[1]}-{words[2]})"


def _summary(prices: Sequence[float]) -> tuple[float, float, float]:
    return median(prices), min(prices), max(prices)


def _bold(name: str) -> str:
    return f"**{name}**" if name in spend_runs.GROAT else name
