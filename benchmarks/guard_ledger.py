"""Whole studies against a cap, to see what is overshot and what is left: T1, T2 and T3.

Every study runs through the product's engine over a store in memory; only workers and spends are
simulated. The peers' rule, to look at what is spent before each trial and start it if the cap is
not reached, runs in the same worlds for comparison.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from benchmarks.guard_house import House, money_used
from groat import model
from groat_server.engine import WorkOrder

TRANCHES, HELD_90, HELD_95, AFTERWARDS = "tranches", "hold 90 %", "hold 95 %", "check afterwards"
RULES = (TRANCHES, HELD_90, HELD_95, AFTERWARDS)
WORKERS = (1, 4, 16)
SMALL, LARGE = 8, 32
"""Sizes of a cap, in mean trials."""

_SPREAD = 0.5
_TAIL_CHANCE, _TAIL_FACTOR = 0.03, 4.0
_LABEL_LOGS = {"small": -0.3, "medium": 0.0, "large": 0.3}
_FEWEST_BATCHES, _MOST_BATCHES = 3, 5
_MOST_ASKS = 2_000

SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="model", domain=model.CategoricalDomain(labels=tuple(_LABEL_LOGS))),
        model.Parameter(id="top_k", domain=model.IntDomain(min=1, max=20)),
        model.Parameter(id="temperature", domain=model.FloatDomain(min=0.0, max=1.0)),
    )
)
METRICS = (
    model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE),
    model.Metric(id="latency", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One kind of study.

    Attributes:
        rule: One of `RULES`.
        trials: The cap, in mean trials.
        is_heavy: Three trials in a hundred spend four times as much.
        announces: Workers say what their first batch takes before they start it; otherwise
            the first tranche is all that holds it.
    """

    rule: str
    workers: int
    trials: int
    is_heavy: bool
    announces: bool = True

    @property
    def name(self) -> str:
        """What rows are kept under."""
        tails = "heavy tails" if self.is_heavy else "lognormal"
        silent = "" if self.announces else ", first batch unannounced"
        return f"{self.rule}, {self.workers} workers, cap of {self.trials}, {tails}{silent}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What came of one study; money as a share of the cap.

    Attributes:
        over: Spent beyond the cap.
        unused: Left when no trial was given out any more.
        trials: Given out.
        breaches: Admissions after which more was spent and held than the cap.
        is_bound_broken: More was overshot than the trials that were open at the last admission
            spent beyond what was set aside for them.
        is_book_wrong: The ledger does not say what was truly spent.
        is_stuck: Nobody worked, and yet an ask was told to wait.
        reason: Of the last decision.
    """

    over: float
    unused: float
    trials: int
    breaches: int = 0
    is_bound_broken: bool = False
    is_book_wrong: bool = False
    is_stuck: bool = False
    reason: str = ""


@dataclass(slots=True)
class Job:
    """A trial at work, and what each of its batches is going to spend, in nanos."""

    number: int
    batches: list[int]
    bounds: list[int]
    lease_id: str = ""
    held: int = 0
    done: int = 0

    @property
    def spent(self) -> int:
        """So far."""
        return sum(self.batches[: self.done])


class Desk(Protocol):
    """Where workers get trials and hand in what they spent."""

    is_over: bool

    def ask(self, free: int) -> list[Job]:
        """Return up to so many trials to start."""
        ...

    def goes_on(self, job: Job) -> bool:
        """Take in a batch; whether the next one may start."""
        ...

    def tell(self, job: Job) -> None:
        """Take in the end of a trial."""
        ...


class World:
    """The truth about spends, the same for every rule.

    Args:
        cell: The kind of study.
        seed: Of its dice.
    """

    def __init__(self, cell: Cell, seed: int) -> None:
        self.cell = cell
        self.rng = np.random.default_rng([seed, cell.workers, cell.trials, cell.is_heavy])
        mean = np.exp(_SPREAD**2 / 2) * np.mean(np.exp(list(_LABEL_LOGS.values())))
        mean *= 1 + cell.is_heavy * _TAIL_CHANCE * (_TAIL_FACTOR - 1)
        self.cap = round(cell.trials * float(mean) * model.NANO)

    def job(self, number: int, label: str) -> Job:
        """Draw what a trial is going to spend, in batches whose bounds are honest."""
        rng, log = self.rng, _LABEL_LOGS[label] + self.rng.normal(0.0, _SPREAD)
        tail = _TAIL_FACTOR if self.cell.is_heavy and rng.random() < _TAIL_CHANCE else 1.0
        total = np.exp(log) * tail * model.NANO
        is_whole = self.cell.rule != TRANCHES
        count = 1 if is_whole else int(rng.integers(_FEWEST_BATCHES, _MOST_BATCHES + 1))
        batches = np.ceil(total * rng.dirichlet(np.full(count, 10.0))).astype(np.int64)
        bounds = np.ceil(batches * rng.uniform(1.0, 1.5, count)).astype(np.int64)
        return Job(number, batches.tolist(), bounds.tolist())


class PeersDesk:
    """What is spent is looked at before each trial, and nothing is set aside."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._told = self._given = 0
        self.is_over = False

    def ask(self, free: int) -> list[Job]:
        """See `Desk.ask`."""
        self.is_over = self._told >= self._world.cap
        if self.is_over:
            return []
        self._given += free
        labels = self._world.rng.choice(list(_LABEL_LOGS), free)
        return [self._world.job(self._given + i, str(one)) for i, one in enumerate(labels)]

    def goes_on(self, job: Job) -> bool:
        """See `Desk.goes_on`."""
        return True

    def tell(self, job: Job) -> None:
        """See `Desk.tell`."""
        self._told += job.spent


