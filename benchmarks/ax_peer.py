"""Ax through its public client, with its own defaults: a Sobol start, then qLogNEHVI."""

# Only the extra `bench` has Ax; checks run without it.
# pyright: reportMissingImports=false

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig
from ax.utils.common.logger import set_ax_logger_levels
from botorch.acquisition.multi_objective import logei

from benchmarks import cube
from benchmarks.problems import Problem
from benchmarks.runs import Log, Run
from benchmarks.searches import Fact, Job
from groat import model

_Value: TypeAlias = int | float | str | bool
_Config: TypeAlias = RangeParameterConfig | ChoiceParameterConfig
_YES_NO: list[bool] = [False, True]

# Else BoTorch, below Ax, compiles a C++ extension for a minute of the peer's time.
logei._load_attempted = True  # noqa: SLF001


def qlognehvi(problem: Problem, seed: int, trials: int) -> Run:
    """Ask for one trial after the other; the configuration in use today is attached first.

    A parameter that exists beside one value of one other is declared so. Where any of several
    values will do Ax is not told, since its spaces are trees: it asks for the parameter always.
    """
    set_ax_logger_levels(logging.ERROR)
    warnings.simplefilter("ignore")
    log, names = Log(problem), _names(problem.space)
    with log.thinking():
        client = _client(problem, names, seed)
    if start := cube.default(problem.space):
        told = log.evaluate(start)
        with log.thinking():
            index = client.attach_trial(_to_ax(problem.space, start, names))
            client.complete_trial(index, _facts(problem, told))
    while log.count < trials:
        with log.thinking():
            [(index, asked)] = client.get_next_trials(max_trials=1).items()
        told = log.evaluate(_from_ax(problem.space, asked, names))
        with log.thinking():
            client.complete_trial(index, _facts(problem, told))
    return log.run()


class AxSearch:
    """The same search, asked one trial at a time; see `searches.Proposer`. Ax tells no failures."""

    def __init__(self, problem: Problem, seed: int) -> None:
        self.lost = 0
        set_ax_logger_levels(logging.ERROR)
        warnings.simplefilter("ignore")
        self._problem, self._names = problem, _names(problem.space)
        self._client = _client(problem, self._names, seed)

    def attach(self, past: Sequence[Fact]) -> None:
        """Add what is known as finished trials, which count as Ax's start."""
        for fact in past:
            written = _to_ax(self._problem.space, fact.configuration, self._names)
            self._complete(self._client.attach_trial(written), fact.values)

    def ask(self) -> Job:
        """Get the next trial."""
        [(index, asked)] = self._client.get_next_trials(max_trials=1).items()
        configuration = _from_ax(self._problem.space, asked, self._names)
        return Job(configuration, lambda values: self._complete(index, values))

    def _complete(self, index: int, values: Mapping[str, float]) -> None:
        self._client.complete_trial(index, _facts(self._problem, values))


def _client(problem: Problem, names: Mapping[str, str], seed: int) -> Client:
    client = Client(random_seed=seed)
    client.configure_experiment(parameters=_configs(problem.space, names))
    objectives = [f"-f{j}" for j in range(len(problem.metrics))]
    client.configure_optimization(objective=", ".join(objectives))
    return client


def _facts(problem: Problem, told: Mapping[str, float]) -> dict[str, float | tuple[float, float]]:
    """Losses, with their standard errors where they are told."""
    pairs = enumerate(zip(problem.losses(told), problem.loss_errors(told), strict=True))
    return {
        f"f{j}": (float(loss), float(error)) if math.isfinite(error) else float(loss)
        for j, (loss, error) in pairs
    }


def _names(space: model.SearchSpace) -> dict[str, str]:
    """Return plain names by the `cube.parts`, since Ax reads dots and dashes as arithmetic."""
    parts = [name for parameter in space.parameters for name in cube.parts(parameter)]
    return {name: f"x{i}" for i, name in enumerate(parts)}


def _configs(space: model.SearchSpace, names: Mapping[str, str]) -> list[_Config]:
    dependents = _dependents(space)
    return [
        _config(names[name], plain, _renamed(dependents.get(name, {}), names))
        for parameter in space.parameters
        for name, plain in cube.parts(parameter).items()
    ]


def _renamed(
    dependents: Mapping[_Value, list[str]], names: Mapping[str, str]
) -> dict[_Value, list[str]]:
    return {value: [names[one] for one in children] for value, children in dependents.items()}


def _dependents(space: model.SearchSpace) -> dict[str, dict[_Value, list[str]]]:
    """Return per part and value which parts exist only beside it."""
    known = {parameter.id: parameter for parameter in space.parameters}
    found: dict[str, dict[_Value, list[str]]] = {}
    for child in space.parameters:
        conditions = child.active_when
        if len(conditions) != 1 or len(conditions[0].any_of) != 1:
            continue
        parent, value = known[conditions[0].parameter_id], conditions[0].any_of[0]
        name, value = (
            (f"{parent.id}.{value}", True)
            if isinstance(parent.domain, model.SubsetDomain)
            else (parent.id, cast("_Value", value))
        )
        found.setdefault(name, {}).setdefault(value, []).extend(cube.parts(child))
    return found


def _config(name: str, plain: cube.Plain, dependents: dict[_Value, list[str]]) -> _Config:
    depends = dependents or None
    match plain:
        case model.FloatDomain() | model.IntDomain() as domain:
            return RangeParameterConfig(
                name=name,
                bounds=(domain.min, domain.max),
                parameter_type="int" if domain.kind == "int" else "float",
                scaling="log" if domain.log_scale else "linear",
            )
        case model.BoolDomain():
            return ChoiceParameterConfig(
                name=name, values=_YES_NO, parameter_type="bool", dependent_parameters=depends
            )
        case model.CategoricalDomain(labels=labels):
            return ChoiceParameterConfig(
                name=name,
                values=list(labels),
                parameter_type="str",
                is_ordered=False,
                dependent_parameters=depends,
            )
        case model.OrdinalDomain(levels=levels):
            whole = all(isinstance(level, int) for level in levels)
            return ChoiceParameterConfig(
                name=name,
                values=cast("list[float]", list(levels)),
                parameter_type="int" if whole else "float",
                is_ordered=True,
                dependent_parameters=depends,
            )


def _from_ax(
    space: model.SearchSpace, asked: Mapping[str, _Value], names: Mapping[str, str]
) -> dict[str, model.Value]:
    values: dict[str, model.Value] = {}
    for parameter in space.parameters:
        given = {name: asked.get(names[name]) for name in cube.parts(parameter)}
        if None not in given.values():
            values[parameter.id] = cube.joined(parameter, cast("dict[str, model.Value]", given))
    return cube.active(space, values)


def _to_ax(
    space: model.SearchSpace, configuration: model.Configuration, names: Mapping[str, str]
) -> dict[str, _Value]:
    """Write a configuration in Ax's parameters; what is asked always gets its default."""
    dependent = {
        name
        for by_value in _dependents(space).values()
        for children in by_value.values()
        for name in children
    }
    written: dict[str, _Value] = {}
    for parameter in space.parameters:
        value = configuration.get(parameter.id, parameter.default_value)
        for name, part in cube.apart(parameter, cast("model.Value", value)).items():
            if parameter.id in configuration or name not in dependent:
                written[names[name]] = cast("_Value", part)
    return written
