"""What a call answers when that is more than one noun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from groat.model.guard import Decision, Forecast
from groat.model.money import BudgetStatus, ModelSpend, Money, PricedUsage, Spend, Usage
from groat.model.space import Configuration
from groat.model.study import Study
from groat.model.trial import (
    Directive,
    Disposition,
    Infeasible,
    Lease,
    MetricValue,
    Succeeded,
    Trial,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some items of a list; an empty token says that they were the last."""

    items: tuple[T, ...]
    next_page_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskResult:
    """Trials to run, or the reason why there are none.

    Attributes:
        retry_after: With WAIT, how long to wait before asking again.
    """

    trials: tuple[Trial, ...]
    decision: Decision
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportResult:
    """What to do next with a trial."""

    directive: Directive
    reason: str
    lease: Lease | None
    budget_status: BudgetStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class TellResult:
    """What became of a tell.

    Attributes:
        decision: What an ask would be answered now; ``None`` from a server that
            does not say.
    """

    trial: Trial
    disposition: Disposition
    on_front: bool
    budget_status: BudgetStatus
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseState:
    """One lease after a heartbeat; ``lease`` is ``None`` when it is gone.

    Attributes:
        reason: Why it should stop, with STOP.
    """

    number: int
    lease: Lease | None
    directive: Directive
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordResult:
    """How many usages were booked, and how many were known already."""

    booked: int
    duplicates: int
    budget_status: BudgetStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """The non-dominated trials, by the first objective, best first.

    Attributes:
        trials: One page of them.
        reference_point: By objective id, in the metric's own direction.
        hypervolume: Of the whole front, in the objectives' own units multiplied.
        feasible: False when no trial keeps the constraints.
        size: Of the whole front.
    """

    trials: tuple[Trial, ...]
    reference_point: Mapping[str, float] = field(default_factory=dict[str, float])
    hypervolume: float = 0.0
    feasible: bool = True
    finished_trials: int = 0
    size: int = 0
    next_page_token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HypervolumePoint:
    """Hypervolume after so many finished trials, and what was spent by then."""

    finished_trials: int
    hypervolume: float
    spend: Money
    time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterImportance:
    """The share of a metric's variance that a parameter has a hand in, from 0 to 1.

    Shares of one metric may add up to more than 1, as parameters act together.
    """

    parameter_id: str
    metric_id: str
    importance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What a configuration would measure, and what trying it would spend.

    Attributes:
        metrics: With standard errors, in declared order.
        trial_spend_p50: ``None`` when no trial has spent anything yet.
        trial_spend_p90: As likely as nine in ten to be enough.
    """

    metrics: tuple[MetricValue, ...]
    trial_spend_p50: Money | None = None
    trial_spend_p90: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastResult:
    """A forecast, and what an ask would be answered; nothing of it is stored."""

    forecast: Forecast
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """A few examples that were run to see what they take."""

    usage: tuple[Usage, ...]
    example_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendReport:
    """What the search spent, the dearest first.

    Attributes:
        list_value: Of everything, at list prices.
    """

    budget_status: BudgetStatus
    models: tuple[ModelSpend, ...]
    list_value: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedUsages:
    """Usage with its prices, as it was sent, and their sum."""

    usage: tuple[PricedUsage, ...]
    total: Spend


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontChange:
    """Trial numbers that came to the front and left it."""

    added: tuple[int, ...]
    removed: tuple[int, ...]
    hypervolume: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEvent:
    """Something that happened in a study.

    Attributes:
        event: ``None``: nothing happened for a while.
        resume_token: Watch again from here.
    """

    resume_token: str
    time: datetime
    event: Study | Trial | Decision | FrontChange | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDraft:
    """A trial that a person adds.

    Attributes:
        outcome: ``None`` enqueues it; else it is imported as finished.
        usage: What an imported trial consumed; it counts in this study's ledger.
        example_count: Of a queued trial: evaluate on this many; 0 is all.
        is_planned: It is a step of the manual plan.
    """

    configuration: Configuration
    outcome: Succeeded | Infeasible | None = None
    usage: tuple[Usage, ...] = ()
    example_count: int = 0
    is_planned: bool = False