@dataclass(slots=True)
class EnginesDesk:
    """The product.

    Attributes:
        breaches, is_bound_broken, is_book_wrong, is_stuck, reason: See `Ended`.
        open: Trials that were open right after the last admission.
    """

    world: World
    house: House
    study_id: str = ""
    is_over: bool = False
    breaches: int = 0
    is_stuck: bool = False
    reason: str = ""
    open: list[Job] = field(default_factory=list[Job])
    at_work: dict[int, Job] = field(default_factory=dict[int, Job])
    asks: int = 0

    def __post_init__(self) -> None:
        """Create the study. Advice is only heard, so that the cap alone ends it."""
        quantile = 0.95 if self.world.cell.rule == HELD_95 else 0.9
        spec = model.StudySpec(
            search_space=SPACE,
            metrics=METRICS,
            algorithm=model.Algorithm(kind=model.RandomSearch(), seed=self.world.cell.workers),
            budget=model.Budget(max_spend=model.Money(self.world.cap)),
            guard_policy=model.GuardPolicy(mode=model.GuardMode.ADVISE, hold_quantile=quantile),
        )
        self.study_id = self.house.create(spec)

    def ask(self, free: int) -> list[Job]:
        """See `Desk.ask`."""
        self.asks += 1
        in_tranches = self.world.cell.rule == TRANCHES
        asked = self.house.ask(self.study_id, free, reports_usage=in_tranches)
        self.reason = asked.decision.reason.name
        self.is_over = asked.decision.verdict is model.Verdict.STOP or self.asks > _MOST_ASKS
        self.is_stuck = not (asked.trials or self.at_work or self.is_over)
        self.is_over |= self.is_stuck
        jobs = [self._job(trial) for trial in asked.trials]
        if jobs:
            self._look_at_the_book(asked.decision.budget_status)
        return jobs if not self.world.cell.announces else self._announced(jobs)

    def goes_on(self, job: Job) -> bool:
        """See `Desk.goes_on`."""
        return self._report(job, job.batches[job.done - 1])

    def tell(self, job: Job) -> None:
        """See `Desk.tell`."""
        told = self.world.rng.random(2)
        values = [
            model.MetricValue(metric_id=m.id, value=v) for m, v in zip(METRICS, told, strict=True)
        ]
        measured = model.Measurement(metrics=tuple(values), example_count=job.done)
        outcome: model.Outcome = model.Succeeded(measurement=measured)
        if not job.done:
            outcome = model.Failed(message="nothing was run, for want of money")
        elif job.done < len(job.batches):
            outcome = model.EarlyStopped(measurement=measured)
        # A stopped trial has reported all that it spent.
        usage = [job.batches[-1]] if job.done == len(job.batches) else []
        self.house.engine.work.tell(self._order(job, usage, None), outcome)
        del self.at_work[job.number]

    def settled(self) -> int:
        """Return what the ledger says is spent, in nanos."""
        return self.house.store.look(self.study_id).study.budget_status.settled.total.nanos

    def _job(self, trial: model.Trial) -> Job:
        assert trial.lease is not None
        job = self.world.job(trial.number, str(trial.configuration["model"]))
        job.lease_id = trial.lease.lease_id
        with self.house.store.locked(self.study_id) as locked:
            attempt = locked.attempt(job.lease_id)
        assert attempt is not None
        job.held = attempt.hold.nanos
        self.at_work[job.number] = job
        return job

    def _look_at_the_book(self, status: model.BudgetStatus) -> None:
        self.breaches += status.settled.total.nanos + status.held.nanos > self.world.cap
        self.open = list(self.at_work.values())

    def _announced(self, jobs: Sequence[Job]) -> list[Job]:
        """Say what the first batch takes; who may not start tells that at once."""
        if self.world.cell.rule != TRANCHES:
            return list(jobs)
        started = [job for job in jobs if self._report(job, None)]
        for job in jobs:
            if job not in started:
                self.tell(job)
        return started

    def _report(self, job: Job, spent: int | None) -> bool:
        measured = model.Measurement(example_count=job.done)
        order = self._order(job, [] if spent is None else [spent], job.bounds[job.done])
        directive = self.house.engine.work.report(order, measured).directive
        return directive is model.Directive.CONTINUE

    def _order(self, job: Job, spent: Sequence[int], following: int | None) -> WorkOrder:
        usage = [money_used(nanos, f"{job.number}/{job.done}") for nanos in spent]
        return WorkOrder(
            study_id=self.study_id,
            number=job.number,
            lease_id=job.lease_id,
            usage=usage,
            next_spend=None if following is None else model.Money(following),
        )


