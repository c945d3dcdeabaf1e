"""Ask: hand out trials, or say why not.

Whatever is slow (reading the past, fitting a model) happens before the study
is locked; the lock is held for one short transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from weakref import WeakValueDictionary

from groat import model
from groat.errors import RequestIdReused, TooLarge
from groat.model import Reason, Verdict
from groat_server import guard, validation
from groat_server.algorithms.base import Suggestion
from groat_server.booking import digest_of
from groat_server.guard import Ruling
from groat_server.history import Memory, history_of
from groat_server.sampler import Request, Sampler, problem_of
from groat_server.storage.base import Answer, LockedStudy, NewTrial, Store

Clock = Callable[[], datetime]
MakeId = Callable[[], str]

_TRIES = 5
_MAX_ASKS = 1_000
_RETRY_AFTER = timedelta(seconds=1)
_RETRY_COMPUTING = timedelta(milliseconds=100)
_REUSED = "request id {} came before with another order; make a new one"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOrder:
    """What a worker asks for; ``lease_duration`` ``None`` is the study's own."""

    study_id: str
    count: int
    request_id: str
    worker_id: str = ""
    lease_duration: timedelta | None = None


@dataclass(frozen=True, slots=True)
class _Batch:
    """Suggestions to hand out.

    Attributes:
        born: When the study was created that they are for: its name may have
            been given to another one since.
        is_last: No other configuration is left.
    """

    trials: tuple[NewTrial, ...] = ()
    born: datetime | None = None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class _Question:
    """What an algorithm is asked, and when the study was created that it is about."""

    request: Request
    born: datetime


