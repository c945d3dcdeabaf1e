"""How the search space of a running study may change: it only grows.

What was tried must stay a configuration of the space, and must mean what it meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from groat import model
from groat.errors import Violation


def check_growth(
    before: model.SearchSpace, after: model.SearchSpace, path: str
) -> Iterator[Violation]:
    """Check that every configuration of the one space is, or has become, one of the other."""
    wanted = {parameter.id: i for i, parameter in enumerate(after.parameters)}
    for parameter in before.parameters:
        if parameter.id not in wanted:
            problem = f"{parameter.id!r} is missing; a space may only grow"
            yield Violation(f"{path}.parameters", problem)
            continue
        i = wanted.pop(parameter.id)
        yield from _check_same(parameter, after.parameters[i], f"{path}.parameters[{i}]")
    for name, i in wanted.items():
        if after.parameters[i].default_value is None:
            problem = f"{name!r} is new and needs one: what the trials so far had"
            yield Violation(f"{path}.parameters[{i}].default_value", problem)
    for i, constraint in enumerate(after.constraints):
        if constraint not in before.constraints:
            problem = "new; constraints may go and none may come, as trials may be waiting"
            yield Violation(f"{path}.constraints[{i}]", problem)


def _check_same(before: model.Parameter, after: model.Parameter, path: str) -> Iterator[Violation]:
    if before.active_when != after.active_when:
        yield Violation(f"{path}.active_when", "cannot change; add a parameter instead")
    if before.default_value != after.default_value:
        problem = "cannot change: it is what trials had that are older than the parameter"
        yield Violation(f"{path}.default_value", problem)
    place = f"{path}.{after.domain.kind}"
    if before.domain.kind != after.domain.kind:
        problem = f"was {before.domain.kind}; a parameter keeps its kind, so add another one"
        yield Violation(place, problem)
    elif (lost := _lost(before.domain, after.domain)) is not None:
        yield Violation(place, lost)


def _lost(before: model.Domain, after: model.Domain) -> str | None:
    """Say what would be lost of a domain, if anything."""
    match before, after:
        case (
            (model.FloatDomain() | model.IntDomain()),
            (model.FloatDomain() | model.IntDomain()),
        ):
            return _narrowed(before, after)
        case model.CategoricalDomain(), model.CategoricalDomain():
            return _dropped(before.labels, after.labels)
        case model.OrdinalDomain(), model.OrdinalDomain():
            kept = tuple(level for level in after.levels if level in before.levels)
            return None if kept == before.levels else "levels were dropped or changed places"
        case model.TextDomain(), model.TextDomain():
            return _rewritten(before, after)
        case model.SubsetDomain(), model.SubsetDomain():
            return _shrunk(before, after)
        case _:
            return None if before == after else "cannot change; add a parameter instead"


def _narrowed(
    before: model.FloatDomain | model.IntDomain, after: model.FloatDomain | model.IntDomain
) -> str | None:
    if (before.step, before.log_scale) != (after.step, after.log_scale):
        return "step and log_scale cannot change; add a parameter instead"
    if after.min > before.min or after.max < before.max:
        return f"{after.min} to {after.max} leaves out some of {before.min} to {before.max}"
    steps = (before.min - after.min) / (before.step or 1)
    if before.step is not None and abs(steps - round(steps)) > 1e-9 * max(1.0, abs(steps)):
        return f"from {after.min} by {after.step} no longer meets {before.min}"
    return None


def _dropped(before: Sequence[str], after: Sequence[str]) -> str | None:
    lost = [name for name in before if name not in after]
    return f"{lost[0]!r:.60} is missing; values may only be added" if lost else None


def _rewritten(before: model.TextDomain, after: model.TextDomain) -> str | None:
    if not before.growable and before.variants != after.variants:
        return "not growable: its variants are fixed"
    texts = {variant.id: variant.text for variant in after.variants}
    for variant in before.variants:
        if texts.get(variant.id) != variant.text:
            return f"variant {variant.id!r} is missing or reworded; add one under another id"
    return None


def _shrunk(before: model.SubsetDomain, after: model.SubsetDomain) -> str | None:
    if (dropped := _dropped(before.items, after.items)) is not None:
        return dropped
    if set(after.required_items) - set(before.required_items):
        return "more items are required than before"
    most = before.max_items or len(before.items)
    if after.min_items > before.min_items or (after.max_items or len(after.items)) < most:
        return f"the limits leave out some of {before.min_items} to {most} items"
    return None
