"""Metrics as models: warped losses, and the chance that a configuration is allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import (
    log_ndtr,
)

from groat_server.algorithms.base import Bools, Floats
from groat_server.algorithms.bayesian.features import Layout
from groat_server.algorithms.bayesian.surrogate import Data, Surrogate
from groat_server.algorithms.bayesian.warp import Warp, choose_warp

_TAIL = 2.0


@dataclass(frozen=True, slots=True)
class Objective:
    """A model of one objective, in warped units."""

    warp: Warp
    surrogate: Surrogate

    def medians(self, inputs: Floats) -> Floats:
        """Return what the model thinks of ``inputs (n, w)`` without noise: losses ``(n,)``."""
        return self.warp.inverse(self.surrogate.predict(inputs)[0])

    def hopes(self, inputs: Floats) -> Floats:
        """Return losses ``(n,)`` one standard deviation better than expected."""
        mean, sd = self.surrogate.predict(inputs)
        return self.warp.inverse(mean - sd)


@dataclass(frozen=True, slots=True)
class Feasibility:
    """The chance that a configuration works and keeps every constraint.

    Attributes:
        constraints: Models of violations, allowed up to 0.
        works: Model of 1 where trials were measured and -1 where INFEASIBLE;
            none while nothing was INFEASIBLE.
    """

    constraints: tuple[Surrogate, ...]
    works: tuple[Surrogate, ...]

    def log_chances(self, inputs: Floats) -> Floats:
        """Return the logarithm of the chance, shape ``(n,)``, for ``inputs (n, w)``."""
        total = np.zeros(len(inputs))
        for surrogate, sign in [(s, -1.0) for s in self.constraints] + [
            (s, 1.0) for s in self.works
        ]:
            mean, sd = surrogate.predict(inputs)
            total += log_ndtr(sign * mean / sd)
        return total

    def believing(self, inputs: Floats) -> Feasibility:
        """See `Surrogate.believing`."""
        return Feasibility(
            tuple(surrogate.believing(inputs) for surrogate in self.constraints),
            tuple(surrogate.believing(inputs) for surrogate in self.works),
        )


def objective_data(
    inputs: Floats, losses: Floats, errors: Floats, layout: Layout, is_kept: Bools
) -> tuple[Warp, Data]:
    """Prepare one objective for its model.

    Bad outliers are drawn in, since one failure far off would flatten all else;
    good ones are what is searched for, and stay.

    Args:
        inputs: Shape ``(n, w)``.
        losses: Shape ``(n,)``, finite.
        errors: Shape ``(n,)``; NaN where unknown.
        layout: What the columns of ``inputs`` are.
        is_kept: Shape ``(n,)``. Which are believed however bad: what is worst here may
            be on the front by being best at something else. What is better is, too.

    Returns:
        The warp, and the warped data.
    """
    warp = choose_warp(losses)
    warped = warp(losses)
    targets = _without_bad_tail(warped, least=float(warped[is_kept].max(initial=-np.inf)))
    noises = _variances(errors * warp.slope(losses))
    return warp, Data.standardised(inputs, targets, noises, layout)


def constraint_data(inputs: Floats, violations: Floats, errors: Floats, layout: Layout) -> Data:
    """Prepare one constraint for its model; arguments as in `objective_data`."""
    # Whatever is drawn in stays a violation, by as much as the middle half differs.
    lower, upper = np.quantile(violations, [0.25, 0.75])
    targets = _without_bad_tail(violations, least=float(upper - lower))
    return Data.standardised(inputs, targets, _variances(errors), layout)


def works_data(inputs: Floats, is_measured: Bools, layout: Layout) -> Data:
    """Prepare the model of which configurations work at all.

    Far from all trials it falls back to their share of successes, as if one
    more of each kind had been seen.
    """
    targets = np.where(is_measured, 1.0, -1.0)
    noises = np.full(len(targets), 0.05)
    data = Data.standardised(inputs, targets, noises, layout)
    return replace(data, center=float(targets.sum()) / (len(targets) + 2), scale=1.0)


def _without_bad_tail(targets: Floats, least: float = -np.inf) -> Floats:
    lower, upper = np.quantile(targets, [0.25, 0.75])
    if upper == lower:
        return targets
    return np.minimum(targets, max(upper + _TAIL * (upper - lower), least))


def _variances(errors: Floats) -> Floats | None:
    """Square the errors, unknown ones taken for typical; ``None`` when none is known."""
    known = np.isfinite(errors)
    if not known.any():
        return None
    return np.where(known, errors, np.median(errors[known])) ** 2
