"""One filled study at a time, and what its asks then take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from statistics import median

import numpy as np

from benchmarks import machine
from benchmarks.contenders import SEARCHES
from benchmarks.problems import Problem
from benchmarks.searches import Job, Search, past

ASKS = 10
"""Measured after the first: a whole round of groat's, which refits everything once in ten."""

CYCLES, MOST_S, LEAST_CYCLES = 100, 60.0, 10
"""Where no model is fitted: so many, but no longer than that once there are a few."""

FITS = 5
WORKER_ASKS = 40
WORKERS = 8
THINKS = 2.0
"""How many fits long a single worker thinks between its tell and its ask."""

LASTS = (10.0, 50.0)
"""How many fits long a trial of one of several workers is, evenly spread."""

_ROOM = 1_000
"""Trials that a study may have beyond its past; else the guard would see the end near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What some asks and tells took; one number of each, in order.

    Attributes:
        cpu_s: CPU seconds from one ask to the next, of the optimizer alone: the ask, its tell
            and what is computed ahead. Of several workers, whose asks overlap, only the mean.
        ask_s: Seconds that the caller waited for a trial.
        tell_s: Seconds that the caller waited until its result was taken.
        fill_s: Seconds to attach the past.
        first_s: Seconds of the very first ask and its tell, which is in none of the above.
        others: Cores that were busy with something else meanwhile, on average.
        fit_s: Seconds from a tell to the answer of the ask right after it, the median; 0 where
            that is not measured.
        lost: Suggestions that were not the optimizer's own.
    """

    cpu_s: tuple[float, ...]
    ask_s: tuple[float, ...]
    tell_s: tuple[float, ...]
    fill_s: float
    first_s: float
    others: float
    fit_s: float = 0.0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class _Cycle:
    cpu_s: float
    ask_s: float
    tell_s: float


class _Begun:
    """A search that has its past, and what went on since.

    All of the past is attached but one trial, which is asked for and told.
    """

    def __init__(self, search: Search, problem: Problem, told: int, seed: int) -> None:
        known = past(problem, told - 1, seed)
        self._fill_s = _took(lambda: search.attach(known))
        self._first_s = _took(lambda: _tell(problem, _ask(search)))
        self._search = search
        self._since, self._others_s = time.monotonic(), self._elsewhere_s()

    def _elsewhere_s(self) -> float:
        return machine.busy_s() - self._search.cpu_s() - self._search.beside_s()

    def timing(
        self, done: Sequence[_Cycle], *, fit_s: float = 0.0, cpu_s: float | None = None
    ) -> Timing:
        """Return what was done, with ``cpu_s`` in place of what each cycle took."""
        others = (self._elsewhere_s() - self._others_s) / (time.monotonic() - self._since)
        each_s = [cycle.cpu_s for cycle in done] if cpu_s is None else [cpu_s]
        return Timing(
            cpu_s=tuple(round(one, 5) for one in each_s),
            ask_s=tuple(round(cycle.ask_s, 5) for cycle in done),
            tell_s=tuple(round(cycle.tell_s, 5) for cycle in done),
            fill_s=round(self._fill_s, 4),
            first_s=round(self._first_s, 4),
            others=round(max(others, 0.0), 2),
            fit_s=round(fit_s, 5),
            lost=self._search.lost(),
        )


def asks(name: str, problem: Problem, told: int, seed: int) -> Timing:
    """Time `ASKS` asks of anyone, each told at once, the first of them after ``told`` trials."""
    with SEARCHES[name](problem, seed, told + _ROOM) as search:
        begun = _Begun(search, problem, told, seed)
        return begun.timing(list(_cycles(search, problem, ASKS)))


def cycles(name: str, problem: Problem, told: int, seed: int) -> Timing:
    """Time up to `CYCLES` asks and tells, the first after ``told`` trials."""
    with SEARCHES[name](problem, seed, told + _ROOM) as search:
        begun = _Begun(search, problem, told, seed)
        until, done = time.monotonic() + MOST_S, list[_Cycle]()
        for cycle in _cycles(search, problem, CYCLES):
            done.append(cycle)
            if len(done) >= LEAST_CYCLES and time.monotonic() > until:
                break
        return begun.timing(done)


def thinking(name: str, problem: Problem, told: int, seed: int) -> Timing:
    """Time the asks of one worker who thinks `THINKS` fits long between tell and ask."""
    with SEARCHES[name](problem, seed, told + _ROOM) as search:
        begun = _Begun(search, problem, told, seed)
        fit_s = _fit_s(search, problem)
        done = list(_cycles(search, problem, WORKER_ASKS, idle_s=THINKS * fit_s))
        return begun.timing(done, fit_s=fit_s)


def crowd(name: str, problem: Problem, told: int, seed: int) -> Timing:
    """Time the asks of `WORKERS` threads, each right after its own tell.

    The search must be safe between threads. Their first asks, all at one moment and after no
    tell, count in the mean of CPU seconds only.
    """
    with SEARCHES[name](problem, seed, told + _ROOM) as search:
        begun = _Begun(search, problem, told, seed)
        fit_s = _fit_s(search, problem)
        dice = np.random.default_rng([seed, 5])
        lasts = dice.uniform(*LASTS, size=(WORKERS, WORKER_ASKS // WORKERS)) * fit_s
        search.settle()
        mark = search.cpu_s()
        with ThreadPoolExecutor(WORKERS) as pool:
            done = list(pool.map(lambda mine: _work(search, problem, mine.tolist()), lasts))
        search.settle()
        every = list(chain.from_iterable(done))
        mean_s = (search.cpu_s() - mark) / (len(every) + WORKERS)
        return begun.timing(every, fit_s=fit_s, cpu_s=mean_s)


def _took(act: Callable[[], object]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def _cycles(
    search: Search, problem: Problem, count: int, *, idle_s: float = 0.0
) -> Iterator[_Cycle]:
    """Yield each ask with its tell; before it the caller idles.

    CPU is read once per cycle, so that what goes on between a tell and the next ask is some
    cycle's, and none of it twice.
    """
    mark = search.cpu_s()
    for _ in range(count):
        time.sleep(idle_s)
        begun = time.monotonic()
        job = _ask(search)
        asked = time.monotonic()
        tell_s = _tell(problem, job)
        now = search.cpu_s()
        yield _Cycle(now - mark, asked - begun, tell_s)
        mark = now


def _work(search: Search, problem: Problem, lasts: Sequence[float]) -> list[_Cycle]:
    """Work on one trial after the other, each as long as it lasts; return all but the first."""
    job, done = _ask(search), list[_Cycle]()
    for last_s in lasts:
        time.sleep(last_s)
        tell_s = _tell(problem, job)
        begun = time.monotonic()
        job = _ask(search)
        done.append(_Cycle(0.0, time.monotonic() - begun, tell_s))
    return done


def _fit_s(search: Search, problem: Problem) -> float:
    """Return the median time from a tell to the answer of the ask right after it."""
    job, taken = _ask(search), list[float]()
    for _ in range(FITS):
        values = problem.evaluate(job.configuration)
        begun = time.monotonic()
        job.tell(values)
        job = _ask(search)
        taken.append(time.monotonic() - begun)
    _tell(problem, job)
    return median(taken)


def _ask(search: Search) -> Job:
    [job] = search.ask()  # every other trial is told, or the contender needs none of them
    return job


def _tell(problem: Problem, job: Job) -> float:
    """Return how many seconds the tell took; the evaluation is not in it."""
    values = problem.evaluate(job.configuration)
    begun = time.monotonic()
    job.tell(values)
    return time.monotonic() - begun
