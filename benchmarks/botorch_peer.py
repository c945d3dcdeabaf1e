"""BoTorch as its tutorial on noisy multi-objective optimization has it, on the unit cube."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from botorch.acquisition.multi_objective import logei
from botorch.exceptions import BotorchError
from botorch.exceptions.errors import ModelFittingError
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.models.transforms.input import Normalize
from botorch.models.transforms.outcome import Standardize
from botorch.optim import optimize_acqf
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from gpytorch.mlls import SumMarginalLogLikelihood
from scipy.stats import qmc
from torch import Tensor

from benchmarks import cube
from benchmarks.problems import Floats, Problem
from benchmarks.runs import Log, Run
from benchmarks.searches import Fact, Job

_MOST_START = 20
_RESTARTS, _RAW_SAMPLES = 10, 512
_FAILURES = (BotorchError, ModelFittingError, RuntimeError, ValueError)  # those of a fit

# Else the first acquisition function of a process compiles a C++ extension, for a minute of
# the peer's time. groat takes the same plain path where it uses this function.
logei._load_attempted = True  # noqa: SLF001


def qlognehvi(problem: Problem, seed: int, trials: int) -> Run:
    """Sobol points, twice as many as coordinates plus one but 20 at most, then qLogNEHVI.

    Parameters of every kind are axes of a cube, whose points `cube.decode` rounds, and inactive
    ones stay in the model: the tutorials leave mixed spaces to Ax. The noise is inferred where no
    standard errors are told. Where a fit fails, a Sobol point takes its place.

    The tutorial is given its reference point; here it is BoTorch's guess from all values told.
    From those of their front alone it shrinks to a point when one trial dominates all others,
    and the search stays there: 0.21 on ZDT1 after 40 trials in place of 0.86 (seed 0).
    """
    torch.manual_seed(seed)
    warnings.simplefilter("ignore")
    log, fallbacks, width = Log(problem), 0, cube.width(problem.space)
    with log.thinking():
        sequence = qmc.Sobol(width, rng=seed).random_base2((trials - 1).bit_length())
    points: list[Floats] = []
    errors: list[Floats] = []
    if start := cube.default(problem.space):
        errors.append(problem.loss_errors(log.evaluate(start)))
        points.append(np.array(cube.encode(problem.space, start)))
    losses = [log.newest] if start else []
    for i in range(trials - len(points)):
        point = sequence[i]
        if len(points) >= min(2 * (width + 1), _MOST_START):
            with log.thinking():
                try:
                    point = _next(np.array(points), np.array(losses), np.array(errors))
                except _FAILURES:
                    fallbacks += 1
        errors.append(problem.loss_errors(log.evaluate(cube.decode(problem.space, point))))
        points.append(point)
        losses.append(log.newest)
    return log.run(fallbacks=fallbacks)


class BotorchSearch:
    """The same model and acquisition, asked one trial at a time from a past on.

    Without a Sobol start: at least two trials must be attached. See `searches.Proposer`.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        torch.manual_seed(seed)
        warnings.simplefilter("ignore")
        self._problem, self.lost = problem, 0
        self._spare = qmc.Sobol(cube.width(problem.space), rng=seed)
        self._points: list[Floats] = []
        self._losses: list[Floats] = []
        self._errors: list[Floats] = []

    def attach(self, past: Sequence[Fact]) -> None:
        """Add what is known."""
        for fact in past:
            point = np.array(cube.encode(self._problem.space, fact.configuration))
            self._take(point, fact.values)

    def ask(self) -> Job:
        """Get the next trial; a Sobol point where the fit fails."""
        try:
            point = _next(*map(np.array, (self._points, self._losses, self._errors)))
        except _FAILURES:
            self.lost += 1
            point = self._spare.random(1)[0]
        configuration = cube.decode(self._problem.space, point)
        return Job(configuration, lambda values: self._take(point, values))

    def _take(self, point: Floats, values: Mapping[str, float]) -> None:
        self._points.append(point)
        self._losses.append(self._problem.losses(values))
        self._errors.append(self._problem.loss_errors(values))


def _next(points: Floats, losses: Floats, errors: Floats) -> Floats:
    inputs, targets = torch.from_numpy(points), -torch.from_numpy(losses)
    bounds = torch.stack([torch.zeros(inputs.shape[1]), torch.ones(inputs.shape[1])]).double()
    model_list = _fitted(inputs, targets, torch.from_numpy(errors) ** 2, bounds)
    acquisition = logei.qLogNoisyExpectedHypervolumeImprovement(
        model=model_list,
        ref_point=infer_reference_point(targets),
        X_baseline=inputs,
        prune_baseline=True,
    )
    found, _ = optimize_acqf(
        acq_function=acquisition,
        bounds=bounds,
        q=1,
        num_restarts=_RESTARTS,
        raw_samples=_RAW_SAMPLES,
        options={"batch_limit": 5, "maxiter": 200},
        sequential=True,
    )
    return found[0].detach().numpy()


def _fitted(inputs: Tensor, targets: Tensor, variances: Tensor, bounds: Tensor) -> ModelListGP:
    models = [
        SingleTaskGP(
            inputs,
            targets[:, j : j + 1],
            variances[:, j : j + 1] if variances[:, j].isfinite().all() else None,
            input_transform=Normalize(inputs.shape[1], bounds=bounds),
            outcome_transform=Standardize(m=1),
        )
        for j in range(targets.shape[1])
    ]
    model_list = ModelListGP(*models)
    fit_gpytorch_mll(SumMarginalLogLikelihood(model_list.likelihood, model_list))
    return model_list
