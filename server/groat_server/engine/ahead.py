"""Suggestions computed between asks, so that an ask need not wait for a model.

After a tell the next suggestions are computed at once: its worker is about to
ask. While many trials run they are computed after an ask, too: the next worker
is served from those, though they believe its own trial to have come out as
predicted. See `Basis.suffices` for what is still worth handing out.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

import structlog

from groat import model
from groat_server.engine.batches import Batch, patience

_log = structlog.get_logger(__name__)

_MOMENT_S = 0.25
"""Of quiet, before computing where nobody waits: the next tell would make it void."""

_MOST = 16
_STUDIES_KEPT = 64

_Compute: TypeAlias = Callable[[str, int], Awaitable[Batch]]


@dataclass(slots=True)
class _Desk:
    """One study that is asked here.

    Attributes:
        count: How many suggestions its last ask wanted.
        ready: Computed ahead, and not handed out.
        unheard: Tells since that began to be computed.
        round: What is being computed.
        is_due: Something has changed since that began.
        is_held: No round begins; see `Ahead.held`.
        timer: When the next round begins.
    """

    count: int = 1
    ready: Batch | None = None
    unheard: int = 0
    round: asyncio.Task[Batch] | None = None
    is_due: bool = False
    is_held: bool = False
    timer: asyncio.TimerHandle | None = None


class Ahead:
    """Keeps the next suggestions ready. It belongs to one event loop.

    Only of studies whose asks come to this server; after each of their tells, at
    most one round at a time.

    Args:
        compute: Asks a study's algorithm for so many suggestions.
        is_on: Compute anything at all.
    """

    def __init__(self, compute: _Compute, *, is_on: bool) -> None:
        self._compute = compute
        self._is_on = is_on
        self._desks: OrderedDict[str, _Desk] = OrderedDict()

    def serve(self, study_id: str) -> None:
        """Begin to compute ahead for a study."""
        if self._is_on and study_id not in self._desks:
            self._desks[study_id] = _Desk()
            while len(self._desks) > _STUDIES_KEPT:
                self._desks.popitem(last=False)

    @contextmanager
    def held(self, study_id: str) -> Generator[None]:
        """Begin no round meanwhile: it would not know what an ask is handing out."""
        desk = self._desks.get(study_id, _Desk())
        desk.is_held = True
        try:
            yield
        finally:
            desk.is_held = False

    def ready(self, study_id: str, count: int) -> Batch:
        """Return what is ready for an ask, whether or not it still serves; may be empty."""
        desk = self._desks.get(study_id)
        if desk is None:
            return Batch()
        self._desks.move_to_end(study_id)
        desk.count = min(count, _MOST)
        ready = desk.ready or Batch()
        return ready if len(ready.trials) >= count else Batch()

    async def join(self, study_id: str, count: int) -> Batch | None:
        """Wait for what is being computed, if it is as much as an ask needs.

        What has been told since that began may keep it from being handed out.
        """
        desk = self._desks.get(study_id)
        if desk is None or desk.round is None:
            return None
        # An ask that ends early must not end what others wait for.
        batch = await asyncio.shield(desk.round)
        is_all = batch.is_last or batch.awaits_results
        return replace(batch, is_ready=True) if is_all or len(batch.trials) >= count else None

    def answered(self, study_id: str, result: model.AskResult) -> None:
        """Take note of an ask's answer; what was ready is used up by any trial in it."""
        desk = self._desks.get(study_id)
        if desk is None:
            return
        if result.trials:
            desk.ready = None
        others = result.decision.budget_status.running_trials - len(result.trials)
        if desk.is_due:
            self._start(study_id, desk)
        elif result.trials and patience(others):
            self._soon(study_id, desk)

    def told(self, study_id: str, status: model.BudgetStatus) -> None:
        """Take note of the end of a trial."""
        desk = self._desks.get(study_id)
        if desk is None:
            return
        desk.unheard += 1
        if desk.ready is not None and desk.unheard <= patience(status.running_trials):
            self._soon(study_id, desk)
        else:
            self._start(study_id, desk)

    def _soon(self, study_id: str, desk: _Desk) -> None:
        if desk.timer is not None:
            desk.timer.cancel()
        loop = asyncio.get_running_loop()
        desk.timer = loop.call_later(_MOMENT_S, self._start, study_id, desk)

    def _start(self, study_id: str, desk: _Desk) -> None:
        if desk.timer is not None:
            desk.timer = desk.timer.cancel()
        desk.is_due = desk.is_held or desk.round is not None
        if not desk.is_due:
            desk.unheard = 0
            desk.round = asyncio.create_task(self._round(study_id, desk))
            desk.round.add_done_callback(lambda _: self._finish(study_id, desk))

    async def _round(self, study_id: str, desk: _Desk) -> Batch:
        try:
            batch = await self._compute(study_id, desk.count)
        except Exception:
            # Nobody asked for it: whatever is wrong, the next ask says so to who does.
            _log.warning("computing_ahead_failed", study=study_id, exc_info=True)
            batch = Batch()
        desk.ready = replace(batch, is_ready=True)
        return batch

    def _finish(self, study_id: str, desk: _Desk) -> None:
        desk.round = None
        if desk.is_due:
            self._start(study_id, desk)
