"""pymoo's NSGA-II, with its mixed-variable operators where a parameter is not a float."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import numpy as np
from pymoo.algorithms.base.genetic import GeneticAlgorithm
from pymoo.algorithms.moo.nsga2 import NSGA2, RankAndCrowdingSurvival
from pymoo.core.evaluator import Evaluator
from pymoo.core.mixed import MixedVariableGA
from pymoo.core.population import Population
from pymoo.core.problem import Problem as Target
from pymoo.core.variable import Binary, Choice, Integer, Real, Variable
from pymoo.problems.static import StaticProblem

from benchmarks import cube
from benchmarks.problems import Floats, Problem
from benchmarks.runs import Log, Run
from groat import model

_Genes: TypeAlias = dict[str, float | int | bool | str]

_POPULATION = 20
"""pymoo's default of 100 leaves one generation for 100 trials."""


def nsga2(problem: Problem, seed: int, trials: int) -> Run:
    """Run NSGA-II over all parameters; those that are not active are ignored."""
    log = Log(problem)
    algorithm, target = _set_up(problem, seed)
    population = _next(algorithm)
    _start_from_default(problem.space, population)
    while log.count < trials:
        wanted = population.get("X")[: trials - log.count]
        losses = np.array([_evaluate(log, problem.space, genes) for genes in wanted])
        if log.count < trials:
            with log.thinking():
                Evaluator().eval(StaticProblem(target, F=losses), population)
                algorithm.tell(infills=population)
                population = _next(algorithm)
    return log.run()


def _set_up(problem: Problem, seed: int) -> tuple[GeneticAlgorithm, Target]:
    variables = {name: _variable(domain) for name, domain in _domains(problem.space).items()}
    size, count = len(variables), len(problem.metrics)
    if all(isinstance(variable, Real) for variable in variables.values()):
        target = Target(n_var=size, n_obj=count, xl=0.0, xu=1.0)
        algorithm = NSGA2(pop_size=_POPULATION)
    else:
        target = Target(vars=variables, n_obj=count)
        survival = cast("Any", RankAndCrowdingSurvival())  # typed as the single-objective one
        algorithm = MixedVariableGA(pop_size=_POPULATION, survival=survival)
    algorithm.setup(target, seed=seed, verbose=False)
    return algorithm, target


def _next(algorithm: GeneticAlgorithm) -> Population:
    return cast("Population", algorithm.ask())  # None only after a termination, and there is none


def _domains(space: model.SearchSpace) -> dict[str, cube.Plain]:
    return {name: domain for p in space.parameters for name, domain in cube.parts(p).items()}


def _variable(domain: cube.Plain) -> Variable:
    """Numbers become their place in the unit interval, which keeps the log scale."""
    match domain:
        case model.CategoricalDomain():
            return Choice(options=list(domain.labels))
        case model.BoolDomain():
            return Binary()
        case model.OrdinalDomain():
            return Integer(bounds=(0, len(domain.levels) - 1))
        case _:
            return Real(bounds=(0.0, 1.0))


def _start_from_default(space: model.SearchSpace, population: Population) -> None:
    """Put the configuration in use today first, if there is one."""
    start = cube.default(space)
    domains = _domains(space)
    for name, value in start.items():
        population[0].X[name] = _gene(domains[name], value)


def _gene(domain: cube.Plain, value: model.Value) -> model.Value:
    match domain:
        case model.FloatDomain() | model.IntDomain():
            return cube.unit_of(domain, float(cast("float", value)))
        case model.OrdinalDomain():
            return domain.levels.index(value)
        case _:
            return value


def _evaluate(log: Log, space: model.SearchSpace, genes: Floats | _Genes) -> Floats:
    named = (
        genes
        if isinstance(genes, dict)
        else dict(zip(_domains(space), genes.tolist(), strict=True))
    )
    plain = {name: _value(domain, named[name]) for name, domain in _domains(space).items()}
    values = {p.id: cube.joined(p, plain) for p in space.parameters}
    log.evaluate(cube.active(space, values))
    return log.newest


def _value(domain: cube.Plain, gene: float | bool | str) -> model.Value:
    match domain:
        case model.FloatDomain() | model.IntDomain():
            return cube.value_at(domain, float(gene))
        case model.OrdinalDomain():
            return domain.levels[int(gene)]
        case model.BoolDomain():
            return bool(gene)
        case model.CategoricalDomain():
            return str(gene)