class _Short(Exception):
    """More suggestions are needed; raised to leave the transaction unchanged."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing


class Asking:
    """The verb ask. It belongs to one event loop."""

    def __init__(
        self, store: Store, memory: Memory, sampler: Sampler, *, clock: Clock, make_id: MakeId
    ) -> None:
        self._store = store
        self._memory = memory
        self._sampler = sampler
        self._clock = clock
        self._make_id = make_id
        self._asks: dict[tuple[str, str], tuple[AskOrder, asyncio.Task[model.AskResult]]] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, order: AskOrder, *, max_wait: timedelta) -> model.AskResult:
        """Hand out trials, or say why not.

        An ask that is not ready after ``max_wait`` goes on; the same request id
        gets its answer later, from any server.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The order breaks a rule.
            RequestIdReused: The request id came before with another order.
            TooLarge: Too many asks are being computed.
        """
        validation.check_ask(order.count, order.request_id, order.worker_id, order.lease_duration)
        task = self._begin(order)
        await asyncio.wait({task}, timeout=max_wait.total_seconds())
        if task.done():
            return task.result()
        return await asyncio.to_thread(self._still_computing, order)

    def _begin(self, order: AskOrder) -> asyncio.Task[model.AskResult]:
        key = (order.study_id, order.request_id)
        if key in self._asks:
            begun, task = self._asks[key]
            if begun != order:
                raise RequestIdReused(_REUSED.format(order.request_id))
            return task
        if len(self._asks) >= _MAX_ASKS:
            raise TooLarge(f"{_MAX_ASKS} asks are being computed; ask again in a second")
        task = asyncio.create_task(self._answer(order))
        self._asks[key] = (order, task)
        task.add_done_callback(lambda done: self._end(key, done))
        return task

    def _end(self, key: tuple[str, str], task: asyncio.Task[model.AskResult]) -> None:
        del self._asks[key]
        if not task.cancelled():
            task.exception()  # seen, though nobody may be waiting for it any more

    async def _answer(self, order: AskOrder) -> model.AskResult:
        # One at a time per study, so that each suggestion knows the ones before it.
        turn = self._turns.setdefault(order.study_id, asyncio.Lock())
        async with turn:
            batch = _Batch()
            for _ in range(_TRIES):
                try:
                    return await asyncio.to_thread(self._hand_out, order, batch)
                except _Short as short:
                    batch = await self._suggest(order.study_id, short.missing)
        return await asyncio.to_thread(self._still_computing, order)

    async def _suggest(self, study_id: str, count: int) -> _Batch:
        # Reading a long past takes a while: only the waiting is done on the event loop.
        question = await asyncio.to_thread(self._question, study_id, count)
        suggestions = await self._sampler.suggest(question.request)
        return await asyncio.to_thread(_batch_of, question, suggestions)

    def _question(self, study_id: str, count: int) -> _Question:
        view = self._store.look(study_id)
        past = self._memory.past(view.study)
        history, pending = history_of(past, self._store.pending(study_id))
        spends = [one.trial.spend.total for one in past.told()]
        affordable = guard.affordable_trials(view.study, spends)
        spec = view.study.spec
        request = Request(
            algorithm=spec.algorithm.kind.kind,
            problem=problem_of(spec, past.space, affordable),
            history=history,
            pending=pending,
            count=count,
            seeds=(spec.algorithm.seed or 0, view.next_number),
        )
        return _Question(request, born=view.study.create_time)

    def _hand_out(self, order: AskOrder, batch: _Batch) -> model.AskResult:
        told = self._told_spend(order.study_id)
        now = self._clock()
        with self._store.locked(order.study_id) as locked:
            known = locked.answer(order.request_id)
            if known is not None:
                return self._replay(locked, known, order, now)
            locked.lapse(now=now)
            if batch.born not in {None, locked.view().study.create_time}:
                batch = _Batch()
            trials, ruling = self._lease_each(locked, order, batch, told, now)
            decision = self._decide(locked, ruling, now)
            if trials:
                numbers = tuple(trial.number for trial in trials)
                answer = Answer(digest=digest_of(order), numbers=numbers)
                locked.remember(order.request_id, answer, now=now)
            return _result(trials, decision)

    def _told_spend(self, study_id: str) -> Sequence[model.Money]:
        study = self._store.look(study_id).study
        if study.spec.budget.max_spend is None:
            return ()
        return [one.trial.spend.total for one in self._memory.past(study).told()]

    def _lease_each(
        self,
        locked: LockedStudy,
        order: AskOrder,
        batch: _Batch,
        told: Sequence[model.Money],
        now: datetime,
    ) -> tuple[list[model.Trial], Ruling]:
        hold = guard.hold_for(locked.view().study.spec, told)
        waiting = iter(locked.waiting(order.count))
        fresh = iter(batch.trials)
        trials: list[model.Trial] = []
        while True:
            trial = next(waiting, None)
            study = locked.view().study
            ruling = guard.admit(study=study, hold=hold, now=now, is_new=trial is None)
            if ruling.verdict is not Verdict.PROCEED:
                return trials, ruling
            trial = trial or _next_new(locked, fresh, study.spec.algorithm, now)
            if trial is None and batch.is_last:
                return trials, guard.exhausted(study)
            if trial is None:
                raise _Short(order.count - len(trials))
            lease = self._lease(study, order, trial.number, now)
            set_aside = hold or study.budget_status.remaining or model.Money(0)
            trials.append(locked.lease(trial.number, lease, set_aside))
            if len(trials) == order.count:
                return trials, ruling

    def _lease(
        self, study: model.Study, order: AskOrder, number: int, now: datetime
    ) -> model.Lease:
        duration = order.lease_duration or study.spec.lease_duration
        return model.Lease(
            lease_id=_lease_id(order, number),
            worker_id=order.worker_id,
            expire_time=now + duration,
        )

    def _replay(
        self, locked: LockedStudy, known: Answer, order: AskOrder, now: datetime
    ) -> model.AskResult:
        if known.digest != digest_of(order):
            raise RequestIdReused(_REUSED.format(order.request_id))
        study = locked.view().study
        trials = [locked.trial(number) for number in known.numbers]
        still_his = [trial for trial in trials if _is_under(trial, order)]
        return _result(still_his, self._decision(study, guard.answered(len(still_his)), now))

    def _decide(self, locked: LockedStudy, ruling: Ruling, now: datetime) -> model.Decision:
        if ruling.ends_study:
            locked.change(now=now, state=model.StudyState.COMPLETED)
        decision = self._decision(locked.view().study, ruling, now)
        locked.decide(decision)
        return decision

    def _decision(self, study: model.Study, ruling: Ruling, now: datetime) -> model.Decision:
        return model.Decision(
            decision_id=self._make_id(),
            verdict=ruling.verdict,
            reason=ruling.reason,
            explanation=ruling.explanation,
            budget_status=study.budget_status,
            time=now,
        )

    def _still_computing(self, order: AskOrder) -> model.AskResult:
        study = self._store.look(order.study_id).study
        decision = self._decision(study, guard.computing(), self._clock())
        return _result([], decision)


def _batch_of(question: _Question, suggestions: Sequence[Suggestion]) -> _Batch:
    space = question.request.problem.space
    configurations = [space.decode(suggestion.point) for suggestion in suggestions]
    trials = [
        NewTrial(
            configuration=configuration,
            configuration_id=space.configuration_id(configuration),
            origin=model.Origin.ALGORITHM,
            generator=suggestion.generator,
            notes=suggestion.notes,
        )
        for suggestion, configuration in zip(suggestions, configurations, strict=True)
    ]
    is_last = len(suggestions) < question.request.count
    return _Batch(tuple(trials), born=question.born, is_last=is_last)


def _lease_id(order: AskOrder, number: int) -> str:
    """Name a lease after its ask, so that a repeated ask knows which leases it was given."""
    return str(uuid5(UUID(order.request_id), f"{order.study_id}/{number}"))


def _is_under(trial: model.Trial, order: AskOrder) -> bool:
    # A trial that lapsed may be another worker's by now; his lease must not be given away.
    return trial.lease is not None and trial.lease.lease_id == _lease_id(order, trial.number)


def _result(trials: Sequence[model.Trial], decision: model.Decision) -> model.AskResult:
    retry_after = None
    if decision.verdict is Verdict.WAIT:
        is_quick = decision.reason is Reason.COMPUTING
        retry_after = _RETRY_COMPUTING if is_quick else _RETRY_AFTER
    return model.AskResult(trials=tuple(trials), decision=decision, retry_after=retry_after)


def _next_new(
    locked: LockedStudy, fresh: Iterator[NewTrial], algorithm: model.Algorithm, now: datetime
) -> model.Trial | None:
    for trial in fresh:
        # Another server may have asked the same since the suggestion was made.
        if algorithm.allow_replicates or not locked.knows(trial.configuration_id):
            return locked.add(trial, now=now)
    return None
