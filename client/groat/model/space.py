"""What may vary: parameters, their domains, and when each is active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Value: TypeAlias = bool | int | float | str
Configuration: TypeAlias = Mapping[str, Value]
"""One value per *active* parameter, by parameter id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatDomain:
    """Real numbers from ``min`` to ``max``, both included.

    Attributes:
        step: When set, only ``min``, ``min + step``, ... are allowed.
        log_scale: Search the logarithm; needs ``min > 0`` and no step.
    """

    min: float
    max: float
    step: float | None = None
    log_scale: bool = False
    kind: Literal["float"] = "float"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntDomain:
    """Whole numbers from ``min`` to ``max``, both included; see `FloatDomain`."""

    min: int
    max: int
    step: int | None = None
    log_scale: bool = False
    kind: Literal["int"] = "int"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoolDomain:
    """True or false."""

    kind: Literal["bool"] = "bool"


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoricalDomain:
    """One of several labels without an order."""

    labels: tuple[str, ...]
    kind: Literal["categorical"] = "categorical"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalDomain:
    """One of several levels in an order: all numbers or all strings."""

    levels: tuple[Value, ...]
    kind: Literal["ordinal"] = "ordinal"


Domain: TypeAlias = FloatDomain | IntDomain | BoolDomain | CategoricalDomain | OrdinalDomain


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Holds when ``parameter_id`` is itself active and has one of the values."""

    parameter_id: str
    any_of: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that may vary.

    Attributes:
        active_when: Conditions that must all hold; none means always active.
        default_value: Its value in the configuration in use today.
    """

    id: str
    domain: Domain
    active_when: tuple[Condition, ...] = ()
    default_value: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """All parameters of a study."""

    parameters: tuple[Parameter, ...]
