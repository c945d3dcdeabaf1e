"""What may vary: parameters, their domains, and when each is active."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

Value: TypeAlias = bool | int | float | str | tuple[str, ...]
"""A text's value is its variant's id; a subset's and a permutation's are their items."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class TextVariant:
    """One wording of a prompt; ``parent_id`` names the one it was made from, if any."""

    id: str
    text: str
    parent_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDomain:
    """One of a pool of texts, by id.

    Attributes:
        growable: Whether variants may be added while the study runs.
    """

    variants: tuple[TextVariant, ...]
    growable: bool = False
    kind: Literal["text"] = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetDomain:
    """Some of several items, in no order, such as the tools that an agent may call.

    Attributes:
        max_items: 0 is no limit.
        required_items: Always in.
    """

    items: tuple[str, ...]
    min_items: int = 0
    max_items: int = 0
    required_items: tuple[str, ...] = ()
    kind: Literal["subset"] = "subset"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermutationDomain:
    """All of several items, in an order to be found, such as the steps of a workflow."""

    items: tuple[str, ...]
    kind: Literal["permutation"] = "permutation"


Domain: TypeAlias = (
    FloatDomain
    | IntDomain
    | BoolDomain
    | CategoricalDomain
    | OrdinalDomain
    | TextDomain
    | SubsetDomain
    | PermutationDomain
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Holds when ``parameter_id`` is itself active and has one of the values.

    Of a subset the values are items, and holding one of them is enough. A
    permutation cannot be asked.
    """

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
class LinearConstraint:
    """Asked configurations keep ``sum(coefficient * value) <= upper_bound``.

    Attributes:
        coefficients: By id of a float, an int or an ordinal parameter of
            numbers. A parameter that is inactive adds nothing.
    """

    coefficients: Mapping[str, float]
    upper_bound: float
    kind: Literal["linear"] = "linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenCombination:
    """Configurations with all of these values are never asked.

    Attributes:
        values: By parameter id. Of a subset one item, or several: forbidden
            is then any set that has them all. A combination with an inactive
            parameter is not forbidden.
    """

    values: Configuration
    kind: Literal["forbidden"] = "forbidden"


ParameterConstraint: TypeAlias = LinearConstraint | ForbiddenCombination


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpace:
    """All parameters of a study, and which of their combinations are never asked."""

    parameters: tuple[Parameter, ...]
    constraints: tuple[ParameterConstraint, ...] = ()
