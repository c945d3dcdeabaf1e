"""Four objectives and more: BoTorch's noisy expected hypervolume improvement, by sampling."""

# botorch leaves most of its types unknown.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from botorch.acquisition.multi_objective import logei
from botorch.acquisition.multi_objective.objective import WeightedMCMultiOutputObjective
from botorch.models import ModelListGP
from botorch.sampling.normal import SobolQMCNormalSampler
from linear_operator.utils.warnings import NumericalWarning

from groat_server.algorithms.base import Floats
from groat_server.algorithms.bayesian.outcomes import Objective

_SAMPLES = 16

# Else the first acquisition function of a process compiles a C++ extension for a minute,
# and a build that is killed leaves a lock for which every later process waits.
logei._load_attempted = True  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


@dataclass(frozen=True, slots=True)
class SampledImprovement:
    """The logarithm of the expected improvement, over losses as the models see them.

    The volume is of warped losses in units of their spread: with so many
    objectives no one reads a volume in mixed units anyhow.

    Source:
        Daulton, Balandat and Bakshy (2021), Parallel Bayesian optimization of
        multiple noisy objectives. https://arxiv.org/abs/2105.08195
        Ament, Daulton, Eriksson, Balandat and Bakshy (2023), Unexpected
        improvements to expected improvement. https://arxiv.org/abs/2310.20708
    """

    acquisition: logei.qLogNoisyExpectedHypervolumeImprovement

    @classmethod
    def over(
        cls,
        objectives: Sequence[Objective],
        reference: Floats,
        baseline: Floats,
        pending: Floats,
        seed: int,
    ) -> SampledImprovement:
        """Prepare the acquisition.

        Args:
            objectives: At least two models.
            reference: Shape ``(m,)``, losses.
            baseline: Shape ``(k, w)``, inputs of the front; ``k >= 1``.
            pending: Shape ``(p, w)``, inputs whose losses are not told yet.
            seed: Fixes the samples.
        """
        standard = [_standard(o, reference[j]) for j, o in enumerate(objectives)]
        with _quiet():
            acquisition = logei.qLogNoisyExpectedHypervolumeImprovement(
                model=ModelListGP(*[objective.surrogate.model for objective in objectives]),
                ref_point=[-value for value in standard],
                X_baseline=torch.from_numpy(baseline),
                X_pending=torch.from_numpy(pending) if len(pending) else None,
                sampler=SobolQMCNormalSampler(torch.Size([_SAMPLES]), seed=seed),
                # BoTorch maximises.
                objective=WeightedMCMultiOutputObjective(-torch.ones(len(objectives)).double()),
                prune_baseline=False,
                alpha=0.0 if len(objectives) == 4 else 1e-2,
            )
        return cls(acquisition)

    @torch.no_grad()
    def log_expected(self, inputs: Floats) -> Floats:
        """Return the score of each row of ``inputs (n, w)``, shape ``(n,)``; slow, so few rows."""
        with _quiet():
            return self.acquisition(torch.from_numpy(inputs).unsqueeze(1)).numpy()


def _standard(objective: Objective, loss: float) -> float:
    data = objective.surrogate.data
    return float((objective.warp(np.array([loss]))[0] - data.center) / data.scale)


@contextmanager
def _quiet() -> Generator[None]:
    # Without noise the front's covariance is nearly singular, and gets its jitter.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NumericalWarning)
        yield
