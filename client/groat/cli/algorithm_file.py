"""The algorithm of a study file, and when it stops trials early."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from groat import model
from groat.cli import section
from groat.cli.section import Section
from groat.errors import InvalidArgument

K = TypeVar("K")


def algorithm(content: object, path: str) -> model.Algorithm:
    """Read an algorithm: its kind alone, or a table with its options."""
    one = _table(content, path)
    declared = model.Algorithm(
        kind=_kind(one, KINDS),
        seed=one.take("seed", section.whole),
        allow_replicates=one.take("allow_replicates", section.truth) or False,
    )
    one.end()
    return declared


def early_stopping(content: object, path: str) -> model.EarlyStopping:
    """Read when a trial is not worth going on with."""
    one = Section(content, path)
    declared = model.EarlyStopping(
        least_chance=one.need("least_chance", section.real),
        min_examples=one.need("min_examples", section.whole),
    )
    one.end()
    return declared


def _table(content: object, path: str) -> Section:
    return Section({"kind": content} if isinstance(content, str) else content, path)


def _kind(one: Section, known: Mapping[str, Callable[[Section], K]]) -> K:
    kind = one.need("kind", section.text)
    if kind not in known:
        raise InvalidArgument.at(one.at("kind"), f"{kind!r:.60} is none of {', '.join(known)}")
    return known[kind](one)


def _auto(one: Section) -> model.Auto:
    return model.Auto(
        min_examples=one.take("min_examples", section.whole) or 0,
        max_examples=one.take("max_examples", section.whole) or 0,
    )


def _nsga2(one: Section) -> model.Nsga2:
    return model.Nsga2(population_size=_population_size(one))


def _genetic(one: Section) -> model.GeneticAlgorithm:
    return model.GeneticAlgorithm(population_size=_population_size(one))


def _bayesian(one: Section) -> model.Bayesian:
    return model.Bayesian(initial_trial_count=one.take("initial_trial_count", section.whole) or 0)


def _grid(one: Section) -> model.GridSearch:
    return model.GridSearch(levels_per_number=one.take("levels_per_number", section.whole) or 0)


def _successive_halving(one: Section) -> model.SuccessiveHalving:
    return model.SuccessiveHalving(
        min_examples=one.need("min_examples", section.whole),
        max_examples=one.need("max_examples", section.whole),
        reduction_factor=one.take("reduction_factor", section.real) or 0.0,
        sampler=one.take("sampler", _sampler) or model.Auto(),
    )


def _hyperband(one: Section) -> model.Hyperband:
    return model.Hyperband(
        min_examples=one.need("min_examples", section.whole),
        max_examples=one.need("max_examples", section.whole),
        reduction_factor=one.take("reduction_factor", section.real) or 0.0,
        sampler=one.take("sampler", _sampler) or model.Auto(),
    )


def _population_based(one: Section) -> model.PopulationBased:
    return model.PopulationBased(
        population_size=_population_size(one),
        interval=one.take("interval", section.whole) or 0,
        exploit_quantile=one.take("exploit_quantile", section.real) or 0.0,
    )


def _population_size(one: Section) -> int:
    return one.take("population_size", section.whole) or 0


def _sampler(content: object, path: str) -> model.SamplerKind:
    one = _table(content, path)
    kind = _kind(one, _SAMPLERS)
    one.end()
    return kind


_SAMPLERS: dict[str, Callable[[Section], model.SamplerKind]] = {
    "auto": _auto,
    "random": lambda _: model.RandomSearch(),
    "sobol": lambda _: model.Sobol(),
    "nsga2": _nsga2,
    "genetic": _genetic,
    "bayesian": _bayesian,
}

KINDS: dict[str, Callable[[Section], model.AlgorithmKind]] = {
    **_SAMPLERS,
    "grid": _grid,
    "successive_halving": _successive_halving,
    "hyperband": _hyperband,
    "population_based": _population_based,
    "manual": lambda _: model.Manual(),
}
"""What reads each kind of algorithm."""
