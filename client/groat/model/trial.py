"""One evaluation of one configuration, from the ask to the tell."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from groat.model.money import Spend, Usage
from groat.model.space import Configuration


class TrialState(enum.Enum):
    """Where a trial is between ask and tell."""

    REQUESTED = "requested"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    EARLY_STOPPED = "early_stopped"
    INFEASIBLE = "infeasible"
    FAILED = "failed"

    @property
    def is_finished(self) -> bool:
        """Whether an outcome is known."""
        return self not in {TrialState.REQUESTED, TrialState.RUNNING}

    @property
    def is_measured(self) -> bool:
        """Whether its metrics train models and may enter the front."""
        return self in {TrialState.SUCCEEDED, TrialState.EARLY_STOPPED}


class Origin(enum.Enum):
    """Who proposed a trial."""

    ALGORITHM = "algorithm"
    USER = "user"
    BASELINE = "baseline"
    MANUAL_PLAN = "manual_plan"
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Until when a worker may be silent; the id is a fencing token."""

    lease_id: str
    worker_id: str
    expire_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """A metric's value; ``standard_error`` is in its unit, ``None`` when unknown."""

    metric_id: str
    value: float
    standard_error: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleRecord:
    """One question of the experiment; its usage is booked like any other."""

    example_id: str
    scores: Mapping[str, float] = field(default_factory=dict[str, float])
    latency: timedelta | None = None
    usage: tuple[Usage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Metric values on so many examples.

    Attributes:
        example_count: 0 means as many as there are example records.
        checkpoint: Where the worker left its state, for a trial that goes on
            from this one.
    """

    metrics: tuple[MetricValue, ...] = ()
    example_count: int = 0
    examples: tuple[ExampleRecord, ...] = ()
    elapsed: timedelta | None = None
    checkpoint: str = ""

    def value(self, metric_id: str) -> MetricValue | None:
        """Return one metric's value, or ``None`` when it is not there."""
        return next((value for value in self.metrics if value.metric_id == metric_id), None)


class FailureKind(enum.Enum):
    """Whose fault a failure is; never the configuration's."""

    WORKER_ERROR = "worker_error"
    LEASE_EXPIRED = "lease_expired"
    PROVIDER_ERROR = "provider_error"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeeded:
    """The trial ran to its end."""

    measurement: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopped:
    """The trial was stopped; what it measured is kept and used."""

    measurement: Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Infeasible:
    """This configuration cannot work."""

    reason: str = ""
    measurement: Measurement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Something else went wrong: no evidence about the configuration."""

    kind: FailureKind = FailureKind.WORKER_ERROR
    message: str = ""


Outcome: TypeAlias = Succeeded | EarlyStopped | Infeasible | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One evaluation of one configuration.

    Attributes:
        number: From 0 in its study.
        configuration: Active parameters only.
        configuration_id: Hash of the configuration.
        lease: While RUNNING, the newest one.
        attempt: How many leases were given, from 0.
        outcome: Once finished, with derived metrics filled in.
        reports: Partial measurements by example count; empty unless asked for.
        generator: Which algorithm made it, such as ``"sobol"``.
        example_count: Evaluate on this many examples; 0 is all of them.
        parent: Number of the trial that this one continues.
        parent_checkpoint: Where that one left its state.
        why: One sentence on why this algorithm had the word, where one was chosen.
        notes: What the algorithm wants to read back from history.
        slot: What the trial takes up in its algorithm's plan; empty for none.
    """

    study_id: str
    number: int
    configuration: Configuration
    configuration_id: str
    origin: Origin
    state: TrialState
    spend: Spend
    create_time: datetime
    lease: Lease | None = None
    attempt: int = 0
    outcome: Outcome | None = None
    reports: tuple[Measurement, ...] = ()
    end_time: datetime | None = None
    generator: str = ""
    example_count: int = 0
    parent: int | None = None
    parent_checkpoint: str = ""
    why: str = ""
    slot: str = ""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def measurement(self) -> Measurement | None:
        """The final measurement, if the outcome has one."""
        return None if isinstance(self.outcome, Failed | None) else self.outcome.measurement


class Disposition(enum.Enum):
    """What became of a tell."""

    ACCEPTED = "accepted"
    ACCEPTED_LATE = "accepted_late"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"


class Directive(enum.Enum):
    """What a worker should do with its trial."""

    CONTINUE = "continue"
    STOP = "stop"
    ABANDON = "abandon"
