"""A grid by numbers: how many cells it has, and which configuration each number stands for.

No grid is ever laid out. What is kept is in how many ways a configuration can go on after
each parameter, so that counting takes no longer than reading the space, and any cell can be
computed from its number alone. Engine-level code may import this: it brings numpy only.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TypeAlias

import numpy as np

from groat import model
from groat_server import blocks
from groat_server.algorithms.base import Floats, Integers
from groat_server.blocks import Sign
from groat_server.conditions import Gate
from groat_server.space import INACTIVE, Space

_MOST_STATES = 100_000
_MOST_CELLS = 2**62

_GateId: TypeAlias = tuple[int, int]
"""A parameter, and which of its conditions."""

_State: TypeAlias = frozenset[_GateId]
"""The gates that the parameters so far have opened for later ones."""

_NOTHING: _State = frozenset()


def count_cells(space: Space, levels_per_number: int) -> float:
    """Count the cells of a grid, constraints aside, without laying it out.

    Args:
        space: What is searched.
        levels_per_number: Values of each float, and of each int or ordinal
            that has more; at least 2.

    Returns:
        A whole number, exact. Beyond 2**62 cells, or where conditions interact
        in more than 100,000 ways and leave at least as many cells, ``inf``.
    """
    return Cells(space, levels_per_number).size


@functools.lru_cache(maxsize=8)
def cells_of(space: Space, levels_per_number: int) -> Cells:
    """Return the cells of a grid; the same object for the same `Space` object."""
    return Cells(space, levels_per_number)


class Cells:
    """Every combination of values, numbered from 0.

    Labels, texts and booleans have all their values, subsets all that are valid,
    permutations all orders; numbers with more than ``levels_per_number`` values
    have so many of them, evenly on their axis with both ends, less those that
    rounding makes equal. Parameters have values where they are active only.

    Attributes:
        size: See `count_cells`.
    """

    def __init__(self, space: Space, levels_per_number: int) -> None:
        self._space = space
        self._blocks = [_block(p.domain, levels_per_number) for p in space.parameters]
        index = {parameter.id: j for j, parameter in enumerate(space.parameters)}
        self._gates = [
            [_gate(index[one.parameter_id], self._blocks, one) for one in p.active_when]
            for p in space.parameters
        ]
        parents = {j: [gate.parent for gate in own] for j, own in enumerate(self._gates)}
        self._order = list(TopologicalSorter(parents).static_order())
        self._choices = [self._choices_of(j) for j in range(len(self._blocks))]
        self._ways = self._counted(self._layers())
        self._branches = functools.cache(self._branched)
        self.size = self._ways[0][_NOTHING] if self._ways else math.inf
        self.size = self.size if self.size <= _MOST_CELLS else math.inf

    # Counting: what the parameters so far have opened is all that later ones can tell apart.

    def _layers(self) -> list[set[_State]]:
        """Return what can be open before each parameter, and at the end; nothing if too much."""
        layers = [{_NOTHING}]
        for j in self._order:
            going_on = {after for state in layers[-1] for after, _ in self._next(j, state)}
            if len(going_on) > _MOST_STATES:
                return []
            layers.append(going_on)
        return layers

    def _counted(self, layers: list[set[_State]]) -> list[dict[_State, float]]:
        """Return in how many ways a configuration goes on from each state of each layer."""
        counted: list[dict[_State, float]] = [dict.fromkeys(layers[-1], 1)] if layers else []
        for j, layer in zip(reversed(self._order), layers[-2::-1], strict=False):
            rest = counted[-1]
            counted.append(
                {s: sum(ways * rest[after] for after, ways in self._next(j, s)) for s in layer}
            )
        return counted[::-1]

    def _next(self, j: int, state: _State) -> list[tuple[_State, float]]:
        """Return the states that a parameter can lead to, and the number of values that do."""
        own = self._own(j)
        choices = self._choices[j] if own <= state else {_NOTHING: 1}
        return [((state - own) | opened, ways) for opened, ways in choices.items()]

    def _own(self, j: int) -> _State:
        return frozenset((j, i) for i in range(len(self._gates[j])))

    def _choices_of(self, j: int) -> Mapping[_State, float]:
        """In how many ways an active parameter opens each set of gates."""
        openers: dict[Sign, set[_GateId]] = defaultdict(set)
        for gate_id, gate in self._gates_behind(j):
            for sign in gate.signs:
                openers[sign].add(gate_id)
        choices: dict[_State, float] = defaultdict(int)
        for shown, ways in self._blocks[j].ways(openers.keys()).items():
            choices[frozenset(gate_id for sign in shown for gate_id in openers[sign])] += ways
        return {opened: ways for opened, ways in choices.items() if ways}

    def _gates_behind(self, j: int) -> Iterator[tuple[_GateId, Gate]]:
        for k, own in enumerate(self._gates):
            for i, gate in enumerate(own):
                if gate.parent == j:
                    yield (k, i), gate

    # Finding.

    def points(self, numbers: Integers) -> Floats:
        """Return the cells of some numbers.

        Args:
            numbers: Shape ``(n,)``, from 0, below a finite ``size``.

        Returns:
            Shape ``(n, d)``, canonical; also those that break a constraint.
        """
        points = np.full((len(numbers), self._space.d), INACTIVE)
        left, states = numbers.copy(), np.zeros(len(numbers), dtype=np.int64)
        for depth, j in enumerate(self._order):
            before = states.copy()
            for state in np.unique(before).tolist():
                rows = np.flatnonzero(before == state)
                branches = self._branches(depth, state)
                value = np.searchsorted(branches.ends, left[rows], side="right")
                left[rows] -= branches.ends[value] - branches.ways[value]
                points[rows, self._space.columns[j]] = branches.codes[value]
                states[rows] = branches.states[value]
        return points

    def _branched(self, depth: int, state: int) -> _Branches:
        j, places = self._order[depth], {s: i for i, s in enumerate(self._ways[depth + 1])}
        before, own = list(self._ways[depth])[state], self._own(self._order[depth])
        codes = np.full((1, len(self._blocks[j].levels)), INACTIVE)
        opened = [_NOTHING]
        if own <= before:
            codes = np.unique(list(self._blocks[j].codes(np.random.default_rng(0))), axis=0)
            opened = self._opened(j, codes)
        after = [(before - own) | one for one in opened]
        ways = np.array([self._ways[depth + 1][s] for s in after], dtype=np.int64)
        states = np.array([places[s] for s in after], dtype=np.int64)
        return _Branches(codes=codes, ways=ways, ends=np.cumsum(ways), states=states)

    def _opened(self, j: int, codes: Floats) -> list[_State]:
        """Return the gates that each row of a parameter's ``codes (v, width)`` opens."""
        behind = dict(self._gates_behind(j))
        if not behind:
            return [_NOTHING] * len(codes)
        is_open = np.column_stack([gate.is_open(codes) for gate in behind.values()])
        ids = list(behind)
        return [frozenset(ids[i] for i in np.flatnonzero(row)) for row in is_open]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Branches:
    """Where one parameter can lead from one state, value by value.

    Attributes:
        codes: Shape ``(v, width)``.
        ways: Shape ``(v,)``, integers. In how many ways it goes on from there.
        ends: Shape ``(v,)``, integers. Their running sum.
        states: Shape ``(v,)``, integers. The state that follows.
    """

    codes: Floats
    ways: Integers
    ends: Integers
    states: Integers


