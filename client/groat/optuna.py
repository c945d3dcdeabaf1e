"""Trials of an Optuna study as drafts for a study of groat.

Optuna itself is imported only to open a storage: whoever holds a study has it already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING

from groat import model
from groat._drafts import faults
from groat._fitting import value
from groat.errors import InvalidArgument, Violation

if TYPE_CHECKING:
    from optuna.study import Study
    from optuna.trial import FrozenTrial

__all__ = ["load", "read", "skipped"]


def load(storage: str, name: str | None = None) -> Study:
    """Open a study of Optuna's.

    Args:
        storage: Its URL, such as ``"sqlite:///optuna.db"``.
        name: The study's; ``None`` will do where the storage has one only.

    Raises:
        ModuleNotFoundError: Optuna is not installed.
        ValueError: There is no such study.
    """
    try:
        import optuna  # noqa: PLC0415 - heavy, and not among the client's dependencies
    except ModuleNotFoundError as error:
        problem = "reading a study of Optuna's needs Optuna: pip install optuna"
        raise ModuleNotFoundError(problem, name="optuna") from error
    try:
        return optuna.load_study(study_name=name, storage=storage)
    except KeyError as error:
        raise ValueError(f"{storage} has no study {name!r} of Optuna's") from error


def read(
    study: Study, spec: model.StudySpec, *, metrics: Mapping[int, str] | None = None
) -> list[model.TrialDraft]:
    """Make drafts of the trials that say what a configuration is worth; see `skipped`.

    A trial that keeps Optuna's constraints has succeeded, one that breaks them is
    infeasible. Nothing is sent: `Study.create_trial` of the client does that.

    Args:
        study: Optuna's.
        spec: Of the study that the drafts are for.
        metrics: Ids of metrics by the place of Optuna's objective, from 0; an objective
            that is left out is not read. ``None`` goes by Optuna's own metric names, or
            where it has none by the order of ``spec.objectives``.

    Returns:
        In the order of Optuna's trials.

    Raises:
        InvalidArgument: With every fault: an objective that is no metric or is improved
            the other way, a metric that nobody measured, a parameter or a value that
            ``spec`` does not have.
    """
    measured = _objectives(study, spec, metrics)
    drafts: list[model.TrialDraft] = []
    problems: list[Violation] = []
    for trial in study.get_trials(deepcopy=False):
        if _is_evidence(trial, len(study.directions)):
            draft, odd = _read_trial(trial, spec, measured)
            odd = odd or list(faults(spec, draft))
            drafts.append(draft)
            problems += [_in_trial(trial, one) for one in odd]
    if problems:
        raise InvalidArgument(*problems)
    return drafts


def skipped(study: Study) -> dict[str, int]:
    """Count the trials that `read` passes over, by why.

    Those are all that have not run to their end, and those whose values are not all finite.
    What Optuna calls the value of a pruned trial is mostly its last report, of a part only;
    where it has all values and no reports it is read.
    """
    count = len(study.directions)
    trials = study.get_trials(deepcopy=False)
    over = (trial for trial in trials if not _is_evidence(trial, count))
    return dict(Counter(_why_skipped(trial) for trial in over))


def _is_evidence(trial: FrozenTrial, count: int) -> bool:
    has_all = _has_finite_values(trial) and len(trial.values) == count
    is_whole = trial.state.name == "COMPLETE" or not trial.intermediate_values
    return trial.state.name in {"COMPLETE", "PRUNED"} and has_all and is_whole


def _has_finite_values(trial: FrozenTrial) -> bool:
    # Optuna's types leave out that a trial may have no values yet.
    values: list[float] | None = trial.values
    return bool(values) and all(map(isfinite, trial.values))


def _why_skipped(trial: FrozenTrial) -> str:
    return "not finite" if trial.state.name == "COMPLETE" else trial.state.name.lower()


def _objectives(
    study: Study, spec: model.StudySpec, metrics: Mapping[int, str] | None
) -> dict[str, int]:
    """Return the place of Optuna's objective by metric, in declared order of the metrics."""
    count = len(study.directions)
    named = _named(study, spec) if metrics is None else metrics
    problems = [
        Violation(f"objective {place}", problem)
        for place, name in named.items()
        for problem in _misnamed(study, spec, place, name)
    ]
    twice = [name for name, times in Counter(named.values()).items() if times > 1]
    problems += [Violation(name, "stands for two of Optuna's objectives") for name in twice]
    if metrics is None and len(named) < count:
        known = ", ".join(metric.id for metric in spec.objectives)
        problem = f"Optuna has {count}, and here are {known}; say which is which"
        problems.append(Violation("objectives", problem))
    if problems:
        raise InvalidArgument(*problems)
    places = {name: place for place, name in named.items()}
    return {metric.id: places[metric.id] for metric in spec.metrics if metric.id in places}


