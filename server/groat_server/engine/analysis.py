"""What came of it: trials, the front, and hypervolume against spend."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from groat import model
from groat_server import front
from groat_server.algorithms.base import Floats
from groat_server.engine.pages import MAX_SIZE, number_in, page_of, size_of
from groat_server.history import Memory, Past, Told
from groat_server.sampler import bounds_of
from groat_server.storage.base import Store

_FULL_PAGE = 100
_DEFAULT_POINTS = 200


class Analysis:
    """The verbs that only read. Safe between threads."""

    def __init__(self, store: Store, memory: Memory) -> None:
        self._store = store
        self._memory = memory

    def trial(self, study_id: str, number: int) -> model.Trial:
        """Read one trial with its reports.

        Raises:
            NotFound: There is no such study or trial.
        """
        return self._store.trial(study_id, number)

    def trials(
        self,
        study_id: str,
        *,
        page_size: int = 0,
        page_token: str = "",
        states: Collection[model.TrialState] = (),
        full: bool = False,
    ) -> model.Page[model.Trial]:
        """List trials by number; full ones (with reports and examples) in smaller pages.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The size or the token is none.
        """
        size = size_of(page_size, largest=_FULL_PAGE if full else MAX_SIZE)
        found = self._store.trials(
            study_id,
            after=number_in(page_token, -1),
            limit=size + 1,
            states=states,
            full=full,
        )
        shown = found if full else [_without_examples(trial) for trial in found]
        return page_of(shown, size, lambda trial: str(trial.number))

    def front(
        self,
        study_id: str,
        *,
        include_infeasible_when_empty: bool = False,
        page_size: int = 0,
        page_token: str = "",
    ) -> model.Front:
        """Return the feasible whole evaluations that no other one dominates.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The size or the token is none.
        """
        size, start = size_of(page_size), number_in(page_token, 0)
        past = self._past(study_id)
        members = past.front_now()
        is_feasible = bool(members)
        if not members and include_infeasible_when_empty:
            members = _nearly_feasible(past)
        reference = reference_of(past)
        volume = front.hypervolume(_losses(past, members), reference) if is_feasible else 0.0
        end = start + size
        return model.Front(
            trials=tuple(told.trial for told in members[start:end]),
            reference_point=_as_told(past, reference) if is_feasible else {},
            hypervolume=volume,
            feasible=is_feasible,
            finished_trials=len(past.by_number),
            size=len(members),
            next_page_token=str(end) if end < len(members) else "",
        )

    def hypervolume_history(
        self, study_id: str, *, max_points: int = 0
    ) -> tuple[list[model.HypervolumePoint], dict[str, float]]:
        """Follow the hypervolume in the order of finishing, against what was spent.

        Returns:
            At most ``max_points`` points, the last always among them, and the
            reference point, which is today's for all of them.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: ``max_points`` is negative.
        """
        limit = size_of(max_points or _DEFAULT_POINTS, "max_points")
        past = self._past(study_id)
        told = past.in_order()
        contenders = np.array([one.is_contender for one in told], dtype=np.bool_)
        reference = reference_of(past)
        volumes = front.hypervolume_history(_losses(past, told), contenders, reference)
        points = [_point(one, i, volumes[i]) for i, one in enumerate(told)]
        return _thinned(points, limit), _as_told(past, reference) if contenders.any() else {}

    def _past(self, study_id: str) -> Past:
        return self._memory.past(self._store.look(study_id).study)


def _without_examples(trial: model.Trial) -> model.Trial:
    """Leave out the records that would make a page of trials as large as its experiments."""
    if isinstance(trial.outcome, model.Failed | None) or trial.outcome.measurement is None:
        return trial
    measurement = replace(trial.outcome.measurement, examples=())
    return replace(trial, outcome=replace(trial.outcome, measurement=measurement))


def _losses(past: Past, told: Sequence[Told]) -> Floats:
    return np.array([one.losses for one in told]).reshape(len(told), len(past.spec.objectives))


def reference_of(past: Past) -> Floats:
    """Return the losses up to which the hypervolume is measured today, shape ``(m,)``."""
    contenders = [told for told in past.told() if told.is_contender]
    return front.reference_point(_losses(past, contenders), bounds_of(past.spec))


def _as_told(past: Past, losses: Floats) -> dict[str, float]:
    pairs = zip(past.spec.objectives, losses, strict=True)
    return {metric.id: metric.loss(float(loss)) for metric, loss in pairs}


def _nearly_feasible(past: Past) -> list[Told]:
    """Of whole evaluations those that break the constraints least, each scaled by its spread."""
    measured = [told for told in past.told() if told.is_measured and told.is_whole]
    if not measured:
        return []
    broken = np.maximum(np.array([told.violations for told in measured]), 0)
    spread = np.where(np.ptp(broken, axis=0) > 0, np.ptp(broken, axis=0), 1.0)
    total = (broken / spread).sum(axis=1)
    return [told for told, one in zip(measured, total, strict=True) if one == total.min()]


def _point(told: Told, place: int, volume: float) -> model.HypervolumePoint:
    end = told.trial.end_time or told.trial.create_time
    return model.HypervolumePoint(
        finished_trials=place + 1, hypervolume=float(volume), spend=told.settled, time=end
    )


def _thinned(points: list[model.HypervolumePoint], limit: int) -> list[model.HypervolumePoint]:
    if len(points) <= limit:
        return points
    places = np.linspace(len(points) - 1, 0, limit).round().astype(int)[::-1]
    return [points[place] for place in places]
