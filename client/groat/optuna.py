"""Trials of an Optuna study as drafts for a study of groat.

Optuna itself is imported only to open a storage: whoever holds a study has it already.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from math import isfinite
from pathlib import Path
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
        ValueError: The storage is not there, which Optuna would create, or cannot be
            read; or it has no such study, and the message says which it has.
    """
    try:
        import optuna  # noqa: PLC0415 - heavy, and not among the client's dependencies
    except ModuleNotFoundError as error:
        problem = "reading a study of Optuna's needs Optuna: pip install optuna"
        raise ModuleNotFoundError(problem, name="optuna") from error
    _refuse_missing(storage)
    try:
        names = optuna.get_all_study_names(storage)
    except Exception as error:  # It lets the errors of whatever reads its databases through.
        problem = str(error).partition("\n")[0]
        raise ValueError(f"{storage} cannot be read as a storage of Optuna's: {problem}") from error
    return optuna.load_study(study_name=_one_of(names, name, storage), storage=storage)


def _refuse_missing(storage: str) -> None:
    """Refuse a file that Optuna would create, or add its tables to."""
    dialect, _, place = storage.partition(":///")
    file = Path(place.partition("?")[0])
    if dialect.partition("+")[0] != "sqlite" or place.startswith((":memory:", "file:")):
        return
    if not file.is_file():
        raise ValueError(f"there is no file {file}, which {storage} names")
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute(_OPTUNAS).fetchone()
    except sqlite3.Error as error:
        raise ValueError(f"{storage} cannot be read as a storage of Optuna's: {error}") from error
    if found is None:
        raise ValueError(f"{storage} is no storage of Optuna's: it has none of its tables")


_OPTUNAS = "SELECT name FROM sqlite_master WHERE name = 'version_info'"


def _one_of(names: Sequence[str], name: str | None, storage: str) -> str:
    known = ", ".join(map(repr, names)) or "none at all"
    if name is None and len(names) != 1:
        raise ValueError(f"{storage} has {len(names)} studies of Optuna's; name one of: {known}")
    if name is not None and name not in names:
        raise ValueError(f"{storage} has no study {name!r} of Optuna's; it has: {known}")
    return names[0] if name is None else name


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


def numbers(study: Study) -> list[int]:
    """Return the numbers of the trials that `read` makes drafts of, in the same order."""
    count = len(study.directions)
    trials = study.get_trials(deepcopy=False)
    return [trial.number for trial in trials if _is_evidence(trial, count)]


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
