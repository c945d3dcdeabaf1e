"""When parameters are active, and how many configurations that leaves."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_MOST_STATES = 100_000

_GateId: TypeAlias = tuple[int, int]
"""A parameter's column, and which of its conditions."""

_State: TypeAlias = frozenset[_GateId]
"""The gates that the parameters so far have opened for later ones."""

_NOTHING: _State = frozenset()


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: the parent's column, and the canonical codes that open it."""

    parent: int
    codes: Floats

    def is_open(self, codes: Floats) -> Bools:
        """Tell which of the parent's canonical ``codes (n,)`` open it."""
        return (codes[:, None] == self.codes).any(axis=1)


def count(levels: Sequence[int], gates: Sequence[Sequence[Gate]], order: Sequence[int]) -> float:
    """Count configurations by what later conditions can tell apart, not one by one.

    Parameters on which nothing depends only multiply.

    Args:
        levels: Per parameter its number of values; 0 for a continuum.
        gates: Per parameter the gates that must all be open.
        order: Columns, parents before their children.

    Returns:
        A whole number, exact; ``inf`` when an active parameter may be
        continuous. Beyond 100,000 states there are at least as many
        configurations, and counting them is not worth the time: ``inf`` too.
    """
    states: dict[_State, float] = {_NOTHING: 1}
    for j in order:
        own = frozenset((j, i) for i in range(len(gates[j])))
        states = _with_parameter(states, own, _choices(j, levels[j], gates))
        if len(states) > _MOST_STATES:
            return math.inf
    return sum(states.values())


def _with_parameter(
    states: Mapping[_State, float], own: _State, choices: Mapping[_State, float]
) -> dict[_State, float]:
    counts: dict[_State, float] = defaultdict(int)
    for state, ways in states.items():
        for opened, more in choices.items() if own <= state else [(_NOTHING, 1)]:
            counts[(state - own) | opened] += ways * more
    return counts


def _choices(j: int, levels: int, gates: Sequence[Sequence[Gate]]) -> dict[_State, float]:
    """In how many ways an active parameter opens each set of gates."""
    opened: dict[float, set[_GateId]] = defaultdict(set)
    for k, own in enumerate(gates):
        for i, gate in enumerate(own):
            for code in gate.codes.tolist() if gate.parent == j else ():
                opened[code].add((k, i))
    choices: dict[_State, float] = defaultdict(int)
    for gate_ids in opened.values():
        choices[frozenset(gate_ids)] += 1
    rest = (levels or math.inf) - len(opened)
    if rest:
        choices[_NOTHING] += rest
    return choices
