"""The covariance of two configurations: one smooth part, one part per parameter."""

# gpytorch has no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUntypedBaseClass=false

from __future__ import annotations

import math

import torch
from gpytorch.kernels import Kernel
from gpytorch.priors import NormalPrior
from torch import Tensor

_SQRT5 = math.sqrt(5.0)


class ConfigurationKernel(Kernel):
    r"""Matern-5/2 over all parameters, plus a first-order additive part.

    .. math:: k(x, y) = s\, M_{5/2}(r) + \frac{a}{d} \sum_j e^{-D_j / 2},\quad
        D_j = (x_j - y_j)^2 / l_j^2,\quad r^2 = \sum_j D_j

    On labels :math:`(x_j - y_j)^2` is 1 where they differ, else 0. The additive
    part learns each parameter's own effect from few trials; it shares the length
    scales. All hyperparameters are logarithms with normal priors; those of the
    length scales grow with the dimension, so that the prior is as smooth in many
    dimensions as in few.

    Args:
        is_label: Shape ``(d,)``, booleans.

    Source:
        Hvarfner, Hellsten and Nardi (2024), Vanilla Bayesian optimization performs
        great in high dimensions, eq. 8 and appendix. https://arxiv.org/abs/2402.02229
        Numbers start half a unit shorter, which was better on small studies.
        Duvenaud, Nickisch and Rasmussen (2011), Additive Gaussian processes.
        https://arxiv.org/abs/1112.4394
    """

    has_lengthscale = False

    def __init__(self, is_label: Tensor) -> None:
        super().__init__()
        self.d = d = len(is_label)
        self.is_label = is_label
        zeros = torch.zeros(d, dtype=torch.float64)
        self.log_length = torch.nn.Parameter(zeros - 0.3)
        self.log_signal = torch.nn.Parameter(zeros.new_tensor(-0.7))
        self.log_additive = torch.nn.Parameter(zeros.new_tensor(-0.7))
        expected = math.sqrt(2.0) + math.log(d) / 2.0 - torch.where(is_label, zeros, zeros + 0.5)
        for name, mean, variance in (
            ("log_length", expected, 3.0),
            ("log_signal", 0.0, 2.0),
            ("log_additive", -1.0, 4.0),
        ):
            self.register_prior(f"{name}_prior", NormalPrior(mean, math.sqrt(variance)), name)

    def forward(
        self,
        x1: Tensor,
        x2: Tensor,
        diag: bool = False,
        last_dim_is_batch: bool = False,
        **_: object,
    ) -> Tensor:
        """Return the covariance, shape ``(..., n1, n2)``, or ``(..., n)`` with ``diag``."""
        del last_dim_is_batch
        if diag:
            return (self.log_signal.exp() + self.log_additive.exp()).expand(x1.shape[:-1])
        gaps = x1.unsqueeze(-2) - x2.unsqueeze(-3)
        squares = torch.where(self.is_label, (gaps != 0).to(gaps.dtype), gaps * gaps)
        scaled = squares * torch.exp(-2.0 * self.log_length)
        # The square root has no slope at 0.
        r2 = scaled.sum(dim=-1)
        r = r2.clamp_min(1e-20).sqrt()
        smooth = (1.0 + _SQRT5 * r + (5.0 / 3.0) * r2) * torch.exp(-_SQRT5 * r)
        additive = torch.exp(-0.5 * scaled).mean(dim=-1)
        return self.log_signal.exp() * smooth + self.log_additive.exp() * additive
