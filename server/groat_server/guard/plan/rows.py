"""Rows of the worksheet before they are numbered, and how many of them the money pays for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from groat import model
from groat_server.guard.plan import words
from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.failures import labels_of
from groat_server.guard.plan.standing import Standing

MOST_ROWS = 24
"""Nobody follows a longer sheet."""

CONFIRM = "Confirm the winner"

_MANY_FAILURES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One step that is not done.

    Attributes:
        configuration: ``None`` where the steps before decide it.
        count: Examples; 0 is all.
        nanos: ``None`` when unknown.
    """

    title: str
    configuration: model.Configuration | None
    count: int
    nanos: int | None
    instruction: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What all designs are made with.

    Attributes:
        purse: Nanos that all rows together may be expected to spend; ``None``
            when nothing limits them, or when no spend is known at all.
        count: Examples of a row; 0 is all.
    """

    case: PlanCase
    standing: Standing
    ranks: Sequence[model.ParameterRank]
    purse: int | None
    count: int

    def row(
        self, configuration: model.Configuration, title: str, instruction: str, rule: str = ""
    ) -> Row:
        """Return a row on as many examples as the others."""
        return Row(
            title=title,
            configuration=configuration,
            count=self.count,
            nanos=self.case.nanos(configuration, self.count),
            instruction=instruction,
            rule=rule or words.keep_rule(self.case, self.count),
        )

    @property
    def where(self) -> str:
        """The examples of a row, in words."""
        return words.on_examples(self.case, self.count)

    @property
    def again(self) -> str:
        """The examples of a row that is compared with another, in words."""
        number = self.count or self.case.example_count
        return f"the same {number:,} examples" if number else "the same examples"


Tail = Callable[[Sequence[Row]], Sequence[Row]]
"""The rows that must still be paid after those chosen."""


def fitting(
    purse: int | None, candidates: Sequence[Row], tail: Tail, most: int = MOST_ROWS
) -> tuple[list[Row], list[Row]]:
    """Take candidates in turn, each one only if what must follow still fits.

    Returns:
        Those taken, and those left out. The taken ones with their tail never
        exceed the purse.
    """
    taken, left = list[Row](), list[Row]()
    for row in candidates:
        trial = [*taken, row]
        fits = len(trial) <= most and is_payable(purse, [*trial, *tail(trial)])
        (taken if fits else left).append(row)
    return taken, left


def is_payable(purse: int | None, rows: Sequence[Row]) -> bool:
    """Whether rows fit; a row without a known spend never does, where there is a purse."""
    if purse is None:
        return True
    known = [row.nanos for row in rows if row.nanos is not None]
    return len(known) == len(rows) and sum(known) <= purse


def dearest(rows: Sequence[Row]) -> int | None:
    """Return the most that any row spends; ``None`` when none is known."""
    return max((row.nanos for row in rows if row.nanos is not None), default=None)


def typical(rows: Sequence[Row]) -> int | None:
    """Return the mean spend of rows, rounded up to three digits; ``None`` when none is known."""
    known = [row.nanos for row in rows if row.nanos is not None]
    if not known:
        return None
    mean = -(-sum(known) // len(known))
    unit = 10 ** max(len(str(mean)) - 3, 0)
    return -(-mean // unit) * unit


def baseline_row(sheet: Sheet) -> Row:
    """Run what is in use today, and look at its failures."""
    labels = [f'"{one}"' for one in labels_of(sheet.case)]
    marks = f": {words.listed(labels, 'or')}" if labels else ""
    instruction = (
        f"Run the configuration in use today on {sheet.where}. Then read the answers "
        f"that failed, {_MANY_FAILURES} at most, and write beside each what went wrong{marks}. "
        "Count which is commonest."
    )
    rule = (
        "Every later step is compared with this one, on the same examples. If the rules point "
        "to another change than the next step, make that change first."
    )
    return sheet.row(sheet.case.baseline, words.TODAY, instruction, rule)


def changed_row(
    sheet: Sheet, base: model.Configuration, change: Mapping[str, model.Value], why: str
) -> Row | None:
    """Change one parameter of ``base``; ``None`` where that cannot be, or was tried."""
    configuration = sheet.case.changed(base, change)
    if configuration is None or sheet.standing.tried(configuration) is not None:
        return None
    [(name, value)] = change.items()
    start = "today's configuration" if base == sheet.case.baseline else "the best so far"
    carried = "" if not why else f" ({why})"
    instruction = (
        f"Take {start} and change only {name}, from {words.shown(base[name])} to "
        f"{words.shown(value)}{carried}. Run it on {sheet.again}."
    )
    return sheet.row(configuration, words.settings(change), instruction)


def confirmation(sheet: Sheet, rows: Sequence[Row], *, count: int | None = None) -> list[Row]:
    """Run the winner once more; nothing where there is nothing to confirm.

    The dearest of the ``rows`` before it that are not done may win. It runs on
    as many examples as they do, or on ``count``, 0 for all.
    """
    examples = sheet.count if count is None else count
    standing, case = sheet.standing, sheet.case
    changes = [row for row in rows if row.configuration != case.baseline]
    if not changes and (standing.is_confirmed or standing.base == case.baseline):
        return []
    winners = [row.configuration for row in rows if row.configuration is not None]
    winners += [standing.base] if standing.best else []
    spends = [case.nanos(one, examples) for one in winners]
    spends += [row.nanos for row in rows if row.configuration is None]
    known = [one for one in spends if one is not None]
    winner = None if rows else standing.base
    return [_confirming(case, winner, examples, max(known, default=None))]


def _confirming(
    case: PlanCase, winner: model.Configuration | None, count: int, nanos: int | None
) -> Row:
    subset = not case.is_whole(count)
    examples = f"{count:,} other examples" if subset else words.on_examples(case, count)
    fresh = "" if subset else ", fresh ones if you have them"
    name = "the winner" if winner is None else "the best so far"
    maybe = " If today's configuration won, skip this." if winner is None else ""
    return Row(
        title=CONFIRM,
        configuration=winner,
        count=count,
        nanos=nanos,
        instruction=(
            f"Run {name} once more on {examples}{fresh}. The best of several always looks "
            f"a little better than it is.{maybe}"
        ),
        rule=words.hold_rule(case, count),
    )
