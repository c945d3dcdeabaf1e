"""The rules of an algorithm, and of what it can be asked to search."""

from __future__ import annotations

from collections.abc import Iterator

from groat import model
from groat.errors import InvalidArgument, Violation
from groat_server.algorithms.cells import count_cells
from groat_server.space import Space
from groat_server.validation import words

MAX_EXAMPLES = 2**40
MAX_CELLS = 100_000

_ROOM = "of thousands of configurations, and the way from each to the best, none keeps them all"


def check_algorithm(spec: model.StudySpec, path: str) -> Iterator[Violation]:
    """Check an algorithm's own numbers, and when trials are stopped early."""
    yield from _check_kind(spec.algorithm.kind, spec, path)
    seed = spec.algorithm.seed
    if seed is not None and seed < 0:
        yield Violation(f"{path}.seed", f"{seed} is negative")


def check_early_stopping(spec: model.StudySpec, path: str) -> Iterator[Violation]:
    """Check when a report may be answered with STOP, and that one ever could be."""
    rule, most = spec.early_stopping, spec.algorithm.whole_example_count
    yield from words.between(rule.least_chance, 0.0, 0.5, f"{path}.least_chance")
    least = 2 if rule.least_chance else 0
    yield from words.between(rule.min_examples, least, MAX_EXAMPLES, f"{path}.min_examples")
    if rule.least_chance and 0 < most <= rule.min_examples:
        problem = (
            f"{rule.min_examples} is not below the algorithm's max_examples, {most}: a trial is "
            "whole before it could be stopped"
        )
        yield Violation(f"{path}.min_examples", problem)


def check_search(spec: model.StudySpec, space: Space) -> None:
    """Check what only the space itself can tell: that there is something to ask, and not too much.

    Raises:
        InvalidArgument: No configuration keeps the constraints, or a grid is too large.
    """
    if space.has_constraints and not space.has_room():
        problem = f"{_ROOM}; loosen them, or give the study a smaller space"
        raise InvalidArgument.at("study.search_space.constraints", problem)
    if isinstance(spec.algorithm.kind, model.GridSearch):
        levels = spec.algorithm.kind.levels_per_number or 5
        cells = count_cells(space, levels)
        if cells > MAX_CELLS:
            problem = (
                f"{levels}; that makes {cells:,.0f} configurations and at most {MAX_CELLS:,} can "
                "be a grid; take fewer levels or parameters, or sobol, which covers any space"
            )
            raise InvalidArgument.at("study.algorithm.grid.levels_per_number", problem)


def _check_kind(kind: model.AlgorithmKind, spec: model.StudySpec, path: str) -> Iterator[Violation]:
    place = f"{path}.{kind.kind}"
    match kind:
        case model.Nsga2() | model.GeneticAlgorithm() | model.PopulationBased():
            yield from _check_population(kind, spec, place)
        case model.Bayesian(initial_trial_count=count):
            yield from _chosen_or(count, 1, 1_000, f"{place}.initial_trial_count")
        case model.GridSearch(levels_per_number=levels):
            yield from _chosen_or(levels, 2, 1_000, f"{place}.levels_per_number")
        case model.Auto(max_examples=0, min_examples=least) if least:
            yield Violation(f"{place}.max_examples", "missing beside min_examples")
        case model.Auto(max_examples=most, min_examples=least) if most:
            yield from _check_examples(least or 1, most, place)
        case model.SuccessiveHalving() | model.Hyperband():
            yield from _check_halving(kind, spec, place)
        case _:
            pass


def _check_population(
    kind: model.Nsga2 | model.GeneticAlgorithm | model.PopulationBased,
    spec: model.StudySpec,
    place: str,
) -> Iterator[Violation]:
    yield from _chosen_or(kind.population_size, 4, 1_000, f"{place}.population_size")
    if isinstance(kind, model.GeneticAlgorithm) and len(spec.objectives) > 1:
        problem = f"it follows one objective and there are {len(spec.objectives)}; use nsga2"
        yield Violation(place, problem)
    if isinstance(kind, model.PopulationBased):
        yield from words.between(kind.interval, 0, MAX_EXAMPLES, f"{place}.interval")
        quantile = kind.exploit_quantile
        if quantile and not 0 < quantile <= 0.5:
            yield Violation(f"{place}.exploit_quantile", f"{quantile} is outside 0 to 0.5")


def _check_halving(
    kind: model.SuccessiveHalving | model.Hyperband, spec: model.StudySpec, place: str
) -> Iterator[Violation]:
    yield from _check_examples(kind.min_examples, kind.max_examples, place)
    factor = kind.reduction_factor
    if factor and not 1.5 <= factor <= 100:
        yield Violation(f"{place}.reduction_factor", f"{factor} is outside 1.5 to 100")
    if isinstance(kind.sampler, model.Auto) and kind.sampler.max_examples:
        problem = "leave it empty: the rungs say on how many examples to evaluate"
        yield Violation(f"{place}.sampler.auto.max_examples", problem)
    yield from _check_kind(kind.sampler, spec, f"{place}.sampler")


def _check_examples(least: int, most: int, place: str) -> Iterator[Violation]:
    yield from words.between(least, 1, MAX_EXAMPLES, f"{place}.min_examples")
    if not least < most <= MAX_EXAMPLES:
        problem = f"{most} is not above min_examples, {least}, and up to {MAX_EXAMPLES}"
        yield Violation(f"{place}.max_examples", problem)


def _chosen_or(value: int, low: int, high: int, path: str) -> Iterator[Violation]:
    """0 leaves the choice to groat."""
    if value:
        yield from words.between(value, low, high, path)
