"""Random histories of one study: workers that ask, report, tell, die, come late, repeat."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from groat import model
from groat.model import Directive, Disposition, Money
from groat_server.storage.base import Store
from tests.contracts.doors import EngineDoor

LEASE_S = 60.0
QUALITY = model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE)
SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="model", domain=model.CategoricalDomain(labels=("small", "large"))),
        model.Parameter(id="temperature", domain=model.FloatDomain(min=0, max=1)),
    )
)


@dataclass
class Worker:
    """Somebody with a trial.

    Attributes:
        steps: What each step is going to spend, in nanos; one is left at least.
        spent: What it has reported so far.
        is_dead: It says nothing any more, unless it comes back late.
    """

    trial: model.Trial
    steps: list[int]
    reports: bool
    spent: int = 0
    examples: int = 0
    is_dead: bool = False
    last_tell: tuple[model.Outcome, Sequence[model.Usage]] | None = None

    @property
    def lease_id(self) -> str:
        """Its lease."""
        assert self.trial.lease is not None
        return self.trial.lease.lease_id


@dataclass
class Schedule:
    """One study under a cap, and what has been observed of it.

    Attributes:
        open_holds: What each open lease held when settled and held were last
            seen to be within the cap together.
        since: What each lease has spent since then.
    """

    door: EngineDoor
    store: Store
    study_id: str
    dice: random.Random
    cap: int
    honest: bool = False
    workers: list[Worker] = field(default_factory=list[Worker])
    open_holds: dict[str, int] = field(default_factory=dict[str, int])
    since: dict[str, int] = field(default_factory=dict[str, int])
    books: int = 0

    @classmethod
    def begin(
        cls, door: EngineDoor, store: Store, study_id: str, seed: int, *, honest: bool = False
    ) -> Schedule:
        """Create the study: a cap of a few trials, whose spend nobody declared."""
        dice = random.Random(seed)
        cap = int(10e9 * dice.uniform(0.5, 3))
        spec = model.StudySpec(
            search_space=SPACE,
            metrics=(QUALITY,),
            algorithm=model.Algorithm(kind=model.RandomSearch(), seed=seed),
            budget=model.Budget(max_spend=Money(cap)),
            guard_policy=model.GuardPolicy(mode=model.GuardMode.ADVISE),
        )
        door.create(study_id, spec)
        return cls(door, store, study_id, dice, cap, honest)

    def run(self, actions: int) -> None:
        """Let so many things happen, then let everyone who lives finish."""
        names = ["ask"] * 4 + ["report"] * 5 + ["tell"] * 3
        names += [] if self.honest else ["die", "late", "repeat", "pass_time"]
        for _ in range(actions):
            getattr(self, self.dice.choice(names))()
        for worker in list(self.workers):
            if not worker.is_dead and worker.last_tell is None:
                self._finish(worker)

    # ---------- what may happen ----------

    def ask(self) -> None:
        """Somebody asks for a trial or two, reporting as he goes or not."""
        reports = self.honest or self.dice.random() < 0.5
        asked = self.door.ask(self.study_id, self.dice.choice([1, 1, 2]), reports_usage=reports)
        if asked.trials:
            status = asked.decision.budget_status
            assert status.settled.total.nanos + status.held.nanos <= self.cap
        new = [self._hired(trial, reports=reports) for trial in asked.trials]
        self.workers += new
        if self.honest:
            for worker in new:
                self._step(worker, 0)
        self._look()

    def report(self) -> None:
        """A living worker takes a step and reports it."""
        worker = self._somebody()
        if worker is not None and len(worker.steps) > 1:
            self._step(worker, worker.steps.pop(0))

    def tell(self) -> None:
        """A living worker finishes."""
        worker = self._somebody()
        if worker is not None:
            self._finish(worker)

    def die(self) -> None:
        """A worker falls silent."""
        worker = self._somebody()
        if worker is not None:
            worker.is_dead = True

    def late(self) -> None:
        """Somebody believed dead tells after all."""
        dead = [one for one in self.workers if one.is_dead and one.last_tell is None]
        if dead:
            self._finish(self.dice.choice(dead))

    def repeat(self) -> None:
        """A tell is sent again, as its answer was lost: it books nothing."""
        told = [one for one in self.workers if one.last_tell is not None]
        if not told:
            return
        worker = self.dice.choice(told)
        assert worker.last_tell is not None
        before = self._settled()
        again = self.door.tell(worker.trial, *worker.last_tell)
        assert again.disposition is Disposition.DUPLICATE
        assert self._settled() == before

    def pass_time(self) -> None:
        """Leases of silent workers run out."""
        self.door.let_pass(LEASE_S * 1.5)

    # ---------- how it happens ----------

    def _hired(self, trial: model.Trial, *, reports: bool) -> Worker:
        total, count = int(1e9 * self.dice.lognormvariate(0, 0.6)), self.dice.randint(1, 5)
        return Worker(trial, [total // count] * count, reports)

    def _somebody(self) -> Worker | None:
        alive = [one for one in self.workers if not one.is_dead and one.last_tell is None]
        return self.dice.choice(alive) if alive else None

    def _step(self, worker: Worker, nanos: int) -> None:
        worker.examples += 1
        worker.spent += nanos
        self.books += 1
        usage = [_usage(nanos, f"u{self.books}")] if nanos else []
        seen = model.Measurement(example_count=worker.examples)
        most = Money(worker.steps[0]) if self.honest else None
        before = self._settled()
        reported = self.door.report(worker.trial, seen, usage, next_spend=most)
        assert self._settled() == before + nanos
        self._book(worker, nanos)
        if reported.directive is not Directive.CONTINUE:
            self._finish(worker, is_stopped=True)
        self._look()

    def _finish(self, worker: Worker, *, is_stopped: bool = False) -> None:
        # An honest worker has said no more than its next step, so it reports each.
        while self.honest and not is_stopped and len(worker.steps) > 1:
            self._step(worker, worker.steps.pop(0))
            if worker.last_tell is not None:
                return
        nanos = 0 if is_stopped else sum(worker.steps)
        self.books += 1
        usage = [_usage(nanos, f"u{self.books}")] if nanos else []
        outcome = self._outcome(is_stopped=is_stopped)
        before = self._settled()
        self.door.tell(worker.trial, outcome, usage)
        assert self._settled() == before + nanos
        worker.spent += nanos
        worker.last_tell = (outcome, usage)
        self._book(worker, nanos)
        self._look()

    def _outcome(self, *, is_stopped: bool) -> model.Outcome:
        quality = model.MetricValue(metric_id="quality", value=self.dice.random())
        measured = model.Measurement(metrics=(quality,))
        if is_stopped:
            return model.EarlyStopped(measurement=measured)
        kind = self.dice.random()
        if self.honest or kind < 0.7:
            return model.Succeeded(measurement=measured)
        if kind < 0.85:
            return model.Failed(message="broke")
        return model.Infeasible(reason="cannot")

    def _settled(self) -> int:
        return self.door.get(self.study_id).budget_status.settled.total.nanos

    def _book(self, worker: Worker, nanos: int) -> None:
        self.since[worker.lease_id] = self.since.get(worker.lease_id, 0) + nanos

    def _look(self) -> None:
        """Check the books, and remember the holds while they are within the cap."""
        status = self.door.get(self.study_id).budget_status
        holds = self._holds()
        assert status.held.nanos == sum(holds.values())
        assert status.settled.total.nanos == sum(one.spent for one in self.workers)
        if status.settled.total.nanos + status.held.nanos <= self.cap:
            self.open_holds, self.since = holds, {}

    def _holds(self) -> dict[str, int]:
        with self.store.locked(self.study_id) as locked:
            found = [locked.attempt(one.lease_id) for one in self.workers]
        return {one.lease.lease_id: one.hold.nanos for one in found if one and not one.told}

    @property
    def overshoot(self) -> int:
        """How far the cap is passed, in nanos."""
        return max(self._settled() - self.cap, 0)

    @property
    def excuse(self) -> int:
        """How far the trials that ran when the cap was met have passed their holds, in nanos."""
        return sum(
            max(nanos - self.open_holds.get(lease_id, 0), 0)
            for lease_id, nanos in self.since.items()
        )


def _usage(nanos: int, usage_id: str) -> model.Usage:
    return model.Usage(
        category=model.SpendCategory.EXPERIMENT, quantity=Money(nanos), usage_id=usage_id
    )
