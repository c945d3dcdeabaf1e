"""A Gaussian process for one metric, fitted by BoTorch, read through its Cholesky factor."""

# botorch and gpytorch leave most of their types unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from botorch import settings
from botorch.exceptions.warnings import OptimizationWarning
from botorch.models import SingleTaskGP
from botorch.optim.fit import fit_gpytorch_mll_scipy
from gpytorch.constraints import GreaterThan
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.means import ZeroMean
from gpytorch.mlls import ExactMarginalLogLikelihood
from gpytorch.priors import NormalPrior
from torch import Tensor

from groat_server.algorithms.base import Bools, Floats
from groat_server.algorithms.bayesian.kernel import ConfigurationKernel

_BOUNDS = {
    "model.covar_module.log_length": (-4.0, 5.0),
    "model.covar_module.log_signal": (-6.0, 4.0),
    "model.covar_module.log_additive": (-8.0, 4.0),
}
_LEAST_NOISE = 1e-6
_CHUNK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What one model is fitted to.

    Attributes:
        inputs: Shape ``(n, d)``, see `features`.
        targets: Shape ``(n,)``, finite.
        noises: Shape ``(n,)``, variances of ``targets``; ``None`` to learn one
            for all.
        is_label: Shape ``(d,)``.
        center: What the model falls back to far from all data.
        scale: The unit in which it thinks.
    """

    inputs: Floats
    targets: Floats
    noises: Floats | None
    is_label: Bools
    center: float
    scale: float

    @classmethod
    def standardised(
        cls, inputs: Floats, targets: Floats, noises: Floats | None, is_label: Bools
    ) -> Data:
        """Center on the targets' mean, in units of their standard deviation."""
        spread = float(targets.std())
        return cls(
            inputs=inputs,
            targets=targets,
            noises=noises,
            is_label=is_label,
            center=float(targets.mean()),
            scale=spread if spread > 1e-12 else max(abs(float(targets.mean())), 1e-12),
        )


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A fitted model.

    Attributes:
        model: BoTorch's, in evaluation mode, in standardised units.
        data: What it was fitted to, in the targets' own units.
        hyperparameters: Shape ``(d + 2,)`` or, with learnt noise, ``(d + 3,)``:
            logarithms of length scales, signal, additive part, noise.
    """

    model: SingleTaskGP
    data: Data
    hyperparameters: Floats
    _inputs: Tensor
    _factor: Tensor
    _weights: Tensor

    def predict(self, inputs: Floats) -> tuple[Floats, Floats]:
        """Return the noise-free posterior's mean and standard deviation.

        Args:
            inputs: Shape ``(n, d)``.

        Returns:
            Two of shape ``(n,)``, in the targets' own units.
        """
        parts = [self._predict(inputs[i : i + _CHUNK]) for i in range(0, len(inputs), _CHUNK)]
        mean = np.concatenate([part[0] for part in parts])
        sd = np.concatenate([part[1] for part in parts])
        return self.data.center + self.data.scale * mean, self.data.scale * sd

    @torch.no_grad()
    def _predict(self, inputs: Floats) -> tuple[Floats, Floats]:
        x = torch.from_numpy(inputs)
        cross = self.model.covar_module.forward(x, self._inputs)
        explained = torch.linalg.solve_triangular(self._factor, cross.mT, upper=False)
        prior = self.model.covar_module.forward(x, x, diag=True)
        variance = (prior - explained.square().sum(dim=0)).clamp_min(1e-10)
        return (cross @ self._weights).numpy(), variance.sqrt().numpy()

    def believing(self, inputs: Floats) -> Surrogate:
        """Return the model as if its mean had come true at ``inputs (q, d)``, without noise.

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
        return _read(self.model, data, self.hyperparameters)

    def _noises(self) -> Floats:
        if self.data.noises is not None:
            return self.data.noises
        return np.full(len(self.data.targets), np.exp(self.hyperparameters[-1]) * self.data.scale**2)