@dataclass(frozen=True, slots=True)
class _Few(blocks.Axis):
    """A number of which only some values are looked at; ``kept`` are their codes."""

    kept: tuple[float, ...]

    def codes(self, rng: np.random.Generator) -> Iterator[Floats]:
        """See `Block`."""
        del rng
        for code in self.kept:
            yield np.array([code])

    def ways(self, signs: Collection[Sign]) -> Mapping[frozenset[Sign], float]:
        """See `Block`."""
        met = {frozenset([sign]): 1 for sign in signs if sign[1] in self.kept}
        return {**met, frozenset[Sign](): len(self.kept) - len(met)}


def _block(domain: model.Domain, most: int) -> blocks.Block:
    whole = blocks.block(domain)
    is_number = isinstance(domain, model.FloatDomain | model.IntDomain | model.OrdinalDomain)
    if not is_number or not isinstance(whole, blocks.Axis) or 0 < whole.column.levels <= most:
        return whole
    ends: Floats = whole.column.snap(np.array([0.0, 1.0]))
    # From the first value to the last: on a logarithm of whole numbers the axis reaches further.
    places: Floats = np.linspace(float(ends[0]), float(ends[1]), most)
    return _Few(whole.column, tuple(np.unique(whole.column.snap(places)).tolist()))


def _gate(parent: int, every: list[blocks.Block], condition: model.Condition) -> Gate:
    signs = [sign for value in condition.any_of for sign in every[parent].signs(value)]
    return Gate(parent, tuple(signs))
