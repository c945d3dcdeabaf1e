"""Search spaces that show each kind of parameter at work."""

from __future__ import annotations

from groat import model
from groat_server.space import Space

_UNIT = model.FloatDomain(min=0.0, max=1.0)
_CHOICE = model.CategoricalDomain(labels=("none", "sparse", "dense"))
_TEXT = model.TextDomain(
    variants=tuple(model.TextVariant(id=f"v{i}", text=f"wording {i}") for i in range(4))
)
_TOOLS = model.SubsetDomain(
    items=("search", "code", "sql", "mail", "maps"), min_items=1, max_items=3
)
_ORDER = model.PermutationDomain(items=("plan", "fetch", "draft", "check"))


def _space(*parameters: model.Parameter, **more: tuple[model.ParameterConstraint, ...]) -> Space:
    return Space(model.SearchSpace(parameters=parameters, **more))


def _parameter(name: str, domain: model.Domain, **when: tuple[model.Value, ...]) -> model.Parameter:
    conditions = [model.Condition(parameter_id=p, any_of=values) for p, values in when.items()]
    return model.Parameter(id=name, domain=domain, active_when=tuple(conditions))


def _beside_a_float(domain: model.Domain) -> Space:
    return _space(_parameter("y", domain), _parameter("x", _UNIT))


SMOOTH = _beside_a_float(_UNIT)
"""Two floats."""

FINITE = _space(
    _parameter("retriever", _CHOICE),
    _parameter("k", model.IntDomain(min=1, max=4), retriever=("sparse", "dense")),
)
"""Nine configurations, one of which has a single parameter."""

MIXED = _space(
    *FINITE.parameters,
    _parameter("weight", _UNIT, retriever=("dense",)),
    _parameter("chunk", model.IntDomain(min=64, max=4096, log_scale=True)),
    _parameter("cite", model.BoolDomain()),
    _parameter("style", model.OrdinalDomain(levels=("terse", "full"))),
)
"""Numbers, labels and levels, some of them conditional."""

EVERYTHING = _space(
    *MIXED.parameters,
    _parameter("prompt", _TEXT),
    _parameter("tools", _TOOLS),
    _parameter("hits", model.IntDomain(min=1, max=8), tools=("search", "maps")),
    _parameter("steps", _ORDER, retriever=("sparse", "dense")),
    constraints=(
        model.LinearConstraint(coefficients={"k": 1.0, "hits": 1.0}, upper_bound=9.0),
        model.ForbiddenCombination(values={"tools": ("code", "sql"), "cite": True}),
    ),
)
"""Every kind of parameter, conditions on a label and on a set, and both kinds of constraint."""

SPACES = {"smooth": SMOOTH, "finite": FINITE, "mixed": MIXED}

KINDS = {
    "float": SMOOTH,
    "float with steps": _beside_a_float(model.FloatDomain(min=0.0, max=1.0, step=0.05)),
    "float on a log": _beside_a_float(model.FloatDomain(min=1e-4, max=1.0, log_scale=True)),
    "int": _beside_a_float(model.IntDomain(min=-5, max=20)),
    "int on a log": _beside_a_float(model.IntDomain(min=1, max=10_000, log_scale=True)),
    "bool": _beside_a_float(model.BoolDomain()),
    "categorical": _beside_a_float(_CHOICE),
    "ordinal": _beside_a_float(model.OrdinalDomain(levels=(1, 2, 8, 64))),
    "text": _beside_a_float(_TEXT),
    "subset": _beside_a_float(_TOOLS),
    "permutation": _beside_a_float(_ORDER),
    "conditional": MIXED,
    "constrained": EVERYTHING,
}
"""One space per kind of parameter, and one with conditions, and one with everything."""
