"""What one trial is expected to consume, declared before anything has run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from groat.model.money import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadItem:
    """One kind of call, or of work, that an example needs.

    Attributes:
        usage: Once: tokens, texts, a person's time, or an amount of money.
        times: So often per example; 0.1 is one example in ten.
        per_trial: So often per trial instead, such as an index to build.
        model_parameter: Id of the parameter whose value is the model. Where it
            is inactive the item is left out.
        times_parameter: Id of a number that multiplies ``times``, such as how
            many passages are read; or of a subset, which multiplies by its size.
            Where it is inactive the item is left out.
    """

    usage: Usage
    times: float = 1.0
    per_trial: bool = False
    model_parameter: str = ""
    times_parameter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a whole trial is expected to consume.

    Attributes:
        example_count: Examples of a whole trial.
        items: What they need.
        example_time: How long one example takes; ``None`` is unknown.
        parallel_examples: How many run at once.
        spread: The truth is within this factor of the declaration nine times in
            ten; above 1.
    """

    example_count: int
    items: tuple[WorkloadItem, ...] = ()
    example_time: timedelta | None = None
    parallel_examples: int = 1
    spread: float = 2.3
