"""Follow a study: its changes, its finished trials, the guard's decisions, the front."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from groat import model
from groat.errors import InvalidArgument, TooLarge
from groat_server import front
from groat_server.engine.analysis import reference_of
from groat_server.engine.clock import Clock
from groat_server.history import Memory, Past, Told
from groat_server.storage.base import Store, StoredDecision

_POLL_S = 0.5
_QUIET = timedelta(seconds=10)
_PAGE = 200
_MOST_WATCHERS = 500
_NUMBERS = re.compile(r"(-1|[0-9]{1,18})(\.(-1|[0-9]{1,18})){2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Seen:
    """How far a watcher has come.

    Attributes:
        order: Of the last finished trial.
        front: The order up to which changes of the front are told.
        entry: Of the last decision.
        etag: Of the study, as it was last told.
    """

    order: int
    front: int
    entry: int
    etag: str

    @property
    def token(self) -> str:
        return f"{self.order}.{self.front}.{self.entry}.{self.etag}"

    @classmethod
    def of(cls, token: str) -> _Seen:
        numbers, _, etag = token.rpartition(".")
        if not _NUMBERS.fullmatch(numbers):
            raise InvalidArgument.at("resume_token", "not a token of this stream")
        order, front, entry = map(int, numbers.split("."))
        return cls(order, front, entry, etag)


class Watching:
    """The verb watch study. It belongs to one event loop.

    The store is asked twice a second, so that what happens on another server
    is seen as well.
    """

    def __init__(self, store: Store, memory: Memory, *, clock: Clock) -> None:
        self._store = store
        self._memory = memory
        self._clock = clock
        self._watchers = 0

    async def watch(self, study_id: str, resume_token: str = "") -> AsyncIterator[model.StudyEvent]:
        """Yield what happens, from now on or from where a token says.

        The study itself comes first, then whenever its declaration or state has
        changed. After ten quiet seconds comes a bookmark.

        Raises:
            NotFound: There is no such study, or it was deleted meanwhile.
            InvalidArgument: The token is none.
            TooLarge: Too many are watching.
        """
        if self._watchers >= _MOST_WATCHERS:
            raise TooLarge(f"{_MOST_WATCHERS} streams are open on this server; try another one")
        self._watchers += 1
        try:
            seen = await asyncio.to_thread(self._start, study_id, resume_token)
            last = self._clock()
            while True:
                news = await asyncio.to_thread(self._news, study_id, seen)
                for event, seen in news:
                    yield self._event(event, seen)
                now = self._clock()
                if news:
                    last = now
                elif now - last >= _QUIET:
                    yield self._event(None, seen)
                    last = now
                if not news:
                    await asyncio.sleep(_POLL_S)
        finally:
            self._watchers -= 1

    def _event(self, event: _Event, seen: _Seen) -> model.StudyEvent:
        return model.StudyEvent(resume_token=seen.token, time=self._clock(), event=event)

    def _start(self, study_id: str, resume_token: str) -> _Seen:
        if resume_token:
            return _Seen.of(resume_token)
        past = self._memory.past(self._store.look(study_id).study)
        newest = self._store.decisions(study_id, limit=1)
        return _Seen(past.last_order, past.last_order, newest[0].entry if newest else -1, "")

    def _news(self, study_id: str, seen: _Seen) -> list[tuple[_Event, _Seen]]:
        """Return what happened since, each with how far the watcher is after it."""
        news: list[tuple[_Event, _Seen]] = []
        study = self._store.look(study_id).study
        if study.etag != seen.etag:
            seen = replace(seen, etag=study.etag)
            news.append((study, seen))
        finished = self._store.finished(study_id, after=seen.order, limit=_PAGE)
        for one in finished:
            seen = replace(seen, order=one.order)
            news.append((one.trial, seen))
        if seen.front < seen.order:
            change = _front_change(self._memory.past(study), seen.front, seen.order)
            seen = replace(seen, front=seen.order)
            news += [(change, seen)] if change else []
        for one in self._decided(study_id, seen.entry):
            seen = replace(seen, entry=one.entry)
            news.append((one.decision, seen))
        return news

    def _decided(self, study_id: str, after: int) -> list[StoredDecision]:
        """Return the decisions after an entry, the oldest first, however many came at once."""
        found: list[StoredDecision] = []
        before = None
        while page := self._store.decisions(study_id, before=before, limit=_PAGE):
            new = [one for one in page if one.entry > after]
            found += new
            if len(new) < len(page):
                break
            before = page[-1].entry
        return found[::-1]


_Event = model.Study | model.Trial | model.Decision | model.FrontChange | None


def _front_change(past: Past, before: int, after: int) -> model.FrontChange | None:
    told = past.in_order()
    old = _members([one for one in told if one.order <= before])
    new = _members([one for one in told if one.order <= after])
    if old == new:
        return None
    losses = np.array([one.losses for one in told if one.trial.number in new])
    return model.FrontChange(
        added=tuple(sorted(new - old)),
        removed=tuple(sorted(old - new)),
        hypervolume=front.hypervolume(losses, reference_of(past)) if new else 0.0,
    )


def _members(told: list[Told]) -> set[int]:
    contenders = [one for one in told if one.is_contender]
    if not contenders:
        return set()
    best = front.non_dominated(np.array([one.losses for one in contenders]))
    return {one.trial.number for one, is_best in zip(contenders, best, strict=True) if is_best}
