"""How to search and when to stop a trial, on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import get_args

from groat import model
from groat.errors import InvalidArgument
from groat.v1 import study_pb2
from groat.wire.fields import at, chosen, optional


def algorithm_to_proto(algorithm: model.Algorithm) -> study_pb2.Algorithm:
    """Write an algorithm.

    Raises:
        InvalidArgument: It, or its sampler, is a name, a class or whatever else is no
            algorithm: written as they are, they would turn into auto in silence.
    """
    path = "study.algorithm"
    _check_whole(algorithm, path)
    _check_kind(algorithm.kind, get_args(model.AlgorithmKind), path)
    if isinstance(algorithm.kind, model.SuccessiveHalving | model.Hyperband):
        _check_kind(algorithm.kind.sampler, get_args(model.SamplerKind), f"{path}.sampler")
    message = study_pb2.Algorithm(seed=algorithm.seed, allow_replicates=algorithm.allow_replicates)
    _write_kind(algorithm.kind, message)
    return message


def algorithm_from_proto(message: study_pb2.Algorithm, path: str = "") -> model.Algorithm:
    """Read an algorithm; an empty message is auto.

    Raises:
        InvalidArgument: Something is set, yet no kind that is known here: a
            newer client's algorithm must not turn into another one in silence.
            Or the sampler of a kind is none that can be one.
    """
    if not message.ByteSize():
        return model.Algorithm()
    kind = chosen(message, "kind", path)
    return model.Algorithm(
        kind=_KINDS[kind](message, at(path, kind)),
        seed=message.seed if message.HasField("seed") else None,
        allow_replicates=message.allow_replicates,
    )


def early_stopping_to_proto(stopping: model.EarlyStopping) -> study_pb2.EarlyStopping:
    """Write when a trial is not worth going on with."""
    return study_pb2.EarlyStopping(
        min_examples=stopping.min_examples, least_chance=stopping.least_chance
    )


def early_stopping_from_proto(
    message: study_pb2.EarlyStopping, path: str = ""
) -> model.EarlyStopping:
    """Read when a trial is not worth going on with; a chance that is not set never stops."""
    return model.EarlyStopping(min_examples=message.min_examples, least_chance=message.least_chance)


def _check_whole(given: object, path: str) -> None:
    if not isinstance(given, model.Algorithm):
        problem = f"{given!r:.60} is no groat.Algorithm; write groat.Algorithm(kind=...)"
        raise InvalidArgument.at(path, problem)


def _check_kind(given: object, allowed: tuple[type, ...], path: str) -> None:
    """Refuse what cannot stand here, and say how what was meant is written."""
    if isinstance(given, allowed):
        return
    is_class = isinstance(given, type)
    told = f"the class {given.__name__}" if is_class else f"{given!r:.60}"
    asked = _plain(given.__name__ if is_class else str(given))
    meant = [one.__name__ for one in allowed if asked in {_plain(one.__name__), _name_of(one)}]
    known = ", ".join(f"groat.{one.__name__}()" for one in allowed)
    way = f"write groat.{meant[0]}()" if meant else f"write one of {known}"
    problem = f"{told} is no algorithm that can stand here; {way}, with options in the parentheses"
    raise InvalidArgument.at(path, problem)


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _name_of(kind: type) -> str:
    """Return what a kind is called in study files, without its underscores."""
    return next(_plain(str(one.default)) for one in fields(kind) if one.name == "kind")


def _write_kind(kind: model.AlgorithmKind, message: study_pb2.Algorithm) -> None:
    match kind:
        case model.Auto(min_examples=fewest, max_examples=most):
            message.auto.CopyFrom(study_pb2.Auto(min_examples=fewest, max_examples=most))
        case model.GridSearch(levels_per_number=levels):
            message.grid.CopyFrom(study_pb2.GridSearch(levels_per_number=levels))
        case model.Nsga2() | model.GeneticAlgorithm() | model.PopulationBased():
            _write_population(kind, message)
        case model.Bayesian(initial_trial_count=count):
            message.bayesian.CopyFrom(study_pb2.Bayesian(initial_trial_count=count))
        case model.SuccessiveHalving():
            message.successive_halving.CopyFrom(_halving_to_proto(kind))
        case model.Hyperband():
            message.hyperband.CopyFrom(_hyperband_to_proto(kind))
        case model.RandomSearch() | model.Sobol() | model.Manual():
            _write_bare(kind, message)


def _write_bare(
    kind: model.RandomSearch | model.Sobol | model.Manual, message: study_pb2.Algorithm
) -> None:
    match kind:
        case model.RandomSearch():
            message.random.SetInParent()
        case model.Sobol():
            message.sobol.SetInParent()
        case model.Manual():
            message.manual.SetInParent()


def _write_population(
    kind: model.Nsga2 | model.GeneticAlgorithm | model.PopulationBased,
    message: study_pb2.Algorithm,
) -> None:
    size = kind.population_size
    match kind:
        case model.Nsga2():
            message.nsga2.CopyFrom(study_pb2.Nsga2(population_size=size))
        case model.GeneticAlgorithm():
            message.genetic.CopyFrom(study_pb2.GeneticAlgorithm(population_size=size))
        case model.PopulationBased(interval=interval, exploit_quantile=quantile):
            population = study_pb2.PopulationBased(
                population_size=size, interval=interval, exploit_quantile=quantile
            )
            message.population_based.CopyFrom(population)


def _halving_to_proto(kind: model.SuccessiveHalving) -> study_pb2.SuccessiveHalving:
    return study_pb2.SuccessiveHalving(
        min_examples=kind.min_examples,
        max_examples=kind.max_examples,
        reduction_factor=kind.reduction_factor,
        sampler=algorithm_to_proto(model.Algorithm(kind=kind.sampler)),
    )


def _hyperband_to_proto(kind: model.Hyperband) -> study_pb2.Hyperband:
    return study_pb2.Hyperband(
        min_examples=kind.min_examples,
        max_examples=kind.max_examples,
        reduction_factor=kind.reduction_factor,
        sampler=algorithm_to_proto(model.Algorithm(kind=kind.sampler)),
    )


def _auto(message: study_pb2.Algorithm, _: str) -> model.Auto:
    auto = message.auto
    return model.Auto(min_examples=auto.min_examples, max_examples=auto.max_examples)


def _nsga2(message: study_pb2.Algorithm, _: str) -> model.Nsga2:
    return model.Nsga2(population_size=message.nsga2.population_size)


def _genetic(message: study_pb2.Algorithm, _: str) -> model.GeneticAlgorithm:
    return model.GeneticAlgorithm(population_size=message.genetic.population_size)


def _bayesian(message: study_pb2.Algorithm, _: str) -> model.Bayesian:
    return model.Bayesian(initial_trial_count=message.bayesian.initial_trial_count)


def _grid(message: study_pb2.Algorithm, _: str) -> model.GridSearch:
    return model.GridSearch(levels_per_number=message.grid.levels_per_number)


def _successive_halving(message: study_pb2.Algorithm, path: str) -> model.SuccessiveHalving:
    halving = message.successive_halving
    return model.SuccessiveHalving(
        min_examples=halving.min_examples,
        max_examples=halving.max_examples,
        reduction_factor=halving.reduction_factor,
        sampler=optional(halving, "sampler", _sampler, path) or model.Auto(),
    )


def _hyperband(message: study_pb2.Algorithm, path: str) -> model.Hyperband:
    band = message.hyperband
    return model.Hyperband(
        min_examples=band.min_examples,
        max_examples=band.max_examples,
        reduction_factor=band.reduction_factor,
        sampler=optional(band, "sampler", _sampler, path) or model.Auto(),
    )


def _population_based(message: study_pb2.Algorithm, _: str) -> model.PopulationBased:
    population = message.population_based
    return model.PopulationBased(
        population_size=population.population_size,
        interval=population.interval,
        exploit_quantile=population.exploit_quantile,
    )


def _sampler(message: study_pb2.Algorithm, path: str) -> model.SamplerKind:
    if not message.ByteSize():
        return model.Auto()
    kind = chosen(message, "kind", path)
    if kind not in _SAMPLERS:
        problem = f"{kind} cannot say which configuration comes next for another algorithm"
        known = ", ".join(_SAMPLERS)
        raise InvalidArgument.at(at(path, "kind"), f"{problem}; set one of {known}, or none")
    return _SAMPLERS[kind](message, at(path, kind))


_SAMPLERS: dict[str, Callable[[study_pb2.Algorithm, str], model.SamplerKind]] = {
    "auto": _auto,
    "random": lambda _, _path: model.RandomSearch(),
    "sobol": lambda _, _path: model.Sobol(),
    "nsga2": _nsga2,
    "genetic": _genetic,
    "bayesian": _bayesian,
}
"""What reads each kind of `model.SamplerKind`."""

_KINDS: dict[str, Callable[[study_pb2.Algorithm, str], model.AlgorithmKind]] = {
    **_SAMPLERS,
    "grid": _grid,
    "successive_halving": _successive_halving,
    "hyperband": _hyperband,
    "population_based": _population_based,
    "manual": lambda _, _path: model.Manual(),
}
