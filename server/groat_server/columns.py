"""One parameter as one axis of the unit cube.

A column with ``levels`` of them cuts the axis into as many bins, one per level, and
codes a level by the middle of its bin. A continuous column has no levels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from groat import model

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

DECIMALS = 12
"""Canonical codes of continuous columns are rounded to so many decimals."""

MAX_LEVELS = 2**40
"""With more levels than this a 64-bit float could no longer tell them apart safely."""

MAX_LOG_INTEGER = 2**32
"""Beyond it, neighbours on a logarithmic axis would share a code of 12 decimals."""


class NotInDomain(ValueError):
    """The value is none that the parameter may take; the message says which are."""


class Column(Protocol):
    """What every kind of axis can do."""

    @property
    def levels(self) -> int:
        """Number of values, at least 1; 0 when there is a continuum of them."""
        ...

    def unit(self, value: model.Value) -> float:
        """Code a value, at full precision.

        Raises:
            NotInDomain: The parameter cannot take this value.
        """
        ...

    def value(self, unit: float) -> model.Value:
        """Return the value at a place of the axis, in its exact Python type."""
        ...

    def numbers(self, units: Floats) -> Floats:
        """Return the values at many places as numbers; shape is kept.

        Raises:
            NotInDomain: Values are labels.
        """
        ...

    def snap(self, units: Floats) -> Floats:
        """Move each place to the canonical code of its value; shape is kept."""
        ...


@dataclass(frozen=True, slots=True)
class Continuous:
    """A float without a grid, on a linear or logarithmic axis."""

    domain: model.FloatDomain

    @property
    def levels(self) -> int:
        """See `Column`."""
        return 0

    def _ends(self) -> tuple[float, float]:
        low, high = self.domain.min, self.domain.max
        return (math.log(low), math.log(high)) if self.domain.log_scale else (low, high)

    def unit(self, value: model.Value) -> float:
        """See `Column`; whole numbers are floats too."""
        number = _number(value, self.domain.min, self.domain.max)
        low, high = self._ends()
        place = math.log(number) if self.domain.log_scale else number
        return min(max((place - low) / (high - low), 0.0), 1.0)

    def value(self, unit: float) -> float:
        """See `Column`; both bounds are met exactly."""
        low, high = self._ends()
        place = low + unit * (high - low)
        number = math.exp(place) if self.domain.log_scale else place
        # exp(log(bound)) may miss the bound by one unit in the last place.
        if unit in {0.0, 1.0}:
            return float(self.domain.max if unit else self.domain.min)
        return float(min(max(number, self.domain.min), self.domain.max))

    def numbers(self, units: Floats) -> Floats:
        """See `Column`."""
        low, high = self._ends()
        places = low + units * (high - low)
        values = np.exp(places) if self.domain.log_scale else places
        return np.clip(values, self.domain.min, self.domain.max)

    def snap(self, units: Floats) -> Floats:
        """See `Column`."""
        rounded = np.round(np.clip(units, 0.0, 1.0), DECIMALS) + 0.0
        low, high = self._ends()
        if abs(low) + abs(high) < 1e3 * (high - low):
            return rounded
        # A narrow range far from zero holds fewer floats than codes: go by the value.
        values = np.clip(low + rounded * (high - low), low, high)
        return np.round((values - low) / (high - low), DECIMALS) + 0.0


@dataclass(frozen=True, slots=True)
class Grid:
    """Equally spaced numbers ``start + i * step``, clamped to ``end``."""

    start: float
    end: float
    step: float
    levels: int

    def unit(self, value: model.Value) -> float:
        """See `Column`; a float may miss its place by a billionth of a step."""
        if isinstance(self.start, int) and not isinstance(value, int):
            raise NotInDomain(f"must be a whole number, not {value!r}")
        number = _number(value, self.start, self.end)
        index = round((number - self.start) / self.step)
        if abs(number - self._at(index)) > max(1e-9 * self.step, 4 * math.ulp(number)):
            raise NotInDomain(f"must be {self.start} plus a multiple of {self.step}, not {value!r}")
        return (index + 0.5) / self.levels

    def value(self, unit: float) -> float:
        """See `Column`."""
        return self._at(min(max(int(unit * self.levels), 0), self.levels - 1))

    def _at(self, index: int) -> float:
        return min(self.start + index * self.step, self.end)

    def numbers(self, units: Floats) -> Floats:
        """See `Column`."""
        return np.minimum(self.start + level_of(units, self.levels) * self.step, self.end)

    def snap(self, units: Floats) -> Floats:
        """See `Column`."""
        return snap_levels(units, self.levels)


@dataclass(frozen=True, slots=True)
class LogIntegers:
    """Whole numbers on a logarithmic axis; a number's bin reaches half-way to the next."""

    start: int
    end: int

    @property
    def levels(self) -> int:
        """See `Column`."""
        return self.end - self.start + 1

    def _ends(self) -> tuple[float, float]:
        return math.log(self.start - 0.5), math.log(self.end + 0.5)

    def unit(self, value: model.Value) -> float:
        """See `Column`."""
        if not isinstance(value, int):
            raise NotInDomain(f"must be a whole number, not {value!r}")
        low, high = self._ends()
        return round(
            (math.log(_number(value, self.start, self.end)) - low) / (high - low), DECIMALS
        )

    def value(self, unit: float) -> int:
        """See `Column`."""
        return int(self.numbers(np.array([unit]))[0])

    def numbers(self, units: Floats) -> Floats:
        """See `Column`."""
        low, high = self._ends()
        return np.clip(np.rint(np.exp(low + units * (high - low))), self.start, self.end)

    def snap(self, units: Floats) -> Floats:
        """See `Column`."""
        low, high = self._ends()
        # Rounded, so that two machines' logarithms give one code.
        return np.round((np.log(self.numbers(units)) - low) / (high - low), DECIMALS)


