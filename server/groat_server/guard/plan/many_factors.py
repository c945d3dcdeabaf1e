"""Designs that change many things at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from groat import model
from groat_server.guard.plan import moves, words
from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.one_factor import lead_of, lead_values
from groat_server.guard.plan.rows import Row, Sheet, baseline_row, confirmation, dearest, typical
from groat_server.guard.plan.screening import RUNS, effects, plackett_burman, spread_out

_STRONGEST = 2
"""So many changes of a screening are followed."""

_TOO_DEAR = 4
"""Rows that cost so many times a typical one are left out of a broad look."""

_DRAWN = 64


def screening_rows(
    case: PlanCase, ranks: Sequence[model.ParameterRank], most: int
) -> tuple[tuple[str, ...], list[model.Configuration]]:
    """Return the parameters that are screened and the rows, today's configuration first.

    There are ``most`` rows at most. Both are empty where a row breaks a
    constraint, or the smallest design has more rows.
    """
    changes = _screened_changes(case, ranks)
    runs = max((one for one in RUNS if one <= most), default=0)
    names = list(changes)[: max(runs - 1, 0)]
    if len(names) < 2:
        return (), []
    rows = [
        case.changed(
            case.baseline, {n: changes[n] for n, sign in zip(names, signs, strict=True) if sign > 0}
        )
        for signs in plackett_burman(len(names))
    ]
    whole = [row for row in rows if row is not None]
    return (tuple(names), whole) if len(whole) == len(rows) else ((), [])


def _screened_changes(
    case: PlanCase, ranks: Sequence[model.ParameterRank]
) -> dict[str, model.Value]:
    """Return the one change of each parameter that is always in use, by rank."""
    known = {one.id: one for one in case.space.parameters}
    found = dict[str, model.Value]()
    for rank in ranks:
        parameter = known[rank.parameter_id]
        if parameter.active_when or parameter.id not in case.baseline:
            continue
        values = moves.moves(case, parameter, case.baseline[parameter.id])
        able = (value for value in values if case.changed(case.baseline, {parameter.id: value}))
        value = next(able, None)
        if value is not None:
            found[parameter.id] = value
    return found


def screened(sheet: Sheet, configurations: Sequence[model.Configuration]) -> list[Row]:
    """Return the rows of a screening that are not told."""
    return [
        _screening_row(sheet, one, f"Screening row {place} of {len(configurations)}")
        for place, one in enumerate(configurations, start=1)
        if sheet.standing.tried(one) is None
    ]


def _screening_row(sheet: Sheet, one: model.Configuration, name: str) -> Row:
    if one == sheet.case.baseline:
        return baseline_row(sheet)
    return sheet.row(
        one,
        f"{name}: {words.title_of(sheet.case, one)}",
        f"Run exactly this configuration on {sheet.where}. About half of the things are changed "
        "at once; do not judge a row by itself.",
        "Write the result down. What a change does is the mean of the rows that have it less the "
        "mean of those that do not.",
    )


def combined(
    sheet: Sheet, names: Sequence[str], configurations: Sequence[model.Configuration]
) -> list[Row]:
    """Return the row that puts the strongest helpful changes of a told screening together."""
    screen = sheet.standing.among(configurations)
    scores = [screen.score_of(one) for one in configurations]
    known = [score for score in scores if score is not None]
    if not known:
        return []
    # A row that failed counts as the worst one: its changes are not to be followed.
    filled = np.array([max(known) if score is None else score for score in scores])
    does = effects(plackett_burman(len(names)), filled)
    order = [int(j) for j in np.argsort(does, kind="stable") if does[j] < 0][:_STRONGEST]
    changes = _screened_changes(sheet.case, sheet.ranks)
    chosen = {names[j]: changes[names[j]] for j in order}
    found = sheet.case.changed(sheet.case.baseline, chosen) if chosen else None
    if found is None or sheet.standing.tried(found) is not None:
        return []
    return [
        sheet.row(
            found,
            f"The strongest changes together: {words.settings(chosen)}",
            f"In the screening {words.listed(chosen)} helped most. Run today's configuration with "
            f"just {'these changes' if len(chosen) > 1 else 'this change'} on {sheet.where}.",
        )
    ]


def combination_tail(sheet: Sheet, rows: Sequence[Row]) -> list[Row]:
    """Return what must follow a screening: the strongest changes together, and its confirmation."""
    both = Row(
        title="The strongest changes together",
        configuration=None,
        count=sheet.count,
        nanos=dearest(rows),
        instruction=(
            "For each change take the mean of the rows with it less the mean of the rows without. "
            f"Run today's configuration with the {_STRONGEST} changes that helped most, or ask "
            "for the plan again once all rows are told: it does the sums."
        ),
        rule=words.keep_rule(sheet.case, sheet.count),
    )
    return [both, *confirmation(sheet, [*rows, both])]


def broad_look(case: PlanCase, rows: int) -> list[model.Configuration]:
    """Return configurations that leave no large part of the space unseen, the same every time."""
    found = dict[frozenset[tuple[str, model.Value]], model.Configuration]()
    usual = case.nanos(case.baseline, 0)
    parameters = case.space.parameters
    for point in spread_out(_DRAWN, len(parameters)).tolist():
        values = {
            one.id: moves.value_at(one.domain, place, case.baseline.get(one.id))
            for one, place in zip(parameters, point, strict=True)
        }
        one = case.complete({key: value for key, value in values.items() if value is not None})
        if one is None or not case.is_allowed(one) or _is_dear(case, one, usual):
            continue
        found.setdefault(frozenset(one.items()), one)
        if len(found) == rows:
            break
    return list(found.values())


def _is_dear(case: PlanCase, one: model.Configuration, usual: int | None) -> bool:
    nanos = case.nanos(one, 0)
    return nanos is not None and bool(usual) and nanos > _TOO_DEAR * (usual or 0)


def broad_rows(sheet: Sheet, configurations: Sequence[model.Configuration]) -> list[Row]:
    """Return the rows of a broad look that are not told, cheapest first."""
    rows = [
        sheet.row(
            one,
            f"Broad look: {words.title_of(sheet.case, one)}",
            f"Run exactly this configuration on {sheet.where}.",
            "Only write the result down; the best rows are followed once all are told. If three "
            "rows in a row are far behind today's configuration in everything, leave the rest out.",
        )
        for one in configurations
        if sheet.standing.tried(one) is None
    ]
    return sorted(rows, key=lambda row: row.nanos or 0)


def local_rows(sheet: Sheet, rows: Sequence[Row], most: int) -> list[Row]:
    """Return single changes round a winner that is not known yet, by rank of the parameter."""
    return [
        Row(
            title=f"Change {rank.parameter_id} of the best so far",
            configuration=None,
            count=sheet.count,
            nanos=typical(rows),
            instruction=(
                f"Take the best so far and change only {rank.parameter_id}. Ask for the plan "
                "again before this step: it then says to what."
            ),
            rule=words.keep_rule(sheet.case, sheet.count),
        )
        for rank in sheet.ranks[:most]
    ]


def contenders(
    case: PlanCase, ranks: Sequence[model.ParameterRank], most: int
) -> list[model.Configuration]:
    """Return different configurations to start a knock-out with.

    Today's, every value of the leading parameter, the believed change of each
    other one, then a broad look.
    """
    known = {one.id: one for one in case.space.parameters}
    lead = lead_of(case, ranks)
    changes = [{lead.id: value} for value in lead_values(case, lead, case.baseline)]
    for rank in ranks:
        if rank.parameter_id in case.baseline and rank.parameter_id != lead.id:
            now = case.baseline[rank.parameter_id]
            values = moves.moves(case, known[rank.parameter_id], now)
            changes += [{rank.parameter_id: value} for value in values[:1]]
    single = [case.baseline, *filter(None, map(partial(case.changed, case.baseline), changes))]
    found = {frozenset(one.items()): one for one in [*single, *broad_look(case, most)]}
    return list(found.values())[:most]
