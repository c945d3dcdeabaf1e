"""Runs algorithms where they disturb nobody: cheap ones in a thread, models in a process.

Torch is imported only in the worker processes. They are spawned, not forked,
since gRPC and torch hang after a fork.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass

import numpy as np
import structlog
from pebble import ProcessExpired, ProcessPool

from groat import model
from groat_server import algorithms
from groat_server.algorithms.base import (
    Floats,
    History,
    Pending,
    Preparable,
    Problem,
    Suggestion,
)
from groat_server.space import Space

_log = structlog.get_logger(__name__)
_FALLBACK = "sobol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of an algorithm: everything that it may depend on.

    Attributes:
        seeds: Study seed and next trial number, from which its dice are made.
    """

    algorithm: str
    problem: Problem
    history: History
    pending: Pending
    count: int
    seeds: tuple[int, int]


def run(request: Request) -> list[Suggestion]:
    """Call the algorithm, in whatever process this is."""
    return algorithms.look_up(request.algorithm).suggest(
        request.problem,
        request.history,
        request.pending,
        request.count,
        np.random.default_rng(request.seeds),
    )


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

    async def suggest(self, request: Request) -> Sequence[Suggestion]:
        """Run a request to its end, or fall back to Sobol points when a fit fails."""
        # Looked up in a thread: the first time this imports the algorithm's module.
        algorithm = await asyncio.to_thread(algorithms.look_up, request.algorithm)
        if not algorithm.is_heavy:
            return await asyncio.to_thread(run, request)
        try:
            future = self._pool.schedule(run, args=(request,), timeout=self._timeout_s)
            return await asyncio.wrap_future(future)
        except (TimeoutError, ProcessExpired, CancelledError) as error:
            _log.warning("fit_lost", algorithm=request.algorithm, error=type(error).__name__)
        except Exception:
            # A defect in one algorithm must not stop a study that pays for its workers.
            _log.exception("fit_failed", algorithm=request.algorithm)
        fallback = Request(
            algorithm=_FALLBACK,
            problem=request.problem,
            history=request.history,
            pending=request.pending,
            count=request.count,
            seeds=request.seeds,
        )
        return await asyncio.to_thread(run, fallback)

    def warm_up(self, algorithm: str) -> None:
        """Get a heavy algorithm ready in a worker process, ahead of its first ask."""
        if algorithm not in self._warm and algorithms.look_up(algorithm).is_heavy:
            self._warm.add(algorithm)
            self._pool.schedule(_prepare, args=(algorithm,))

    def close(self) -> None:
        """Stop the processes, whatever they are doing."""
        self._pool.stop()
        self._pool.join()


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


def problem_of(spec: model.StudySpec, space: Space, affordable: int | None) -> Problem:
    """State a study's declaration as arrays and plain numbers."""
    match spec.algorithm.kind:
        case model.Nsga2(population_size=size):
            options = {"population_size": size}
        case model.Bayesian(initial_trial_count=count):
            options = {"initial_trial_count": count}
        case _:
            options = {}
    return Problem(
        space=space,
        objectives=len(spec.objectives),
        constraints=len(spec.constraints),
        reference=bounds_of(spec),
        seed=spec.algorithm.seed or 0,
        options=options,
        affordable_trials=affordable,
        allow_replicates=spec.algorithm.allow_replicates,
    )


def bounds_of(spec: model.StudySpec) -> Floats:
    """Return the worst useful losses, shape ``(m,)``; NaN where the user set none."""
    bounds = [
        np.nan if metric.bound is None else metric.loss(metric.bound) for metric in spec.objectives
    ]
    return np.array(bounds)
