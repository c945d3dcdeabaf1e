"""Optuna's samplers, through its define-by-run ask and tell, with native conditions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TypeAlias

import optuna

from benchmarks import cube
from benchmarks.problems import Problem
from benchmarks.runs import Log, Run
from benchmarks.searches import Fact, Job
from groat import model

Sampler: TypeAlias = optuna.samplers.BaseSampler

_POPULATION = 20
"""Optuna's default of 50 leaves one generation for 100 trials."""


def tpe(problem: Problem, seed: int, trials: int) -> Run:
    """Multi-objective tree-structured Parzen estimator."""
    return _run(problem, tpe_sampler(seed), trials)


def nsga2(problem: Problem, seed: int, trials: int) -> Run:
    """Optuna's own NSGA-II."""
    sampler = optuna.samplers.NSGAIISampler(seed=seed, population_size=_POPULATION)
    return _run(problem, sampler, trials)


def gaussian_process(problem: Problem, seed: int, trials: int) -> Run:
    """Optuna's Gaussian process; it draws conditional parameters at random."""
    return _run(problem, gp_sampler(seed), trials)


def gaussian_process_flat(problem: Problem, seed: int, trials: int) -> Run:
    """The same with every parameter always asked, so that the process sees the conditional ones."""
    return _run(problem, gp_sampler(seed), trials, flat=True)


def gp_sampler(seed: int) -> optuna.samplers.GPSampler:
    """Return the sampler of both."""
    return optuna.samplers.GPSampler(seed=seed, warn_independent_sampling=False)


def tpe_sampler(seed: int) -> optuna.samplers.TPESampler:
    """Return the Parzen estimator as it is for one worker."""
    return optuna.samplers.TPESampler(seed=seed)


def liar(seed: int) -> optuna.samplers.TPESampler:
    """Return the Parzen estimator as it is meant for several workers.

    It believes a running trial to come out badly, so that nobody else is sent there.
    """
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    return optuna.samplers.TPESampler(seed=seed, constant_liar=True)


class OptunaSearch:
    """A study that is asked one trial at a time; see `searches.Proposer`.

    The configuration in use today is asked first, unless there is a past.
    """

    def __init__(self, problem: Problem, sampler: Sampler) -> None:
        self._problem, self._study = problem, _study(problem, sampler)
        self._is_new, self.lost = True, 0

    def attach(self, past: Sequence[Fact]) -> None:
        """Add what is known as finished trials, without asking the sampler."""
        self._is_new = False
        for fact in past:
            fixed = optuna.trial.FixedTrial(_to_optuna(self._problem.space, fact.configuration))
            _suggest(self._problem.space, fixed, flat=False)
            told = optuna.trial.create_trial(
                params=fixed.params,
                distributions=fixed.distributions,
                values=self._problem.losses(fact.values).tolist(),
            )
            self._study.add_trial(told)

    def ask(self) -> Job:
        """Get the next trial."""
        if self._is_new and (start := cube.default(self._problem.space)):
            self._study.enqueue_trial(_to_optuna(self._problem.space, start))
        self._is_new = False
        trial = self._study.ask()
        configuration = _suggest(self._problem.space, trial, flat=False)
        return Job(configuration, lambda values: self._tell(trial, values))

    def _tell(self, trial: optuna.Trial, values: Mapping[str, float]) -> None:
        self._study.tell(trial, self._problem.losses(values).tolist())


def _run(
    problem: Problem, sampler: optuna.samplers.BaseSampler, trials: int, *, flat: bool = False
) -> Run:
    log, study = Log(problem), _study(problem, sampler)
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


def _study(problem: Problem, sampler: Sampler) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    minimize = optuna.study.StudyDirection.MINIMIZE
    return optuna.create_study(sampler=sampler, directions=[minimize] * len(problem.metrics))


def _suggest(
    space: model.SearchSpace, trial: optuna.trial.BaseTrial, *, flat: bool
) -> dict[str, model.Value]:
    values: dict[str, model.Value] = {}
    for parameter in space.parameters:
        if flat or cube.is_active(parameter, values):
            asked = {n: _suggest_one(n, d, trial) for n, d in cube.parts(parameter).items()}
            values[parameter.id] = cube.joined(parameter, asked)
    return cube.active(space, values) if flat else values


def _suggest_one(name: str, plain: cube.Plain, trial: optuna.trial.BaseTrial) -> model.Value:
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
