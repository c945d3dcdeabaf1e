"""What the models say when people ask: predictions, and which parameter matters for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groat_server.algorithms import design
from groat_server.algorithms.base import Floats, Predicted, Seen
from groat_server.algorithms.bayesian.features import Layout, features
from groat_server.algorithms.bayesian.fitting import fit
from groat_server.algorithms.bayesian.outcomes import Objective, objective_data
from groat_server.space import Space

_STEPS = 60
_DRAWS = 512
_SEED = 3
_NO_SPREAD = 1e-12


def predict(space: Space, seen: Sequence[Seen], points: Floats) -> list[Predicted]:
    """Predict each quantity at ``points (n, d)``; see `Explaining.predict`."""
    inputs = features(space, points)
    return [_predicted(_model(space, one, believes_all=True), inputs) for one in seen]


def importances(space: Space, seen: Sequence[Seen]) -> Floats:
    """Say how much each parameter has to do with each quantity.

    The total effect: the share of the quantity's variance over the allowed
    configurations that is left when all parameters but this one are known. With
    conditions a parameter is credited with what it switches on and off.

    Args:
        space: Of the points.
        seen: At least two points each.

    Returns:
        Shape ``(quantities, parameters)``, from 0 to 1. Rows may sum to more than
        1, as parameters act together; a row of zeros where nothing varies.

    Source:
        Jansen (1999), Analysis of variance designs for model output, eq. for the
        total effect. https://doi.org/10.1016/S0010-4655(98)00154-4
        On the model's medians, in its warped unit, so that one outlier does not
        decide; draws that break a constraint are left out in pairs.
    """
    models = [_model(space, one, believes_all=False) for one in seen]
    draws = _Draws.of(space)
    return np.array([draws.total_effects(space, model) for model in models]).reshape(
        len(seen), len(space.parameters)
    )


@dataclass(frozen=True, slots=True)
class _Draws:
    """Two sets of random places; the second one lends the first its parameters one by one.

    Attributes:
        base, other: Shape ``(draws, d)``, not canonical: codes of parameters that are inactive
            now say what they would be.
    """

    base: Floats
    other: Floats

    @classmethod
    def of(cls, space: Space) -> _Draws:
        rng = design.dice(_SEED)
        base = rng.random((_DRAWS, space.d))
        fits = space.allowed(base)
        if not fits.all():
            spare = space.repaired(base[~fits])
            base = np.concatenate([base[fits], spare[space.allowed(spare)]])
        return cls(base, rng.random((len(base), space.d)))

    def total_effects(self, space: Space, model: Objective) -> Floats:
        before = _medians(space, model, self.base)
        variance = float(before.var()) if len(before) else 0.0
        effects = np.zeros(len(space.parameters))
        # Where nothing varies, what is left is rounding.
        if variance <= _NO_SPREAD * model.surrogate.data.scale**2:
            return effects
        for j, own in enumerate(space.columns):
            moved = self.base.copy()
            moved[:, own] = self.other[:, own]
            fits = space.allowed(moved)
            steps = _medians(space, model, moved[fits]) - before[fits]
            effects[j] = float((steps**2).mean()) / (2.0 * variance) if fits.any() else 0.0
        return np.clip(effects, 0.0, 1.0)


def _medians(space: Space, model: Objective, points: Floats) -> Floats:
    return model.surrogate.predict(features(space, space.canonical(points)))[0]


def _model(space: Space, seen: Seen, *, believes_all: bool) -> Objective:
    inputs, is_kept = features(space, seen.points), np.full(len(seen.values), believes_all)
    warp, data = objective_data(inputs, seen.values, seen.errors, Layout.of(space), is_kept)
    return Objective(warp, fit(data, [None], steps=_STEPS))


def _predicted(model: Objective, inputs: Floats) -> Predicted:
    mean, sd = model.surrogate.predict(inputs)
    spread = np.sqrt(sd**2 + model.surrogate.noise**2)
    low, high = model.warp.inverse(mean - sd), model.warp.inverse(mean + sd)
    lowest, highest = model.warp.inverse(mean - spread), model.warp.inverse(mean + spread)
    return Predicted(
        medians=model.warp.inverse(mean), errors=(high - low) / 2, spreads=(highest - lowest) / 2
    )
