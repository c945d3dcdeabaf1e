"""Fitting the hyperparameters of one metric's Gaussian process, by BoTorch and L-BFGS."""

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
from linear_operator.utils.warnings import NumericalWarning
from torch import Tensor

from groat_server.algorithms.base import Floats
from groat_server.algorithms.bayesian.kernel import ConfigurationKernel
from groat_server.algorithms.bayesian.surrogate import LEAST_NOISE, Data, Surrogate, column

_BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "model.covar_module.log_length": (-4.0, 5.0),
    "model.covar_module.log_signal": (-6.0, 4.0),
    "model.covar_module.log_additive": (-8.0, 4.0),
}
_COLD_STARTS = ((-0.3, -0.7, -0.7, -5.0), (0.5, -0.5, 2.0, -7.0))
"""Lengths, signal, additive part and noise: two optima that neither finds from the other."""

# Of the likelihood per trial; scipy's own limits cost half as much again for nothing.
_TOLERANCES = {"ftol": 1e-5, "gtol": 1e-4}

_MOST_FITTED = 160
_MOST_WORK = _MOST_FITTED**2 * 24
"""Of one evaluation of the likelihood, in pairs of rows times length scales."""


def fit(data: Data, starts: Sequence[Floats | None], *, steps: int) -> Surrogate:
    """Fit hyperparameters from each start and keep the most probable ones.

    Args:
        data: ``n >= 1`` rows.
        starts: Hyperparameters to start from; ``None`` stands for two standard starts.
        steps: Most iterations of L-BFGS per start; 0 keeps the start as it is.

    Returns:
        The fitted model. The same data give the same model.
    """
    torch.set_num_threads(1)
    thinned = _thinned(data)
    tried = [one for start in starts for one in (_cold(data) if start is None else [start])]
    logs = max((_fit_from(thinned, start, steps) for start in tried), key=lambda fit: fit[0])[1]
    parts = _Parts.of(data)
    parts.set_logs(logs)
    return Surrogate.of(parts.model.eval(), parts.kernel, data, parts.logs())


@dataclass(frozen=True, slots=True)
class _Parts:
    """A model, and those of its parts that have hyperparameters."""

    model: SingleTaskGP
    kernel: ConfigurationKernel
    learnt_noise: GaussianLikelihood | None

    @classmethod
    def of(cls, data: Data) -> _Parts:
        kernel = ConfigurationKernel(data.layout)
        learnt_noise = _noise_model() if data.noises is None else None
        with settings.validate_input_scaling(False):
            model = SingleTaskGP(
                train_X=torch.from_numpy(data.inputs),
                train_Y=column(data.standard_targets),
                train_Yvar=None if data.noises is None else column(data.standard_noises),
                likelihood=learnt_noise,
                covar_module=kernel,
                mean_module=ZeroMean(),
                outcome_transform=None,
            )
        return cls(model, kernel, learnt_noise)

    def logs(self) -> Floats:
        kernel = self.kernel
        logs = [kernel.log_length, kernel.log_signal[None], kernel.log_additive[None]]
        if self.learnt_noise is not None:
            logs.append(self.learnt_noise.noise.log())
        return torch.cat(logs).detach().numpy()

    @torch.no_grad()
    def set_logs(self, logs: Floats) -> None:
        scales, values = self.kernel.scales, torch.from_numpy(logs)
        self.kernel.log_length.copy_(values[:scales])
        self.kernel.log_signal.copy_(values[scales])
        self.kernel.log_additive.copy_(values[scales + 1])
        if self.learnt_noise is not None:
            self.learnt_noise.noise = values[scales + 2].exp().clamp_min(1.01 * LEAST_NOISE)


def _thinned(data: Data) -> Data:
    """Every second row or so of many: hyperparameters need no more, and a fit takes no longer."""
    n, most = len(data.targets), math.isqrt(_MOST_WORK // data.layout.scales)
    most = min(most, _MOST_FITTED)
    if n <= most:
        return data
    rows = np.linspace(0, n - 1, most).round().astype(np.int64)
    noises = None if data.noises is None else data.noises[rows]
    return replace(data, inputs=data.inputs[rows], targets=data.targets[rows], noises=noises)


def _cold(data: Data) -> list[Floats]:
    scales, size = data.layout.scales, data.hyperparameter_count
    return [np.array([length] * scales + rest)[:size] for length, *rest in _COLD_STARTS]


def _fit_from(data: Data, start: Floats, steps: int) -> tuple[float, Floats]:
    parts = _Parts.of(data)
    parts.set_logs(start)
    if not steps:
        return 0.0, parts.logs()
    likelihood = ExactMarginalLogLikelihood(parts.model.likelihood, parts.model)
    with warnings.catch_warnings():
        # Running out of steps is as good a reason to stop as any; and a trial step may
        # make a covariance that needs jitter.
        warnings.simplefilter("ignore", OptimizationWarning)
        warnings.simplefilter("ignore", NumericalWarning)
        result = fit_gpytorch_mll_scipy(
            likelihood, bounds=_BOUNDS, options={"maxiter": steps, **_TOLERANCES}
        )
    return -float(result.fval), parts.logs()


def _noise_model() -> GaussianLikelihood:
    constraint = GreaterThan(
        LEAST_NOISE,
        transform=torch.exp,  # pyright: ignore[reportArgumentType]
        inv_transform=torch.log,
        initial_value=math.exp(-5.0),
    )
    likelihood = GaussianLikelihood(noise_constraint=constraint).double()
    likelihood.register_prior("log_noise_prior", NormalPrior(-5.0, 2.0), _log_noise)
    return likelihood


def _log_noise(likelihood: GaussianLikelihood) -> Tensor:
    return likelihood.noise.log()
