"""What a trial spends: what was declared, times what trials have taught about that.

Log spend is linear in the features, with a careful prior, so that three trials
teach a little and a hundred a lot.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from groat_server.guard.regression import Bools, Floats, Mixture, Regression

MOST_LOG_NANOS = 42.0
"""About 1.7 billion units: no forecast reaches past what 64 bits hold."""

_REACHES = {1.0: 0.95, 5.0: 0.05}
"""One declaration in twenty is grossly wrong, as when a price per thousand tokens is taken for one
per million. Without this, a few trials that all say so would be taken for scatter."""

_FEWEST_SURPRISES = 8
"""From so many trials on, their own surprises may widen an interval."""

_LONGEST = math.sqrt(12.0)
"""Longer rows of features are shortened to this, or a hundred parameters of which
each may matter a little would make the forecast of their sum worthless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What trials spent, in order of finishing. ``n`` trials, ``p`` features.

    Attributes:
        features: Shape ``(n, p)``, about -1 to 1; see `spending`.
        offsets: Shape ``(n,)``. Logarithm of the nanos declared for just the
            examples that were run; without a declaration, of the part of a whole
            trial that was run.
        logs: Shape ``(n,)``. Logarithm of the nanos truly spent.
        is_lower_bound: Shape ``(n,)``. The trial failed, or was cut short nobody
            knows where: run in full it would have spent at least this.
    """

    features: Floats
    offsets: Floats
    logs: Floats
    is_lower_bound: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prior:
    """What is believed of log spend before any trial: a center, and standard deviations."""

    coefficient: float
    intercept: float
    sigma: float
    reaches: Mapping[float, float]
    center: float = 0.0

    @classmethod
    def of(cls, logs: Floats, declared_spread: float | None) -> _Prior:
        if declared_spread is None:
            center = float(np.median(logs))
            return cls(
                coefficient=1.15, intercept=1.0, sigma=0.5, reaches={1.0: 1.0}, center=center
            )
        sd = math.log(declared_spread) / float(ndtri(0.95))
        return cls(coefficient=0.15, intercept=sd, sigma=0.3, reaches=_REACHES)

    def rows(self, features: Floats) -> Floats:
        """Put the intercept first, and scale all columns by what they are believed to do."""
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        shortened = features * (_LONGEST / np.maximum(lengths, _LONGEST))
        intercept = np.full((len(features), 1), self.intercept)
        return np.concatenate([intercept, shortened * self.coefficient], axis=1)


class SpendModel:
    """Predicts what trials are going to spend. Immutable.

    Source:
        Widening by ranks of left-out residuals: Vovk, Gammerman and Shafer (2005),
        Algorithmic Learning in a Random World, section 2.3. Unlike there, ranks are
        interpolated, and no interval is made narrower.
    """

    def __init__(self, prior: _Prior, regression: Regression, surprises: Floats) -> None:
        self._prior = prior
        self._regression = regression
        self._surprises = surprises

    @classmethod
    def fit(
        cls, observed: Observed, *, declared_spread: float | None, oldest_kept: int = 500
    ) -> SpendModel | None:
        """Learn from trials.

        A lower bound counts, as if it were the whole, only where it lies above
        what all other trials predict; or when there are no others.

        Args:
            observed: No trial at all is fine with a declaration.
            declared_spread: The declaration is right within this factor nine
                times in ten, above 1; ``None`` when ``offsets`` declare nothing.
            oldest_kept: Of more trials than this, only the newest so many count.

        Returns:
            ``None`` when nothing is declared and nothing observed.
        """
        newest = slice(-oldest_kept, None)
        features, is_bound = observed.features[newest], observed.is_lower_bound[newest]
        logs = observed.logs[newest] - observed.offsets[newest]
        if declared_spread is None and not len(logs):
            return None
        if is_bound.all():
            return cls._of(features, logs, declared_spread)
        known = cls._of(features[~is_bound], logs[~is_bound], declared_spread)
        counts = ~is_bound | (logs > np.log(known.quantile(features, np.zeros(len(logs)), 0.5)))
        if not (counts & is_bound).any():
            return known
        return cls._of(features[counts], logs[counts], declared_spread)

    @classmethod
    def _of(cls, features: Floats, logs: Floats, declared_spread: float | None) -> SpendModel:
        prior = _Prior.of(logs, declared_spread)
        rows, centered = prior.rows(features), logs - prior.center
        regression = Regression.of(rows, centered, sigma=prior.sigma, reaches=prior.reaches)
        return cls(prior, regression, regression.surprises(rows, centered))

    def quantile(self, features: Floats, offsets: Floats, share: float) -> Floats:
        """Return what each trial spends at most with so much certainty, in nanos.

        Args:
            features: Shape ``(n, p)``.
            offsets: Shape ``(n,)``; see `Observed`.
            share: Above 0 and below 1. From 8 trials on it is widened, on the
                side of ``share``, to what held for so many of them when each
                was predicted from the others.

        Returns:
            Shape ``(n,)``, never falling in ``share``.
        """
        predicted = self._predicted(features)
        logs = predicted.quantile(share)
        if len(self._surprises) >= _FEWEST_SURPRISES and share != 0.5:
            # The n surprises cut the line into n + 1 parts, all equally likely for one more.
            steps = float(np.quantile(self._surprises, share, method="weibull"))
            center, sds = predicted.moments()
            widen = np.maximum if share > 0.5 else np.minimum
            logs = widen(logs, center + steps * sds)
        return self._nanos(offsets + logs)

    def center(self, features: Floats, offsets: Floats) -> Floats:
        """Return the exponential of each trial's expected log spend, shape ``(n,)``, in nanos."""
        return self._nanos(offsets + self._predicted(features).moments()[0])

    def mean(self, features: Floats, offsets: Floats) -> Floats:
        """Return each trial's expected spend, shape ``(n,)``, in nanos.

        Standard deviations count up to 1, lest the little known, which a
        logarithm bears, make the mean endless.
        """
        predicted = self._predicted(features)
        normals = predicted.means + np.minimum(predicted.sds, 1.0) ** 2 / 2
        return self._nanos(offsets + np.log(np.exp(normals) @ predicted.chances))

    def paths(
        self,
        features: Floats,
        offsets: Floats,
        *,
        count: int = 400,
        length: int = 400,
        rng: np.random.Generator,
    ) -> Floats:
        """Simulate the spends of trials to come.

        What is not known of all trials together is drawn once per path, so that
        a path in which trials are dear is dear throughout.

        Args:
            features: Shape ``(k, p)``, ``k >= 1``: rows that trials to come may
                have, each as likely as any other.
            offsets: Shape ``(k,)``.
            count: Number of paths.
            length: Trials of a path.
            rng: The dice.

        Returns:
            Shape ``(count, length)``, in nanos.
        """
        weights, sigmas = self._regression.draws(count, rng)
        expected = (self._prior.rows(features) @ weights).T + offsets
        chosen = rng.integers(len(features), size=(count, length))
        logs = np.take_along_axis(expected, chosen, axis=1)
        return self._nanos(logs + sigmas[:, None] * rng.standard_normal((count, length)))

    def _predicted(self, features: Floats) -> Mixture:
        """Return log spends past offset and center."""
        return self._regression.predicted(self._prior.rows(features))

    def _nanos(self, logs: Floats) -> Floats:
        return np.exp(np.minimum(logs + self._prior.center, MOST_LOG_NANOS))
