"""A lock that is fair."""

from __future__ import annotations

import threading
from collections import deque
from types import TracebackType


class Turn:
    """A lock whose waiters get it in the order in which they came.

    A plain lock lets a busy thread take it again and again while others starve.
    A thread that asks for a turn it already has gets ``RuntimeError``, where a
    plain lock would stop for ever.
    """

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._owner: int | None = None
        self._waiting: deque[tuple[int, threading.Lock]] = deque()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody waits for it."""
        return bool(self._waiting)

    def __enter__(self) -> None:
        me = threading.get_ident()
        place = (me, threading.Lock())
        with self._gate:
            if self._owner == me:
                raise RuntimeError("this thread holds the study already")
            if self._owner is None:
                self._owner = me
                return
            place[1].acquire()
            self._waiting.append(place)
        try:
            place[1].acquire()
        except BaseException:
            self._give_up(place)
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._gate:
            self._pass_on()

    def _pass_on(self) -> None:
        if not self._waiting:
            self._owner = None
            return
        self._owner, signal = self._waiting.popleft()
        signal.release()

    def _give_up(self, place: tuple[int, threading.Lock]) -> None:
        """Leave the queue after an interrupt, which may have come after the turn did."""
        with self._gate:
            if place in self._waiting:
                self._waiting.remove(place)
            else:
                self._pass_on()
