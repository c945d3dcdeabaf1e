"""A careful linear regression, whose weights and scatter are both unsure.

Weights are normal; sigma, the scatter round what they predict, and reach, how far
weights may lie from what was believed, are summed over a grid. So a prediction is a
mixture of normals, with heavier tails the fewer the rows. Nothing is searched for, so
nothing can overfit. The usual prior, in which weights are as small as sigma is
(normal-inverse-gamma), is not used: rows that fit well would make it sure of labels
that were never tried.

Source:
    Rasmussen and Williams (2006), Gaussian Processes for Machine Learning: sections
    2.1 and 5.4.2, the weights and leaving one out, with a grid in place of the best
    sigma. http://gaussianprocess.org/gpml/
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_SIGMAS: Floats = np.exp(np.arange(math.log(0.02), math.log(4.0), 0.2))
"""From values that repeat within 2 % to values that hardly do."""

_FREEDOM = 3.0
"""How many rows the prior of sigma counts for."""

_UNLIKELY = 1e-4
_NEGLIGIBLE = 1e-9
_HALVINGS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """Per row a mixture of ``g`` normals.

    Attributes:
        means, sds: Shape ``(n, g)``.
        chances: Shape ``(g,)`` or ``(n, g)``, sum 1.
    """

    means: Floats
    sds: Floats
    chances: Floats

    def moments(self) -> tuple[Floats, Floats]:
        """Return mean and standard deviation of each row, ``(n,)`` both."""
        center = (self.means * self.chances).sum(axis=1)
        squares = self.sds**2 + (self.means - center[:, None]) ** 2
        return center, np.sqrt((squares * self.chances).sum(axis=1))

    def quantile(self, share: float) -> Floats:
        """Return each row's quantile ``(n,)``, which lies between its normals' quantiles."""
        ends = self.means + float(ndtri(share)) * self.sds
        low: Floats = ends.min(axis=1)
        high: Floats = ends.max(axis=1)
        for _ in range(_HALVINGS):
            middle: Floats = (low + high) / 2
            parts: Floats = np.asarray(ndtr((middle[:, None] - self.means) / self.sds))
            is_below = (parts * self.chances).sum(axis=1) < share
            low = np.where(is_below, middle, low)
            high = np.where(is_below, high, middle)
        return high


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """Normal weights for each of ``g`` pairs of sigma and reach, and the pairs' chances.

    Attributes:
        weights: Shape ``(q, g)``. Expected values.
        axes: Shape ``(q, r)``, orthonormal: those on which the rows say something.
            On all others the prior still stands.
        sizes: Shape ``(r,)``. Sum of squares of the rows along each axis.
        sigmas: Shape ``(g,)``.
        reaches: Shape ``(g,)``. Standard deviation of the weights' prior.
        chances: Shape ``(g,)``, sum 1.
    """

    weights: Floats
    axes: Floats
    sizes: Floats
    sigmas: Floats
    reaches: Floats
    chances: Floats

    @classmethod
    def of(
        cls, rows: Floats, values: Floats, *, sigma: float, reaches: Mapping[float, float]
    ) -> Regression:
        """Learn from rows ``(n, q)`` and their values ``(n,)``; ``n`` may be 0, ``q > n``.

        Args:
            rows: Scaled so that a weight of 1 would be no surprise.
            values: Finite.
            sigma: Expected scatter.
            reaches: Standard deviations that all weights may have, with their chances.
        """
        axes, sizes = _axes(rows)
        along = axes.T @ (rows.T @ values)
        sigmas, reach = (each.ravel() for each in np.meshgrid(_SIGMAS, list(reaches)))
        variances, totals = sigmas**2, reach**2 * sizes[:, None] + sigmas**2
        explained = along**2 / sizes
        squares = (values @ values - explained.sum()) / variances + explained @ (1.0 / totals)
        dets = (len(values) - len(sizes)) * np.log(variances) + np.log(totals).sum(axis=0)
        # An inverse gamma for the variance, as a density of log sigma.
        priors = -_FREEDOM * (np.log(sigmas) + sigma**2 / variances / 2)
        priors += np.repeat(np.log(list(reaches.values())), len(_SIGMAS))
        chances = _normed(priors - (squares + dets) / 2)
        kept = chances > _UNLIKELY
        return cls(
            weights=axes @ (along[:, None] * (reach**2 / totals)[:, kept]),
            axes=axes,
            sizes=sizes,
            sigmas=sigmas[kept],
            reaches=reach[kept],
            chances=chances[kept] / chances[kept].sum(),
        )

    def predicted(self, rows: Floats) -> Mixture:
        """Return the value of each row ``(n, q)``, scatter included."""
        learnt = (rows @ self.axes) ** 2 @ self._learnt()
        unsure = np.maximum((rows**2).sum(axis=1)[:, None] - learnt, 0.0)
        return Mixture(
            means=rows @ self.weights,
            sds=np.sqrt(self.reaches**2 * unsure + self.sigmas**2),
            chances=self.chances,
        )

    def surprises(self, rows: Floats, values: Floats) -> Floats:
        """Return how each row that was learnt from surprises all the others.

        Returns:
            Shape ``(n,)``, in standard deviations of what the others predict.
        """
        variances = self.sigmas**2
        sides = (rows @ self.axes) ** 2 / self.sizes
        precisions = np.maximum((1.0 - sides @ self._learnt()) / variances, _NEGLIGIBLE)
        residuals = (values[:, None] - rows @ self.weights) / variances / precisions
        # Without its own row, a pair that had found it unlikely gets its chance back.
        others = np.log(self.chances) + (residuals**2 * precisions - np.log(precisions)) / 2
        left_out = Mixture(means=residuals, sds=precisions**-0.5, chances=_normed(others))
        center, sd = left_out.moments()
        return center / sd

    def draws(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Draw weights ``(q, count)`` and the sigmas ``(count,)`` that they go with."""
        which = rng.choice(len(self.chances), size=count, p=self.chances)
        noise = rng.standard_normal((len(self.weights), count))
        shrinks = 1.0 - np.sqrt(1.0 - self._learnt()[:, which])
        noise -= self.axes @ (shrinks * (self.axes.T @ noise))
        return self.weights[:, which] + self.reaches[which] * noise, self.sigmas[which]

    def _learnt(self) -> Floats:
        """Return the share of each axis' prior variance that is gone, shape ``(r, g)``."""
        return self.sizes[:, None] / (self.sizes[:, None] + (self.sigmas / self.reaches) ** 2)


def _axes(rows: Floats) -> tuple[Floats, Floats]:
    """Return principal axes and squared sizes, by the smaller of the rows' Gram matrices."""
    n, q = rows.shape
    if q <= n:
        sizes, axes = np.linalg.eigh(rows.T @ rows)
        kept = sizes > _NEGLIGIBLE
        return axes[:, kept], sizes[kept]
    sizes, sides = np.linalg.eigh(rows @ rows.T)
    kept = sizes > _NEGLIGIBLE
    return rows.T @ (sides[:, kept] / np.sqrt(sizes[kept])), sizes[kept]


def _normed(log_chances: Floats) -> Floats:
    chances = np.exp(log_chances - log_chances.max(axis=-1, keepdims=True))
    return chances / chances.sum(axis=-1, keepdims=True)
