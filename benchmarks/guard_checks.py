"""What the guard's benchmark found, held against the targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks import guard_gains, guard_outcomes, guard_promises, guard_verdicts
from benchmarks.guard_ledger import AFTERWARDS, HELD_90, HELD_95, LARGE, TRANCHES
from benchmarks.guard_rows import Row
from benchmarks.guard_verdicts import Judged

WANTED_STUDIES = 10_000
_PILOT = "1 trials in doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One target.

    Attributes:
        is_met: ``None`` where nothing was run.
    """

    target: str
    what: str
    wanted: str
    measured: str
    is_met: bool | None

    @property
    def verdict(self) -> str:
        """In plain words."""
        if not self.wanted:
            return "not run" if not self.measured else ""
        return "pass" if self.is_met else "MISSED"


def checks(rows: Sequence[Row]) -> list[Check]:
    """Return every target in order; those of which nothing was run, too."""
    makers: list[tuple[str, str, Callable[[Sequence[Row]], list[Check]]]] = [
        ("T1-T3", "ledger", _ledger),
        ("T4", "intervals", _intervals),
        ("T5", "verdicts", _verdicts),
        ("T6", "outcomes", _outcomes),
        ("T7", "stops", _stops),
        ("T8", "gains", _gains),
        ("T9", "promises", _promises),
        ("T9", "histories", _histories),
        ("T10", "latencies", _latencies),
    ]
    found = list[Check]()
    for target, kind, maker in makers:
        of_kind = [row for row in rows if row.kind == kind]
        missing = Check(target=target, what=kind, wanted="", measured="", is_met=None)
        found += maker(of_kind) if of_kind else [missing]
    return found


def results(rows: Iterable[Row], cell: str | None = None) -> list[dict[str, Any]]:
    """Return what came of some rows, of one cell or of all."""
    return [one for row in rows if cell in {None, row.cell} for one in row.result]


def sums(rows: Sequence[Row], cell: str) -> dict[str, float]:
    """Add up the studies of one cell of the ledger; shares and means are per study."""
    found = results(rows, cell)
    studies = sum(one["studies"] for one in found)
    return {
        "studies": studies,
        "any": sum(one["over"] for one in found) / studies,
        "over": sum(one["over_sum"] for one in found) / studies,
        "most": max(one["over_most"] for one in found),
        "unused": sum(one["unused_sum"] for one in found) / studies,
        "trials": sum(one["trials"] for one in found) / studies,
    }


def cells(rows: Sequence[Row], *words: str) -> list[str]:
    """Return the cells whose names have all these words, in order."""
    names = dict.fromkeys(row.cell for row in rows)
    return [name for name in names if all(word in name for word in words)]


def _ledger(rows: Sequence[Row]) -> list[Check]:
    tranches = [name for name in cells(rows, TRANCHES) if "unannounced" not in name]
    ran = [sums(rows, name) for name in tranches]
    studies = sum(one["studies"] for one in ran)
    over = sum(round(one["any"] * one["studies"]) for one in ran)
    large = f"cap of {LARGE},"
    found = [
        Check(
            target="T1",
            what="overshoot in tranches, honest `next_spend`",
            wanted=f"0 in {WANTED_STUDIES:,} studies",
            measured=f"{over} in {studies:,} studies",
            is_met=over == 0,
        )
    ]
    for rule in (HELD_90, HELD_95):
        found += _held(rows, rule, cells(rows, rule, large))
    for rule, most in ((TRANCHES, 0.02), (HELD_90, 0.04), (HELD_95, 0.04)):
        left = [sums(rows, name)["unused"] for name in cells(rows, rule, large)]
        if left:
            found.append(
                Check(
                    target="T3",
                    what=f"unused at the end, {rule}, cap of {LARGE} mean trials",
                    wanted=f"at most {most:.0%} in each cell",
                    measured=f"{min(left):.1%} to {max(left):.1%}",
                    is_met=max(left) <= most,
                )
            )
    return found


