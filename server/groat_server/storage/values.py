"""What goes into the store and what comes out: values, which later writes never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from groat import model


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTrial:
    """A trial that has no number yet; its parts are those of `model.Trial`."""

    configuration: model.Configuration
    configuration_id: str
    origin: model.Origin
    generator: str = ""
    example_count: int = 0
    parent: int | None = None
    parent_checkpoint: str = ""
    slot: str = ""
    why: str = ""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One lease of one trial, from the moment it was given.

    Attributes:
        hold: What is still set aside for it.
        told: Digest of the outcome it told, as `LockedStudy.close_attempt` was given it;
            empty before.
        is_lapsed: Its lease ran out before it told.
        batch: The most that it spends before its next report, as far as is known;
            ``None`` for a worker that does not report as it goes.
    """

    number: int
    attempt: int
    lease: model.Lease
    hold: model.Money
    told: str = ""
    is_lapsed: bool = False
    batch: model.Money | None = None

    @property
    def is_starved(self) -> bool:
        """Whether less is set aside for it than it spends before its next report."""
        return self.batch is not None and self.hold.nanos < self.batch.nanos


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedUsage:
    """Usage with its prices and the id under which it is booked once per study.

    Attributes:
        example_id: The example record it came with; empty when with none.
    """

    usage_id: str
    priced: model.PricedUsage
    example_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredUsage:
    """Booked usage as it is read back.

    Attributes:
        number: Its trial; ``None`` when it belongs to the study as a whole.
        lease_id: The lease it was booked with; empty when it belongs to the study.
    """

    booked: BookedUsage
    number: int | None
    lease_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTrial:
    """A finished trial, its place in the order of finishing, and the ledger then.

    Attributes:
        order: Rising within a study. A trial that changes after its end (a late
            result after a presumed failure, metrics derived once a rate is
            known) gets a new and higher one.
        settled: The study's settled spend right after it finished.
    """

    order: int
    trial: model.Trial
    settled: model.Money


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyView:
    """A study as it is now, with what an ask needs to know before it locks.

    Attributes:
        next_number: The number that the next new trial would get.
        next_order: The place in the order of finishing that comes next.
        accepted: Reasons that a person went on in spite of, each with
            ``next_order`` then.
    """

    study: model.Study
    next_number: int
    next_order: int = 0
    accepted: Mapping[model.Reason, int] = field(default_factory=dict[model.Reason, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A decision and its place among those of its study, rising with time."""

    entry: int
    decision: model.Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a request id was answered with."""

    digest: str
    numbers: tuple[int, ...]
