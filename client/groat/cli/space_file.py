"""Parameters of a study file, and the combinations of theirs that are never asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from groat import model
from groat.cli import section
from groat.cli.section import Section
from groat.errors import InvalidArgument

N = TypeVar("N", int, float)


def parameter(one: Section) -> model.Parameter:
    """Read a parameter."""
    declared = model.Parameter(
        id=one.need("id", section.text),
        domain=_DOMAINS[one.which(*_DOMAINS)](one),
        active_when=one.take("when", _conditions) or (),
        default_value=one.take("default", section.value),
    )
    one.end()
    return declared


def constraint(one: Section) -> model.ParameterConstraint:
    """Read what is never asked."""
    declared = _forbidden(one) if one.which("forbid", "linear") == "forbid" else _linear(one)
    one.end()
    return declared


def _real(one: Section) -> model.FloatDomain:
    low, high = one.need("real", _pair(section.real))
    step = one.take("step", section.real)
    is_log = one.take("log", section.truth) or False
    return model.FloatDomain(min=low, max=high, step=step, log_scale=is_log)


def _integer(one: Section) -> model.IntDomain:
    low, high = one.need("integer", _pair(section.whole))
    step = one.take("step", section.whole)
    is_log = one.take("log", section.truth) or False
    return model.IntDomain(min=low, max=high, step=step, log_scale=is_log)


def _flag(one: Section) -> model.BoolDomain:
    if not one.need("flag", section.truth):
        raise InvalidArgument.at(one.at("flag"), "must be true; false is no domain")
    return model.BoolDomain()


def _choice(one: Section) -> model.CategoricalDomain:
    return model.CategoricalDomain(labels=tuple(one.need("choice", section.texts)))


def _levels(one: Section) -> model.OrdinalDomain:
    return model.OrdinalDomain(levels=tuple(one.need("levels", section.values)))


def _text(one: Section) -> model.TextDomain:
    return model.TextDomain(
        variants=one.need("text", _variants),
        growable=one.take("growable", section.truth) or False,
    )


def _subset(one: Section) -> model.SubsetDomain:
    return model.SubsetDomain(
        items=tuple(one.need("subset", section.texts)),
        min_items=one.take("min_items", section.whole) or 0,
        max_items=one.take("max_items", section.whole) or 0,
        required_items=tuple(one.take("required", section.texts) or ()),
    )


def _order(one: Section) -> model.PermutationDomain:
    return model.PermutationDomain(items=tuple(one.need("order", section.texts)))


_DOMAINS: dict[str, Callable[[Section], model.Domain]] = {
    "real": _real,
    "integer": _integer,
    "flag": _flag,
    "choice": _choice,
    "levels": _levels,
    "text": _text,
    "subset": _subset,
    "order": _order,
}


def _pair(read: Callable[[object, str], N]) -> Callable[[object, str], tuple[N, N]]:
    def read_pair(content: object, path: str) -> tuple[N, N]:
        ends = section.many(content, path)
        if len(ends) != 2:
            raise InvalidArgument.at(path, f"{len(ends)} numbers; must be [lowest, highest]")
        return read(ends[0], f"{path}[0]"), read(ends[1], f"{path}[1]")

    return read_pair


def _variants(content: object, path: str) -> tuple[model.TextVariant, ...]:
    if section.is_list(content):
        entries = enumerate(content)
        return tuple(_variant(Section(entry, f"{path}[{i}]")) for i, entry in entries)
    texts = section.table(content, path).items()
    return tuple(
        model.TextVariant(id=name, text=section.text(text, f"{path}.{name}"))
        for name, text in texts
    )


def _variant(one: Section) -> model.TextVariant:
    variant = model.TextVariant(
        id=one.need("id", section.text),
        text=one.need("text", section.text),
        parent_id=one.take("parent", section.text) or "",
    )
    one.end()
    return variant


def _conditions(content: object, path: str) -> tuple[model.Condition, ...]:
    return tuple(
        model.Condition(parameter_id=other, any_of=tuple(section.values(some, f"{path}.{other}")))
        for other, some in section.table(content, path).items()
    )


def _forbidden(one: Section) -> model.ForbiddenCombination:
    path, values = one.at("forbid"), one.need("forbid", section.table)
    return model.ForbiddenCombination(
        values={name: section.value(value, f"{path}.{name}") for name, value in values.items()}
    )


def _linear(one: Section) -> model.LinearConstraint:
    path, factors = one.at("linear"), one.need("linear", section.table)
    return model.LinearConstraint(
        coefficients={
            name: section.real(factor, f"{path}.{name}") for name, factor in factors.items()
        },
        upper_bound=one.need("at_most", section.real),
    )