def _held(rows: Sequence[Row], rule: str, names: Sequence[str]) -> list[Check]:
    if not names:
        return []
    ran = [sums(rows, name) for name in names]
    often, over = max(one["any"] for one in ran), max(one["over"] for one in ran)
    broken = sum(one["bounds_broken"] for name in cells(rows, rule) for one in results(rows, name))
    return [
        Check(
            target="T2",
            what=f"overshoot, {rule}, cap of {LARGE} mean trials",
            wanted="in each cell: any in at most 15 %, mean at most 1 %; bound never broken",
            measured=f"worst: any {often:.0%}, mean {over:.2%}; broken {broken} times",
            is_met=often <= 0.15 and over <= 0.01 and not broken,
        )
    ]


def _intervals(rows: Sequence[Row]) -> list[Check]:
    found = [one for one in results(rows) if one["told"] >= 3]
    shares = [one["coverage"] for one in found]
    widths = {one["told"]: one["width"] for one in found if one["declared"] and not one["shifted"]}
    return [
        Check(
            target="T4",
            what="90 % interval of a trial's spend",
            wanted="holds 88 to 99 % from 3 trials on; x5 at most at 6, x3.5 at 25",
            measured=f"{min(shares):.1%} to {max(shares):.1%}; "
            f"x{widths[6]:.1f} at 6, x{widths[25]:.1f} at 25",
            is_met=all(one["is_met"] for one in found),
        )
    ]


def judged(rows: Sequence[Row], cell: str) -> list[Judged]:
    """Return the simulated studies of one error of the declaration."""
    return [Judged(**{**one, "trials": tuple(one["trials"])}) for one in results(rows, cell)]


def _verdicts(rows: Sequence[Row]) -> list[Check]:
    found = list[Check]()
    for error in guard_verdicts.ERRORS:
        studies = judged(rows, str(error))
        if not studies:
            continue
        manual, auto = guard_verdicts.wrongs(studies)[_PILOT]
        found.append(
            Check(
                target="T5",
                what=f"verdict after the pilot, declared with an error of sd {error}",
                # The one that the target speaks of.
                wanted="wrongly by hand at most 7 %, automatic at most 15 %" * (error == 0.5),
                measured=f"{manual:.1%}, {auto:.1%} of {len(studies)} studies",
                is_met=manual <= 0.07 and auto <= 0.15,
            )
        )
    return found


def false_manual(rows: Sequence[Row], algorithm: str) -> float:
    """Return the share of studies that a person was told to do, though the machine does better.

    Caps are log-uniform; better is by more than 2 % of the best hypervolume.
    """
    found = [one for one in results(rows) if one["algorithm"] == algorithm]
    wrong = 0.0
    for count in guard_outcomes.COUNTS:
        ran = [one for one in found if one["count"] == count]
        lost = [
            one["by_hand"] and one["machine"] - one["people"] > guard_outcomes.BETTER for one in ran
        ]
        wrong += guard_outcomes.share_of_caps(count) * float(np.mean(lost))
    return wrong


def _outcomes(rows: Sequence[Row]) -> list[Check]:
    return [
        Check(
            target="T6",
            what=f"by hand, though {name} would have come > 2 % of the hypervolume further",
            wanted="at most 5 % of studies",
            measured=f"{false_manual(rows, name):.1%} ({len(rows)} problems)",
            is_met=false_manual(rows, name) <= 0.05,
        )
        for name in guard_outcomes.ALGORITHMS
    ]


def regrets(rows: Sequence[Row], search: str, value: int) -> tuple[float, float]:
    """Return the mean regret of the guard's stop and of spending everything."""
    found = [one for one in results(rows, search) if one["value"] == value]
    stop = [one["regret"] for one in found]
    return float(np.mean(stop)), float(np.mean([one["regret_of_all"] for one in found]))


def _stops(rows: Sequence[Row]) -> list[Check]:
    found = list[Check]()
    for search in cells(rows):
        pairs = {value: regrets(rows, search, value) for value in guard_gains.VALUES}
        worse = max(stop - everything for stop, everything in pairs.values())
        high = max(pairs[value][0] for value in guard_gains.VALUES[1:])
        found.append(
            Check(
                target="T7",
                what=f"regret of the stop over the value, {search} search",
                wanted="at most .12 at V = all spend, .05 from 4 times on; "
                "at most .01 worse than spending all",
                measured=f"{pairs[1][0]:.3f}; at most {high:.3f}; at most {worse:+.3f}",
                is_met=pairs[1][0] <= 0.12 and high <= 0.05 and worse <= 0.01,
            )
        )
    return found


