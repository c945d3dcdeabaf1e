"""What may vary, in short words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, TypedDict, Unpack, cast

from groat import model
from groat.declare.values import Given, mapping, value, values

Variants: TypeAlias = Mapping[str, str] | Iterable[model.TextVariant]
"""Wordings of a text: by id, or whole variants."""

When: TypeAlias = Mapping[str, Iterable[model.Value]]
"""Other parameters' ids, with the values of theirs that make this parameter active."""


class ParameterOptions(TypedDict, total=False):
    """What any parameter may have besides its domain.

    Attributes:
        default: Its value in the configuration in use today; of a subset or an
            order a list will do.
        when: All must hold for the parameter to be active.
    """

    default: Given | None
    when: When


def real(
    id: str,
    low: float,
    high: float,
    *,
    step: float | None = None,
    log: bool = False,
    **options: Unpack[ParameterOptions],
) -> model.Parameter:
    """Declare a real number from ``low`` to ``high``, both included.

    Args:
        id: Unique in its space.
        low: Above 0 when ``log``.
        high: Not below ``low``.
        step: Allow only ``low``, ``low + step``, ...; not together with ``log``.
        log: Search the logarithm.
        options: Its default and its conditions.
    """
    domain = model.FloatDomain(min=low, max=high, step=step, log_scale=log)
    return _parameter(id, domain, **options)


def integer(
    id: str,
    low: int,
    high: int,
    *,
    step: int | None = None,
    log: bool = False,
    **options: Unpack[ParameterOptions],
) -> model.Parameter:
    """Declare a whole number from ``low`` to ``high``, both included; see `real`."""
    domain = model.IntDomain(min=low, max=high, step=step, log_scale=log)
    return _parameter(id, domain, **options)


def flag(id: str, **options: Unpack[ParameterOptions]) -> model.Parameter:
    """Declare true or false."""
    return _parameter(id, model.BoolDomain(), **options)


def choice(id: str, labels: Iterable[str], **options: Unpack[ParameterOptions]) -> model.Parameter:
    """Declare one of several labels that have no order."""
    domain = model.CategoricalDomain(labels=values(labels, f"{id}.labels"))
    return _parameter(id, domain, **options)


def levels(
    id: str, levels: Iterable[model.Value], **options: Unpack[ParameterOptions]
) -> model.Parameter:
    """Declare one of several levels in their order: all numbers, or all strings."""
    domain = model.OrdinalDomain(levels=values(levels, f"{id}.levels"))
    return _parameter(id, domain, **options)


def text(
    id: str,
    variants: Variants,
    *,
    growable: bool = False,
    **options: Unpack[ParameterOptions],
) -> model.Parameter:
    """Declare one of a pool of texts, such as prompts; its value is a variant's id.

    Args:
        id: Unique in its space.
        variants: Texts by id, or whole variants.
        growable: Let variants be added while the study runs.
        options: Its default, which is a variant's id, and its conditions.
    """
    domain = model.TextDomain(variants=text_variants(variants), growable=growable)
    return _parameter(id, domain, **options)


def subset(
    id: str,
    items: Iterable[str],
    *,
    min_items: int = 0,
    max_items: int = 0,
    required: Iterable[str] = (),
    **options: Unpack[ParameterOptions],
) -> model.Parameter:
    """Declare some of several items, such as the tools that an agent may call.

    Args:
        id: Unique in its space.
        items: 1 to 64 different ones.
        min_items: The fewest.
        max_items: The most; 0 is no limit.
        required: Items that are always in.
        options: Its default and its conditions.
    """
    domain = model.SubsetDomain(
        items=values(items, f"{id}.items"),
        min_items=min_items,
        max_items=max_items,
        required_items=values(required, f"{id}.required"),
    )
    return _parameter(id, domain, **options)


def order(id: str, items: Iterable[str], **options: Unpack[ParameterOptions]) -> model.Parameter:
    """Declare all of several items, in an order to be found, such as the steps of a workflow."""
    domain = model.PermutationDomain(items=values(items, f"{id}.items"))
    return _parameter(id, domain, **options)


def text_variants(variants: Variants) -> tuple[model.TextVariant, ...]:
    """Make variants of a text of what was given."""
    if isinstance(variants, Mapping):
        wordings = cast("Mapping[str, str]", variants)
        return tuple(model.TextVariant(id=id, text=text) for id, text in wordings.items())
    return values(variants, "variants")


def _parameter(
    id: str, domain: model.Domain, *, default: Given | None = None, when: When | None = None
) -> model.Parameter:
    return model.Parameter(
        id=id,
        domain=domain,
        active_when=_conditions(when or {}, f"{id}.when"),
        default_value=None if default is None else value(default, f"{id}.default"),
    )


def _conditions(when: When, path: str) -> tuple[model.Condition, ...]:
    return tuple(
        model.Condition(parameter_id=other, any_of=values(some, f"{path}[{other!s:.40}]"))
        for other, some in mapping(when, path, "{'id': [value, ...]}").items()
    )
