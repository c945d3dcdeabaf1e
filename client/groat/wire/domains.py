"""What each kind of parameter may be, on the wire."""

from __future__ import annotations

from collections.abc import Callable

from groat import model
from groat.v1 import space_pb2
from groat.wire.fields import at, chosen, repeated
from groat.wire.values import value_from_proto, value_to_proto


def write_domain(domain: model.Domain, message: space_pb2.Parameter) -> None:
    """Set the domain of a parameter."""
    match domain:
        case model.FloatDomain() | model.IntDomain():
            _write_number(domain, message)
        case model.BoolDomain():
            message.bool.SetInParent()
        case model.CategoricalDomain(labels=labels):
            message.categorical.CopyFrom(space_pb2.CategoricalDomain(labels=labels))
        case model.OrdinalDomain(levels=levels):
            ordinal = space_pb2.OrdinalDomain(levels=map(value_to_proto, levels))
            message.ordinal.CopyFrom(ordinal)
        case model.TextDomain():
            message.text.CopyFrom(_text_to_proto(domain))
        case model.SubsetDomain():
            message.subset.CopyFrom(_subset_to_proto(domain))
        case model.PermutationDomain(items=items):
            message.permutation.CopyFrom(space_pb2.PermutationDomain(items=items))


def read_domain(parameter: space_pb2.Parameter, path: str) -> model.Domain:
    """Read the domain of a parameter."""
    kind = chosen(parameter, "domain", path)
    return _READ[kind](parameter, at(path, kind))


def _write_number(
    domain: model.FloatDomain | model.IntDomain, message: space_pb2.Parameter
) -> None:
    match domain:
        case model.FloatDomain(min=low, max=high, step=step, log_scale=is_log):
            real = space_pb2.FloatDomain(min=low, max=high, step=step, log_scale=is_log)
            message.float.CopyFrom(real)
        case model.IntDomain(min=low, max=high, step=step, log_scale=is_log):
            whole = space_pb2.IntDomain(min=low, max=high, step=step, log_scale=is_log)
            message.int.CopyFrom(whole)


def _text_to_proto(domain: model.TextDomain) -> space_pb2.TextDomain:
    variants = (
        space_pb2.TextVariant(id=one.id, text=one.text, parent_id=one.parent_id)
        for one in domain.variants
    )
    return space_pb2.TextDomain(variants=variants, growable=domain.growable)


def _subset_to_proto(domain: model.SubsetDomain) -> space_pb2.SubsetDomain:
    return space_pb2.SubsetDomain(
        items=domain.items,
        min_items=domain.min_items,
        max_items=domain.max_items,
        required_items=domain.required_items,
    )


def _float(parameter: space_pb2.Parameter, _: str) -> model.FloatDomain:
    real = parameter.float
    step = real.step if real.HasField("step") else None
    return model.FloatDomain(min=real.min, max=real.max, step=step, log_scale=real.log_scale)


def _int(parameter: space_pb2.Parameter, _: str) -> model.IntDomain:
    whole = parameter.int
    step = whole.step if whole.HasField("step") else None
    return model.IntDomain(min=whole.min, max=whole.max, step=step, log_scale=whole.log_scale)


def _categorical(parameter: space_pb2.Parameter, _: str) -> model.CategoricalDomain:
    return model.CategoricalDomain(labels=tuple(parameter.categorical.labels))


def _ordinal(parameter: space_pb2.Parameter, path: str) -> model.OrdinalDomain:
    levels = repeated(parameter.ordinal, "levels", value_from_proto, path)
    return model.OrdinalDomain(levels=levels)


def _text(parameter: space_pb2.Parameter, _: str) -> model.TextDomain:
    variants = tuple(
        model.TextVariant(id=one.id, text=one.text, parent_id=one.parent_id)
        for one in parameter.text.variants
    )
    return model.TextDomain(variants=variants, growable=parameter.text.growable)


def _subset(parameter: space_pb2.Parameter, _: str) -> model.SubsetDomain:
    subset = parameter.subset
    return model.SubsetDomain(
        items=tuple(subset.items),
        min_items=subset.min_items,
        max_items=subset.max_items,
        required_items=tuple(subset.required_items),
    )


def _permutation(parameter: space_pb2.Parameter, _: str) -> model.PermutationDomain:
    return model.PermutationDomain(items=tuple(parameter.permutation.items))


_READ: dict[str, Callable[[space_pb2.Parameter, str], model.Domain]] = {
    "float": _float,
    "int": _int,
    "bool": lambda _, _path: model.BoolDomain(),
    "categorical": _categorical,
    "ordinal": _ordinal,
    "text": _text,
    "subset": _subset,
    "permutation": _permutation,
}
