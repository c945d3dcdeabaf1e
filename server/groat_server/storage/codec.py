"""Values as JSON text and back, exactly.

A reader is patient: it ignores keys that it does not know, since a newer server
may have written them, and gives missing ones their default, since an older may.
Whatever was written once must stay readable: the tags below never change.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Generic, NoReturn, TypeVar

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from groat import model

T = TypeVar("T")

_MICROSECOND = timedelta(microseconds=1)

_KINDS: dict[type, str] = {
    model.FloatDomain: "float",
    model.IntDomain: "int",
    model.BoolDomain: "bool",
    model.CategoricalDomain: "categorical",
    model.OrdinalDomain: "ordinal",
    model.TextDomain: "text",
    model.SubsetDomain: "subset",
    model.PermutationDomain: "permutation",
    model.LinearConstraint: "linear",
    model.ForbiddenCombination: "forbidden",
    model.Auto: "auto",
    model.RandomSearch: "random",
    model.Sobol: "sobol",
    model.GridSearch: "grid",
    model.Nsga2: "nsga2",
    model.GeneticAlgorithm: "genetic",
    model.Bayesian: "bayesian",
    model.SuccessiveHalving: "successive_halving",
    model.Hyperband: "hyperband",
    model.PopulationBased: "population_based",
    model.Manual: "manual",
}
_TYPES: dict[type, str] = {
    model.Succeeded: "succeeded",
    model.EarlyStopped: "early_stopped",
    model.Infeasible: "infeasible",
    model.Failed: "failed",
    model.TokenCounts: "tokens",
    model.RawText: "text",
    model.HumanTime: "human_time",
    model.Money: "money",
}


def _time_to_text(time: datetime) -> str:
    if time.tzinfo is None:
        raise TypeError(f"{time} has no time zone")
    return time.astimezone(UTC).isoformat()


def _refuse_text(_: model.RawText) -> NoReturn:
    raise TypeError("raw text is counted and then forgotten; it is never stored")


def _value_to_plain(value: model.Value | None) -> object:
    return list(value) if isinstance(value, tuple) else value


def _plain_to_value(plain: list[str] | bool | float | str | None, _: object) -> model.Value | None:
    return tuple(plain) if isinstance(plain, list) else plain


# Without detailed validation it is faster, and what we wrote ourselves needs no long story.
_converter = make_converter(detailed_validation=False)
_converter.register_unstructure_hook(datetime, _time_to_text)
_converter.register_unstructure_hook(timedelta, lambda span: span // _MICROSECOND)
_converter.register_structure_hook(timedelta, lambda count, _: timedelta(microseconds=count))
_converter.register_unstructure_hook(model.RawText, _refuse_text)
for _union in (model.Value, model.Value | None):
    _converter.register_unstructure_hook(_union, _value_to_plain)
    _converter.register_structure_hook(_union, _plain_to_value)
# Inner unions before outer ones: a hook looks up those of all that is in it.
for _union in (model.Domain, model.ParameterConstraint, model.SamplerKind, model.AlgorithmKind):
    configure_tagged_union(_union, _converter, tag_name="kind", tag_generator=_KINDS.__getitem__)
for _union in (model.Quantity, model.Outcome):
    configure_tagged_union(_union, _converter, tag_name="type", tag_generator=_TYPES.__getitem__)


class Form(Generic[T]):
    """How one kind of value is written.

    Args:
        shape: The type, which may be a union or a container of values.
    """

    def __init__(self, shape: object) -> None:
        self._shape = shape
        self._to_plain = _converter.get_unstructure_hook(shape)
        self._to_value = _converter.get_structure_hook(shape)

    def write(self, value: T) -> str:
        """Return the value as JSON text, in ASCII: no database refuses a character of it.

        Raises:
            TypeError: A time is naive, or a usage still has its raw text.
        """
        return json.dumps(self._to_plain(value), separators=(",", ":"))

    def read(self, text: str) -> T:
        """Return the value that was written; times are UTC."""
        value: T = self._to_value(json.loads(text), self._shape)
        return value


SPEC = Form[model.StudySpec](model.StudySpec)
DECISION = Form[model.Decision](model.Decision)
SPEND = Form[model.Spend](model.Spend)
PRICED = Form[model.PricedUsage](model.PricedUsage)
MEASUREMENT = Form[model.Measurement](model.Measurement)
EXAMPLES = Form[tuple[model.ExampleRecord, ...]](tuple[model.ExampleRecord, ...])
OUTCOME = Form[model.Outcome](model.Outcome)
CONFIGURATION = Form[model.Configuration](model.Configuration)
NOTES = Form[dict[str, str]](dict[str, str])
ACCEPTED = Form[dict[model.Reason, int]](dict[model.Reason, int])
NUMBERS = Form[tuple[int, ...]](tuple[int, ...])