def fit(data: Data, starts: Sequence[Floats | None], *, steps: int) -> Surrogate:
    """Fit hyperparameters from each start and keep the most probable ones.

    Args:
        data: ``n >= 1`` rows.
        starts: Hyperparameters to start from; ``None`` is the prior's own start.
        steps: Most iterations of L-BFGS per start; 0 keeps the start as it is.

    Returns:
        The fitted model. The same data give the same model.
    """
    torch.set_num_threads(1)
    fits = [_fit_from(data, start, steps) for start in starts]
    _, model = max(fits, key=lambda fitted: fitted[0])
    hyperparameters = _logs(model)
    return _read(model.eval(), data, hyperparameters)


def _fit_from(data: Data, start: Floats | None, steps: int) -> tuple[float, SingleTaskGP]:
    model = _model(data)
    if start is not None:
        _set_logs(model, start)
    likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
    if not steps:
        return 0.0, model
    with warnings.catch_warnings():
        # Running out of steps is as good a reason to stop as any.
        warnings.simplefilter("ignore", OptimizationWarning)
        result = fit_gpytorch_mll_scipy(likelihood, bounds=_BOUNDS, options={"maxiter": steps})
    return -float(result.fval), model


def _model(data: Data) -> SingleTaskGP:
    learns_noise = data.noises is None
    noises = None if data.noises is None else _column(_scaled_noises(data))
    with settings.validate_input_scaling(False):
        return SingleTaskGP(
            train_X=torch.from_numpy(data.inputs),
            train_Y=_column((data.targets - data.center) / data.scale),
            train_Yvar=noises,
            likelihood=_noise_model() if learns_noise else None,
            covar_module=ConfigurationKernel(torch.from_numpy(data.is_label)),
            mean_module=ZeroMean(),
            outcome_transform=None,
        )


def _noise_model() -> GaussianLikelihood:
    constraint = GreaterThan(
        _LEAST_NOISE, transform=torch.exp, inv_transform=torch.log, initial_value=math.exp(-5.0)
    )
    likelihood = GaussianLikelihood(noise_constraint=constraint).double()
    likelihood.register_prior(
        "log_noise_prior", NormalPrior(-5.0, 2.0), lambda module: module.noise.log()
    )
    return likelihood


def _scaled_noises(data: Data) -> Floats:
    assert data.noises is not None
    return np.maximum(data.noises / data.scale**2, _LEAST_NOISE)


def _column(values: Floats) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).unsqueeze(-1)


def _logs(model: SingleTaskGP) -> Floats:
    kernel = model.covar_module
    logs = [kernel.log_length, kernel.log_signal[None], kernel.log_additive[None]]
    if isinstance(model.likelihood, GaussianLikelihood):
        logs.append(model.likelihood.noise.log())
    return torch.cat(logs).detach().numpy()


def _set_logs(model: SingleTaskGP, logs: Floats) -> None:
    d, kernel = len(model.covar_module.log_length), model.covar_module
    with torch.no_grad():
        kernel.log_length.copy_(torch.from_numpy(logs[:d].copy()))
        kernel.log_signal.fill_(float(logs[d]))
        kernel.log_additive.fill_(float(logs[d + 1]))
    if isinstance(model.likelihood, GaussianLikelihood):
        model.likelihood.noise = max(math.exp(logs[d + 2]), 2.0 * _LEAST_NOISE)


@torch.no_grad()
def _read(model: SingleTaskGP, data: Data, hyperparameters: Floats) -> Surrogate:
    inputs = torch.from_numpy(data.inputs)
    if data.noises is None:
        noises = torch.full((len(inputs),), math.exp(hyperparameters[-1]), dtype=torch.float64)
    else:
        noises = torch.from_numpy(_scaled_noises(data))
    covariance = model.covar_module.forward(inputs, inputs) + torch.diag(noises)
    factor = torch.linalg.cholesky(covariance)
    targets = _column((data.targets - data.center) / data.scale)
    weights = torch.cholesky_solve(targets, factor).squeeze(-1)
    return Surrogate(model, data, hyperparameters, inputs, factor, weights)
