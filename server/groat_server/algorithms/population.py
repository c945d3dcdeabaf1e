"""A population read from the past: who has come how far, and who is better than whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from groat_server import front
from groat_server.algorithms.base import Floats, History, Integers, Pending

_SLOT = re.compile(r"member(\d+)\.step(\d+)(?:#(\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One interval of one member, such as ``member3.step5``, or ``member3.step5#1`` tried again.

    Attributes:
        step: From 0; so many intervals came before.
        member: From 0.
        attempt: How many trials of this step have FAILED before.
    """

    step: int
    member: int
    attempt: int = 0

    def __str__(self) -> str:
        again = f"#{self.attempt}" if self.attempt else ""
        return f"member{self.member}.step{self.step}{again}"


def read(slots: Iterable[str]) -> list[Slot | None]:
    """Read slots; ``None`` for each trial that is no member's, such as an imported one."""
    matches = (_SLOT.fullmatch(slot) for slot in slots)
    return [
        Slot(member=int(match[1]), step=int(match[2]), attempt=int(match[3] or 0))
        if match
        else None
        for match in matches
    ]


class Population:
    """All members with their trials.

    While nobody is past step 0 there are ``size`` members, told, pending or to
    come. From then on nobody joins, who would have to catch up all alone: so a
    size that is estimated anew at every ask does no harm.
    """

    def __init__(self, history: History, pending: Pending, size: int) -> None:
        told = [(slot, row) for row, slot in enumerate(read(history.slots)) if slot]
        busy = [slot for slot in read(pending.slots) if slot]
        lost = [slot for slot in read(pending.lost) if slot]
        self._is_measured = history.is_measured
        self._told = dict[int, dict[int, int]]()
        # Steps rise, and of two trials of one step the later attempt counts.
        for slot, row in sorted(told):
            self._told.setdefault(slot.member, {})[slot.step] = row
        self._attempts = {(slot.member, slot.step): slot.attempt + 1 for slot in sorted(lost)}
        self._busy = {slot.member for slot in busy}
        seen = [*(slot for slot, _ in told), *busy, *lost]
        still_open = 0 if any(slot.step for slot in seen) else size
        self._members = {*range(still_open), *(slot.member for slot in seen)}

    @property
    def is_waiting(self) -> bool:
        """Whether some member's trial is pending."""
        return bool(self._busy)

    def next_slots(self) -> list[Slot]:
        """Return the next step of every member that is free, furthest behind first."""
        return sorted(self._next(member) for member in self._members - self._busy)

    def _next(self, member: int) -> Slot:
        step = 1 + max(self._told.get(member, {}), default=-1)
        attempt = self._attempts.get((member, step), 0)
        return Slot(step=step, member=member, attempt=attempt)

    def newest(self, step: int, *, measured: bool = False) -> dict[int, int]:
        """Return each member's newest told trial, as a row of the history.

        Args:
            step: The last that counts.
            measured: Pass over INFEASIBLE trials.

        Returns:
            Rows by member, who are in order. Whoever has no such trial is left out.
        """
        rows = dict[int, int]()
        for member, steps in sorted(self._told.items()):
            fit = [
                row
                for at, row in steps.items()
                if at <= step and (self._is_measured[row] or not measured)
            ]
            rows.update({member: fit[-1]} if fit else {})
        return rows


def places(history: History, rows: Sequence[int]) -> Integers:
    """Place some trials: by violation, then non-dominated rank, then crowding.

    Args:
        history: Where they are.
        rows: ``k`` of its rows.

    Returns:
        Shape ``(k,)``. 0 is best, and equally good ones share a place. Trials
        that violate a constraint are told apart by the violation only;
        INFEASIBLE ones come last.

    Source:
        Deb, Pratap, Agarwal and Meyarivan (2002), NSGA-II, sections III-C and VI.
        https://doi.org/10.1109/4235.996017
    """
    at = np.array(rows, dtype=np.int64)
    violation = _violation(history.violations[at])
    violation[~history.is_measured[at]] = np.inf
    rank, loneliness = np.zeros(len(at)), np.zeros(len(at))
    feasible = violation == 0
    rank[feasible] = front.ranks(history.losses[at[feasible]])
    for one in np.unique(rank[feasible]):
        peers = feasible & (rank == one)
        loneliness[peers] = front.crowding_distance(history.losses[at[peers]])
    keys = np.column_stack([violation, rank, -loneliness])
    return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1], dtype=np.int64).ravel()


def _violation(violations: Floats) -> Floats:
    """Add violations up, each in shares of the largest seen; NaN where INFEASIBLE."""
    excess = np.maximum(violations, 0.0)
    worst = np.max(excess, axis=0, initial=0.0, where=np.isfinite(excess))
    return np.sum(excess / np.where(worst > 0, worst, 1.0), axis=1)
