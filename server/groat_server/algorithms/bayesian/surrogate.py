"""A fitted Gaussian process for one metric, read through its Cholesky factor."""

# botorch and gpytorch leave most of their types unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from botorch.models import SingleTaskGP
from torch import Tensor

from groat_server.algorithms.base import Floats
from groat_server.algorithms.bayesian.features import Layout
from groat_server.algorithms.bayesian.kernel import ConfigurationKernel

LEAST_NOISE = 1e-6
"""Of the targets' variance; keeps repeated points apart."""

_CHUNK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What one model is fitted to.

    Attributes:
        inputs: Shape ``(n, w)``, see `features`.
        targets: Shape ``(n,)``, finite.
        noises: Shape ``(n,)``, variances of ``targets``; ``None`` to learn one
            for all.
        layout: What the columns of ``inputs`` are.
        center: What the model falls back to far from all data.
        scale: The unit in which it thinks.
    """

    inputs: Floats
    targets: Floats
    noises: Floats | None
    layout: Layout
    center: float
    scale: float

    @property
    def hyperparameter_count(self) -> int:
        """How many hyperparameters its model has."""
        return self.layout.scales + (3 if self.noises is None else 2)

    @property
    def standard_targets(self) -> Floats:
        """Targets as the model sees them, shape ``(n,)``."""
        return (self.targets - self.center) / self.scale

    @property
    def standard_noises(self) -> Floats:
        """Known variances as the model sees them, shape ``(n,)``, never quite 0."""
        known = np.zeros(len(self.targets)) if self.noises is None else self.noises
        return np.maximum(known / self.scale**2, LEAST_NOISE)

    @classmethod
    def standardised(
        cls, inputs: Floats, targets: Floats, noises: Floats | None, layout: Layout
    ) -> Data:
        """Center on the targets' mean, in units of their standard deviation."""
        spread, size = float(targets.std()), abs(float(targets.mean())) or 1.0
        return cls(
            inputs=inputs,
            targets=targets,
            noises=noises,
            layout=layout,
            center=float(targets.mean()),
            scale=spread if spread > 1e-12 * size else size,
        )


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted model.

    Attributes:
        model: BoTorch's, in evaluation mode, in standardised units.
        kernel: Its covariance.
        data: What it was fitted to, in the targets' own units.
        hyperparameters: Shape ``(s + 2,)`` or, with learnt noise, ``(s + 3,)``:
            logarithms of length scales, signal, additive part, noise.
    """

    model: SingleTaskGP
    kernel: ConfigurationKernel
    data: Data
    hyperparameters: Floats
    _inputs: Tensor
    _factor: Tensor
    _weights: Tensor

    @classmethod
    @torch.no_grad()
    def of(
        cls, model: SingleTaskGP, kernel: ConfigurationKernel, data: Data, hyperparameters: Floats
    ) -> Surrogate:
        """Condition a model with these hyperparameters on the data."""
        inputs = torch.from_numpy(data.inputs)
        learnt = math.exp(hyperparameters[-1])
        noises = np.full(len(inputs), learnt) if data.noises is None else data.standard_noises
        covariance = kernel.forward(inputs, inputs) + torch.diag(torch.from_numpy(noises))
        factor = torch.linalg.cholesky(covariance)
        weights = torch.cholesky_solve(column(data.standard_targets), factor).squeeze(-1)
        return cls(model, kernel, data, hyperparameters, inputs, factor, weights)

    def predict(self, inputs: Floats) -> tuple[Floats, Floats]:
        """Return the noise-free posterior's mean and standard deviation.

        Args:
            inputs: Shape ``(n, w)``.

        Returns:
            Two of shape ``(n,)``, in the targets' own units.
        """
        starts = range(0, max(len(inputs), 1), _CHUNK)
        parts = [self._predict(inputs[start : start + _CHUNK]) for start in starts]
        mean = np.concatenate([part[0] for part in parts])
        sd = np.concatenate([part[1] for part in parts])
        return self.data.center + self.data.scale * mean, self.data.scale * sd

    @torch.no_grad()
    def _predict(self, inputs: Floats) -> tuple[Floats, Floats]:
        x = torch.from_numpy(inputs)
        cross = self.kernel.forward(x, self._inputs)
        explained = torch.linalg.solve_triangular(self._factor, cross.mT, upper=False)
        prior = self.kernel.forward(x, x, diag=True)
        variance = (prior - explained.square().sum(dim=0)).clamp_min(1e-10)
        return (cross @ self._weights).numpy(), variance.sqrt().numpy()

    def believing(self, inputs: Floats) -> Surrogate:
        """Return the model as if its mean had come true at ``inputs (q, w)``, without noise.

        Source:
            Ginsbourger, Le Riche and Carraro (2010), Kriging is well-suited to
            parallelize optimization, section 3.2 (kriging believer).
            https://doi.org/10.1007/978-3-642-10701-6_6
        """
        mean, _ = self.predict(inputs)
        noises = self._noises()
        data = replace(
            self.data,
            inputs=np.concatenate([self.data.inputs, inputs]),
            targets=np.concatenate([self.data.targets, mean]),
            noises=np.concatenate([noises, np.zeros(len(inputs))]),
        )
        return Surrogate.of(self.model, self.kernel, data, self.hyperparameters)

    @property
    def noise(self) -> float:
        """Standard deviation of one measurement, in the targets' own units."""
        return float(np.sqrt(self._noises().mean()))

    def _noises(self) -> Floats:
        if self.data.noises is not None:
            return self.data.noises
        return np.full(
            len(self.data.targets), np.exp(self.hyperparameters[-1]) * self.data.scale**2
        )


def column(values: Floats) -> Tensor:
    """Return values ``(n,)`` as a tensor ``(n, 1)``."""
    return torch.from_numpy(np.ascontiguousarray(values)).unsqueeze(-1)
