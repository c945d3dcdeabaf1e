"""What a manual plan is made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from groat import model


@dataclass(frozen=True, slots=True, kw_only=True)
class HandTold:
    """A trial that has told, whoever chose it.

    Attributes:
        number: Of the trial.
        example_count: On how many it ran; 0 is all.
        losses: One per objective, smaller is better; empty or not finite when
            it was not measured.
        is_feasible: It keeps the study's constraints.
        is_measured: False for one that failed.
    """

    number: int
    configuration: model.Configuration
    example_count: int
    losses: tuple[float, ...]
    is_feasible: bool = True
    is_on_front: bool = False
    is_measured: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCase:
    """A study, as far as a person who tunes it by hand needs to know it.

    Attributes:
        objectives: At least one; the first is the one that matters most.
        baseline: The configuration in use today, complete.
        example_count: Of a whole trial; 0 is unknown.
        available: What may still be spent; ``None`` when no cap is set.
        spend_of: What a configuration is expected to spend on so many examples,
            0 for all; ``None`` when that is unknown.
        is_allowed: Whether it is a configuration of the space that keeps all
            constraints.
        complete: Drops what is not active beside these values and fills what is
            missing; ``None`` when that breaks a constraint.
        told: By trial number.
        least_examples: So many show a difference of 15 points.
        screened: How much each parameter mattered in the told trials, by id,
            adding up to 1; empty when they are too few to say.
        screened_trials: How many told trials that rests on.
        dimension: How many numbers the space is worth.
    """

    space: model.SearchSpace
    objectives: tuple[model.Metric, ...]
    baseline: model.Configuration
    example_count: int
    available: model.Money | None
    spend_of: Callable[[model.Configuration, int], model.Money | None]
    is_allowed: Callable[[model.Configuration], bool]
    complete: Callable[[Mapping[str, model.Value]], model.Configuration | None]
    told: Sequence[HandTold] = ()
    least_examples: int = 33
    screened: Mapping[str, float]
    screened_trials: int = 0
    dimension: float = 1.0

    def nanos(self, configuration: model.Configuration, count: int) -> int | None:
        """Return the expected spend on ``count`` examples, 0 for all."""
        spend = self.spend_of(configuration, count)
        return None if spend is None else max(spend.nanos, 0)

    def changed(
        self, base: model.Configuration, changes: Mapping[str, model.Value]
    ) -> model.Configuration | None:
        """Return ``base`` with these values, or ``None`` where that cannot be."""
        found = self.complete({**base, **changes})
        if found is None or not self.is_allowed(found):
            return None
        return found if all(found.get(key) == value for key, value in changes.items()) else None

    def is_whole(self, count: int) -> bool:
        """Whether that many examples, 0 for all, are a whole trial."""
        return count == 0 or 0 < self.example_count <= count

    def covers(self, told: HandTold, count: int) -> bool:
        """Whether a told trial ran on at least so many examples, 0 for all."""
        return self.is_whole(told.example_count) or 0 < count <= told.example_count
