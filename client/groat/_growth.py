"""Growing a search space that was read."""

from __future__ import annotations

from dataclasses import replace

from groat import declare, model
from groat.errors import InvalidArgument


def with_variants(
    space: model.SearchSpace, parameter_id: str, variants: declare.Variants
) -> model.SearchSpace:
    """Return a space whose text has these variants too; those that it has already come once.

    Raises:
        InvalidArgument: There is no text of this id.
    """
    grown = tuple(
        _with(one, declare.text_variants(variants)) if one.id == parameter_id else one
        for one in space.parameters
    )
    if parameter_id not in {one.id for one in space.parameters}:
        known = ", ".join(one.id for one in space.parameters)
        raise InvalidArgument.at("parameter_id", f"no {parameter_id!r:.60} among {known:.200}")
    return replace(space, parameters=grown)


def _with(parameter: model.Parameter, variants: tuple[model.TextVariant, ...]) -> model.Parameter:
    domain = parameter.domain
    if not isinstance(domain, model.TextDomain):
        problem = f"{parameter.id} is of kind {domain.kind}; only a text has variants"
        raise InvalidArgument.at("parameter_id", problem)
    new = tuple(one for one in variants if one not in domain.variants)
    return replace(parameter, domain=replace(domain, variants=(*domain.variants, *new)))
