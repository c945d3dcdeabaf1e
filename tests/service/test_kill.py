"""The server dies without a warning, again and again; nothing that it acknowledged is lost."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest

import groat
from groat.model import TrialState
from tests.running import RunningServer

WORKERS = 8
KILLS = 10


@dataclass
class Log:
    """What the workers saw: which trials were given, and which tells were acknowledged."""

    given: list[int] = field(default_factory=list)
    acknowledged: dict[int, float] = field(default_factory=dict)
    is_over: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, more: int) -> None:
        """Wait until so many more tells are acknowledged: the clients carry on by themselves."""
        wanted, end = len(self.acknowledged) + more, time.monotonic() + 60
        while len(self.acknowledged) < wanted and time.monotonic() < end:
            time.sleep(0.05)
        assert len(self.acknowledged) >= wanted, "the clients did not carry on"


def work(address: str, log: Log, seed: int) -> None:
    """Run trials until it is over, with the client's own patience and nothing else."""
    dice = random.Random(seed)
    with groat.Client(address) as client:
        for trial in client.study("kill"):
            log.given.append(trial.number)
            time.sleep(dice.uniform(0.01, 0.05))
            quality = dice.random()
            trial.tell({"quality": quality}, usage=[groat.fee("0.001")])
            log.acknowledged[trial.number] = quality
            if log.is_over.is_set():
                return


def quality_of(trial: groat.model.Trial) -> float:
    """Return what the store has of a told trial."""
    value = trial.measurement.value("quality") if trial.measurement else None
    assert value is not None
    return value.value


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_ten_kills_amid_eight_workers_lose_nothing(
    database: str, fresh_sqlite: Callable[[], str], fresh_postgres: Callable[[], str]
) -> None:
    """No acknowledged tell lost, no number twice, no worker that needs a hand."""
    url = fresh_sqlite() if database == "sqlite" else fresh_postgres()
    log = Log()
    with RunningServer(url) as server, groat.Client(server.address) as client:
        study = client.create_study(
            "kill",
            space=[groat.real("x", 0, 1)],
            metrics=[groat.maximize("quality")],
            algorithm=groat.RandomSearch(),
            budget=groat.Budget(max_spend=groat.Money.of(1000)),
            # Told at random, it converges at times before the last kill.
            guard_policy=groat.GuardPolicy(mode=groat.GuardMode.ADVISE),
        )
        with ThreadPoolExecutor(WORKERS) as pool:
            workers = [pool.submit(work, server.address, log, seed) for seed in range(WORKERS)]
            for _ in range(KILLS):
                log.wait_for(WORKERS)
                server.kill()
                server.start()
            log.wait_for(WORKERS)
            log.is_over.set()
            for worker in workers:
                worker.result(timeout=120)
        stored = {trial.number: trial for trial in study.trials()}
        settled = study.refresh().budget_status.settled.total

    told = {number: trial for number, trial in stored.items() if trial.state.is_finished}
    assert len(log.acknowledged) >= (KILLS + 1) * WORKERS
    assert sorted(log.given) == sorted(set(log.given)), "a trial was given to two workers"
    assert all(told[n].state is TrialState.SUCCEEDED for n in log.acknowledged)
    assert {number: quality_of(told[number]) for number in log.acknowledged} == log.acknowledged
    assert settled == groat.Money(len(told) * 1_000_000)