@dataclass(frozen=True, slots=True)
class Listed:
    """Listed values: booleans, labels, ordered levels, or the ids of texts.

    Attributes:
        quotes: Whether an error may repeat what is none of them: where an id is
            meant, a whole prompt may stand.
    """

    values: tuple[model.Value, ...]
    quotes: bool = True

    @property
    def levels(self) -> int:
        """See `Column`."""
        return len(self.values)

    def unit(self, value: model.Value) -> float:
        """See `Column`; ``1`` is the level ``1.0``, yet never the level ``True``."""
        for index, known in enumerate(self.values):
            if known == value and isinstance(known, bool) == isinstance(value, bool):
                return (index + 0.5) / self.levels
        given = f", not {value!r:.60}" if self.quotes else ""
        raise NotInDomain(f"must be one of {short(self.values)}{given}")

    def value(self, unit: float) -> model.Value:
        """See `Column`."""
        return self.values[min(max(int(unit * self.levels), 0), self.levels - 1)]

    def numbers(self, units: Floats) -> Floats:
        """See `Column`."""
        numbers = [value for value in self.values if not isinstance(value, bool | str | tuple)]
        if len(numbers) < self.levels:
            raise NotInDomain(f"has values that are no numbers, such as {self.values[0]!r:.60}")
        return np.array(numbers, dtype=float)[level_of(units, self.levels).astype(np.int64)]

    def snap(self, units: Floats) -> Floats:
        """See `Column`."""
        return snap_levels(units, self.levels)


ScalarDomain: TypeAlias = (
    model.FloatDomain
    | model.IntDomain
    | model.BoolDomain
    | model.CategoricalDomain
    | model.OrdinalDomain
    | model.TextDomain
)


def column(domain: ScalarDomain) -> Column:
    """Return the axis of a domain whose bounds are in order.

    Raises:
        NotInDomain: It has more than `MAX_LEVELS` values, or a log scale that
            does not start above 0.
    """
    match domain:
        case model.BoolDomain():
            return Listed((False, True))
        case model.CategoricalDomain():
            return Listed(domain.labels)
        case model.OrdinalDomain():
            return Listed(domain.levels)
        case model.TextDomain():
            return Listed(tuple(variant.id for variant in domain.variants), quotes=False)
        case model.IntDomain() | model.FloatDomain():
            return _number_column(domain)


def _number_column(domain: model.IntDomain | model.FloatDomain) -> Column:
    if domain.log_scale and domain.min <= 0:
        raise NotInDomain(f"a log scale needs min above 0, not {domain.min}")
    if isinstance(domain, model.FloatDomain):
        return _float_column(domain)
    step = domain.step or 1
    levels = _checked((domain.max - domain.min) // step + 1)
    if not domain.log_scale:
        return Grid(domain.min, domain.min + (levels - 1) * step, step, levels)
    if domain.max > MAX_LOG_INTEGER:
        raise NotInDomain(f"reaches {domain.max}; a log scale goes up to {MAX_LOG_INTEGER}")
    return LogIntegers(domain.min, domain.max)


def _float_column(domain: model.FloatDomain) -> Column:
    low, high = float(domain.min), float(domain.max)
    if low == high:
        return Listed((low,))
    if domain.step is None:
        return Continuous(domain)
    # The share of a step makes 0 to 0.3 by 0.1 four levels in spite of binary fractions.
    levels = _checked(int((high - low) / domain.step + 1e-9) + 1)
    return Grid(low, high, domain.step, levels)


def _checked(levels: int) -> int:
    if levels > MAX_LEVELS:
        raise NotInDomain(f"reaches {levels} values, more than {MAX_LEVELS}; use a larger step")
    return levels


def snap_levels(units: Floats, levels: int) -> Floats:
    """Move each place to the middle of its bin, of ``levels`` equal ones."""
    return (level_of(units, levels) + 0.5) / levels


def level_of(units: Floats, levels: int) -> Floats:
    """Number the bins that places are in, from 0 on."""
    return np.clip(np.floor(units * levels), 0, levels - 1)


def _number(value: model.Value, low: float, high: float) -> float:
    if isinstance(value, bool | str | tuple) or not low <= value <= high:
        raise NotInDomain(f"must be a number from {low} to {high}, not {value!r:.60}")
    return value


def short(values: Sequence[model.Value]) -> str:
    """Show the first few of many values."""
    shown = ", ".join(f"{value!r:.60}" for value in values[:8])
    return shown if len(values) <= 8 else f"{shown}, ... ({len(values)} in all)"
