"""What an ask costs, as Markdown."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from statistics import mean, median

import numpy as np

from benchmarks.contenders import is_ours
from benchmarks.latency_rows import Row, distinct
from benchmarks.latency_runs import ASKS, LASTS, THINKS, WORKERS

OURS, PEER, AT = ("groat-bayesian", "groat-auto"), "ax", 100
CLAIM = 1 / 20
"""Most of the peer's processor time that an ask may take after `AT` trials."""

READY_S = 0.020
"""Most that half the workers may wait who leave the server time to think."""

EVOLVED, FEW, MANY = "groat-nsga2", 100, 100_000
GROWTH = 2.0
"""Most by which an ask with its tell may grow from a few to many told trials."""

DISTURBED = 0.15
"""Cores, on average, that may be busy with something else while something is measured."""


def markdown(rows: Sequence[Row]) -> str:
    """Return the whole report."""
    if not rows:
        return "No finished measurements.\n"
    parts = [_head(rows), _disturbed(rows)]
    for written, measures in _SECTIONS.items():
        mine = [row for row in rows if row.measure in measures]
        parts += [written(mine)] if mine else []
    return "\n\n".join(parts) + "\n"


def summary(rows: Sequence[Row]) -> str:
    """Return what is claimed of each measure, whether it holds, and where that was measured."""
    asked, cycled = ([r for r in rows if r.measure == one] for one in ("asks", "cycles"))
    problems = distinct(row.problem for row in asked)
    lines = [_claim(asked, ours, problem) for ours in OURS for problem in problems]
    for measure, workers in (("thinking", 1), ("crowd", WORKERS)):
        for problem in problems:
            found = [r for r in rows if (r.measure, r.problem) == (measure, problem)]
            lines += [_half_wait(found, problem, workers)] if found else []
    lines.append(f"- {_growth([row for row in cycled if row.contender == EVOLVED])}")
    return "\n\n".join(["\n".join(lines), _disturbed(rows), _origin(rows)])


def _half_wait(rows: Sequence[Row], problem: str, workers: int) -> str:
    wait, fit = median(_waited(rows)), median(row.timing.fit_s for row in rows)
    return (
        f"- {problem}, {workers} at work who take longer than a fit ({1000 * fit:.0f} ms): half of "
        f"the asks wait less than {1000 * wait:.1f} ms. Must show: {1000 * READY_S:.0f}: "
        f"{_kept(wait < READY_S)}."
    )


def pick(rows: Sequence[Row], measure: str, contender: str, problem: str, told: int) -> list[Row]:
    """Return the rows of one measurement, one per seed."""
    wanted = (measure, contender, problem, told)
    return [r for r in rows if (r.measure, r.contender, r.problem, r.told) == wanted]


def _head(rows: Sequence[Row]) -> str:
    return f"""# What an ask costs

Times depend on the machine and on what else it does; what is claimed of CPU are ratios. Only groat
is asked through a server, with gRPC and a SQLite file on disk. CPU: seconds from one ask to the
next of the optimizer alone, its tell and what is computed ahead included; for groat those of the
server with its worker processes. The past is attached before any clock starts: the configuration in
use today, where a problem has one, and Sobol points with their true values. The first ask after
that loads what is loaded lazily, and does not count.

{_origin(rows)}"""


def _origin(rows: Sequence[Row]) -> str:
    dates = sorted(row.date for row in rows)
    machines = ", ".join(sorted({row.machine for row in rows}))
    versions = ", ".join(sorted({row.version for row in rows}))
    return f"""Measured from {dates[0]} to {dates[-1]} on {machines}; one thread per process;
Python {platform.python_version()}; {versions}."""


def _disturbed(rows: Sequence[Row]) -> str:
    """Say whether anything else ran, since waiting times are worth little then."""
    loads = [row.timing.others for row in rows]
    count = sum(load > DISTURBED for load in loads)
    if not count:
        return f"Undisturbed: nothing else took more than {max(loads):.2f} of a core meanwhile."
    return (
        f"**Disturbed**: during {count} of {len(rows)} measurements other processes kept more than "
        f"{DISTURBED} of a core busy, {max(loads):.2f} cores at the most (column: other load, the "
        "median). Those waiting times are longer than they would be, and their CPU seconds "
        "somewhat, as cores share caches and clocks."
    )


def _models(rows: Sequence[Row]) -> str:
    title = f"""## Asks of optimizers with a model

{ASKS} asks per seed, each told at once. The 99th percentile of so few is about the longest."""
    problems = distinct(row.problem for row in rows)
    claims = [_claim(rows, ours, problem) for ours in OURS for problem in problems]
    return "\n\n".join([title, "\n".join(claims), *(_table(rows, one) for one in problems)])


def _claim(rows: Sequence[Row], ours: str, problem: str) -> str:
    """Say what share of the peer's processor time an ask takes, by medians and by means."""
    told = f"- {problem}, after {AT} told trials: "
    ours_s, theirs_s = (_cpu(pick(rows, "asks", name, problem, AT)) for name in (ours, PEER))
    if not ours_s or not theirs_s:
        return f"{told}{ours} beside {PEER} is not measured."
    ratios = median(ours_s) / median(theirs_s), mean(ours_s) / mean(theirs_s)
    words = " and ".join(_share(ratio) for ratio in ratios)
    return (
        f"{told}an ask of {ours} takes {words} of {PEER}'s processor time, by medians and by "
        f"means. Must show: at most {_share(CLAIM)}: {_kept(max(ratios) <= CLAIM)}."
    )


