"""What must hold always, and how long judging takes: T9 and T10."""

from __future__ import annotations

import functools
import itertools
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from benchmarks import guard_verdicts
from benchmarks.guard_house import House, money_used
from benchmarks.guard_ledger import METRICS, SPACE
from groat import model
from groat.errors import GroatError
from groat.model import Reason, Verdict
from groat_server import guard
from groat_server.engine import WorkOrder
from groat_server.engine.judging import Judging
from groat_server.space import Space

CAPS = 10
"""Caps that are tried at a time, beyond what is spent: a tenth of a trial to eighty trials."""

TOLD = (0, 1, 2, 4, 12, 30)
"""After so many trials each study is looked at."""

SIZES = (10, 50, 150, 400)
"""Told trials at which the time is taken."""

TIMED = ("an ask's judgement", "Forecast", "Forecast after a restart")
_STEPS = 60
_WORTH = {Verdict.STOP: 0, Verdict.TUNE_MANUALLY: 1, Verdict.PROCEED: 2, Verdict.WAIT: 2}


def monotone(seed: int, house: House) -> dict[str, object]:
    """Count how often more money moved a verdict away from going on.

    A study is told one trial after another; at some points its cap is raised step by step. A cap
    that is reached stands below the advice to go on by hand, which stands below going on. What
    was wrong is how often a larger cap came lower.
    """
    rng = np.random.default_rng(seed)
    truth = guard_verdicts.Truth(0.5, rng)
    mean = truth.mean(Space(guard_verdicts.SPACE))
    plain = guard_verdicts.spec(0.5, 1e3 * mean, seed)
    if seed % 2:
        plain = replace(plain, workload=None)
    plain = replace(plain, guard_policy=_policy(seed % 3 == 0, rng))
    study_id, wrong, verdicts, moved, replayed = house.create(plain), 0, 0, 0, 0
    for count in range(max(TOLD) + 1):
        if count in TOLD:
            status = house.store.look(study_id).study.budget_status
            ranks = _raised(house, study_id, status.settled.total.nanos, mean)
            verdicts += len(ranks)
            wrong += sum(a > b for a, b in itertools.pairwise(ranks))
            moved += sum(a < b for a, b in itertools.pairwise(ranks))
            replayed += not _is_replayed(house, study_id)
        trial = house.ask(study_id).trials[0]
        told = {"quality": float(rng.random()), "latency": float(rng.random())}
        house.tell(study_id, trial, truth.spent(trial.configuration), told)
    counts = {"verdicts": verdicts, "wrong": wrong, "moved": moved}
    return {**counts, "replays": len(TOLD), "not_replayed": replayed}


def _policy(has_value: bool, rng: np.random.Generator) -> model.GuardPolicy:
    """Return one that only advises, so that the study goes on whatever it hears."""
    value = model.ImprovementValue(
        requests_per_month=float(rng.uniform(1e2, 1e4)),
        months=1.0,
        per_point=model.Money(100_000),
        metric_id="quality",
    )
    return model.GuardPolicy(mode=model.GuardMode.ADVISE, value=value if has_value else None)


def _raised(house: House, study_id: str, settled: int, mean: float) -> list[int]:
    """Return the worth of the verdict under caps that rise; the cap is put back."""
    was = house.store.look(study_id).study.spec.budget
    ranks = list[int]()
    for step in range(CAPS):
        cap = model.Money(settled + math.ceil(0.1 * mean * 2.1**step))
        patch = model.StudyPatch(budget=replace(was, max_spend=cap))
        house.engine.studies.update(study_id, patch)
        found = house.engine.judging.forecast(study_id).decision
        ranks.append(_rank(found))
    house.engine.studies.update(study_id, model.StudyPatch(budget=was))
    return ranks


def _rank(decision: model.Decision) -> int:
    """Return 0 where the cap is reached, 1 for all advice not to go on, 2 for going on."""
    if decision.reason in {Reason.CONVERGED, Reason.NOT_WORTH_ITS_SPEND}:
        return 1
    return _WORTH[decision.verdict]


def _is_replayed(house: House, study_id: str) -> bool:
    """Whether an engine that has just started says the same, to the last digit."""
    known = house.engine.judging.forecast(study_id)
    anew = house.another_engine().judging.forecast(study_id)
    return known == anew


@dataclass(slots=True)
class _Trial:
    number: int
    lease_id: str
    spent: int = 0
    outcome: model.Outcome | None = None
    usage: tuple[model.Usage, ...] = ()


