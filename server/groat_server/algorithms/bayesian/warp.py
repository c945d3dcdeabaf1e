"""Monotone warps that make a metric's values look more like a normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import (
    boxcox1p,
    inv_boxcox1p,
    ndtr,
)

from groat_server.algorithms.base import Floats

_POWERS = (-1.5, -1.0, -0.5, 0.0, 0.5, 1.5, 2.0, 2.5, 3.0, 3.5)
_IDENTITY_BONUS, _BONUS_PER_TRIAL = 2.0, 0.15
_POWER_MALUS = 1.0
_NO_STEP = 1e-6


@dataclass(frozen=True, slots=True)
class Warp:
    """A rising map from losses to what the model sees.

    ``identity``, ``log``, or the Yeo-Johnson power of ``(y - center) / scale``.

    Attributes:
        least, most: Of what the inverse of a power gives: near the end of its range a
            little more is without bounds.

    Source:
        Yeo and Johnson (2000), A new family of power transformations.
        https://doi.org/10.1093/biomet/87.4.954
    """

    kind: Literal["identity", "log", "power"] = "identity"
    center: float = 0.0
    scale: float = 1.0
    power: float = 1.0
    least: float = -np.inf
    most: float = np.inf

    def __call__(self, losses: Floats) -> Floats:
        """Warp losses of any shape; ``log`` takes positive ones only."""
        if self.kind == "identity":
            return losses
        if self.kind == "log":
            return np.log(np.maximum(losses, 1e-300))
        z = (losses - self.center) / self.scale
        up = boxcox1p(np.maximum(z, 0.0), self.power)
        down = boxcox1p(np.maximum(-z, 0.0), 2.0 - self.power)
        return np.where(z >= 0, up, -down)

    def inverse(self, warped: Floats) -> Floats:
        """Undo the warp, as far as `least` and `most`."""
        if self.kind == "identity":
            return warped
        if self.kind == "log":
            return np.exp(np.minimum(warped, 700.0))
        up = _inverse_power(np.maximum(warped, 0.0), self.power)
        down = _inverse_power(np.maximum(-warped, 0.0), 2.0 - self.power)
        losses = self.center + self.scale * np.where(warped >= 0, up, -down)
        return np.clip(losses, self.least, self.most)

    def slope(self, losses: Floats) -> Floats:
        """Return the derivative, by which small errors grow."""
        if self.kind == "identity":
            return np.ones_like(losses)
        if self.kind == "log":
            return 1.0 / np.maximum(losses, 1e-300)
        z = (losses - self.center) / self.scale
        exponent = np.where(z >= 0, self.power - 1.0, 1.0 - self.power)
        return (1.0 + np.abs(z)) ** exponent / self.scale

    def shortfalls(self, thresholds: Floats, mean: Floats, sd: Floats) -> Floats:
        """Return by how much losses are expected to undercut each threshold.

        Args:
            thresholds: Shape ``(t,)``, losses, rising.
            mean: Shape ``(n,)``, of the normally distributed warped loss.
            sd: Shape ``(n,)``, positive.

        Returns:
            ``E[max(threshold - loss, 0)]``, shape ``(n, t)``; exact for identity
            and log, by quadrature for powers.
        """
        mean, sd = mean[:, None], sd[:, None]
        if self.kind == "power":
            return self._integrated(thresholds, mean, sd)
        u = (self(thresholds) - mean) / sd
        if self.kind == "log":
            capped = np.exp(np.minimum(mean + sd**2 / 2.0, 700.0))
            return np.maximum(thresholds * ndtr(u) - capped * ndtr(u - sd), 0.0)
        return sd * _shortfall(u)

    def _integrated(self, thresholds: Floats, mean: Floats, sd: Floats) -> Floats:
        # E[(t - Y)+] is the integral of P(Y <= s) up to t.
        grid = np.unique(np.concatenate([self._below(thresholds[0], thresholds[-1]), thresholds]))
        areas = np.diff(grid) * _mean_chances((self(grid) - mean) / sd)
        sums = np.concatenate([np.zeros((len(mean), 1)), np.cumsum(areas, axis=1)], axis=1)
        return sums[:, np.searchsorted(grid, thresholds)]

    def _below(self, low: np.float64, high: np.float64) -> Floats:
        """Return where to look at the chances: between the thresholds, and far below."""
        span = high - low
        if span <= 1e-9 * self.scale:
            return low - self.scale * np.logspace(-5.0, 1.1, 60)
        tail = low - span * np.array([12.0, 6.0, 3.0, 2.0, 1.4, 1.0])
        return np.concatenate([tail, high - 1.7 * span * np.arange(49) / 48.0])


def _shortfall(u: Floats) -> Floats:
    """Return ``E[max(u - Z, 0)]`` of a standard normal ``Z``: the integral of its chances."""
    density = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
    return np.maximum(u * ndtr(u) + density, 0.0)


def _mean_chances(u: Floats) -> Floats:
    """Return the mean of ``P(Z <= u)`` between neighbours of ``u (n, g)``, shape ``(n, g - 1)``.

    Exact if the warp were straight in between, however wide the step is beside the doubt.
    """
    steps, chances, sums = np.diff(u), ndtr(u), np.diff(_shortfall(u))
    halfway = 0.5 * (chances[:, 1:] + chances[:, :-1])
    return np.where(steps > _NO_STEP, sums / np.maximum(steps, _NO_STEP), halfway)


def choose_warp(losses: Floats) -> Warp:
    """Choose the warp under which the losses are most likely normal.

    The identity goes first unless another is clearly likelier: the bare losses of few
    trials tell little of what a model with all parameters will make of them.

    Args:
        losses: Shape ``(n,)``, finite.

    Returns:
        One with which all of ``losses`` can be undone.
    """
    center, spread = float(np.median(losses)), float(losses.std())
    if spread <= 1e-12 * max(1.0, abs(center)):
        return Warp()
    low, high = float(losses.min()), float(losses.max())
    least, most = low - (high - low), high + (high - low)
    options = {Warp(): _IDENTITY_BONUS + _BONUS_PER_TRIAL * len(losses)}
    # A value near zero among large ones would dominate the logarithm.
    if losses.min() > 1e-4 * center > 0:
        options[Warp("log")] = 0.0
    for power in _POWERS:
        options[Warp("power", center, spread, power, least, most)] = -_POWER_MALUS
    return max(options, key=lambda warp: options[warp] + _log_likelihood(warp, losses))


def _log_likelihood(warp: Warp, losses: Floats) -> float:
    """Profile log-likelihood of a normal distribution of the warped losses."""
    spread = max(float(warp(losses).std()), 1e-12)
    return float(np.log(warp.slope(losses)).sum() - len(losses) * np.log(spread))


def _inverse_power(warped: Floats, power: float) -> Floats:
    # For negative powers the warped values end at -1 / power, where the losses have no bound.
    ends = -(1.0 - 1e-9) / power if power < 0 else np.inf
    return np.asarray(inv_boxcox1p(np.minimum(warped, ends), power), dtype=np.float64)
