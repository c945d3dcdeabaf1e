"""Ask: hand out trials, or say why not.

Whatever is slow (reading the past, fitting a model) happens before the study
is locked; the lock is held for one short transaction.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from weakref import WeakValueDictionary

from groat import model
from groat.errors import RequestIdReused, TooLarge
from groat.model import Reason, Verdict
from groat_server import guard, validation
from groat_server.algorithms.base import AwaitsResults
from groat_server.booking import digest_of
from groat_server.engine.batches import Batch, Candidates, Question, batch_of
from groat_server.engine.spends import spent
from groat_server.guard import Ruling, Spent
from groat_server.history import Memory, history_of
from groat_server.sampler import Request, Sampler, problem_of
from groat_server.storage.base import Answer, LockedStudy, Store

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
            batch = Batch()
            for _ in range(_TRIES):
                try:
                    return await asyncio.to_thread(self._hand_out, order, batch)
                except _Short as short:
                    batch = await self._suggest(order.study_id, short.missing)
        return await asyncio.to_thread(self._still_computing, order)

    async def _suggest(self, study_id: str, count: int) -> Batch:
        # Reading a long past takes a while: only the waiting is done on the event loop.
        question = await asyncio.to_thread(self._question, study_id, count)
        try:
            suggestions = await self._sampler.suggest(question.request)
        except AwaitsResults:
            return Batch(born=question.born, awaits_results=True)
        return await asyncio.to_thread(batch_of, question, suggestions)

    def _question(self, study_id: str, count: int) -> Question:
        # Pending ones first: what ends meanwhile is then in both, and counts as told.
        running = self._store.pending(study_id)
        view = self._store.look(study_id)
        past = self._memory.past(view.study)
        history, pending = history_of(past, running)
        affordable = guard.affordable_trials(view.study, spent(past))
        spec = view.study.spec
        request = Request(
            algorithm=spec.algorithm.kind.kind,
            problem=problem_of(spec, past.space, affordable),
            history=history,
            pending=pending,
            count=count,
            seeds=(spec.algorithm.seed or 0, view.next_number),
        )
        finished = view.study.budget_status.finished_trials
        return Question(request, past, born=view.study.create_time, finished=finished)

    def _hand_out(self, order: AskOrder, batch: Batch) -> model.AskResult:
        told = self._told_spend(order.study_id)
        now = self._clock()
        with self._store.locked(order.study_id) as locked:
            known = locked.answer(order.request_id)
            if known is not None:
                return self._replay(locked, known, order, now)
            locked.lapse(now=now)
            if batch.born not in {None, locked.view().study.create_time}:
                batch = Batch()
            trials, ruling = self._lease_each(locked, order, batch, told, now)
            decision = self._decide(locked, ruling, now)
            if trials:
                numbers = tuple(trial.number for trial in trials)
                answer = Answer(digest=digest_of(order), numbers=numbers)
                locked.remember(order.request_id, answer, now=now)
            return _result(trials, decision)

    def _told_spend(self, study_id: str) -> Sequence[Spent]:
        study = self._store.look(study_id).study
        return () if study.spec.budget.max_spend is None else spent(self._memory.past(study))

    def _lease_each(
        self,
        locked: LockedStudy,
        order: AskOrder,
        batch: Batch,
        told: Sequence[Spent],
        now: datetime,
    ) -> tuple[list[model.Trial], Ruling]:
        candidates = Candidates(locked, order.count, batch.trials)
        trials: list[model.Trial] = []
        holds = functools.cache(functools.partial(guard.hold_for, locked.view().study.spec, told))
        while True:
            study = locked.view().study
            hold = holds(candidates.example_count)
            ruling = guard.admit(study=study, hold=hold, now=now, is_new=candidates.is_new)
            if ruling.verdict is not Verdict.PROCEED:
                return trials, ruling
            if candidates.is_over:
                return trials, _nothing_more(study, batch, order.count - len(trials))
            number = candidates.take(now)
            lease = self._lease(study, order, number, now)
            set_aside = hold or study.budget_status.remaining or model.Money(0)
            trials.append(locked.lease(number, lease, set_aside))
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


def _nothing_more(study: model.Study, batch: Batch, missing: int) -> Ruling:
    if batch.awaits_results:
        return guard.awaiting(study)
    # What was told since may have made more of it: a promotion, say.
    if batch.is_last and batch.finished == study.budget_status.finished_trials:
        return guard.exhausted(study)
    raise _Short(missing)


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
