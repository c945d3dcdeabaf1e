"""The plan itself: what is done, what comes next, and why it goes like this."""

from __future__ import annotations

import math
from collections.abc import Sequence

from groat import model
from groat_server.guard.plan import words
from groat_server.guard.plan.alternatives import alternatives
from groat_server.guard.plan.case import HandTold, PlanCase
from groat_server.guard.plan.designs import Drawn, draw
from groat_server.guard.plan.failures import rules_of
from groat_server.guard.plan.one_factor import lead_of
from groat_server.guard.plan.ranking import ranking
from groat_server.guard.plan.rows import CONFIRM, Row
from groat_server.guard.plan.sizing import Method, Size, sized
from groat_server.guard.plan.standing import Standing
from groat_server.guard.words import about, counted

_MOST_DONE = 12
"""Of the told trials, the newest so many are shown, and the first of today's configuration."""


def manual_plan(case: PlanCase) -> model.ManualPlan:
    """Plan how to go on by hand, from what is told and what may still be spent.

    The same case always gives the same plan. Asked again after a tell, it goes
    on from the best configuration so far.

    Returns:
        A worksheet whose open steps are together not expected to spend more
        than is available, the confirmation of the winner included.
    """
    ranks = ranking(case)
    size = sized(case, ranks)
    drawn = draw(case, ranks, size)
    done = _done_steps(case, drawn.sheet.standing)
    steps = (*done, *_open_steps(case, drawn.rows, len(done) + 1))
    return model.ManualPlan(
        method=drawn.method.value,
        procedure=_procedure(case, ranks, size, drawn),
        steps=steps,
        expected_spend=_total(case, drawn.rows),
        ranking=ranks,
        rules=rules_of(case),
        alternatives=alternatives(case, ranks, size),
    )


def _currency(case: PlanCase) -> str:
    amounts = (case.available, case.spend_of(case.baseline, 0))
    return next((one.currency for one in amounts if one is not None), "USD")


def _total(case: PlanCase, rows: Sequence[Row]) -> model.Money | None:
    known = [row.nanos for row in rows if row.nanos is not None]
    return model.Money(sum(known), _currency(case)) if known or not rows else None


def _open_steps(case: PlanCase, rows: Sequence[Row], first: int) -> list[model.ManualStep]:
    currency = _currency(case)
    return [
        model.ManualStep(
            number=first + place,
            title=row.title,
            configuration=row.configuration,
            example_count=row.count,
            expected_spend=None if row.nanos is None else model.Money(row.nanos, currency),
            cumulative_spend=_total(case, rows[: place + 1]),
            instruction=row.instruction,
            decision_rule=row.rule,
        )
        for place, row in enumerate(rows)
    ]


def _done_steps(case: PlanCase, standing: Standing) -> list[model.ManualStep]:
    today = [one for one in case.told if dict(one.configuration) == dict(case.baseline)][:1]
    newest = [one for one in case.told[-_MOST_DONE:] if one not in today]
    shown = sorted([*today, *newest], key=lambda one: one.number)
    nothing = model.Money(0, _currency(case))
    return [
        model.ManualStep(
            number=place,
            title=words.title_of(case, one.configuration),
            configuration=one.configuration,
            example_count=one.example_count,
            expected_spend=case.spend_of(one.configuration, one.example_count),
            cumulative_spend=nothing,
            instruction=words.result_of(case, one),
            decision_rule=_judged(case, standing, one),
            trial_number=one.number,
            is_done=True,
        )
        for place, one in enumerate(shown, start=1)
    ]


def _judged(case: PlanCase, standing: Standing, told: HandTold) -> str:
    if not told.is_measured:
        return "Not run again as it is."
    if not told.is_feasible:
        return "Not to be used."
    if not case.covers(told, standing.count):
        return "Too few examples to compare; a hint only."
    if dict(told.configuration) == dict(standing.base):
        return "The best so far: the next steps start from here."
    on_front = any(told.number in one.numbers and one.is_on_front for one in standing.best)
    if on_front:
        return "Worth remembering: nothing tried is better in everything."
    return "Beaten: leave it."