def _table(rows: Sequence[Row], problem: str) -> str:
    lines = [
        f"### {problem}\n",
        "| | told trials | CPU s, median | mean | waits s, p50 | p99 | lost | other load | seeds |",
        "|---" * 9 + "|",
    ]
    mine = [row for row in rows if row.problem == problem]
    for name in sorted(distinct(row.contender for row in mine), key=is_ours, reverse=True):
        for told in sorted({row.told for row in mine if row.contender == name}):
            found = pick(mine, "asks", name, problem, told)
            cpu_s, waits = _cpu(found), _waited(found)
            cells = [f"{median(cpu_s):.3f}", f"{mean(cpu_s):.3f}", *_quantiles(waits, 1, 3)]
            cells += [str(sum(row.timing.lost for row in found)), _load(found), str(len(found))]
            lines.append(f"| {_bold(name)} | {told:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _waits(rows: Sequence[Row]) -> str:
    lines = [
        f"""## Waiting, beside workers who take their time

One worker who thinks {THINKS:g} times as long as a fit between its tell and its ask; and {WORKERS}
threads, whose trials last {LASTS[0]:g} to {LASTS[1]:g} fits and who ask right after their tell. A
fit: from a tell to the answer of the ask right after it. Must show: p50 below
{READY_S * 1000:.0f} ms.
""",
        "| | workers | told trials | fit ms | CPU s per ask | asks | p50 ms | p99 ms | worst ms "
        "| other load | |",
        "|---" * 11 + "|",
    ]
    for measure, workers in (("thinking", 1), ("crowd", WORKERS)):
        for problem in distinct(row.problem for row in rows):
            found = [r for r in rows if (r.measure, r.problem) == (measure, problem)]
            if found:
                lines.append(f"| {problem} | {workers} | {_wait_cells(found)} |")
    return "\n".join(lines)


def _wait_cells(rows: Sequence[Row]) -> str:
    waits = _waited(rows)
    cells = [str(rows[0].told), f"{1000 * median(row.timing.fit_s for row in rows):.0f}"]
    cells += [f"{mean(mean(row.timing.cpu_s) for row in rows):.3f}", str(len(waits))]
    cells += [*_quantiles(waits, 1000, 1), f"{1000 * max(waits):.1f}", _load(rows)]
    return " | ".join([*cells, _kept(median(waits) < READY_S)])


def _pasts(rows: Sequence[Row]) -> str:
    lines = [
        f"""## Without a model, after a long past

An ask with its tell on zdt1; CPU is a mean, as one may take less than the clock's step. {EVOLVED}
is asked through its server; Optuna's study is in memory.
{_growth([row for row in rows if row.contender == EVOLVED])}
""",
        "| | told trials | CPU ms | p50 ms | p99 ms | first one ms | cycles | attached per s "
        "| other load | seeds |",
        "|---" * 10 + "|",
    ]
    for name in distinct(row.contender for row in rows):
        for told in sorted({row.told for row in rows if row.contender == name}):
            found = pick(rows, "cycles", name, "zdt1", told)
            lines.append(f"| {_bold(name)} | {told:,} | {_past_cells(found)} |")
    return "\n".join(lines)


def _past_cells(rows: Sequence[Row]) -> str:
    waits = _cycle_s(rows)
    first = median(row.timing.first_s for row in rows)
    pace = median((row.told - 1) / row.timing.fill_s for row in rows)
    cells = [f"{1000 * mean(_cpu(rows)):.1f}", *_quantiles(waits, 1000, 1), f"{1000 * first:.0f}"]
    return " | ".join([*cells, str(len(waits)), f"{pace:.0f}", _load(rows), str(len(rows))])


def _growth(rows: Sequence[Row]) -> str:
    """Say by how much an ask with its tell grows, by CPU and by the caller's clock."""
    few, many = ([row for row in rows if row.told == told] for told in (FEW, MANY))
    told = f"From {FEW:,} to {MANY:,} told trials groat's may grow by {GROWTH:g} times at most: "
    if not few or not many:
        return f"{told}not measured."
    ratios = mean(_cpu(many)) / mean(_cpu(few)), median(_cycle_s(many)) / median(_cycle_s(few))
    return (
        f"{told}it grows {ratios[0]:.1f} times by CPU and {ratios[1]:.1f} times by the median of "
        f"what the caller waits. By CPU this is {_kept(ratios[0] <= GROWTH)}."
    )


_SECTIONS = {_models: ("asks",), _waits: ("thinking", "crowd"), _pasts: ("cycles",)}


def _cpu(rows: Sequence[Row]) -> list[float]:
    return [one for row in rows for one in row.timing.cpu_s]


def _waited(rows: Sequence[Row]) -> list[float]:
    return [one for row in rows for one in row.timing.ask_s]


def _cycle_s(rows: Sequence[Row]) -> list[float]:
    pairs = (zip(row.timing.ask_s, row.timing.tell_s, strict=True) for row in rows)
    return [ask_s + tell_s for row in pairs for ask_s, tell_s in row]


def _load(rows: Sequence[Row]) -> str:
    return f"{median(row.timing.others for row in rows):.2f}"


def _quantiles(waits: Sequence[float], scale: float, digits: int) -> list[str]:
    """Return the median and the 99th percentile, between neighbours where there are few."""
    return [f"{scale * one:.{digits}f}" for one in np.quantile(waits, [0.5, 0.99])]


def _share(ratio: float) -> str:
    """Say a ratio as one part of so many; as times where it is more than half."""
    return f"1/{1 / ratio:.1f}".removesuffix(".0") if 0 < ratio <= 0.5 else f"{ratio:.1f} times"


def _bold(name: str) -> str:
    return f"**{name}**" if is_ours(name) else name


def _kept(is_kept: bool) -> str:
    return "kept" if is_kept else "**not kept**"
