"""Several workers on one search, in simulated time.

A trial takes as long as dice say, whatever the machine, so that workers finish out of order.
Before simulated time goes on, the optimizer may finish whatever it has under way: trials of systems
with language models take minutes, a fit takes a second. A worker that has told a trial asks
at the same moment, though, and gets what is ready by then.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from benchmarks import contenders, groat_runs, peers
from benchmarks.problems import Problem
from benchmarks.runs import Log, Run
from benchmarks.searches import Job, Search

WORKERS = 8
TRIALS = 96

SPREAD = 0.5
"""Of the logarithm of a trial's duration: one trial in twelve takes more than twice the median."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An optimizer, and how its workers share it.

    Attributes:
        name: Of a contender.
        peer: Of `peers.PEERS`, whose version counts; empty for groat.
        workers: So many trials run at once.
        is_batch: All are asked for in one call, and told together when the last of them has
            ended; else each worker tells its own, and asks at once.
    """

    name: str
    peer: str = ""
    workers: int = WORKERS
    is_batch: bool = False

    @property
    def version(self) -> str:
        """Runs of another one are made again."""
        return peers.version(self.peer) if self.peer else groat_runs.version(_DECIDING)


_DECIDING = (
    *(*groat_runs.DECIDING, "sampler.py"),
    *("engine/ahead.py", "engine/asking.py", "engine/batches.py"),
)

WAYS = {
    "groat-auto-1": Way(name="groat-auto", workers=1),
    "groat-auto-8": Way(name="groat-auto"),
    "groat-auto-batch": Way(name="groat-auto", is_batch=True),
    "optuna-tpe-1": Way(name="optuna-tpe", peer="optuna-tpe", workers=1),
    "optuna-tpe-8": Way(name="optuna-tpe-liar", peer="optuna-tpe"),
    "scipy-sobol-8": Way(name="scipy-sobol", peer="scipy-sobol"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a search.

    Attributes:
        run: Trials in the order in which they were told.
        times: When each was told; 1 is what a trial takes on average.
    """

    run: Run
    times: tuple[float, ...]


def search(way: Way, problem: Problem, seed: int, trials: int = TRIALS) -> Outcome:
    """Search until so many trials are told."""
    with contenders.SEARCHES[way.name](problem, seed, trials) as opened:
        begun_s = opened.cpu_s()
        crew = Crew(way, opened, problem, durations(seed, trials))
        crew.work()
        return crew.outcome(cpu_s=opened.cpu_s() - begun_s)


def durations(seed: int, trials: int) -> list[float]:
    """Return what trials take, in the order in which they are asked for; 1 on average.

    The same for all optimizers, and whatever the configuration.
    """
    dice = np.random.default_rng([seed, 6])
    return dice.lognormal(-(SPREAD**2) / 2, SPREAD, trials).tolist()


class Crew:
    """Workers who run trials until all are told.

    Args:
        way: How many they are, and when they ask.
        search: Whom they ask.
        problem: What they evaluate; they tell what it says.
        lasts: How long each trial takes, in the order of asking.
    """

    def __init__(self, way: Way, search: Search, problem: Problem, lasts: list[float]) -> None:
        self._way, self._search, self._log = way, search, Log(problem)
        self._lasts = lasts
        self._running: list[tuple[float, int, Job]] = []
        self._asked = 0
        self._now = 0.0
        self._times: list[float] = []

    def work(self) -> None:
        """Run all trials until they are told; what ends first is told first.

        Raises:
            RuntimeError: The optimizer has no trial to give, and none is running.
        """
        self._hand_out()
        while self._running:
            if self._left:
                self._search.settle()
            for job in self._ended():
                job.tell(self._log.evaluate(job.configuration))
                self._times.append(self._now)
            self._hand_out()
        if self._left:
            raise RuntimeError(f"no more trials after {self._asked}")

    @property
    def _left(self) -> int:
        return len(self._lasts) - self._asked

    def _ended(self) -> list[Job]:
        """Let time go on to the end of the next trial, of a batch to the end of its last one."""
        count = len(self._running) if self._way.is_batch else 1
        ended = [heapq.heappop(self._running) for _ in range(count)]
        self._now = ended[-1][0]
        return [job for _, _, job in ended]

    def _hand_out(self) -> None:
        """Let those ask who may."""
        if self._way.is_batch and self._running:
            return
        while free := min(self._way.workers - len(self._running), self._left):
            jobs = self._search.ask(free if self._way.is_batch else 1)
            for job in jobs:
                ends = self._now + self._lasts[self._asked]
                heapq.heappush(self._running, (ends, self._asked, job))
                self._asked += 1
            if not jobs:
                return

    def outcome(self, *, cpu_s: float) -> Outcome:
        """Return what was told; the CPU seconds are the optimizer's."""
        run = self._log.run(cpu_s=cpu_s, fallbacks=self._search.lost())
        return Outcome(run, tuple(round(one, 4) for one in self._times))
