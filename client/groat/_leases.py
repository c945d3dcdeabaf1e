"""Which trials must be kept alive, and what the server said about them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

from groat import model, wire
from groat.v1 import service_pb2

_MOST = 1_000


@dataclass(slots=True, weakref_slot=True, eq=False)
class Life:
    """Held by a trial's handle alone; when it is gone, nobody works on the trial.

    Attributes:
        number: The trial's.
        is_over: Whether the server gave the trial away or ended it.
    """

    number: int
    is_over: bool = False


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
        self._lives: WeakValueDictionary[str, Life] = WeakValueDictionary()
        self._is_beating = False
        self._lock = threading.Lock()

    def add(self, lease_id: str, life: Life) -> bool:
        """Keep a trial alive; true says that somebody must begin to beat."""
        with self._lock:
            self._lives[lease_id] = life
            was_beating, self._is_beating = self._is_beating, True
            return not was_beating

    def drop(self, lease_id: str) -> None:
        """Let a trial go."""
        with self._lock:
            self._lives.pop(lease_id, None)

    def beats(self) -> list[service_pb2.HeartbeatRequest]:
        """Return the next heartbeats; none says that beating must end."""
        with self._lock:
            held = [(life.number, lease_id) for lease_id, life in self._lives.items()]
            self._is_beating = bool(held)
        return [
            wire.renewals_to_proto(self._study_id, held[i : i + _MOST])
            for i in range(0, len(held), _MOST)
        ]

    def settle(
        self, request: service_pb2.HeartbeatRequest, reply: service_pb2.HeartbeatResponse
    ) -> None:
        """Tell the trials that were given away."""
        for renewal, answer in zip(request.renewals, reply.leases, strict=True):
            if wire.lease_state_from_proto(answer).directive is model.Directive.ABANDON:
                self._abandon(renewal.lease_id)

    def abandon_all(self) -> None:
        """Tell every trial that its study is gone."""
        for lease_id in list(self._lives.keys()):
            self._abandon(lease_id)

    def _abandon(self, lease_id: str) -> None:
        with self._lock:
            life = self._lives.pop(lease_id, None)
        if life is not None:
            life.is_over = True
