"""The product in one process, for the guard's benchmarks: engine, store in memory, event loop."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from groat import model
from groat_server.engine import AskOrder, Engine, WorkOrder
from groat_server.engine.clock import Clock
from groat_server.sampler import Sampler
from groat_server.storage.sql import SqlStore

START = datetime(2026, 1, 1, tzinfo=UTC)
_WAIT = timedelta(seconds=60)


@dataclass(slots=True)
class House:
    """Everything that a simulated worker talks to.

    Attributes:
        now: The time; it passes only when it is set.
    """

    engine: Engine
    store: SqlStore
    sampler: Sampler
    loop: asyncio.Runner
    now: datetime

    @classmethod
    def open(cls) -> House:
        """Start anew, with an empty store."""
        store, sampler = SqlStore.open("sqlite://"), Sampler(workers=1)
        engine = _engine(store, sampler, lambda: house.now)
        house = cls(engine, store, sampler, asyncio.Runner(), START)
        return house

    def another_engine(self) -> Engine:
        """Return what a server would have that has just started on the same store."""
        return _engine(self.store, self.sampler, lambda: self.now)

    def create(self, spec: model.StudySpec) -> str:
        """Make a study and return its id."""
        study_id = f"s{uuid.uuid4()}"
        self.engine.studies.create(study_id, spec)
        return study_id

    def ask(self, study_id: str, count: int = 1, *, reports_usage: bool = False) -> model.AskResult:
        """Ask as a worker does."""
        order = AskOrder(
            study_id=study_id,
            count=count,
            request_id=str(uuid.uuid4()),
            reports_usage=reports_usage,
        )
        return self.loop.run(self.engine.asks.ask(order, max_wait=_WAIT))

    def tell(
        self, study_id: str, trial: model.Trial, nanos: int, values: dict[str, float]
    ) -> model.TellResult:
        """Tell a whole trial with what it spent."""
        assert trial.lease is not None
        metrics = tuple(model.MetricValue(metric_id=name, value=v) for name, v in values.items())
        order = WorkOrder(
            study_id=study_id,
            number=trial.number,
            lease_id=trial.lease.lease_id,
            usage=(money_used(nanos),),
        )
        measured = model.Measurement(metrics=metrics)
        return self.engine.work.tell(order, model.Succeeded(measurement=measured))

    def close(self) -> None:
        """Stop everything."""
        self.sampler.close()
        self.loop.close()
        self.store.close()


def money_used(nanos: int, usage_id: str = "") -> model.Usage:
    """Return an amount that an experiment took."""
    return model.Usage(
        category=model.SpendCategory.EXPERIMENT, quantity=model.Money(nanos), usage_id=usage_id
    )


def _engine(store: SqlStore, sampler: Sampler, clock: Clock) -> Engine:
    return Engine(store, sampler, clock=clock, make_id=lambda: str(uuid.uuid4()))