def _procedure(
    case: PlanCase, ranks: Sequence[model.ParameterRank], size: Size, drawn: Drawn
) -> str:
    if not drawn.rows:
        return _nothing_left(case, size)
    lead = lead_of(case, ranks).id
    texts = [_money(case, size), _HOW[drawn.method].format(lead=lead), _left_out(case, drawn, lead)]
    texts.append(_ending(case, size, drawn))
    texts.append("Tell each result, then ask for the plan again: it goes on from there.")
    return " ".join(text for text in texts if text)


def _money(case: PlanCase, size: Size) -> str:
    if size.typical is None:
        return "What a trial spends is not known yet; the first one will tell."
    each = about(size.typical, _currency(case))
    if case.available is None:
        return f"No cap is set, and a typical trial spends {each}; so this is a short plan."
    left = about(case.available.nanos, _currency(case))
    if math.isinf(size.fits):
        return f"{left} is left and a trial spends nothing, so this is a plan for your time."
    fits = math.floor(size.fits + 1e-9)
    trials = counted(fits, "trial") if fits else "not one"
    where = words.on_examples(case, 0)
    usual = f"Of this plan's trials a typical one on {where} spends {each}"
    fit = f"{left} is left. {usual}, so {trials} would fit."
    if size.count:
        return f"{fit} That is too few, so each step runs on {size.count:,} examples only."
    return fit


_HOW = {
    Method.TWO_BETS: (
        "With so few trials, look before you spend: run what is in use, read what failed, and make "
        "one or two changes, one at a time."
    ),
    Method.LEAD_ONLY: (
        "With so few trials, only one thing can be learned well. That is {lead}, which is believed "
        "to matter most; other changes come after it, if at all."
    ),
    Method.ONE_FACTOR: (
        "Change one thing at a time, the most important first, and keep what helps: then you "
        "always know what made the difference."
    ),
    Method.SCREENING: (
        "Screen all parameters at once: in every row about half of them are changed, so that "
        "each change is judged by all rows together instead of by one. Then follow the two "
        "strongest."
    ),
    Method.HALVING: (
        "Let many compete on few examples, the better third of them on more, and the winner on "
        "all: that finds a good one for a part of the money."
    ),
    Method.SPACE_FILLING: (
        "The money reaches for a broad look: rows spread over the whole space first, then single "
        "changes of the best one."
    ),
}


def _ending(case: PlanCase, size: Size, drawn: Drawn) -> str:
    """Say what is left after the last row, or what it is not enough for."""
    if drawn.rows[-1].title != CONFIRM:
        return "No money is left to confirm the winner: take the result as a hint."
    total = _total(case, drawn.rows)
    if case.available is None or total is None or not size.typical:
        return ""
    rest = case.available.nanos - total.nanos
    if rest < size.typical:
        return ""
    return f"About {about(rest, total.currency)} is then left for going on from the winner."


def _left_out(case: PlanCase, drawn: Drawn, lead: str) -> str:
    """Name the values of the leading parameter that do not fit; a person may want them all."""
    currency = _currency(case)
    parts = [
        f"{row.title} ({about(row.nanos, currency)})"
        for row in drawn.left_out
        if row.nanos is not None and row.title.startswith(f"{lead} = ")
    ]
    if not parts:
        return ""
    return (
        f"Left out, as it does not fit together with a confirmation: {'; '.join(parts)}. "
        "If you believe in it, put it in another step's place, or raise the cap."
    )


def _nothing_left(case: PlanCase, size: Size) -> str:
    best = Standing(case, size.count).best
    if not best:
        return (
            f"{_money(case, size)} That pays for no step. Read twenty answers of the configuration "
            "in use and mend by hand what the rules point to, or raise the cap."
        )
    title = words.title_of(case, best[0].configuration)
    name = "the configuration in use today" if title == words.TODAY else title
    chosen = f"Nothing is left to run. The best so far is trial {best[0].numbers[0]} ({name})."
    others = [str(one.numbers[0]) for one in best[1:] if one.is_on_front]
    if not others:
        return chosen
    plural = "Trials" if len(others) > 1 else "Trial"
    return (
        f"{chosen} {plural} {words.listed(others)} may be worth more to you: nothing tried beats "
        f"{'them' if len(others) > 1 else 'it'} in everything."
    )
