"""What has been told, as the arrays that algorithms and fronts read.

Kept per study and grown by what finished since; built anew from the store
after a restart, so nothing lives here alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from groat import errors, model
from groat_server.algorithms.base import Bools, Floats
from groat_server.space import Space
from groat_server.storage.base import FinishedTrial, Store

_PAGE = 5_000
_STUDIES_KEPT = 64


@dataclass(frozen=True, slots=True)
class Told:
    """One finished trial with its rows of every array.

    Attributes:
        is_whole: See `is_whole`.
        point: Shape ``(d,)``, canonical.
        losses, errors: Shape ``(m,)``; NaN where unknown.
        violations, violation_errors: Shape ``(c,)``; NaN where unknown.
    """

    order: int
    trial: model.Trial
    settled: model.Money
    is_whole: bool
    point: Floats
    losses: Floats
    errors: Floats
    violations: Floats
    violation_errors: Floats

    @property
    def is_measured(self) -> bool:
        """Whether every objective and every constraint has a value."""
        return bool(np.isfinite(self.losses).all() and np.isfinite(self.violations).all())

    @property
    def is_feasible(self) -> bool:
        """Whether it is measured and keeps every constraint."""
        return self.is_measured and bool((self.violations <= 0).all())

    @property
    def is_contender(self) -> bool:
        """Whether it may be on the front: it keeps every constraint on a whole evaluation."""
        return self.is_feasible and self.is_whole

    @property
    def is_evidence(self) -> bool:
        """Whether it teaches an algorithm something."""
        return self.is_measured or self.trial.state is model.TrialState.INFEASIBLE


@dataclass(slots=True, eq=False, weakref_slot=True)
class Past:
    """Everything that has finished in one study.

    Attributes:
        by_number: The newest version of each finished trial.
        ordered: The same, in order of finishing.
        keys: Of the configurations of all evidence; see `Space.keys`.
        measured: How many of them have a value of every metric that counts.
        useless: Finished trials that are no evidence, in order of finishing.
        changes: How often a finished trial was told again.
        front: Numbers of the contenders that no contender dominates.
    """

    spec: model.StudySpec
    space: Space
    last_order: int = -1
    by_number: dict[int, Told] = field(default_factory=dict[int, Told])
    ordered: list[Told] = field(default_factory=list[Told])
    keys: set[bytes] = field(default_factory=set[bytes])
    measured: int = 0
    useless: list[Told] = field(default_factory=list[Told])
    changes: int = 0
    front: set[int] = field(default_factory=set[int])
    lock: threading.RLock = field(default_factory=threading.RLock)

    def add(self, news: Sequence[FinishedTrial]) -> None:
        """Take in what finished, or changed, since the last time."""
        changed = {one.trial.number for one in news} & self.by_number.keys()
        for one in news:
            told = told_of(self.spec, self.space, one)
            self.by_number[told.trial.number] = told
            self.last_order = one.order
            if not changed:
                self._append(told)
        if changed:
            self.changes += 1
            self.measured = 0
            self.ordered.clear()
            self.keys.clear()
            self.useless.clear()
            self.front.clear()
            for told in sorted(self.by_number.values(), key=lambda told: told.order):
                self._append(told)

    def told(self) -> list[Told]:
        """Return what was told, in order of trial number."""
        with self.lock:
            return [self.by_number[number] for number in sorted(self.by_number)]

    def in_order(self) -> list[Told]:
        """Return what was told, in order of finishing."""
        with self.lock:
            return self.ordered.copy()

    def is_on_front(self, number: int) -> bool:
        """Whether a trial is a contender and not dominated."""
        with self.lock:
            return number in self.front

    def front_now(self) -> list[Told]:
        """Return the front, best in the first objective first."""
        with self.lock:
            members = [self.by_number[number] for number in self.front]
        return sorted(members, key=lambda told: (*told.losses, told.trial.number))

    def _append(self, told: Told) -> None:
        self.ordered.append(told)
        self.measured += told.is_measured
        if told.is_evidence:
            self.keys.update(self.space.keys(told.point[None]))
        else:
            self.useless.append(told)
        self._challenge(told)

    def _challenge(self, told: Told) -> None:
        if not told.is_contender:
            return
        rivals = list(self.front)
        losses = np.array([self.by_number[number].losses for number in rivals])
        losses = losses.reshape(len(rivals), len(told.losses))
        if _dominate(losses, told.losses).any():
            return
        beaten = _dominate(told.losses, losses)
        self.front.difference_update(n for n, lost in zip(rivals, beaten, strict=True) if lost)
        self.front.add(told.trial.number)


class Memory:
    """The past of every study that is in use, safe between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._pasts: OrderedDict[tuple[str, str], Past] = OrderedDict()
        self._lock = threading.Lock()

    def past(self, study: model.Study) -> Past:
        """Return a study's past, brought up to date.

        Its search space is the study's, or the larger one that it has been
        given since.
        """
        past = self._kept(study)
        try:
            self._update(past, study.study_id)
        except errors.InvalidArgument:
            now = self._store.look(study.study_id).study
            if now.spec.search_space == study.spec.search_space:
                raise
            # What has no place in the space of then came after the space grew.
            return self.past(now)
        return past

    def _update(self, past: Past, study_id: str) -> None:
        with past.lock:
            while news := self._store.finished(study_id, after=past.last_order, limit=_PAGE):
                past.add(news)

    def _kept(self, study: model.Study) -> Past:
        # A study may be deleted and its name taken again: the creation time tells them apart.
        key = (study.study_id, study.create_time.isoformat())
        with self._lock:
            past = self._pasts.get(key)
            # Points of a space that has grown since lie elsewhere.
            if past is None or past.spec.search_space != study.spec.search_space:
                past = Past(spec=study.spec, space=Space(study.spec.search_space))
                self._pasts[key] = past
            self._pasts.move_to_end(key)
            while len(self._pasts) > _STUDIES_KEPT:
                self._pasts.popitem(last=False)
            return past


