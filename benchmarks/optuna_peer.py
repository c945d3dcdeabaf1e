"""Optuna's samplers, through its define-by-run ask and tell, with native conditions."""

from __future__ import annotations

import warnings

import optuna

from benchmarks import cube
from benchmarks.problems import Problem
from benchmarks.runs import Log, Run
from groat import model

_POPULATION = 20
"""Optuna's default of 50 leaves one generation for 100 trials."""


def tpe(problem: Problem, seed: int, trials: int) -> Run:
    """Multi-objective tree-structured Parzen estimator."""
    return _run(problem, optuna.samplers.TPESampler(seed=seed), trials)


def nsga2(problem: Problem, seed: int, trials: int) -> Run:
    """Optuna's own NSGA-II."""
    sampler = optuna.samplers.NSGAIISampler(seed=seed, population_size=_POPULATION)
    return _run(problem, sampler, trials)


def gaussian_process(problem: Problem, seed: int, trials: int) -> Run:
    """Optuna's Gaussian process; it draws conditional parameters at random."""
    return _run(problem, _gp_sampler(seed), trials)


def gaussian_process_flat(problem: Problem, seed: int, trials: int) -> Run:
    """The same with every parameter always asked, so that the process sees the conditional ones."""
    return _run(problem, _gp_sampler(seed), trials, flat=True)


def _gp_sampler(seed: int) -> optuna.samplers.GPSampler:
    return optuna.samplers.GPSampler(seed=seed, warn_independent_sampling=False)


def _run(
    problem: Problem, sampler: optuna.samplers.BaseSampler, trials: int, *, flat: bool = False
) -> Run:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    log = Log(problem)
    minimize = optuna.study.StudyDirection.MINIMIZE
    study = optuna.create_study(sampler=sampler, directions=[minimize] * len(problem.metrics))
    if start := cube.default(problem.space):
        study.enqueue_trial(_to_optuna(problem.space, start))
    for _ in range(trials):
        with log.thinking():
            trial = study.ask()
            configuration = _suggest(problem.space, trial, flat=flat)
        log.evaluate(configuration)
        with log.thinking():
            study.tell(trial, log.newest.tolist())
    return log.run()


def _suggest(
    space: model.SearchSpace, trial: optuna.Trial, *, flat: bool
) -> dict[str, model.Value]:
    values: dict[str, model.Value] = {}
    for parameter in space.parameters:
        if flat or cube.is_active(parameter, values):
            asked = {n: _suggest_one(n, d, trial) for n, d in cube.parts(parameter).items()}
            values[parameter.id] = cube.joined(parameter, asked)
    return cube.active(space, values) if flat else values


def _suggest_one(name: str, plain: cube.Plain, trial: optuna.Trial) -> model.Value:
    """Levels are asked as a position, since Optuna knows no order among categories."""
    match plain:
        case model.FloatDomain() as domain:
            return trial.suggest_float(name, domain.min, domain.max, log=domain.log_scale)
        case model.IntDomain() as domain:
            return trial.suggest_int(name, domain.min, domain.max, log=domain.log_scale)
        case model.BoolDomain():
            return bool(trial.suggest_categorical(name, [False, True]))
        case model.CategoricalDomain() as domain:
            return str(trial.suggest_categorical(name, domain.labels))
        case model.OrdinalDomain() as domain:
            return domain.levels[trial.suggest_int(name, 0, len(domain.levels) - 1)]


def _to_optuna(
    space: model.SearchSpace, configuration: model.Configuration
) -> dict[str, model.Value]:
    ordinals = {p.id: p.domain.levels for p in space.parameters if p.domain.kind == "ordinal"}
    return {
        name: ordinals[name].index(value) if name in ordinals else value
        for name, value in configuration.items()
    }
