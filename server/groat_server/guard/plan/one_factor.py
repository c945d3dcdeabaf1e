"""Designs that change one thing at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from groat import model
from groat_server.guard.plan import moves
from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.roles import role_of
from groat_server.guard.plan.rows import MOST_ROWS, Row, Sheet, baseline_row, changed_row

MOST_LEVELS = 6
"""Of the leading parameter, today's among them."""

_MOST_PRICED = 30
"""Values of the leading parameter whose spends are compared, spread over all."""

_MOST_MOVES = 2
"""Of a parameter that does not lead: its believed direction, and the other one."""


def lead_of(case: PlanCase, ranks: Sequence[model.ParameterRank]) -> model.Parameter:
    """Return the highest ranked parameter that is in use today."""
    known = {one.id: one for one in case.space.parameters}
    order = [known[rank.parameter_id] for rank in ranks]
    return next((one for one in order if one.id in case.baseline), order[0])


def lead_values(
    case: PlanCase, lead: model.Parameter, base: model.Configuration
) -> list[model.Value]:
    """Return what else the leading parameter could be, cheapest first, spread over the prices."""
    if lead.id not in base:
        return []
    priced = list[tuple[float, model.Value]]()
    levels = moves.lead_levels(case, lead, base[lead.id])
    for value in _spread(levels, _MOST_PRICED):
        found = case.changed(base, {lead.id: value})
        nanos = None if found is None else case.nanos(found, 0)
        priced += [] if found is None else [(float("inf") if nanos is None else nanos, value)]
    values = [value for _, value in sorted(priced, key=lambda one: one[0])]
    return _spread(values, MOST_LEVELS - 1)


def _spread(values: Sequence[model.Value], most: int) -> list[model.Value]:
    """Return at most so many, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


def begin(sheet: Sheet) -> list[Row]:
    """Return today's configuration, if it is not told yet."""
    return [] if sheet.standing.has_begun else [baseline_row(sheet)]


def lead_rows(sheet: Sheet) -> list[Row]:
    """Return one row per value of the leading parameter that was not tested yet."""
    base = sheet.standing.base
    lead = lead_of(sheet.case, sheet.ranks)
    values = lead_values(sheet.case, lead, base)
    return list(_rows(sheet, lead, values))


def bets(sheet: Sheet) -> list[Row]:
    """Return the two boldest single changes: of the leading parameter, and of the next one.

    The leading parameter goes to its next dearer value, or to its next cheaper
    one where the first objective is to consume less; if there is none, to the other.
    """
    lead = lead_of(sheet.case, sheet.ranks)
    first = boldest(sheet, lead_rows(sheet))
    others = [rows[0] for rows in _others(sheet, lead)]
    return first[:1] + others[:1] + first[1:] + others[1:]


def boldest(sheet: Sheet, rows: Sequence[Row]) -> list[Row]:
    """Order values of the leading parameter by what is most worth knowing, see `bets`."""
    return sorted(rows, key=lambda row: _boldness(sheet, row))


def single_changes(sheet: Sheet) -> list[Row]:
    """Return the leading parameter's values, then the `other_changes`."""
    return [*lead_rows(sheet), *other_changes(sheet)]


def other_changes(sheet: Sheet) -> list[Row]:
    """Return changes of all but the leading parameter, by rank.

    First each one's believed direction, then the opposite ones.
    """
    others = _others(sheet, lead_of(sheet.case, sheet.ranks))
    firsts = [rows[0] for rows in others]
    return [*firsts, *(rows[1] for rows in others if len(rows) > 1)]


def _others(sheet: Sheet, lead: model.Parameter) -> list[list[Row]]:
    """Return the untested moves of as many other parameters as a sheet has rows, by rank."""
    found = (rows for name, rows in _by_parameter(sheet) if name != lead.id and rows)
    return list(itertools.islice(found, MOST_ROWS))


def _by_parameter(sheet: Sheet) -> Iterator[tuple[str, list[Row]]]:
    """Walk over the parameters in use, by rank, with their first untested moves.

    Rows are made as they are wanted: each looks up a spend.
    """
    known = {one.id: one for one in sheet.case.space.parameters}
    base = sheet.standing.base
    for rank in sheet.ranks:
        parameter = known[rank.parameter_id]
        if parameter.id in base:
            values = moves.moves(sheet.case, parameter, base[parameter.id])
            untested = _rows(sheet, parameter, values)
            yield parameter.id, list(itertools.islice(untested, _MOST_MOVES))


def _rows(sheet: Sheet, parameter: model.Parameter, values: Sequence[model.Value]) -> Iterator[Row]:
    for place, value in enumerate(values):
        if not sheet.standing.has_tested(parameter.id, value):
            why = _reason(sheet, parameter) if place == 0 else ""
            row = changed_row(sheet, sheet.standing.base, {parameter.id: value}, why)
            yield from [] if row is None else [row]


def _reason(sheet: Sheet, parameter: model.Parameter) -> str:
    """Say why this direction first, for numbers of which something is known."""
    is_number = parameter.domain.kind in {"int", "float"}
    return role_of(parameter).why if is_number else ""


def _boldness(sheet: Sheet, row: Row) -> tuple[bool, float]:
    """Put the next value on the wanted side of the price first."""
    today = sheet.case.nanos(sheet.standing.base, sheet.count)
    if today is None or row.nanos is None:
        return (False, 0.0)
    dearer = row.nanos - today
    is_wanted = (dearer < 0) if moves.wants_cheap(sheet.case.objectives[0]) else (dearer > 0)
    return (not is_wanted, abs(dearer))