def is_whole(spec: model.StudySpec, trial: model.Trial) -> bool:
    """Tell whether a trial was evaluated on as many examples as the front asks for.

    Where trials are always meant to be whole, an early stopped one counts as told: what
    groat itself stopped is dominated, and what a worker stopped it vouches for.
    """
    whole = spec.algorithm.whole_example_count
    if whole == 0:
        return True
    is_stopped = trial.state is model.TrialState.EARLY_STOPPED
    return not is_stopped and (trial.example_count == 0 or trial.example_count >= whole)


def told_of(spec: model.StudySpec, space: Space, one: FinishedTrial) -> Told:
    """Return a finished trial's rows of every array."""
    return Told(
        order=one.order,
        trial=one.trial,
        settled=one.settled,
        is_whole=is_whole(spec, one.trial),
        point=space.place(one.trial.configuration),
        losses=_row(one.trial, spec.objectives, lambda metric, told: metric.loss(told.value)),
        errors=_row(one.trial, spec.objectives, _error),
        violations=_row(one.trial, spec.constraints, _violation),
        violation_errors=_row(one.trial, spec.constraints, _error),
    )


def _row(
    trial: model.Trial,
    metrics: Sequence[model.Metric],
    read: Callable[[model.Metric, model.MetricValue], float],
) -> Floats:
    measurement = trial.measurement if trial.state.is_measured else None
    told = [measurement.value(metric.id) if measurement else None for metric in metrics]
    values = [np.nan if t is None else read(m, t) for m, t in zip(metrics, told, strict=True)]
    return np.array(values, dtype=float)


def _violation(metric: model.Metric, told: model.MetricValue) -> float:
    bound = np.nan if metric.bound is None else metric.bound
    return metric.loss(told.value) - metric.loss(bound)


def _error(_: model.Metric, told: model.MetricValue) -> float:
    return np.nan if told.standard_error is None else told.standard_error


def _dominate(better: Floats, worse: Floats) -> Bools:
    """Which rows of one dominate which of the other; one of the two may be a single row."""
    no_worse = np.asarray(better <= worse).all(axis=-1)
    return np.asarray(no_worse & np.asarray(better < worse).any(axis=-1), dtype=np.bool_)