def _gains(rows: Sequence[Row]) -> list[Check]:
    found = list[Check]()
    for search in cells(rows):
        tried = [guard_gains.ratio(at(rows, search, start)) for start in guard_gains.STARTS]
        ratios, shares = zip(*tried, strict=True)
        found.append(
            Check(
                target="T8",
                what=f"gain of the next 10 trials, {search} search",
                wanted="forecast over actual .6 to 1.6; actual at most twice it in 75 %",
                measured=f"{min(ratios):.2f} to {max(ratios):.2f}; "
                f"{min(shares):.0%} to {max(shares):.0%}",
                is_met=min(ratios) >= 0.6 and max(ratios) <= 1.6 and min(shares) >= 0.75,
            )
        )
    return found


def at(rows: Sequence[Row], search: str, start: int) -> list[dict[str, Any]]:
    """Return the forecasts after so many trials."""
    return [one for one in results(rows, search) if one["start"] == start]


def _promises(rows: Sequence[Row]) -> list[Check]:
    total = {
        key: sum(one[key] for one in results(rows))
        for key in ("verdicts", "wrong", "moved", "replays", "not_replayed")
    }
    return [
        Check(
            target="T9",
            what="more money never moves a verdict away from going on",
            wanted="0 violations",
            measured=f"{total['wrong']} in {total['verdicts']:,} verdicts "
            f"(it moved the right way {total['moved']} times)",
            is_met=total["wrong"] == 0,
        ),
        Check(
            target="T9",
            what="a fresh engine on the same store says the same",
            wanted="0 violations",
            measured=f"{total['not_replayed']} in {total['replays']:,}",
            is_met=total["not_replayed"] == 0,
        ),
    ]


def _histories(rows: Sequence[Row]) -> list[Check]:
    found = results(rows)
    faults = sum(bool(one["faults"]) for one in found)
    admissions = sum(one["admissions"] for one in found)
    return [
        Check(
            target="T9",
            what="the ledger over random histories",
            wanted="0 violations",
            measured=f"{faults} of {len(found):,} histories ({admissions:,} admissions)",
            is_met=faults == 0,
        )
    ]


def _latencies(rows: Sequence[Row]) -> list[Check]:
    found, made = results(rows), list[Check]()
    for what, most in zip(guard_promises.TIMED[:2], (50, 200), strict=True):
        mine = [one for one in found if one["what"] == what]
        processor, clock = (
            max(one[f"{kind}_p99"] for one in mine) for kind in ("processor", "clock")
        )
        made.append(
            Check(
                target="T10",
                what=f"{what}, 99 % of calls",
                wanted=f"at most {most} ms",
                measured=f"{processor:.0f} ms of processor time, {clock:.0f} ms by the clock",
                is_met=processor <= most,
            )
        )
    return made


def broken(rows: Sequence[Row]) -> list[str]:
    """Return in words which promises did not hold that must hold in every single study."""
    found = list[str]()
    for name in cells([row for row in rows if row.kind == "ledger"]):
        ran = results([row for row in rows if row.kind == "ledger"], name)
        for key in ("breaches", "bounds_broken", "books_wrong", "stuck"):
            count = sum(one[key] for one in ran)
            found += [f"{name}: {key} {count}"] if count else []
        is_held = name.startswith(TRANCHES) and "unannounced" not in name
        over = sum(one["over"] for one in ran)
        found += [f"{name}: {over} overshot"] if is_held and over else []
        is_peers = name.startswith(AFTERWARDS)
        found += [f"{name}: none overshot, which cannot be"] if is_peers and not over else []
    always = {"T9"}
    found += [
        f"{c.what}: {c.measured}" for c in checks(rows) if c.target in always and not c.is_met
    ]
    return found
