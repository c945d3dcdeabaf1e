"""Runs algorithms where they disturb nobody: cheap ones in a thread, models in a process.

Torch is imported only in the worker processes. They are spawned, not forked,
since gRPC and torch hang after a fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, fields, replace
from typing import ParamSpec, TypeVar

import numpy as np
import structlog
from pebble import ProcessExpired, ProcessPool

from groat import model
from groat.errors import NotPossibleNow
from groat_server import algorithms
from groat_server.algorithms.base import (
    AwaitsResults,
    Delegate,
    Delegating,
    Explaining,
    Floats,
    History,
    Pending,
    Predicted,
    Preparable,
    Problem,
    Purse,
    Seen,
    Suggestion,
)
from groat_server.space import Space

_log = structlog.get_logger(__name__)
_FALLBACK = "sobol"
_EXPLAINS = "bayesian"

_P = ParamSpec("_P")
_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of an algorithm: everything that it may depend on.

    Attributes:
        seeds: Study seed and next trial number, from which its dice are made.
        why: One sentence on why it is this algorithm, where that was chosen.
    """

    algorithm: str
    problem: Problem
    history: History
    pending: Pending
    count: int
    seeds: tuple[int, int]
    why: str = ""


def run(request: Request) -> list[Suggestion]:
    """Call the algorithm, in whatever process this is."""
    found = algorithms.look_up(request.algorithm).suggest(
        request.problem,
        request.history,
        request.pending,
        request.count,
        np.random.default_rng(request.seeds),
    )
    return [one.because(request.why) for one in found]


def delegate(name: str, problem: Problem, *, told: int, measured: int, pending: int) -> Delegate:
    """Return who answers an ask: the algorithm of this name, or the one that it chooses."""
    algorithm = algorithms.look_up(name)
    if isinstance(algorithm, Delegating):
        return algorithm.delegate(problem, told=told, measured=measured, pending=pending)
    return Delegate(name=name, why="", problem=problem)


class Sampler:
    """A place to run algorithms.

    Args:
        workers: Processes that fit models.
        timeout_s: After this many seconds a fit is killed and a Sobol point
            takes its place.
    """

    def __init__(self, *, workers: int = 1, timeout_s: float = 120.0) -> None:
        self._timeout_s = timeout_s
        self._pool = ProcessPool(
            max_workers=workers,
            context=multiprocessing.get_context("spawn"),  # pyright: ignore[reportArgumentType] - pebble's own protocol knows Unix pipes only
            initializer=_settle_in,
        )
        self._warm: set[str] = set()

    async def is_heavy(self, request: Request) -> bool:
        """Whether a request runs in a worker process."""
        # Looked up in a thread: the first time this imports the algorithm's module. One that
        # only says how far trials are taken is as heavy as the one that chooses them.
        chooser = request.problem.sampler or request.algorithm
        return (await asyncio.to_thread(algorithms.look_up, chooser)).is_heavy

    async def suggest(self, request: Request) -> Sequence[Suggestion]:
        """Run a request to its end, or fall back to Sobol points when a fit fails.

        Raises:
            AwaitsResults: As the algorithm does.
        """
        if not await self.is_heavy(request):
            return await asyncio.to_thread(run, request)
        try:
            future = self._pool.schedule(run, args=(request,), timeout=self._timeout_s)
            return await asyncio.wrap_future(future)
        except AwaitsResults:
            raise
        except (TimeoutError, ProcessExpired, CancelledError) as error:
            _log.warning("fit_lost", algorithm=request.algorithm, error=type(error).__name__)
        except Exception:
            # A defect in one algorithm must not stop a study that pays for its workers.
            _log.exception("fit_failed", algorithm=request.algorithm)
        return await asyncio.to_thread(run, _without_models(request))

    async def predict(
        self, space: Space, seen: Sequence[Seen], points: Floats
    ) -> Sequence[Predicted]:
        """Ask the models what they expect; see `Explaining.predict`.

        Raises:
            NotPossibleNow: They could not be fitted.
        """
        return await self._explained(_predict, space, seen, points)

    async def importances(self, space: Space, seen: Sequence[Seen]) -> Floats:
        """Ask the models what matters; see `Explaining.importances`.

        Raises:
            NotPossibleNow: They could not be fitted.
        """
        return await self._explained(_importances, space, seen)

    async def _explained(self, call: Callable[_P, _R], *args: _P.args, **_: _P.kwargs) -> _R:
        try:
            future = self._pool.schedule(call, args=args, timeout=self._timeout_s)
            return await asyncio.wrap_future(future)
        except (TimeoutError, ProcessExpired, CancelledError) as error:
            problem = f"the models were not fitted in {self._timeout_s:g} s; ask again later"
            raise NotPossibleNow(problem) from error

    def warm_up(self, algorithm: str) -> None:
        """Get a heavy algorithm ready in a worker process, ahead of its first ask."""
        if algorithm not in self._warm and algorithms.look_up(algorithm).is_heavy:
            self._warm.add(algorithm)
            self._pool.schedule(_prepare, args=(algorithm,))

    def close(self) -> None:
        """Stop the processes, whatever they are doing."""
        self._pool.stop()
        self._pool.join()


