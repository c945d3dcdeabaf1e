"""Saying why, with the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from groat import model
from groat.model import Certainty
from groat_server.tradeoff.beliefs import Beliefs
from groat_server.tradeoff.choice import Choice


def told(beliefs: Beliefs, row: int) -> str:
    """Write the objectives of a configuration: ``quality 0.85 and usd 0.4``."""
    return " and ".join(
        f"{beliefs.metrics[j].id} {value_of(beliefs, row, j):.4g}" for j in beliefs.objectives
    )


def value_of(beliefs: Beliefs, row: int, column: int) -> float:
    """Return what a metric is believed to be, in its own direction."""
    return beliefs.metrics[column].loss(float(beliefs.means[row, column]))


def rationale(beliefs: Beliefs, choice: Choice, preference: model.Preference, place: int) -> str:
    """Say why a configuration stands at its place, and what the next one is like."""
    row = int(choice.order[place])
    facts = f"{told(beliefs, row)}: {_merit(choice, preference, row, place)}"
    if place + 1 < len(choice.order):
        facts += f"; {_against(beliefs, row, int(choice.order[place + 1]))}"
    return f"{facts}."


def _merit(choice: Choice, preference: model.Preference, row: int, place: int) -> str:
    ordinal = "best" if place == 0 else f"number {place + 1}"
    match preference:
        case model.Limits(optimize=optimize, bounds=bounds):
            kept = " and ".join(f"{name} {bound:g}" for name, bound in bounds.items())
            sure = f"{choice.feasible[row]:.0%} sure to keep {kept}"
            if choice.certainty is Certainty.INFEASIBLE:
                return f"{'nearest' if place == 0 else ordinal} to the limits, {sure}"
            return f"{ordinal} in {optimize}" + (f" of those sure enough, {sure}" if bounds else "")
        case model.MoneyValue():
            return f"{ordinal} in net value, {-choice.scores[row]:.4g} per request"
        case model.Weights():
            return f"{ordinal} when every weighted objective counts, the worst of them most"
        case model.Knee():
            return f"{ordinal} bend of the front: giving up more wins little beyond it"


def _against(beliefs: Beliefs, row: int, other: int) -> str:
    """What the next one in the order gives and takes."""
    changes: list[str] = []
    for j in beliefs.objectives:
        change = value_of(beliefs, other, j) - value_of(beliefs, row, j)
        if change:
            changes.append(f"{change:+.3g} {beliefs.metrics[j].id}")
    number = beliefs.trials[other].number
    return f"next is trial {number} with {' and '.join(changes) or 'the same values'}"


def explanation(beliefs: Beliefs, choice: Choice, preference: model.Preference, price: str) -> str:
    """Say how far the choice can be relied on, and what would settle it."""
    best = int(choice.order[0])
    number = beliefs.trials[best].number
    note = (
        " No standard errors are told, so the values are taken as exact."
        if (beliefs.is_exact)
        else ""
    )
    match choice.certainty:
        case Certainty.INFEASIBLE:
            return f"{_misses(beliefs, preference, best)} Trial {number} comes nearest.{note}"
        case Certainty.UNCONFIRMED:
            return f"{_unsure(choice, preference, number, best)} {_settle(beliefs, choice, price)}"
        case _:
            more = f" {_settle(beliefs, choice, price)}" if choice.confirm else ""
            return f"Trial {number} is the choice: {told(beliefs, best)}.{more}{note}"


def _misses(beliefs: Beliefs, preference: model.Preference, best: int) -> str:
    bounds = dict(preference.bounds) if isinstance(preference, model.Limits) else {}
    bounds |= {
        one.id: one.bound
        for one in beliefs.metrics
        if one.role is model.Role.CONSTRAINT and one.bound is not None
    }
    parts: list[str] = []
    for name, bound in bounds.items():
        column = beliefs.column(name)
        found = value_of(beliefs, best, column)
        if beliefs.metrics[column].loss(found) > beliefs.metrics[column].loss(bound):
            parts.append(f"{name} is {found:.4g} and {bound:g} was asked for")
    return f"No trial keeps all limits; at the nearest one {' and '.join(parts)}."


def _unsure(choice: Choice, preference: model.Preference, number: int, best: int) -> str:
    if isinstance(preference, model.Limits):
        return (
            f"None is certain enough: the best guess, trial {number}, keeps the limits with a "
            f"chance of {choice.feasible[best]:.0%}, as the best of several measured once."
        )
    return (
        f"The best guess is trial {number}, which would be the choice with a chance of "
        f"{choice.chosen[best]:.0%} under the standard errors."
    )


def _settle(beliefs: Beliefs, choice: Choice, price: str) -> str:
    if not choice.confirm:
        return "Run more trials near the limits."
    names = _numbers([beliefs.trials[row].number for row in choice.confirm])
    return f"Confirming {names} on fresh examples spends {price} and may find a better one."


def _numbers(numbers: Sequence[int]) -> str:
    *others, last = map(str, numbers)
    return f"trials {', '.join(others)} and {last}" if others else f"trial {last}"