@dataclass(slots=True)
class History:
    """A study to which things happen in a random order.

    Attributes:
        truth: Everything that was ever reported or told as spent, in nanos.
        faults: What did not hold.
    """

    house: House
    study_id: str
    rng: np.random.Generator
    open: list[_Trial] = field(default_factory=list[_Trial])
    closed: list[_Trial] = field(default_factory=list[_Trial])
    truth: int = 0
    admissions: int = 0
    faults: list[str] = field(default_factory=list[str])

    def ask(self) -> None:
        """Ask for some trials; none may be given out beyond the cap."""
        count, reports = int(self.rng.integers(1, 4)), bool(self.rng.random() < 0.5)
        asked = self.house.ask(self.study_id, count, reports_usage=reports)
        for trial in asked.trials:
            assert trial.lease is not None
            self.open.append(_Trial(trial.number, trial.lease.lease_id))
        status = asked.decision.budget_status
        if asked.trials:
            self.admissions += len(asked.trials)
            if status.remaining is not None and status.remaining.nanos < 0:
                self.faults.append(f"admitted with {status.remaining} left")
        elif status.remaining is not None and asked.decision.verdict is Verdict.PROCEED:
            self.faults.append("said PROCEED and gave nothing")

    def report(self) -> None:
        """Report some spend of a trial, maybe twice."""
        if not self.open:
            return
        trial = self._pick(self.open)
        usage = self._used(trial)
        for _ in range(int(self.rng.integers(1, 3))):
            order = self._order(trial, usage)
            self.house.engine.work.report(order, model.Measurement(example_count=1))

    def tell(self) -> None:
        """End a trial, well or badly."""
        if not self.open:
            return
        trial = self._pick(self.open)
        self.open.remove(trial)
        trial.usage = self._used(trial)
        trial.outcome = model.Failed() if self.rng.random() < 0.2 else self._succeeded()
        self._hand_in(trial)
        self.closed.append(trial)

    def tell_again(self) -> None:
        """Repeat a tell to the letter: nothing may change."""
        if self.closed:
            before = self.status()
            self._hand_in(self._pick(self.closed))
            after = self.status()
            if (before.settled.total, before.held) != (after.settled.total, after.held):
                self.faults.append("a repeated tell changed the ledger")

    def fall_silent(self) -> None:
        """Let the time pass; leases run out, and late workers still tell."""
        self.house.now += timedelta(seconds=float(self.rng.choice([20, 90])))

    def move_cap(self) -> None:
        """Raise or lower the cap, maybe below what is spent."""
        budget = self.house.store.look(self.study_id).study.spec.budget
        assert budget.max_spend is not None
        nanos = round(budget.max_spend.nanos * float(self.rng.uniform(0.7, 1.5)))
        patch = model.StudyPatch(budget=replace(budget, max_spend=model.Money(nanos)))
        self.house.engine.studies.update(self.study_id, patch)

    def status(self) -> model.BudgetStatus:
        """Return the ledger."""
        return self.house.store.look(self.study_id).study.budget_status

    def check(self) -> None:
        """The ledger says what was spent, and holds what is still open."""
        status = self.status()
        if status.settled.total.nanos != self.truth:
            self.faults.append(f"settled {status.settled.total.nanos}, spent {self.truth}")
        if status.held.nanos < 0 or (not self.open and status.held.nanos):
            self.faults.append(f"held {status.held} with {len(self.open)} open")

    def _pick(self, trials: list[_Trial]) -> _Trial:
        return trials[int(self.rng.integers(len(trials)))]

    def _used(self, trial: _Trial) -> tuple[model.Usage, ...]:
        nanos = int(self.rng.choice([0, 1, round(float(self.rng.lognormal(0.0, 1.0)) * 1e9)]))
        trial.spent += nanos
        self.truth += nanos
        return (money_used(nanos, f"u{self.truth}-{self.rng.integers(2**40)}"),)

    def _succeeded(self) -> model.Outcome:
        values = [
            model.MetricValue(metric_id=m.id, value=float(self.rng.random())) for m in METRICS
        ]
        return model.Succeeded(measurement=model.Measurement(metrics=tuple(values)))

    def _order(self, trial: _Trial, usage: tuple[model.Usage, ...]) -> WorkOrder:
        return WorkOrder(
            study_id=self.study_id, number=trial.number, lease_id=trial.lease_id, usage=usage
        )

    def _hand_in(self, trial: _Trial) -> None:
        assert trial.outcome is not None
        self.house.engine.work.tell(self._order(trial, trial.usage), trial.outcome)