def study(cell: Cell, seed: int, house: House) -> Ended:
    """Run one study to its end.

    Args:
        cell: Its kind.
        seed: Of its world; rules meet the same worlds.
        house: The product; not used by the peers' rule.
    """
    world = World(cell, seed)
    if cell.rule == AFTERWARDS:
        spent, trials = _work(PeersDesk(world), world)
        return Ended(over=_share(spent - world.cap, world), unused=0.0, trials=trials)
    desk = EnginesDesk(world, house)
    spent, trials = _work(desk, world)
    excess = sum(max(job.spent - job.held, 0) for job in desk.open)
    return Ended(
        over=_share(spent - world.cap, world),
        unused=_share(world.cap - spent, world),
        trials=trials,
        breaches=desk.breaches,
        is_bound_broken=cell.rule != TRANCHES and spent > world.cap + excess,
        is_book_wrong=desk.settled() != spent,
        is_stuck=desk.is_stuck,
        reason=desk.reason,
    )


def _share(nanos: int, world: World) -> float:
    return max(nanos, 0) / world.cap


def _work(desk: Desk, world: World) -> tuple[int, int]:
    """Let workers work until nothing is given out; return what they spent, and on how many."""
    clock = np.random.default_rng(world.cap)
    ends: list[tuple[float, int, Job]] = []
    now, spent, trials, is_news = 0.0, 0, 0, True
    while True:
        free = world.cell.workers - len(ends)
        # Between tells nothing comes free.
        for job in desk.ask(free) if is_news and not desk.is_over else []:
            trials += 1
            heapq.heappush(ends, (now + clock.exponential(), job.number, job))
        if not ends:
            if desk.is_over:
                return spent, trials
            continue
        now, _, job = heapq.heappop(ends)
        spent += job.batches[job.done]
        job.done += 1
        is_news = job.done == len(job.batches) or not desk.goes_on(job)
        if is_news:
            desk.tell(job)
        else:
            heapq.heappush(ends, (now + clock.exponential(), job.number, job))


def studies(cell: Cell, seeds: Sequence[int], house: House) -> dict[str, object]:
    """Run studies of one kind; return their sums, money as shares of the cap."""
    ended = [study(cell, seed, house) for seed in seeds]
    return {
        "studies": len(ended),
        "over": sum(one.over > 0 for one in ended),
        "over_sum": sum(one.over for one in ended),
        "over_most": max(one.over for one in ended),
        "unused_sum": sum(one.unused for one in ended),
        "trials": sum(one.trials for one in ended),
        "breaches": sum(one.breaches for one in ended),
        "bounds_broken": sum(one.is_bound_broken for one in ended),
        "books_wrong": sum(one.is_book_wrong for one in ended),
        "stuck": sum(one.is_stuck for one in ended),
    }
