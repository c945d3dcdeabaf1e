"""Successive halving by hand: many on few examples, the better third on more, one winner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from groat import model
from groat_server.guard.plan import words
from groat_server.guard.plan.many_factors import contenders
from groat_server.guard.plan.rows import Row, Sheet, baseline_row, confirmation, fitting, typical
from groat_server.guard.plan.sizing import first_rounds
from groat_server.guard.plan.standing import Standing

_MOST, _FEWEST = 12, 6
_FACTOR = 3


def knock_out(sheet: Sheet, believed: Sequence[model.ParameterRank]) -> list[Row] | None:
    """Return the rows of the knock-out that are not told.

    Returns:
        Empty when it is over; ``None`` when too few can be paid to begin with.

    Source:
        Jamieson and Talwalkar (2016), successive halving, with a factor of 3
        and promotion by front first. https://arxiv.org/abs/1502.07943
    """
    best = None
    for count in first_rounds(sheet.case):
        best, is_full = _from(sheet, believed, count)
        if is_full:
            break
    return best


def _from(
    sheet: Sheet, believed: Sequence[model.ParameterRank], count: int
) -> tuple[list[Row] | None, bool]:
    """Return the rows, and whether everyone can take part."""
    case = sheet.case
    first = replace(sheet, standing=Standing(case, count), count=count)
    second = _second(sheet, count)
    everyone = contenders(case, believed, _MOST)
    kept = max(len(everyone) // _FACTOR, 2)
    rows = _first_rows(first, everyone)
    taken, _ = fitting(sheet.purse, rows, lambda some: _tail(second, some, kept))
    told = len(everyone) - len(rows)
    if told + len(taken) < _FEWEST:
        return None, False
    if taken:
        return [*taken, *_tail(second, taken, kept)], len(taken) == len(rows)
    return _second_rows(first, second, kept), True


def _second(sheet: Sheet, count: int) -> Sheet:
    more = min(_FACTOR * count, sheet.case.example_count)
    more = 0 if sheet.case.is_whole(more) else more
    return replace(sheet, standing=Standing(sheet.case, more), count=more)


def _first_rows(sheet: Sheet, everyone: Sequence[model.Configuration]) -> list[Row]:
    fresh = [one for one in everyone if sheet.standing.tried(one) is None]
    return [
        baseline_row(sheet) if one == sheet.case.baseline else _first_row(sheet, one)
        for one in fresh
    ]


def _first_row(sheet: Sheet, one: model.Configuration) -> Row:
    return sheet.row(
        one,
        f"Round 1: {words.title_of(sheet.case, one)}",
        f"Run this configuration on {sheet.where}, the same ones in every row of this round.",
        "Write the result down. When the round is told, those that no other beats in everything "
        "go on.",
    )


def _second_rows(first: Sheet, second: Sheet, kept: int) -> list[Row]:
    """Return the second round's rows, or the final's; those that cannot be paid are left out."""
    best = first.standing.best[:kept]
    ranked = [one.configuration for one in first.standing.best]
    through = sum(second.standing.tried(one) is not None for one in ranked)
    rows = [
        second.row(
            one.configuration,
            f"Round 2: {words.title_of(second.case, one.configuration)}",
            f"It came through round 1. Run it on {second.where}.",
        )
        for one in best
        if through < kept and second.standing.tried(one.configuration) is None
    ]
    taken, _ = fitting(second.purse, rows, lambda some: confirmation(second, some, count=0))
    if taken:
        return [*taken, *confirmation(second, taken, count=0)]
    final = confirmation(second, [], count=0)
    return fitting(second.purse, final, lambda _: ())[0]


def _tail(second: Sheet, rows: Sequence[Row], kept: int) -> list[Row]:
    """Return the second round before it is known who is in it, and the final."""
    again = [
        replace(row, nanos=second.case.nanos(row.configuration, second.count))
        for row in rows
        if row.configuration is not None
    ]
    middle = [
        Row(
            title=f"Round 2: number {place} of the first round",
            configuration=None,
            count=second.count,
            nanos=typical(again),
            instruction=(
                f"Run number {place} of round 1 on {second.where}. Ask for the plan again once "
                "round 1 is told: it then says which one that is."
            ),
            rule=words.keep_rule(second.case, second.count),
        )
        for place in range(1, kept + 1)
    ]
    return [*middle, *confirmation(second, [*again, *middle], count=0)]
