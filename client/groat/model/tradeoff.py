"""Choosing one of the front: what a person prefers, and how sure the choice is."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from groat.model.money import Money
from groat.model.trial import MetricValue, Trial


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each objective matters, by metric id; one left out does not."""

    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Knee:
    """Where giving up a little of one objective stops winning much of another."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The best ``optimize`` whose other metrics keep inside their bounds.

    Attributes:
        bounds: By metric id: the least of one to maximize, the most of one to
            minimize.
    """

    optimize: str
    bounds: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True)
class MoneyValue:
    """The best net value per request.

    Attributes:
        per_unit: By metric id, what one unit more is worth in units of the
            study's currency; negative for what costs.
    """

    per_unit: Mapping[str, float]


Preference: TypeAlias = Weights | Knee | Limits | MoneyValue


class Certainty(enum.Enum):
    """How far a choice can be relied on."""

    CERTAIN = "certain"
    UNCONFIRMED = "unconfirmed"
    INFEASIBLE = "infeasible"
    NO_TRIALS = "no_trials"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricChange:
    """A metric beside the baseline's; ``relative`` is 0 where the baseline is 0."""

    metric_id: str
    baseline: float
    value: float
    relative: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedPoint:
    """One trial, as the preference sees it.

    Attributes:
        score: Smaller is better; its meaning is the preference's.
        rationale: Why it stands here, in one sentence.
        probability_on_front: Under the standard errors.
        probability_chosen: That it would be the choice.
        probability_feasible: That it keeps the limits; ``None`` without limits.
        estimates: What its configuration is expected to measure when it is run
            again, from all its evaluations together.
        changes: Against the baseline; empty without one.
    """

    trial: Trial
    score: float
    rationale: str
    probability_on_front: float
    probability_chosen: float
    probability_feasible: float | None = None
    estimates: tuple[MetricValue, ...] = ()
    changes: tuple[MetricChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What would settle the choice: these trials' configurations once more, on fresh examples.

    Attributes:
        trials: Trial numbers.
        example_count: Of each; 0 is all.
        expected_spend: Of all together; ``None`` when nothing is known of it.
    """

    trials: tuple[int, ...]
    example_count: int
    expected_spend: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tradeoff:
    """The choice from the front.

    Attributes:
        points: Best first.
        explanation: One or two sentences with the numbers.
        confirmation: ``None`` when there is nothing to settle.
    """

    points: tuple[RankedPoint, ...]
    certainty: Certainty
    explanation: str
    confirmation: Confirmation | None = None
