"""What each configuration is believed to measure, from all its evaluations together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from groat import model
from groat_server import front
from groat_server.front import Bools, Floats, Integers

DRAWS = 400
_LEAST_ROWS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """A measured whole trial; several of one configuration are taken together."""

    trial: model.Trial
    configuration_id: str


@dataclass(frozen=True)
class Beliefs:
    """Losses of ``n`` configurations on ``k`` metrics, as normal distributions.

    Attributes:
        metrics: Those that every configuration has, in declared order.
        keys: Configuration ids.
        trials: The newest trial of each.
        evaluations: Shape ``(n,)``. How many trials each has.
        means, errors: Shape ``(n, k)``; errors are 0 where none were told.
        seed: Of the draws.
    """

    metrics: tuple[model.Metric, ...]
    keys: tuple[str, ...]
    trials: tuple[model.Trial, ...]
    evaluations: Integers
    means: Floats
    errors: Floats
    seed: int

    def column(self, metric_id: str) -> int:
        """Return a metric's place among the columns."""
        return [metric.id for metric in self.metrics].index(metric_id)

    @cached_property
    def objectives(self) -> list[int]:
        """The columns of the objectives."""
        return [j for j, one in enumerate(self.metrics) if one.role is model.Role.OBJECTIVE]

    @cached_property
    def draws(self) -> Floats:
        """Shape ``(DRAWS, n, k)``: what the metrics may truly be."""
        noise = np.random.default_rng(self.seed).standard_normal((DRAWS, *self.means.shape))
        return self.means + self.errors * noise

    @cached_property
    def is_exact(self) -> bool:
        """Whether no standard error was told at all."""
        return not self.errors.any()

    def keeps(self, losses: Floats, limits: Sequence[tuple[int, float]]) -> Bools:
        """Tell which rows of ``losses (..., k)`` keep every limit, given as column and loss."""
        kept = np.ones(losses.shape[:-1], dtype=np.bool_)
        for column, most in limits:
            kept &= losses[..., column] <= most
        return kept

    @cached_property
    def constraints(self) -> list[tuple[int, float]]:
        """The study's own limits, as columns and losses."""
        return [
            (j, one.loss(one.bound))
            for j, one in enumerate(self.metrics)
            if one.role is model.Role.CONSTRAINT and one.bound is not None
        ]

    def on_front(self, limits: Sequence[tuple[int, float]]) -> Floats:
        """Return each configuration's chance to be on the front, shape ``(n,)``."""
        counts = np.zeros(len(self.keys))
        for losses in self.draws:
            kept = np.flatnonzero(self.keeps(losses, limits))
            if len(kept):
                counts[kept[front.non_dominated(losses[kept][:, self.objectives])]] += 1
        return counts / DRAWS


def beliefs_of(
    metrics: Sequence[model.Metric], evaluated: Sequence[Evaluated], seed: int
) -> Beliefs:
    """Pool the evaluations of each configuration, and shrink them towards each other.

    The best of many looks better than it is. So what was measured is taken for a
    draw from what configurations of this study are like, and each is moved
    towards their mean as far as its error leaves room for that.

    A metric for which no trial told an error is exact. Where others told one, an
    error that is missing, or 0 as of ten right answers in ten, is taken to be as
    theirs are in the middle.

    Source:
        Morris (1983), Parametric empirical Bayes inference.
        https://doi.org/10.1080/01621459.1983.10477920
    """
    groups: dict[str, list[model.Trial]] = {}
    for one in sorted(evaluated, key=lambda one: one.trial.number):
        groups.setdefault(one.configuration_id, []).append(one.trial)
    known = tuple(m for m in metrics if all(_has(m, one.trial) for one in evaluated))
    usual = [_usual_error(metric, evaluated) for metric in known]
    pooled = [
        [_pooled(metric, trials, error) for metric, error in zip(known, usual, strict=True)]
        for trials in groups.values()
    ]
    both = np.array(pooled, dtype=float).reshape(len(groups), len(known), 2)
    means, errors = _shrunk(both[:, :, 0], both[:, :, 1])
    return Beliefs(
        metrics=known,
        keys=tuple(groups),
        trials=tuple(trials[-1] for trials in groups.values()),
        evaluations=np.array([len(trials) for trials in groups.values()], dtype=np.int64),
        means=means,
        errors=errors,
        seed=seed,
    )


def _has(metric: model.Metric, trial: model.Trial) -> bool:
    return trial.measurement is not None and trial.measurement.value(metric.id) is not None


def _usual_error(metric: model.Metric, evaluated: Sequence[Evaluated]) -> float:
    """Return the middle of the errors that were told of a metric; 0 where none was."""
    found = [one.trial.measurement.value(metric.id) for one in evaluated if one.trial.measurement]
    errors = [one.standard_error for one in found if one and one.standard_error]
    return float(np.median(errors)) if errors else 0.0


def _pooled(
    metric: model.Metric, trials: Sequence[model.Trial], usual_error: float
) -> tuple[float, float]:
    """Return the mean loss and its error: by inverse variance, where errors are told."""
    found = [one.measurement.value(metric.id) for one in trials if one.measurement]
    values = np.array([metric.loss(one.value) for one in found if one])
    errors = np.array([one.standard_error or usual_error for one in found if one])
    if (errors > 0).all():
        weights = errors**-2
        return float(values @ weights / weights.sum()), float(weights.sum() ** -0.5)
    spread = float(values.std(ddof=1)) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return float(values.mean()), spread


def _shrunk(values: Floats, errors: Floats) -> tuple[Floats, Floats]:
    if len(values) < _LEAST_ROWS:
        return values, errors
    noise = errors**2
    spread = np.maximum(values.var(axis=0, ddof=1) - noise.mean(axis=0), 0.0)
    total = np.where(spread + noise > 0, spread + noise, 1.0)
    centre = (values / total).sum(axis=0) / (1 / total).sum(axis=0)
    # Morris's factor: never all the way, as the spread itself is only estimated.
    doubt = (len(values) - 3) / (len(values) - 1) * noise / total
    means = values + doubt * (centre - values)
    return means, np.sqrt((1 - doubt) * noise)
