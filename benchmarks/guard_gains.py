"""When to stop, and what is still to gain: T7 and T8.

Studies of sixty trials on two objectives, quality and a price that spans a factor of fifty, are
seen through the product's own situations and advice, trial by trial. One kind of history is
random; the other copies what a model does: most of its trials are small changes of the front.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.guard_house import START
from groat import model
from groat.model import Reason
from groat_server import front, gains, guard
from groat_server.algorithms.base import Floats
from groat_server.engine.forecasting import forecast_of
from groat_server.engine.situations import Situation, Terms, situation
from groat_server.guard import IN_A_ROW
from groat_server.history import Past
from groat_server.space import Space
from groat_server.storage.base import FinishedTrial

SEARCHES = ("random", "towards the front")
VALUES = (1, 4, 16, 64)
"""What all that can be won is worth, as a multiple of what all trials spend together."""

TRIALS, AHEAD, STARTS = 60, 10, (20, 30, 40)
_DESIGN, _LOCAL_SHARE, _LOCAL_STEP = 10, 0.8, 0.12
_FIFTYFOLD, _NOISE = math.log(50.0), 0.1
_DIMENSION = 5

SPACE = model.SearchSpace(
    parameters=tuple(
        model.Parameter(id=f"x{i}", domain=model.FloatDomain(min=0.0, max=1.0))
        for i in range(_DIMENSION)
    )
)
REFERENCE = np.array([0.0, 1.0])
"""No quality at all, at the price of the dearest."""

METRICS = (
    model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE, bound=0.0),
    model.Metric(id="price", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE, bound=1.0),
)


class Pipeline:
    """An invented pipeline: dear things help, less and less, and each has its best setting.

    Args:
        seed: Of what is invented.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._weights = rng.dirichlet(np.full(_DIMENSION - 1, 1.5))
        self._best = rng.uniform(0.1, 0.9, _DIMENSION - 1)
        self._sharp = rng.uniform(1.0, 3.0, _DIMENSION - 1)
        self._steep = rng.uniform(1.0, 4.0)

    def losses(self, point: Floats) -> Floats:
        """Return minus the quality, and the price as a share of the greatest on a log scale."""
        strength = (1 - math.exp(-self._steep * point[0])) / (1 - math.exp(-self._steep))
        missed = np.minimum(self._sharp * (point[1:] - self._best) ** 2 * 2, 1.0)
        quality = (0.35 + 0.6 * strength) * (1 - float(self._weights @ missed))
        return np.array([-quality, 0.8 * point[0] + 0.2 * point[1]])

    def spend(self, point: Floats, rng: np.random.Generator) -> int:
        """Return what a trial spends, in nanos; the dearest fifty times the cheapest."""
        log = _FIFTYFOLD * (0.8 * point[0] + 0.2 * point[1]) + rng.normal(0.0, _NOISE)
        return math.ceil(0.05 * math.exp(log) * model.NANO)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Sixty trials that were run.

    Attributes:
        losses: Shape ``(n, 2)``.
        spends: Shape ``(n,)``, nanos.
        volumes: Shape ``(n,)``: the hypervolume after each, `REFERENCE` is its corner.
    """

    points: Floats
    losses: Floats
    spends: Floats
    volumes: Floats


def run(search: str, seed: int, trials: int = TRIALS) -> Study:
    """Run one."""
    pipeline, rng = Pipeline(seed), np.random.default_rng([seed, SEARCHES.index(search)])
    points, losses = list[Floats](), list[Floats]()
    for i in range(trials):
        point = rng.random(_DIMENSION)
        if search != "random" and i >= _DESIGN and rng.random() < _LOCAL_SHARE:
            members = np.flatnonzero(front.non_dominated(np.array(losses)))
            step = rng.normal(0.0, _LOCAL_STEP, _DIMENSION) * (rng.random(_DIMENSION) < 0.5)
            point = np.clip(points[int(rng.choice(members))] + step, 0.0, 1.0)
        points.append(point)
        losses.append(pipeline.losses(point))
    every = np.ones(trials, dtype=np.bool_)
    return Study(
        points=np.array(points),
        losses=np.array(losses),
        spends=np.array([pipeline.spend(one, rng) for one in points], dtype=float),
        volumes=front.hypervolume_history(np.array(losses), every, REFERENCE),
    )


def spec(value: model.ImprovementValue | None, cap: float, seed: int) -> model.StudySpec:
    """Return the declaration that such a study has."""
    return model.StudySpec(
        search_space=SPACE,
        metrics=METRICS,
        algorithm=model.Algorithm(kind=model.RandomSearch(), seed=seed),
        budget=model.Budget(max_spend=model.Money(math.ceil(cap)), max_trials=TRIALS),
        guard_policy=model.GuardPolicy(value=value),
    )


def worth(nanos: float, study: Study) -> model.ImprovementValue:
    """Return the value at which all quality that a study found is worth so much."""
    points = 100 * float(-study.losses[:, 0].min())
    per_point = model.Money(max(round(nanos / points), 1))
    return model.ImprovementValue(
        requests_per_month=1.0, months=1.0, per_point=per_point, metric_id="quality"
    )


class Replay:
    """A study as the guard saw it after each trial.

    Args:
        study: What was run.
        seed: The study's.
    """

    def __init__(self, study: Study, seed: int) -> None:
        self.study = study
        # The cap is what everything spends, so that money does not end the study first.
        self._cap, self._seed = float(study.spends.sum()), seed
        plain = spec(None, self._cap, seed)
        self._past = Past(spec=plain, space=Space(SPACE))
        self._past.add(_finished(study, self._past.space))
        self._told = self._past.in_order()
        self._terms = Terms.of(_study(plain), self._past.space)
        self._seen: dict[int, Situation] = {}

    def situation(self, count: int) -> Situation:
        """Return what the guard saw after so many trials."""
        if count not in self._seen:
            told = self._told[:count]
            self._seen[count] = situation(self._past, self._terms, told)
        return self._seen[count]

    def stop(self, value: model.ImprovementValue | None) -> tuple[int, str]:
        """Return after how many trials the guard stops, and why; all of them, if it never does."""
        wanted = spec(value, self._cap, self._seed)
        for count in range(1, TRIALS):
            newest = self.situation(count)
            forecast = forecast_of(_study(wanted), self._terms, newest, self._told[:count])
            first = max(count - IN_A_ROW + 1, 0)
            moments = [self.situation(one).moment for one in range(first, count + 1)]
            advice = guard.advise(wanted, self._terms.sizes, moments, forecast)
            if advice.reason in {Reason.NOT_WORTH_ITS_SPEND, Reason.CONVERGED}:
                return count, advice.reason.name
        return TRIALS, ""


def _study(spec: model.StudySpec) -> model.Study:
    nothing = model.Money(0)
    status = model.BudgetStatus(settled=model.Spend(total=nothing), held=nothing, remaining=None)
    return model.Study(
        study_id="s",
        spec=spec,
        state=model.StudyState.ACTIVE,
        budget_status=status,
        last_decision=None,
        create_time=START,
        update_time=START,
        etag="1",
    )


def _finished(study: Study, space: Space) -> list[FinishedTrial]:
    settled, found = 0, list[FinishedTrial]()
    for number, (point, losses) in enumerate(zip(study.points, study.losses, strict=True)):
        nanos = int(study.spends[number])
        settled += nanos
        configuration = space.decode(point)
        values = zip(METRICS, losses, strict=True)
        metrics = tuple(
            model.MetricValue(metric_id=one.id, value=one.loss(float(loss))) for one, loss in values
        )
        trial = model.Trial(
            study_id="s",
            number=number,
            configuration=configuration,
            configuration_id=space.configuration_id(configuration),
            origin=model.Origin.ALGORITHM,
            state=model.TrialState.SUCCEEDED,
            spend=model.Spend(total=model.Money(nanos), coverage=model.Coverage.COMPLETE),
            create_time=START,
            end_time=START,
            outcome=model.Succeeded(measurement=model.Measurement(metrics=metrics)),
        )
        found.append(FinishedTrial(order=number, trial=trial, settled=model.Money(settled)))
    return found


def stops(search: str, seed: int) -> list[dict[str, object]]:
    """Return, per value, when the guard stops a study, and its regret as a share of the value.

    The regret is against the best moment in hindsight, where a study is worth its value times
    its hypervolume, as a share of the last one, less what it has spent.
    """
    study = run(search, seed)
    replay, total = Replay(study, seed), float(study.spends.sum())
    spent, won = study.spends.cumsum(), study.volumes / study.volumes[-1]
    found = list[dict[str, object]]()
    for multiple in VALUES:
        value = multiple * total
        utility = value * won - spent
        count, reason = replay.stop(worth(value, study))
        best = float(utility.max())
        found.append(
            {
                "value": multiple,
                "stopped": count,
                "reason": reason,
                "best": int(utility.argmax()) + 1,
                "regret": (best - float(utility[count - 1])) / value,
                "regret_of_all": (best - float(utility[-1])) / value,
            }
        )
    count, reason = replay.stop(None)
    lost, saved = 1 - float(won[count - 1]), 1 - float(spent[count - 1]) / total
    return [*found, {"value": 0, "stopped": count, "reason": reason, "lost": lost, "saved": saved}]


def forecasts(search: str, seed: int) -> list[dict[str, object]]:
    """Return what the next ten trials were forecast to add, relative, and what they did."""
    study, found = run(search, seed), list[dict[str, object]]()
    every = np.ones(TRIALS, dtype=np.bool_)
    nothing = np.full(TRIALS, np.nan)
    for start in STARTS:
        gain = gains.gain_of(study.losses[:start], every[:start], REFERENCE, nothing[:start])
        actual = float(study.volumes[start + AHEAD - 1] / study.volumes[start - 1]) - 1
        if gain is not None:
            found.append({"start": start, "forecast": gain.of(AHEAD), "actual": actual})
    return found


def ratio(found: Sequence[dict[str, object]]) -> tuple[float, float]:
    """Return the ratio of the mean forecast to the mean gain, and how often at most twice came."""
    pairs = np.array([(one["forecast"], one["actual"]) for one in found], dtype=float)
    forecast, actual = pairs.T
    return float(forecast.mean() / actual.mean()), float((actual <= 2 * forecast).mean())