def _named(study: Study, spec: model.StudySpec) -> dict[int, str]:
    names = study.metric_names or [metric.id for metric in spec.objectives]
    return dict(enumerate(names[: len(study.directions)]))


def _misnamed(study: Study, spec: model.StudySpec, place: int, name: str) -> Iterator[str]:
    metric = next((one for one in spec.metrics if one.id == name), None)
    if not 0 <= place < len(study.directions):
        yield f"Optuna has {len(study.directions)}, counted from 0"
    elif metric is None:
        yield f"there is no metric {name!r} among {', '.join(one.id for one in spec.metrics)}"
    elif metric.derivation is not None:
        yield f"{name!r} is derived by the server from what a trial of Optuna's does not have"
    else:
        direction = study.directions[place].name.lower()
        if metric.role is not model.Role.TRACKED and direction != metric.goal.value:
            yield f"Optuna would {direction} it, and {name!r} is to {metric.goal.value}"


def _read_trial(
    trial: FrozenTrial, spec: model.StudySpec, measured: Mapping[str, int]
) -> tuple[model.TrialDraft, list[Violation]]:
    parameters, problems = _parameters(trial, spec)
    values = tuple(
        model.MetricValue(metric_id=name, value=trial.values[place])
        for name, place in measured.items()
    )
    measurement = model.Measurement(metrics=values)
    reason = ", ".join(f"{name} is {one:g}" for name, one in _constraints(trial) if one > 0)
    outcome = (
        model.Infeasible(reason=f"breaks Optuna's constraints: {reason}", measurement=measurement)
        if reason
        else model.Succeeded(measurement=measurement)
    )
    return model.TrialDraft(configuration=parameters, outcome=outcome), problems


def _parameters(
    trial: FrozenTrial, spec: model.StudySpec
) -> tuple[dict[str, model.Value], list[Violation]]:
    given: dict[str, object] = dict(trial.params)
    parameters: dict[str, model.Value] = {}
    problems: list[Violation] = []
    for parameter in spec.search_space.parameters:
        if parameter.id not in given:
            continue
        try:
            parameters[parameter.id] = value(parameter.domain, given.pop(parameter.id))
        except ValueError as error:
            problem = f"{error}; Optuna has {trial.distributions[parameter.id]!r:.200}"
            problems.append(Violation(parameter.id, problem))
    problems += [Violation(name, "is no parameter of this study") for name in given]
    return parameters, problems


def _constraints(trial: FrozenTrial) -> Iterator[tuple[str, float]]:
    """Yield Optuna's constraints, which are kept at 0 and below.

    Releases before 5 have a list, later ones a key each, and all read what they find.
    """
    for key, held in trial.system_attrs.items():
        if key == "constraints":
            yield from ((f"constraint {i}", one) for i, one in enumerate(held or ()))
        elif key.startswith("constraints:"):
            yield f"constraint {key.partition(':')[2]}", held


def _in_trial(trial: FrozenTrial, fault: Violation) -> Violation:
    path = f"trial {trial.number} of Optuna's"
    return Violation(f"{path}{', ' * bool(fault.path)}{fault.path}", fault.problem)
