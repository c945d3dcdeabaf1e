"""Ask: hand out trials, or say why not.

Whatever is slow (reading the past, fitting a model) happens before the study
is locked; the lock is held for one short transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
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
from groat_server.engine.ahead import Ahead
from groat_server.engine.assessing import View
from groat_server.engine.batches import Basis, Batch, Candidates, Question, batch_of
from groat_server.engine.clock import Clock
from groat_server.engine.judging import Judging, decision_of
from groat_server.evidence import Evidence
from groat_server.guard import Ruling
from groat_server.sampler import Request, Sampler, delegate, problem_of
from groat_server.storage.base import Answer, LockedStudy, Store, StudyView

_TRIES = 5
_OTHERS = 8
"""So many suggestions must be too dear for what is left before a study ends for it."""

_MAX_ASKS = 1_000
_RETRY_AFTER = timedelta(seconds=1)
_RETRY_COMPUTING = timedelta(milliseconds=100)
_REUSED = "request id {} came before with another order; make a new one"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOrder:
    """What a worker asks for.

    Attributes:
        lease_duration: ``None`` is the study's own.
        reports_usage: The worker reports as it goes and stops when it is told.
        acknowledged_decision_id: A person goes on in spite of that decision.
    """

    study_id: str
    count: int
    request_id: str
    worker_id: str = ""
    lease_duration: timedelta | None = None
    reports_usage: bool = False
    acknowledged_decision_id: str = ""


class _Short(Exception):
    """More suggestions are needed; raised to leave the transaction unchanged."""

    def __init__(self, missing: int) -> None:
        super().__init__(missing)
        self.missing = missing


class Asking:
    """The verb ask. It belongs to one event loop."""

    def __init__(
        self,
        store: Store,
        judging: Judging,
        sampler: Sampler,
        *,
        clock: Clock,
        computes_ahead: bool,
    ) -> None:
        self._ahead = Ahead(self._suggest, is_on=computes_ahead)
        self._store = store
        self._judging = judging
        self._sampler = sampler
        self._clock = clock
        self._evidence = Evidence()
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

    def told(self, study_id: str, status: model.BudgetStatus) -> None:
        """Take note that a trial has ended, and compute ahead what its worker may ask for."""
        self._ahead.told(study_id, status)

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
            with self._ahead.held(order.study_id):
                ready = self._ahead.ready(order.study_id, order.count)
                result = await self._handed_out(order, ready)
            self._ahead.answered(order.study_id, result)
            return result

    async def _handed_out(self, order: AskOrder, batch: Batch) -> model.AskResult:
        for turn in range(_TRIES):
            try:
                return await asyncio.to_thread(self._hand_out, order, batch)
            except _Short as short:
                missing = short.missing
            begun = None if turn else await self._ahead.join(order.study_id, missing)
            batch = begun or await self._suggest(order.study_id, missing)
        return await asyncio.to_thread(self._still_computing, order)

    async def _suggest(self, study_id: str, count: int) -> Batch:
        # Reading a long past takes a while: only the waiting is done on the event loop.
        question = await asyncio.to_thread(self._question, study_id, count)
        if await self._sampler.is_heavy(question.request):
            self._ahead.serve(study_id)
        try:
            suggestions = await self._sampler.suggest(question.request)
        except AwaitsResults:
            return Batch(basis=question.basis, awaits_results=True)
        return await asyncio.to_thread(batch_of, question, suggestions)

    def _question(self, study_id: str, count: int) -> Question:
        # What begins meanwhile must not look known, and what ends be missing: it counts as told.
        basis = Basis.of(self._store.look(study_id))
        running = self._store.pending(study_id)
        view = self._store.look(study_id)
        seen = self._judging.see(view)
        past, spec = seen.past, view.study.spec
        chosen = delegate(
            spec.algorithm.kind.kind,
            problem_of(spec, past.space, seen.affordable_in_all, seen.purse),
            told=len(past.ordered) - len(past.useless),
            measured=past.measured,
            pending=len(running),
        )
        history, pending = self._evidence.of(past, running, chosen)
        request = Request(
            algorithm=chosen.name,
            problem=chosen.problem,
            history=history,
            pending=pending,
            count=count,
            seeds=(spec.algorithm.seed or 0, view.next_number),
            why=chosen.why,
        )
        return Question(request, past, basis)

    def _hand_out(self, order: AskOrder, batch: Batch) -> model.AskResult:
        if order.acknowledged_decision_id and (replayed := self._replayed(order)) is not None:
            return replayed
        seen = self._judging.see(self._accepting(order))
        now = self._clock()
        with self._store.locked(order.study_id) as locked:
            known = locked.answer(order.request_id)
            if known is not None:
                return self._replay(locked, known, order, now)
            locked.lapse(now=now)
            if not batch.serves(locked.view()):
                batch = Batch()
            trials, ruling = self._lease_each(locked, order, batch, seen, now)
            decision = self._judging.decide(locked, seen, ruling, now)
            if trials:
                numbers = tuple(trial.number for trial in trials)
                answer = Answer(digest=digest_of(order), numbers=numbers)
                locked.remember(order.request_id, answer, now=now)
            return _result(trials, decision)

    def _accepting(self, order: AskOrder) -> StudyView:
        """Read the study, after what a person accepts of it, if anything."""
        if order.acknowledged_decision_id:
            return self._judging.accept(order.study_id, order.acknowledged_decision_id)
        return self._store.look(order.study_id)

    def _lease_each(
        self, locked: LockedStudy, order: AskOrder, batch: Batch, seen: View, now: datetime
    ) -> tuple[list[model.Trial], Ruling]:
        withheld = not seen.assessment.advice.allows
        candidates = Candidates(locked, order.count, batch.trials, decided_first=withheld)
        trials: list[model.Trial] = []
        while True:
            study = locked.view().study
            candidate = candidates.next(seen, in_tranches=order.reports_usage)
            ruling = guard.admit(
                study=study, candidate=candidate, assessment=seen.assessment, now=now
            )
            if not ruling.allows:
                left = study.budget_status.remaining
                if trials or not _may_be_cheaper(candidates, batch, ruling, left):
                    return trials, ruling
                continue
            if candidates.is_over:
                return trials, _nothing_more(study, batch, order.count - len(trials))
            number = candidates.take(now)
            lease = self._lease(study, order, number, now)
            nothing = model.Money(0, study.spec.currency)
            hold = _set_aside(candidate.hold, study.budget_status.remaining) or nothing
            trials.append(
                locked.lease(number, lease, hold, nothing if order.reports_usage else None)
            )
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

    def _replayed(self, order: AskOrder) -> model.AskResult | None:
        """Answer an ask that came before, so that what it acknowledges counts once."""
        with self._store.locked(order.study_id) as locked:
            known = locked.answer(order.request_id)
            return None if known is None else self._replay(locked, known, order, self._clock())

    def _replay(
        self, locked: LockedStudy, known: Answer, order: AskOrder, now: datetime
    ) -> model.AskResult:
        if known.digest != digest_of(order):
            raise RequestIdReused(_REUSED.format(order.request_id))
        study = locked.view().study
        trials = [locked.trial(number) for number in known.numbers]
        still_his = [trial for trial in trials if _is_under(trial, order)]
        ruling = guard.answered(len(still_his))
        return _result(still_his, decision_of(study, ruling, now))

    def _still_computing(self, order: AskOrder) -> model.AskResult:
        study = self._store.look(order.study_id).study
        return _result([], decision_of(study, guard.computing(), self._clock()))


def _set_aside(hold: model.Money | None, left: model.Money | None) -> model.Money | None:
    """Of a trial that runs alone, all that is left."""
    if hold is None or left is None:
        return hold or left
    return min(hold, left)


def _may_be_cheaper(
    candidates: Candidates, batch: Batch, ruling: Ruling, left: model.Money | None
) -> bool:
    """Whether another suggestion may fit where this one does not; it is left out then.

    Raises:
        _Short: More suggestions are needed to tell.
    """
    is_dear = ruling.reason is Reason.BUDGET_EXHAUSTED and left is not None and left.nanos > 0
    if not is_dear or not candidates.is_new:
        return False
    if not candidates.is_over:
        candidates.drop()
    if not candidates.is_over:
        return True
    if batch.awaits_results or batch.is_last or len(batch.trials) >= _OTHERS:
        return False
    raise _Short(_OTHERS)


def _nothing_more(study: model.Study, batch: Batch, missing: int) -> Ruling:
    if batch.awaits_results:
        return guard.awaiting(study)
    # What was told since may have made more of it: a promotion, say.
    if (
        batch.is_last
        and batch.basis
        and batch.basis.finished == study.budget_status.finished_trials
    ):
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