def _predict(space: Space, seen: Sequence[Seen], points: Floats) -> list[Predicted]:
    return _explaining().predict(space, seen, points)


def _importances(space: Space, seen: Sequence[Seen]) -> Floats:
    return _explaining().importances(space, seen)


def _explaining() -> Explaining:
    algorithm = algorithms.look_up(_EXPLAINS)
    assert isinstance(algorithm, Explaining)  # noqa: S101 - ours to guarantee
    return algorithm


def _without_models(request: Request) -> Request:
    """Ask for Sobol points, on as many examples as the study means new ones to have."""
    problem = replace(request.problem, sampler=_FALLBACK)
    request = replace(request, why="")
    if request.problem.sampler:
        return replace(request, problem=problem)
    if problem.options.get("max_examples"):
        return replace(request, algorithm="successive_halving", problem=problem)
    return replace(request, algorithm=_FALLBACK)


def _settle_in() -> None:
    # One thread a fit, and behind the server itself in the queue for a core.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    with contextlib.suppress(OSError):
        os.nice(5)


def _prepare(name: str) -> None:
    algorithm = algorithms.look_up(name)
    if isinstance(algorithm, Preparable):
        algorithm.prepare()


def problem_of(
    spec: model.StudySpec, space: Space, affordable: int | None, purse: Purse | None = None
) -> Problem:
    """State a study's declaration as arrays and plain numbers."""
    kind = spec.algorithm.kind
    is_halving = isinstance(kind, model.SuccessiveHalving | model.Hyperband)
    return Problem(
        space=space,
        objectives=len(spec.objectives),
        constraints=len(spec.constraints),
        reference=bounds_of(spec),
        seed=spec.algorithm.seed or 0,
        options=_options(kind.sampler) | _options(kind) if is_halving else _options(kind),
        sampler=kind.sampler.kind if is_halving else "",
        max_concurrent_trials=spec.max_concurrent_trials,
        affordable_trials=affordable,
        allow_replicates=spec.algorithm.allow_replicates,
        purse=purse,
    )


def _options(kind: model.AlgorithmKind) -> dict[str, float]:
    """Return every number of a kind by its name; algorithms know them by the same."""
    options = {field.name: getattr(kind, field.name) for field in fields(kind)}
    return {name: value for name, value in options.items() if isinstance(value, int | float)}


def bounds_of(spec: model.StudySpec) -> Floats:
    """Return the worst useful losses, shape ``(m,)``; NaN where the user set none."""
    bounds = [
        np.nan if metric.bound is None else metric.loss(metric.bound) for metric in spec.objectives
    ]
    return np.array(bounds)