def ledger(seed: int, house: House) -> dict[str, object]:
    """Run a random history; return how many steps and admissions it had, and what did not hold."""
    rng = np.random.default_rng(seed)
    spec = model.StudySpec(
        search_space=SPACE,
        metrics=METRICS,
        algorithm=model.Algorithm(kind=model.RandomSearch(), seed=seed),
        budget=model.Budget(max_spend=model.Money.of("12")),
        guard_policy=model.GuardPolicy(mode=model.GuardMode.ADVISE),
    )
    history = History(house, house.create(spec), rng)
    verbs: list[tuple[float, Callable[[], None]]] = [
        (0.35, history.ask),
        (0.2, history.report),
        (0.25, history.tell),
        (0.08, history.tell_again),
        (0.06, history.fall_silent),
        (0.06, history.move_cap),
    ]
    chances = [chance for chance, _ in verbs]
    for _ in range(_STEPS):
        try:
            verbs[int(rng.choice(len(verbs), p=chances))][1]()
        except GroatError as error:
            history.faults.append(f"{type(error).__name__}: {error}"[:200])
        history.check()
    return {"steps": _STEPS, "admissions": history.admissions, "faults": history.faults[:3]}


def latencies(house: House, repeats: int, sizes: Sequence[int]) -> list[dict[str, object]]:
    """Return how long judging takes in milliseconds, processor and clock, by told trials.

    An ask's judgement is what an ask does besides drawing a configuration and writing: look at
    the study, see it as the guard does with one more trial told since, predict the spend of a
    candidate, and rule. A forecast is the verb, right after a tell to another server; and by a
    server that has just started, which has to read the whole past.
    """
    spec = guard_verdicts.spec(0.5, 1e18, 0)
    spec = replace(spec, guard_policy=model.GuardPolicy(mode=model.GuardMode.ADVISE))
    study_id, rng = house.create(spec), np.random.default_rng(0)
    truth, found = guard_verdicts.Truth(0.5, rng), list[dict[str, object]]()
    for size in sizes:
        while (done := _finished(house, study_id)) < size:
            for trial in house.ask(study_id, min(50, size - done)).trials:
                _tell(house, study_id, trial, truth, rng)
        times = {what: list[tuple[float, float]]() for what in TIMED}
        for _ in range(repeats):
            # These have read the past, and are not told by anybody what comes now.
            first, second = (house.another_engine().judging for _ in range(2))
            for judging in (first, second):
                judging.see(house.store.look(study_id))
            _tell(house, study_id, house.ask(study_id).trials[0], truth, rng)
            anew = house.another_engine().judging
            calls: tuple[Callable[[], object], ...] = (
                functools.partial(_judge, house, first, study_id),
                functools.partial(second.forecast, study_id),
                functools.partial(anew.forecast, study_id),
            )
            for what, call in zip(TIMED, calls, strict=True):
                times[what].append(_timed(call))
        found += [_quantiles(what, size, taken) for what, taken in times.items()]
    return found


def _finished(house: House, study_id: str) -> int:
    return house.store.look(study_id).study.budget_status.finished_trials


def _tell(
    house: House,
    study_id: str,
    trial: model.Trial,
    truth: guard_verdicts.Truth,
    rng: np.random.Generator,
) -> None:
    told = {"quality": float(rng.random()), "latency": float(rng.random())}
    house.tell(study_id, trial, truth.spent(trial.configuration), told)


def _judge(house: House, judging: Judging, study_id: str) -> object:
    view = house.store.look(study_id)
    seen = judging.see(view)
    configuration = {"model": "mini", "prompt": "a", "top_k": 5, "temperature": 0.5}
    hold = seen.hold_for(configuration, 0, in_tranches=False)
    candidate = guard.Candidate(hold=hold, likely=seen.spend_of(configuration, 0, 0.5))
    return guard.admit(
        study=view.study, candidate=candidate, assessment=seen.assessment, now=house.now
    )


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    clock, processor = time.perf_counter(), time.thread_time()
    call()
    return 1e3 * (time.thread_time() - processor), 1e3 * (time.perf_counter() - clock)


def _quantiles(what: str, size: int, times: list[tuple[float, float]]) -> dict[str, object]:
    processor, clock = np.array(times).T
    return {
        "what": what,
        "told": size,
        "calls": len(times),
        "processor_p50": float(np.median(processor)),
        "processor_p99": float(np.quantile(processor, 0.99)),
        "clock_p50": float(np.median(clock)),
        "clock_p99": float(np.quantile(clock, 0.99)),
    }
