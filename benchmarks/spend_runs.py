"""One search that pays for its trials: groat with its guard, or a peer that is stopped in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

import groat
from benchmarks import groat_runs, guard_rows, peers, priced_rag, priced_usage
from benchmarks.problems import Floats, Problem
from benchmarks.runs import Peer, Run
from groat import model
from groat.declare.study import StudyOptions

CAP = model.Money.of(150)
"""What a search may spend."""

OVERTIME = model.Money.of(450)
"""What a peer goes on to, to see how much it would have needed."""

TRIALS = 120
"""After which it is over, whatever is left."""

PEERS = (
    *("scipy-sobol", "optuna-nsga2", "pymoo-nsga2", "optuna-tpe", "optuna-gp"),
    *("botorch-qlognehvi", "ax"),
)
"""Those of `peers`; the quickest first."""


class OutOfMoney(Exception):
    """The next trial would pass the cap."""


def informed(seed: int, kind: model.AlgorithmKind | None = None) -> StudyOptions:
    """Return a study by a user who declares what they know, and does not take advice.

    Args:
        seed: Of the search and of the user's errors.
        kind: The algorithm; ``None`` lets groat choose.
    """
    return StudyOptions(
        algorithm=model.Algorithm(kind=kind or model.Auto(), seed=seed),
        budget=model.Budget(max_spend=CAP, max_trials=TRIALS),
        guard_policy=model.GuardPolicy(mode=model.GuardMode.ADVISE),
        rates=priced_usage.RATES,
        workload=priced_usage.workload(seed),
    )


_PAYING = ("pricing/*.py", "../../benchmarks/spend_runs.py")

GROAT: dict[str, Callable[[int], StudyOptions]] = {"groat-auto": informed}
"""Ways to run groat, by name: what the study is like, given the seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search, over.

    Attributes:
        spent: Nanos of a dollar after each trial, the trial's own included.
        ended: Why, in a few words.
        said: What groat's guard decided on the way, with the dollars booked then.
    """

    run: Run
    spent: tuple[int, ...]
    ended: str
    said: tuple[str, ...] = ()


class Purse:
    """Pays for trials, and remembers what they told.

    Args:
        problem: One of `problems.PRICED`.
        cap: A trial that would pass it is not run; `None` is no cap.
    """

    def __init__(self, problem: Problem, cap: model.Money | None) -> None:
        self._problem = problem
        self._cap = cap
        self._losses: list[Floats] = []
        self._truths: list[Floats] = []
        self._spent: list[int] = []

    @property
    def watched(self) -> Problem:
        """The problem, with trials that are paid for."""
        return replace(self._problem, evaluate=self.evaluate)

    @property
    def total(self) -> int:
        """Nanos spent so far."""
        return self._spent[-1] if self._spent else 0

    def evaluate(self, configuration: model.Configuration) -> dict[str, float]:
        """Return the metric values of one trial.

        Raises:
            OutOfMoney: It would pass the cap, and was not run.
        """
        total = self.total + priced_usage.spend(configuration)
        if self._cap is not None and total > self._cap.nanos:
            raise OutOfMoney
        told = self._problem.evaluate(configuration)
        self._losses.append(self._problem.losses(told))
        self._truths.append(self._problem.losses(self._problem.truth(configuration)))
        self._spent.append(total)
        return told

    def search(self, ended: str, *, cpu_s: float, fallbacks: int = 0) -> Search:
        """Return everything so far."""
        losses, truths = np.array(self._losses), np.array(self._truths)
        run = Run(losses=losses, truths=truths, cpu_s=cpu_s, fallbacks=fallbacks)
        return Search(run=run, spent=tuple(self._spent), ended=ended)


def search(optimizer: str, problem: Problem, seed: int) -> Search:
    """Search with one of `GROAT` or `PEERS` until the money or the trials are used up.

    groat has `CAP`; a peer goes on to `OVERTIME`.
    """
    if optimizer in GROAT:
        return _with_groat(GROAT[optimizer](seed), problem, seed)
    return until_broke(peers.PEERS[optimizer][0], problem, seed)


def until_broke(peer: Peer, problem: Problem, seed: int, cap: model.Money = OVERTIME) -> Search:
    """Let a peer search as it always does, and stop it before the trial that would pass the cap.

    It does not know of money. The CPU seconds are those of the whole search; its trials take
    next to none.
    """
    purse, start = Purse(problem, cap), time.process_time()
    try:
        run = peer(purse.watched, seed, TRIALS)
    except OutOfMoney:
        return purse.search("money", cpu_s=time.process_time() - start)
    cpu_s = time.process_time() - start
    return purse.search("trials", cpu_s=cpu_s, fallbacks=run.fallbacks)


def version(optimizer: str) -> str:
    """Return an optimizer's version; searches of another one are made again.

    groat's covers the code that chooses configurations and the guard's.
    """
    if optimizer not in GROAT:
        return peers.version(optimizer)
    guard = (name for name in guard_rows.DECIDING["verdicts"] if not name.startswith("guard_"))
    return groat_runs.version((*groat_runs.DECIDING, *guard, *_PAYING))


def _with_groat(options: StudyOptions, problem: Problem, seed: int) -> Search:
    """Search through a real server; nothing but groat's own guard keeps the cap.

    Raises:
        RuntimeError: Its ledger is not what the trials spent.
    """
    purse = Purse(problem, cap=None)
    with groat_runs.serving() as server, groat.Client(server.address) as client:
        start = server.cpu_s()
        study = client.create_study(
            f"{problem.name.replace('_', '-')}-{seed}",
            space=problem.space,
            metrics=problem.metrics,
            **options,
        )
        ended = _use_up(study, purse)
        booked = study.refresh().budget_status.settled.total
        if booked.nanos != purse.total:
            raise RuntimeError(f"groat booked {booked}, {model.Money(purse.total)} were spent")
        cpu_s, fallbacks = server.cpu_s() - start, server.lost_fits()
        found = purse.search(ended, cpu_s=cpu_s, fallbacks=fallbacks)
        return replace(found, said=tuple(_said(one) for one in reversed(list(study.decisions()))))


def _use_up(study: groat.Study, purse: Purse) -> str:
    """Run trials until a cap ends the study; return why it ended."""
    for trial in study:
        told = purse.evaluate(trial.parameters)
        used = priced_usage.used(trial.parameters)
        errors = purse.watched.errors(told)
        values = {**told, **{name: (told[name], error) for name, error in errors.items()}}
        trial.tell(values, usage=used, example_count=priced_rag.QUESTIONS)
    assert study.last_decision is not None
    return study.last_decision.reason.value


def _said(decision: model.Decision) -> str:
    settled = decision.budget_status.settled.total.amount
    return f"{settled:.2f} {decision.verdict.value} {decision.reason.value}"
