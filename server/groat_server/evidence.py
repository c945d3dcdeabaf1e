"""What algorithms read of a study's past: all of it as arrays, or the fittest of a long one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from groat import model
from groat_server.algorithms import look_up
from groat_server.algorithms.base import Delegate, Floats, History, Integers, Pending, Selective
from groat_server.history import Past, Told


class Evidence:
    """The evidence of every study in use, as its algorithm wants it. Safe between threads."""

    def __init__(self) -> None:
        self._lineages: WeakKeyDictionary[Past, Lineage] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(
        self, past: Past, running: Sequence[model.Trial], chosen: Delegate
    ) -> tuple[History, Pending]:
        """Return what an algorithm is to know; see `history_of`."""
        algorithm = look_up(chosen.name)
        if not isinstance(algorithm, Selective):
            return history_of(past, running)
        size = algorithm.memory(chosen.problem)
        with self._lock:
            lineage = self._lineages.get(past)
            if lineage is None or not lineage.serves(algorithm, size):
                lineage = self._lineages[past] = Lineage(algorithm, size)
        return lineage.of(past, running)


class Lineage:
    """The fittest of a long past, and what has come since they were selected.

    After each so many trials, in order of finishing, the fittest of those and of the last
    ones selected are selected anew: whoever builds it comes to the same.

    Args:
        selective: Tells who is fit.
        size: How many are selected, and after how many trials.
    """

    def __init__(self, selective: Selective, size: int) -> None:
        self._selective = selective
        self._size = size
        self._lock = threading.Lock()
        self._fit: list[Told] = []
        self._since: list[Told] = []
        self._seen = self._changes = 0

    def _begin(self, changes: int) -> None:
        self._fit, self._since = [], []
        self._seen, self._changes = 0, changes

    def serves(self, selective: Selective, size: int) -> bool:
        """Whether it selects as this one does."""
        return self._selective is selective and self._size == size

    def of(self, past: Past, running: Sequence[model.Trial]) -> tuple[History, Pending]:
        """Return fewer than twice its size, and what `history_of` returns beside."""
        with self._lock:
            with past.lock:
                if past.changes != self._changes:
                    self._begin(past.changes)
                news = past.ordered[self._seen :]
                rest = _Rest.of(past, running)
            self._seen += len(news)
            for told in news:
                if told.is_evidence:
                    self._add(past, told)
            members = self._members()
        history = replace(_history(past, members), keys=past.keys)
        return history, rest.pending()

    def _add(self, past: Past, told: Told) -> None:
        self._since.append(told)
        if len(self._since) == self._size:
            members = self._members()
            rows = self._selective.fittest(_history(past, members), self._size)
            self._fit, self._since = [members[row] for row in rows], []

    def _members(self) -> list[Told]:
        return sorted(self._fit + self._since, key=lambda told: told.trial.number)


def history_of(past: Past, running: Sequence[model.Trial]) -> tuple[History, Pending]:
    """Split what is known into evidence, pending trials and what is of no other use.

    Args:
        past: What finished.
        running: What was pending, read before ``past`` was, so that no trial
            is missing from both; what has finished since is left out of them.
    """
    with past.lock:
        told, rest = past.told(), _Rest.of(past, running)
    return _history(past, [one for one in told if one.is_evidence]), rest.pending()


def _history(past: Past, evidence: Sequence[Told]) -> History:
    m, c = len(past.spec.objectives), len(past.spec.constraints)
    trials = [one.trial for one in evidence]
    return History(
        numbers=_integers(trial.number for trial in trials),
        points=_stack([one.point for one in evidence], past.space.d),
        losses=_stack([one.losses for one in evidence], m),
        errors=_stack([one.errors for one in evidence], m),
        violations=_stack([one.violations for one in evidence], c),
        violation_errors=_stack([one.violation_errors for one in evidence], c),
        example_counts=_integers(trial.example_count for trial in trials),
        parents=_integers(map(_parent, trials)),
        generators=tuple(trial.generator for trial in trials),
        slots=tuple(trial.slot for trial in trials),
        notes=tuple(trial.notes for trial in trials),
    )


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is known and no evidence, at one moment of the past."""

    past: Past
    running: Sequence[model.Trial]
    useless: Sequence[Told]

    @classmethod
    def of(cls, past: Past, running: Sequence[model.Trial]) -> _Rest:
        still = [trial for trial in running if trial.number not in past.by_number]
        return cls(past, still, sorted(past.useless, key=lambda told: told.trial.number))

    def pending(self) -> Pending:
        past, running = self.past, self.running
        excluded = [one.point for one in self.useless if not _repeats_its_parent(past, one)]
        return Pending(
            numbers=_integers(trial.number for trial in running),
            points=_stack([past.space.place(one.configuration) for one in running], past.space.d),
            example_counts=_integers(trial.example_count for trial in running),
            parents=_integers(map(_parent, running)),
            slots=tuple(trial.slot for trial in running),
            notes=tuple(trial.notes for trial in running),
            excluded=_stack(excluded, past.space.d),
            # Of trials that are told without all their metrics, too: their slots are no less gone.
            lost=tuple(one.trial.slot for one in self.useless if one.trial.slot),
        )


def _repeats_its_parent(past: Past, told: Told) -> bool:
    """Whether it only went on with a configuration that its parent has measured."""
    parent = past.by_number.get(_parent(told.trial))
    return parent is not None and parent.is_evidence and np.array_equal(parent.point, told.point)


def _parent(trial: model.Trial) -> int:
    return -1 if trial.parent is None else trial.parent


def _integers(numbers: Iterable[int]) -> Integers:
    return np.fromiter(numbers, dtype=np.int64)


def _stack(rows: Sequence[Floats], width: int) -> Floats:
    return np.array(rows, dtype=float).reshape(len(rows), width)
