"""Who can be asked one trial at a time: groat through a real server, and its peers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import groat
from benchmarks import cube, groat_runs, optuna_peer
from benchmarks.problems import Problem
from benchmarks.searches import Fact, Job, Opened, Proposer, Search
from groat import model

_SENDERS = 8
"""Threads that import the past; with one, client and server wait for each other."""


class GroatSearch:
    """A `Search` by a study on a server, safe between threads.

    Its CPU is the server's, with all worker processes.
    """

    def __init__(self, server: groat_runs.Server, study: groat.Study) -> None:
        self.settle = server.settle
        self.cpu_s = server.cpu_s
        self.lost = server.lost_fits
        self.beside_s = time.process_time
        self._study = study

    def attach(self, past: Sequence[Fact]) -> None:
        """See `Search`; the configuration in use today is asked and told, as it waits anyhow."""
        today = cube.default(self._study.spec.search_space)
        known = [fact for fact in past if fact.configuration != today]
        if today:
            [job] = self.ask()
            job.tell(next(fact.values for fact in past if fact.configuration == today))
        with ThreadPoolExecutor(_SENDERS) as pool:
            for _ in pool.map(self._import, known):
                pass

    def _import(self, fact: Fact) -> None:
        self._study.import_trial(fact.configuration, fact.values)

    def ask(self, count: int = 1) -> list[Job]:
        """See `Search`; what the server is still computing is waited for.

        Raises:
            RuntimeError: The study is over.
        """
        while not (asked := self._study.ask(count)).trials:
            if asked.is_over:
                raise RuntimeError(f"no trial: {asked.decision}")
            if asked.decision.reason is not model.Reason.COMPUTING:
                break
            time.sleep(asked.retry_after.total_seconds())
        return [Job(trial.parameters, partial(_tell, trial)) for trial in asked.trials]


def _tell(trial: groat.Trial, values: Mapping[str, float]) -> None:
    trial.tell(values)


@contextmanager
def _served(
    kind: model.AlgorithmKind, problem: Problem, seed: int, trials: int
) -> Iterator[GroatSearch]:
    """Begin a study with one of groat's algorithms, on a server of its own with a new file."""
    with groat_runs.serving() as server, groat.Client(server.address) as client:
        yield GroatSearch(server, groat_runs.begin(client, kind, problem, seed, trials))


class InProcess:
    """A `Search` by a peer, which does nothing between its asks and tells."""

    def __init__(self, proposer: Proposer) -> None:
        self.attach = proposer.attach
        self.cpu_s = time.process_time
        self._proposer = proposer

    def ask(self, count: int = 1) -> list[Job]:
        """See `Search`; it is asked one by one."""
        return [self._proposer.ask() for _ in range(count)]

    def settle(self) -> None:
        """See `Search`; there is nothing to wait for."""

    def beside_s(self) -> float:
        """See `Search`."""
        return 0.0

    def lost(self) -> int:
        """See `Search`."""
        return self._proposer.lost


def _in_process(
    proposer: Callable[[Problem, int, int], Proposer], problem: Problem, seed: int, trials: int
) -> AbstractContextManager[Search]:
    return nullcontext(InProcess(proposer(problem, seed, trials)))


class _Sobol:
    """The points of `peers.sobol`, one at a time."""

    def __init__(self, problem: Problem, seed: int, trials: int) -> None:
        self.lost = 0
        self._left = iter(cube.spread(problem.space, trials, seed))

    def attach(self, past: Sequence[Fact]) -> None:
        """What is known makes no difference."""

    def ask(self) -> Job:
        return Job(next(self._left), lambda values: None)


def _ax(problem: Problem, seed: int, trials: int) -> Proposer:
    from benchmarks import ax_peer  # noqa: PLC0415 - heavy, and only in the extra `bench`

    return ax_peer.AxSearch(problem, seed)


def _botorch(problem: Problem, seed: int, trials: int) -> Proposer:
    from benchmarks import botorch_peer  # noqa: PLC0415 - heavy: it imports torch

    return botorch_peer.BotorchSearch(problem, seed)


def _optuna(
    sampler: Callable[[int], optuna_peer.Sampler], problem: Problem, seed: int, trials: int
) -> Proposer:
    return optuna_peer.OptunaSearch(problem, sampler(seed))


SEARCHES: dict[str, Opened] = {
    "groat-auto": partial(_served, model.Auto()),
    "groat-bayesian": partial(_served, model.Bayesian()),
    "groat-nsga2": partial(_served, model.Nsga2()),
    "ax": partial(_in_process, _ax),
    "botorch-qlognehvi": partial(_in_process, _botorch),
    "optuna-gp": partial(_in_process, partial(_optuna, optuna_peer.gp_sampler)),
    "optuna-tpe": partial(_in_process, partial(_optuna, optuna_peer.tpe_sampler)),
    "optuna-tpe-liar": partial(_in_process, partial(_optuna, optuna_peer.liar)),
    "scipy-sobol": partial(_in_process, _Sobol),
}
"""By name, those of groat first."""


def is_ours(name: str) -> bool:
    """Whether a contender is groat."""
    return name.startswith("groat")
