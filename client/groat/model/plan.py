"""How to tune by hand, sized to the money that is left."""

from __future__ import annotations

from dataclasses import dataclass

from groat.model.money import Money
from groat.model.space import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRank:
    """How much a parameter is believed to matter.

    Attributes:
        importance: A share; those of all parameters add up to 1.
        why: Where that belief comes from.
    """

    parameter_id: str
    importance: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualStep:
    """One row of the worksheet.

    Attributes:
        configuration: ``None`` where the steps before decide it.
        example_count: 0 is all of them.
        expected_spend: ``None`` when nothing is known of what a trial spends.
        cumulative_spend: With all steps before that are not done.
        instruction: What to do.
        decision_rule: What to make of the result.
        trial_number: The trial that has this configuration already.
        is_done: That trial has told.
    """

    number: int
    title: str
    configuration: Configuration | None
    example_count: int
    expected_spend: Money | None
    cumulative_spend: Money | None
    instruction: str
    decision_rule: str
    trial_number: int | None = None
    is_done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualMethod:
    """A classic method by hand, with this study's numbers."""

    method: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualPlan:
    """What to do by hand.

    Attributes:
        method: Its name, such as ``"one_factor_at_a_time"``.
        procedure: How it goes, and why it was chosen.
        steps: The worksheet.
        expected_spend: Of the steps that are not done.
        ranking: What to touch first.
        rules: What to change after which kind of failure.
        alternatives: Other classic methods.
    """

    method: str
    procedure: str
    steps: tuple[ManualStep, ...]
    expected_spend: Money | None
    ranking: tuple[ParameterRank, ...]
    rules: tuple[str, ...] = ()
    alternatives: tuple[ManualMethod, ...] = ()
