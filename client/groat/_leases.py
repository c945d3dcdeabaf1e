"""Which trials must be kept alive, and what the server said about them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakSet

from groat import model, wire
from groat.v1 import service_pb2

_MOST = 1_000


@dataclass(slots=True, weakref_slot=True, eq=False)
class Life:
    """Held by a trial's handle alone; when it is gone, nobody works on the trial.

    Attributes:
        number: The trial's.
        lease_id: What proves that the trial is this worker's.
        is_over: Whether the server gave the trial away or ended it.
        stop_reason: Why the trial should end now; empty while it may go on.
    """

    number: int
    lease_id: str
    is_over: bool = False
    stop_reason: str = ""

    def obey(self, directive: model.Directive, reason: str) -> None:
        """Take in what the server wants done with the trial."""
        if directive is model.Directive.ABANDON:
            self.is_over = True
        elif directive is model.Directive.STOP:
            self.stop_reason = reason or "the server says stop"


class Leases:
    """The leases of one study that this process holds. Safe between threads.

    A trial that its worker forgot is forgotten here too, so that its lease runs
    out and another worker gets it.

    Attributes:
        interval: Seconds between two heartbeats: a third of a lease, so that two
            may get lost.
    """

    def __init__(self, study_id: str, lease_duration: timedelta) -> None:
        self.interval = lease_duration.total_seconds() / 3
        self._study_id = study_id
        self._lives: WeakSet[Life] = WeakSet()
        self._is_beating = False
        self._lock = threading.Lock()

    def add(self, life: Life) -> bool:
        """Keep a trial alive; true says that somebody must begin to beat."""
        with self._lock:
            self._lives.add(life)
            was_beating, self._is_beating = self._is_beating, True
            return not was_beating

    def drop(self, life: Life) -> None:
        """Let a trial go."""
        with self._lock:
            self._lives.discard(life)

    def beats(self) -> list[service_pb2.HeartbeatRequest]:
        """Return the next heartbeats; none says that beating must end."""
        with self._lock:
            held = sorted({(life.number, life.lease_id) for life in self._lives})
            self._is_beating = bool(held)
        return [
            wire.renewals_to_proto(self._study_id, held[i : i + _MOST])
            for i in range(0, len(held), _MOST)
        ]

    def settle(
        self, request: service_pb2.HeartbeatRequest, reply: service_pb2.HeartbeatResponse
    ) -> None:
        """Tell the trials that were given away, and those that should end now."""
        for renewal, answer in zip(request.renewals, reply.leases, strict=True):
            state = wire.lease_state_from_proto(answer)
            if state.directive is not model.Directive.CONTINUE:
                self._pass_on(state.directive, state.reason, {renewal.lease_id})

    def abandon_all(self) -> None:
        """Tell every trial that its study is gone."""
        everyone = {life.lease_id for life in list(self._lives)}
        self._pass_on(model.Directive.ABANDON, "", everyone)

    def _pass_on(self, directive: model.Directive, reason: str, lease_ids: set[str]) -> None:
        with self._lock:
            meant = [life for life in self._lives if life.lease_id in lease_ids]
            if directive is model.Directive.ABANDON:
                self._lives.difference_update(meant)
        for life in meant:
            life.obey(directive, reason)
