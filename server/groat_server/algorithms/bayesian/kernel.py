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
        Ours are shorter by factors of 2 (labels) and 3.3 (numbers): as accurate on four
        test problems with 20 and 50 trials, and less sure of itself where it is wrong.
        Duvenaud, Nickisch and Rasmussen (2011), Additive Gaussian processes.
        https://arxiv.org/abs/1112.4394
    """

    has_lengthscale = False

    def __init__(self, is_label: Tensor) -> None:
        super().__init__()
        self.d = d = len(is_label)
        self.labels, self.numbers = torch.nonzero(is_label)[:, 0], torch.nonzero(~is_label)[:, 0]
        zeros = torch.zeros(d, dtype=torch.float64)
        self.log_length = torch.nn.Parameter(zeros)
        self.log_signal = torch.nn.Parameter(zeros.new_tensor(0.0))
        self.log_additive = torch.nn.Parameter(zeros.new_tensor(0.0))
        shorter = torch.where(is_label, zeros + 0.7, zeros + 1.2)
        expected = math.sqrt(2.0) + math.log(d) / 2.0 - shorter
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
        apart_numbers, alike_numbers = self._numbers(x1, x2)
        apart_labels, alike_labels = self._labels(x1, x2)
        r2 = apart_numbers + apart_labels
        # The square root has no slope at 0.
        r = r2.clamp_min(1e-20).sqrt()
        smooth = (1.0 + _SQRT5 * r + (5.0 / 3.0) * r2) * torch.exp(-_SQRT5 * r)
        additive = (alike_numbers + alike_labels) / self.d
        return self.log_signal.exp() * smooth + self.log_additive.exp() * additive

    def _numbers(self, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
        """Sums over the numbers of D and of exp(-D / 2)."""
        inverse = torch.exp(-self.log_length[self.numbers])
        left, right = x1[..., self.numbers] * inverse, x2[..., self.numbers] * inverse
        squares = (left.unsqueeze(-2) - right.unsqueeze(-3)).square()
        return squares.sum(dim=-1), torch.exp(-0.5 * squares).sum(dim=-1)

    def _labels(self, x1: Tensor, x2: Tensor) -> tuple[Tensor, Tensor]:
        """The same over the labels, where D is 0 or one weight."""
        left, right = x1[..., self.labels], x2[..., self.labels]
        differ = (left.unsqueeze(-2) != right.unsqueeze(-3)).to(x1.dtype)
        weights = torch.exp(-2.0 * self.log_length[self.labels])
        return differ @ weights, len(self.labels) + differ @ torch.expm1(-0.5 * weights)
