"""One parameter as one or more neighbouring axes of the unit cube.

Most parameters have one axis (see `columns`). A subset has one per item, which says whether
the item is in; a permutation has one per item, which says at which place it stands.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from groat import model
from groat_server import columns
from groat_server.columns import NotInDomain

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

Sign: TypeAlias = tuple[int, float]
"""An axis of the block and a canonical code on it: together they show part of a value."""

_MOST_SIGNS = 12


class Block(Protocol):
    """What every kind of parameter can do."""

    @property
    def levels(self) -> tuple[int, ...]:
        """Number of values on each axis; 0 where there is a continuum."""
        ...

    def units(self, value: model.Value) -> list[float]:
        """Code a value, one number per axis, at full precision.

        Raises:
            NotInDomain: The parameter cannot take this value.
        """
        ...

    def value(self, units: Floats) -> model.Value:
        """Return the value at a place ``(width,)``, in its exact Python type."""
        ...

    def snap(self, units: Floats) -> Floats:
        """Move each place ``(n, width)`` to the canonical codes of its value."""
        ...

    def codes(self, rng: np.random.Generator) -> Iterator[Floats]:
        """Yield the canonical codes ``(width,)`` of every value once, from a random one on."""
        ...

    def signs(self, value: model.Value) -> list[Sign]:
        """Return what shows a value; of a subset one item or several may be asked for.

        Raises:
            NotInDomain: No value of the parameter shows this.
        """
        ...

    def ways(self, signs: Collection[Sign]) -> Mapping[frozenset[Sign], float]:
        """Count the values by which of the signs they show; ``inf`` where it takes too long."""
        ...


@dataclass(frozen=True, slots=True)
class Axis:
    """A parameter with one axis."""

    column: columns.Column

    @property
    def levels(self) -> tuple[int, ...]:
        """See `Block`."""
        return (self.column.levels,)

    def units(self, value: model.Value) -> list[float]:
        """See `Block`."""
        return [self.column.unit(value)]

    def value(self, units: Floats) -> model.Value:
        """See `Block`."""
        return self.column.value(float(units[0]))

    def snap(self, units: Floats) -> Floats:
        """See `Block`."""
        return self.column.snap(units)

    def codes(self, rng: np.random.Generator) -> Iterator[Floats]:
        """See `Block`; a continuum never ends."""
        if not self.column.levels:
            while True:
                yield self.column.snap(rng.random(1))
        start = int(rng.integers(self.column.levels))
        for step in range(self.column.levels):
            yield np.array([self._code((start + step) % self.column.levels)])

    def _code(self, level: int) -> float:
        if isinstance(self.column, columns.LogIntegers):
            unit = self.column.unit(self.column.start + level)
            return float(self.column.snap(np.array([unit]))[0])
        return (level + 0.5) / self.column.levels

    def signs(self, value: model.Value) -> list[Sign]:
        """See `Block`."""
        return [(0, float(self.column.snap(np.array(self.units(value)))[0]))]

    def ways(self, signs: Collection[Sign]) -> Mapping[frozenset[Sign], float]:
        """See `Block`."""
        counts: dict[frozenset[Sign], float] = {frozenset([sign]): 1 for sign in signs}
        rest = (self.column.levels or math.inf) - len(signs)
        return counts | {frozenset[Sign](): rest} if rest else counts


class Subset:
    """Some of several items: one axis per item, whose upper part means that it is in.

    Where the upper part begins depends on how many items may be in, so that a random place
    has a middling number of them. Of too many the ones with the largest codes stay, and to
    too few the ones with the largest codes come.
    """

    def __init__(self, domain: model.SubsetDomain) -> None:
        self.items = domain.items
        self._is_free = np.array([item not in domain.required_items for item in domain.items])
        free, required = int(self._is_free.sum()), len(domain.required_items)
        self._least = max(domain.min_items - required, 0)
        self._most = min((domain.max_items or len(domain.items)) - required, free)
        if not 0 <= self._least <= self._most:
            raise NotInDomain(
                f"{domain.min_items} to {domain.max_items or len(domain.items)} items, "
                f"{required} of them required, leave no subset"
            )
        share = (self._least + self._most) / 2 / max(free, 1)
        # Neither end of an axis may vanish, or no step could ever reach it.
        self._threshold = 1.0 - min(max(share, 0.5 / max(free, 1)), 1.0 - 0.5 / max(free, 1))

    @property
    def levels(self) -> tuple[int, ...]:
        """See `Block`; a required item has but one."""
        return tuple(2 if free else 1 for free in self._is_free)

    def units(self, value: model.Value) -> list[float]:
        """See `Block`; the items may stand in any order."""
        chosen = self._chosen(value)
        missing = [x for x, free in zip(self.items, self._is_free, strict=True) if not free]
        for item in missing:
            if item not in chosen:
                raise NotInDomain(f"needs {item!r:.60}, which is required")
        count = len(chosen) - len(missing)
        if not self._least <= count <= self._most:
            low, high = self._least + len(missing), self._most + len(missing)
            raise NotInDomain(f"must have {low} to {high} items, not {len(chosen)}")
        return self._coded(np.array([[item in chosen for item in self.items]]))[0].tolist()

    def _chosen(self, value: model.Value) -> tuple[str, ...]:
        chosen = _listed(value, "some of", self.items)
        for item in chosen:
            if item not in self.items:
                raise NotInDomain(f"must be some of {columns.short(self.items)}, not {item!r:.60}")
        return chosen

    def _coded(self, is_in: Bools) -> Floats:
        codes = np.where(is_in, (1.0 + self._threshold) / 2, self._threshold / 2)
        return np.where(self._is_free, codes, 0.5)

    def value(self, units: Floats) -> tuple[str, ...]:
        """See `Block`; in declared order."""
        is_in = self._is_in(units[None])[0]
        return tuple(item for item, chosen in zip(self.items, is_in, strict=True) if chosen)

    def _is_in(self, units: Floats) -> Bools:
        free = np.where(self._is_free, units, -1.0)
        place = np.argsort(np.argsort(-free, axis=1, kind="stable"), axis=1, kind="stable")
        counts = (free > self._threshold).sum(axis=1).clip(self._least, self._most)
        return (place < counts[:, None]) | ~self._is_free

    def snap(self, units: Floats) -> Floats:
        """See `Block`; what is missing stays so."""
        return np.where(np.isnan(units), np.nan, self._coded(self._is_in(units)))

    def codes(self, rng: np.random.Generator) -> Iterator[Floats]:
        """See `Block`."""
        free = rng.permutation(np.flatnonzero(self._is_free))
        sizes = np.arange(self._least, self._most + 1)
        for size in np.roll(sizes, int(rng.integers(len(sizes)))).tolist():
            for chosen in itertools.combinations(free, size):
                is_in = ~self._is_free
                is_in[list(chosen)] = True
                yield self._coded(is_in[None])[0]

    def signs(self, value: model.Value) -> list[Sign]:
        """See `Block`: the value is an item, or several that must all be in."""
        asked = (value,) if isinstance(value, str) else self._chosen(value)
        return [sign for item in asked for sign in self._sign_of(item)]

    def _sign_of(self, item: str) -> list[Sign]:
        self._chosen((item,))
        place = self.items.index(item)
        return [(place, float(self._coded(np.ones((1, len(self.items)), np.bool_))[0, place]))]

    def ways(self, signs: Collection[Sign]) -> Mapping[frozenset[Sign], float]:
        """See `Block`: once per choice among the items that are asked about."""
        if len(signs) > _MOST_SIGNS:
            return {frozenset(signs): math.inf}
        required = frozenset(sign for sign in signs if not self._is_free[sign[0]])
        free = [sign for sign in signs if sign not in required]
        rest = int(self._is_free.sum()) - len(free)
        counts: dict[frozenset[Sign], float] = {}
        for size in range(len(free) + 1):
            ways = sum(
                math.comb(rest, more)
                for more in range(max(self._least - size, 0), self._most - size + 1)
            )
            for shown in itertools.combinations(free, size) if ways else ():
                counts[required | frozenset(shown)] = ways
        return counts


class Permutation:
    """All of several items in some order: one axis per item, whose code is its place.

    Any codes are an order, the item with the smallest one first, so that a small step on
    one axis moves one item past its neighbours.

    Source:
        Bean (1994), Genetic algorithms and random keys for sequencing and optimization.
        https://doi.org/10.1287/ijoc.6.2.154
    """

    def __init__(self, domain: model.PermutationDomain) -> None:
        self.items = domain.items

    @property
    def levels(self) -> tuple[int, ...]:
        """See `Block`."""
        return (len(self.items),) * len(self.items)

    def units(self, value: model.Value) -> list[float]:
        """See `Block`."""
        order = _listed(value, "an order of", self.items)
        if sorted(order) != sorted(self.items):
            raise NotInDomain(f"must be all of {columns.short(self.items)}, each once, in an order")
        return [(order.index(item) + 0.5) / len(self.items) for item in self.items]

    def value(self, units: Floats) -> tuple[str, ...]:
        """See `Block`."""
        order: list[int] = np.argsort(units, kind="stable").tolist()
        return tuple(self.items[i] for i in order)

    def snap(self, units: Floats) -> Floats:
        """See `Block`."""
        places = np.argsort(np.argsort(units, axis=1, kind="stable"), axis=1, kind="stable")
        return (places + 0.5) / len(self.items)

    def codes(self, rng: np.random.Generator) -> Iterator[Floats]:
        """See `Block`."""
        codes = (rng.permutation(len(self.items)) + 0.5) / len(self.items)
        for order in itertools.permutations(codes):
            yield np.array(order)

    def signs(self, value: model.Value) -> list[Sign]:
        """See `Block`: every place of the order."""
        return list(enumerate(self.units(value)))

    def ways(self, signs: Collection[Sign]) -> Mapping[frozenset[Sign], float]:
        """See `Block`; nothing can depend on an order."""
        del signs
        return {frozenset[Sign](): math.factorial(len(self.items))}


def block(domain: model.Domain) -> Block:
    """Return the axes of a domain.

    Raises:
        NotInDomain: It has no value, or more than can be searched.
    """
    match domain:
        case model.SubsetDomain():
            return Subset(domain)
        case model.PermutationDomain():
            return Permutation(domain)
        case _:
            return Axis(columns.column(domain))


def _listed(value: model.Value, what: str, items: tuple[str, ...]) -> tuple[str, ...]:
    if not isinstance(value, tuple):
        raise NotInDomain(f"must be a list, {what} {columns.short(items)}, not {value!r:.60}")
    if len(set(value)) < len(value):
        raise NotInDomain(f"names an item twice in {columns.short(value)}")
    return value
