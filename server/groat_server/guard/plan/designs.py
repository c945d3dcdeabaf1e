"""The rows of each design, from where the person stands to the confirmation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from groat import model
from groat_server.guard.plan import many_factors, one_factor
from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.knock_out import knock_out
from groat_server.guard.plan.ranking import ranking
from groat_server.guard.plan.rows import (
    MOST_ROWS,
    Row,
    Sheet,
    confirmation,
    fitting,
    is_payable,
)
from groat_server.guard.plan.screening import RUNS
from groat_server.guard.plan.sizing import Method, Size
from groat_server.guard.plan.standing import Standing

_FEWEST_BROAD, _MOST_BROAD = 4, 12
_BEGUN = 2
_SEEN = 2
"""Where so many times the rows of a broad look are told, from a search say, it needs no other."""

_ENOUGH = 0.75
"""A broad look at less than this share of its rows is not one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a design came to.

    Attributes:
        method: Another than was chosen where its rows cannot be paid.
        left_out: Rows that do not fit, though they were next.
    """

    method: Method
    sheet: Sheet
    rows: tuple[Row, ...]
    left_out: tuple[Row, ...] = ()


def draw(case: PlanCase, ranks: Sequence[model.ParameterRank], size: Size) -> Drawn:
    """Lay out the rows that are not done; their spends together never exceed the money."""
    purse = None if case.available is None or size.typical is None else case.available.nanos
    sheet = Sheet(
        case=case,
        standing=Standing(case, size.count),
        ranks=ranks,
        purse=purse,
        count=size.count,
    )
    # Told trials move the ranking; a design that is under way must not move with it.
    believed = ranking(replace(case, screened={}))
    found = _DESIGNS[size.method](sheet, believed, size)
    return found or _one_at_a_time(sheet)


def _two_bets(sheet: Sheet, _: Sequence[model.ParameterRank], __: Size) -> Drawn:
    start = one_factor.begin(sheet)
    return _closed(Method.TWO_BETS, sheet, start, one_factor.bets(sheet), len(start) + 2)


def _lead_only(sheet: Sheet, _: Sequence[model.ParameterRank], __: Size) -> Drawn:
    start, rows = one_factor.begin(sheet), one_factor.lead_rows(sheet)
    taken = fitting(sheet.purse, [*start, *rows], lambda some: confirmation(sheet, some))[0]
    if len(taken) < len(start) + len(rows):
        rows = one_factor.boldest(sheet, rows)
    return _closed(Method.LEAD_ONLY, sheet, start, [*rows, *one_factor.other_changes(sheet)])


def _one_at_a_time(sheet: Sheet) -> Drawn:
    rows = one_factor.single_changes(sheet)
    return _closed(Method.ONE_FACTOR, sheet, one_factor.begin(sheet), rows)


def _screening(sheet: Sheet, believed: Sequence[model.ParameterRank], size: Size) -> Drawn | None:
    names, configurations = _screen(sheet, believed, int(size.trials) - 1)
    if not names:
        return None
    rows = many_factors.screened(sheet, configurations)
    if not rows:
        follow = many_factors.combined(sheet, names, configurations)
        method = Method.SCREENING if follow else Method.ONE_FACTOR
        return _closed(method, sheet, [], [*follow, *one_factor.single_changes(sheet)])
    everything = [*rows, *many_factors.combination_tail(sheet, rows)]
    if not is_payable(sheet.purse, everything):
        return None
    return Drawn(method=Method.SCREENING, sheet=sheet, rows=tuple(everything))


def _screen(
    sheet: Sheet, believed: Sequence[model.ParameterRank], most: int
) -> tuple[tuple[str, ...], list[model.Configuration]]:
    """Return the screening that has begun, else the largest one that the money reaches for."""
    designs = [many_factors.screening_rows(sheet.case, believed, runs) for runs in RUNS]
    told = [sum(sheet.standing.tried(one) is not None for one in rows[1:]) for _, rows in designs]
    if max(told) >= _BEGUN:
        return designs[told.index(max(told))]
    return many_factors.screening_rows(sheet.case, believed, most)


def _space_filling(sheet: Sheet, _: Sequence[model.ParameterRank], size: Size) -> Drawn | None:
    target = min(max(int(size.trials) // 2, _FEWEST_BROAD), _MOST_BROAD)
    configurations = many_factors.broad_look(sheet.case, target)
    rows = many_factors.broad_rows(sheet, configurations)
    start = one_factor.begin(sheet)
    if not rows or len(sheet.standing.best) > _SEEN * target:
        return _closed(Method.SPACE_FILLING, sheet, start, one_factor.single_changes(sheet))
    taken, left = fitting(sheet.purse, [*start, *rows], lambda some: confirmation(sheet, some))
    seen = len(configurations) - len(rows) + len(taken) - len(start)
    if seen < _ENOUGH * target:
        return None
    further = many_factors.local_rows(sheet, taken, target)
    full = _closed(Method.SPACE_FILLING, sheet, taken, further)
    return replace(full, left_out=tuple(left))


def _halving(sheet: Sheet, believed: Sequence[model.ParameterRank], _: Size) -> Drawn | None:
    rows = knock_out(sheet, believed)
    if rows is None:
        return None
    if rows:
        return Drawn(method=Method.HALVING, sheet=sheet, rows=tuple(rows))
    return _one_at_a_time(sheet)


def _closed(
    method: Method, sheet: Sheet, start: Sequence[Row], rows: Sequence[Row], most: int = MOST_ROWS
) -> Drawn:
    """Take what can be paid together with a confirmation; failing that, one change without."""
    taken, left = fitting(
        sheet.purse, [*start, *rows], lambda some: confirmation(sheet, some), most
    )
    if len(taken) > len(start) or not rows:
        ending = confirmation(sheet, taken) if taken else _last(sheet)
        return Drawn(
            method=method, sheet=sheet, rows=(*taken, *ending), left_out=_unpaid(left, taken, most)
        )
    ending = [] if start else _last(sheet)
    if ending:
        return Drawn(method=method, sheet=sheet, rows=tuple(ending), left_out=tuple(left))
    bare, left = fitting(sheet.purse, [*start, *rows], lambda _: (), len(start) + 1)
    return Drawn(
        method=method,
        sheet=sheet,
        rows=tuple(bare),
        left_out=_unpaid(left, bare, len(start) + 1),
    )


def _unpaid(left: Sequence[Row], taken: Sequence[Row], most: int) -> tuple[Row, ...]:
    """Return the rows that money left out, not the length of the sheet."""
    return () if len(taken) >= most else tuple(left)


def _last(sheet: Sheet) -> list[Row]:
    """Confirm the best so far, on as many examples as can be paid."""
    whole = confirmation(sheet, [])
    if not whole or is_payable(sheet.purse, whole):
        return whole
    case, spend = sheet.case, whole[0].nanos
    examples = sheet.count or case.example_count
    if not spend or sheet.purse is None:
        return []
    part = int(examples * sheet.purse / spend)
    fewer = confirmation(sheet, [], count=part) if part >= case.least_examples else []
    return fewer if is_payable(sheet.purse, fewer) else []


_DESIGNS: dict[Method, Callable[[Sheet, Sequence[model.ParameterRank], Size], Drawn | None]] = {
    Method.TWO_BETS: _two_bets,
    Method.LEAD_ONLY: _lead_only,
    Method.ONE_FACTOR: lambda sheet, _, __: _one_at_a_time(sheet),
    Method.SCREENING: _screening,
    Method.HALVING: _halving,
    Method.SPACE_FILLING: _space_filling,
}
