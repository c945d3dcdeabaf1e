"""What the models make of a study's past: importances and predictions."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence

import numpy as np

from groat import model
from groat.errors import InvalidArgument, NotPossibleNow, Violation
from groat_server.algorithms.base import Floats, Predicted, Seen
from groat_server.engine.assessing import View
from groat_server.engine.judging import Judging
from groat_server.history import Told
from groat_server.sampler import Sampler
from groat_server.space import Space
from groat_server.storage.base import Store

LEAST_TRIALS = 4
MAX_CONFIGURATIONS = 1_000


class Insight:
    """The verbs that ask the models."""

    def __init__(self, store: Store, judging: Judging, sampler: Sampler) -> None:
        self._store = store
        self._judging = judging
        self._sampler = sampler

    async def importances(self, study_id: str) -> tuple[list[model.ParameterImportance], int]:
        """Say how much each parameter has to do with each metric, and from how many trials.

        Metrics that fewer than four trials measured are left out.

        Raises:
            NotFound: There is no such study.
            NotPossibleNow: The models could not be fitted in time.
        """
        past = (await asyncio.to_thread(self._view, study_id)).past
        told = past.told()
        seen = {metric.id: _seen(metric, told) for metric in past.spec.metrics}
        seen = {name: one for name, one in seen.items() if len(one.values) >= LEAST_TRIALS}
        if not seen:
            return [], len(told)
        shares = await self._sampler.importances(past.space, list(seen.values()))
        _check_finite(shares)
        rows = zip(seen, shares, strict=True)
        return [one for name, row in rows for one in _ranked(past.space, name, row)], len(told)

    async def predict(
        self, study_id: str, configurations: Sequence[model.Configuration]
    ) -> list[model.Prediction]:
        """Say what configurations would measure, and what trying them would spend.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: There are none or too many, or one is no configuration.
            NotPossibleNow: Too few trials are measured, or the models could not be
                fitted in time.
        """
        view = await asyncio.to_thread(self._view, study_id)
        past = view.past
        points = _points(past.space, configurations)
        told = past.told()
        seen = {metric: _seen(metric, told) for metric in past.spec.metrics}
        seen = {metric: one for metric, one in seen.items() if len(one.values) >= LEAST_TRIALS}
        if not seen:
            problem = f"no metric is measured by {LEAST_TRIALS} trials yet, the fewest to go by"
            raise NotPossibleNow(problem)
        predicted = await self._sampler.predict(past.space, list(seen.values()), points)
        for one in predicted:
            _check_finite(one.medians, one.errors, one.spreads)
        return [
            model.Prediction(
                metrics=tuple(
                    _metric_value(metric, one, i)
                    for metric, one in zip(seen, predicted, strict=True)
                ),
                trial_spend_p50=view.spend_of(configuration, 0, 0.5),
                trial_spend_p90=view.spend_of(configuration, 0, 0.9),
            )
            for i, configuration in enumerate(configurations)
        ]

    def _view(self, study_id: str) -> View:
        return self._judging.see(self._store.look(study_id))


def _check_finite(*answers: Floats) -> None:
    """Rather say nothing than something that is no number."""
    if not all(np.isfinite(answer).all() for answer in answers):
        problem = "the values told are too large, or too uneven, to be modelled; tell another unit"
        raise NotPossibleNow(problem)


def _seen(metric: model.Metric, told: Iterable[Told]) -> Seen:
    """Return what was measured of a metric: of each configuration on most examples."""
    best: dict[bytes, tuple[float, Floats, float, float]] = {}
    for one in told:
        measurement = one.trial.measurement if one.trial.state.is_measured else None
        value = measurement.value(metric.id) if measurement else None
        if value is None:
            continue
        key, reach = one.point.tobytes(), one.trial.example_count or math.inf
        if key not in best or reach >= best[key][0]:
            error = math.nan if value.standard_error is None else value.standard_error
            best[key] = (reach, one.point, metric.loss(value.value), error)
    rows = list(best.values())
    return Seen(
        points=np.array([point for _, point, _, _ in rows]),
        values=np.array([value for _, _, value, _ in rows]),
        errors=np.array([error for _, _, _, error in rows]),
    )


def _ranked(space: Space, metric_id: str, shares: Floats) -> list[model.ParameterImportance]:
    order: list[int] = np.argsort(-shares, kind="stable").tolist()
    return [
        model.ParameterImportance(
            parameter_id=space.parameters[j].id, metric_id=metric_id, importance=float(shares[j])
        )
        for j in order
    ]


def _points(space: Space, configurations: Sequence[model.Configuration]) -> Floats:
    if not 1 <= len(configurations) <= MAX_CONFIGURATIONS:
        problem = f"{len(configurations)} of them; 1 to {MAX_CONFIGURATIONS} can be predicted"
        raise InvalidArgument.at("configurations", problem)
    faults: list[Violation] = []
    for i, configuration in enumerate(configurations):
        try:
            space.validate(configuration)
        except InvalidArgument as error:
            places = [one.path.removeprefix("configuration.") for one in error.violations]
            faults += [
                Violation(f"configurations[{i}].values[{place}]", one.problem)
                for place, one in zip(places, error.violations, strict=True)
            ]
    if faults:
        raise InvalidArgument(*faults)
    return space.canonical(np.array([space.encode(one) for one in configurations]))


def _metric_value(metric: model.Metric, predicted: Predicted, i: int) -> model.MetricValue:
    return model.MetricValue(
        metric_id=metric.id,
        value=metric.loss(float(predicted.medians[i])),
        standard_error=float(predicted.errors[i]),
    )
