"""What is optimised: metrics, algorithm, and the study that holds them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from groat.model.algorithm import Algorithm, EarlyStopping
from groat.model.guard import Decision, GuardPolicy
from groat.model.money import Budget, BudgetStatus, PriceBook, Rate
from groat.model.space import SearchSpace
from groat.model.workload import Workload


class Role(enum.Enum):
    """What a metric is for."""

    OBJECTIVE = "objective"
    CONSTRAINT = "constraint"
    TRACKED = "tracked"


class Goal(enum.Enum):
    """Which way a metric improves, or on which side of its bound it must stay."""

    MAXIMIZE = "maximize"
    MINIMIZE = "minimize"


class Source(enum.Enum):
    """What a derived metric is computed from."""

    MONEY_PER_EXAMPLE = "money_per_example"
    TOKENS_PER_EXAMPLE = "tokens_per_example"
    LATENCY_PER_EXAMPLE = "latency_per_example"
    SCORE_PER_EXAMPLE = "score_per_example"


class Aggregation(enum.Enum):
    """How the examples' values become one."""

    MEAN = "mean"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """How the server computes a metric from EXPERIMENT usage and example records."""

    source: Source
    aggregation: Aggregation = Aggregation.MEAN
    score_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One quantity that says what the tuned system is like.

    Attributes:
        bound: Of a constraint the limit, of an objective the worst value that
            is still useful, which becomes its reference point.
        derivation: When set, the worker does not tell the metric.
    """

    id: str
    role: Role
    goal: Goal
    unit: str = ""
    bound: float | None = None
    derivation: Derivation | None = None

    def loss(self, value: float) -> float:
        """Return ``value`` with its sign set so that smaller is better.

        This is the only sign flip in groat, and its own inverse. Past this
        line every array is called ``losses`` and is minimised.
        """
        return value if self.goal is Goal.MINIMIZE else -value


class StudyState(enum.Enum):
    """Whether asks are served; reports and tells always are."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySpec:
    """What a person declares.

    Attributes:
        workload: What a trial is expected to consume; told trials correct it.
        max_concurrent_trials: 0 is no limit.
        lease_duration: How long a worker may be silent.
        max_attempts: Leases that a trial may lose before it is FAILED.
    """

    search_space: SearchSpace
    metrics: tuple[Metric, ...]
    algorithm: Algorithm = field(default_factory=Algorithm)
    early_stopping: EarlyStopping = field(default_factory=EarlyStopping)
    budget: Budget = field(default_factory=Budget)
    guard_policy: GuardPolicy = field(default_factory=GuardPolicy)
    price_book: PriceBook = field(default_factory=PriceBook)
    workload: Workload | None = None
    display_name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    max_concurrent_trials: int = 0
    lease_duration: timedelta = timedelta(seconds=60)
    max_attempts: int = 3

    @property
    def currency(self) -> str:
        """The study's one currency: its budget's, else its rates', else USD."""
        amounts = [self.budget.max_spend, self.budget.max_trial_spend]
        amounts += [self.guard_policy.manual_trial_spend]
        amounts += [rate.amount for rate in self.price_book.rates]
        return next((amount.currency for amount in amounts if amount is not None), "USD")

    def having(self, role: Role) -> tuple[Metric, ...]:
        """Return the metrics of one role, in declared order."""
        return tuple(metric for metric in self.metrics if metric.role is role)

    @property
    def objectives(self) -> tuple[Metric, ...]:
        """The metrics to optimise, in declared order."""
        return self.having(Role.OBJECTIVE)

    @property
    def constraints(self) -> tuple[Metric, ...]:
        """The metrics with a limit to keep, in declared order."""
        return self.having(Role.CONSTRAINT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A study as it is now.

    Attributes:
        study_id: The last part of its name.
        etag: Changes whenever the declaration or the state changes.
    """

    study_id: str
    spec: StudySpec
    state: StudyState
    budget_status: BudgetStatus
    last_decision: Decision | None
    create_time: datetime
    update_time: datetime
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPatch:
    """What to change of a study's declaration; ``None`` leaves a part as it is.

    Attributes:
        search_space: The whole space as it shall be; it may only grow.
        rates: Rates to add, for models that have no price yet.
        etag: When not empty, it must still be the study's.
    """

    display_name: str | None = None
    labels: Mapping[str, str] | None = None
    search_space: SearchSpace | None = None
    early_stopping: EarlyStopping | None = None
    budget: Budget | None = None
    guard_policy: GuardPolicy | None = None
    workload: Workload | None = None
    max_concurrent_trials: int | None = None
    lease_duration: timedelta | None = None
    max_attempts: int | None = None
    rates: tuple[Rate, ...] | None = None
    etag: str = ""
