"""When parameters are active, and how many configurations that leaves."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from groat_server.blocks import Block, Sign

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_MOST_STATES = 100_000

_GateId: TypeAlias = tuple[int, int]
"""A parameter, and which of its conditions."""

_State: TypeAlias = frozenset[_GateId]
"""The gates that the parameters so far have opened for later ones."""

_NOTHING: _State = frozenset()


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition: the parent parameter, and the signs any of which opens it."""

    parent: int
    signs: tuple[Sign, ...]

    def is_open(self, codes: Floats) -> Bools:
        """Tell which of the parent's canonical codes ``(n, width)`` open it."""
        axes = [axis for axis, _ in self.signs]
        wanted = np.array([code for _, code in self.signs])
        return np.asarray((codes[:, axes] == wanted).any(axis=1), dtype=np.bool_)


def count(blocks: Sequence[Block], gates: Sequence[Sequence[Gate]], order: Sequence[int]) -> float:
    """Count configurations by what later conditions can tell apart, not one by one.

    Parameters on which nothing depends only multiply.

    Args:
        blocks: One per parameter.
        gates: Per parameter the gates that must all be open.
        order: Parameters, parents before their children.

    Returns:
        A whole number, exact; ``inf`` when an active parameter may be
        continuous. Beyond 100,000 states there are at least as many
        configurations, and counting them is not worth the time: ``inf`` too.
    """
    states: dict[_State, float] | None = {_NOTHING: 1}
    for j in order:
        own = frozenset((j, i) for i in range(len(gates[j])))
        states = _with_parameter(states, own, _choices(j, blocks[j], gates))
        if states is None:
            return math.inf
    return sum(states.values())


def _with_parameter(
    states: Mapping[_State, float], own: _State, choices: Mapping[_State, float]
) -> dict[_State, float] | None:
    """Return the states after one more parameter; ``None`` as soon as there are too many."""
    counts: dict[_State, float] = defaultdict(int)
    for state, ways in states.items():
        for opened, more in choices.items() if own <= state else [(_NOTHING, 1)]:
            counts[(state - own) | opened] += ways * more
        if len(counts) > _MOST_STATES:
            return None
    return counts


def _choices(j: int, block: Block, gates: Sequence[Sequence[Gate]]) -> dict[_State, float]:
    """In how many ways an active parameter opens each set of gates."""
    openers: dict[Sign, set[_GateId]] = defaultdict(set)
    for k, own in enumerate(gates):
        for i, gate in enumerate(own):
            for sign in gate.signs if gate.parent == j else ():
                openers[sign].add((k, i))
    choices: dict[_State, float] = defaultdict(int)
    for shown, ways in block.ways(openers.keys()).items():
        opened = frozenset(gate_id for sign in shown for gate_id in openers[sign])
        choices[opened] += ways
    return choices
