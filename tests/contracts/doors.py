"""What can be done at any door of the service, and the door to the engine in this process.

Every door speaks model values, so that one suite says what all must do.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar
from uuid import uuid4

from groat import model
from groat_server.engine import AskOrder, Engine, WorkOrder
from groat_server.sampler import Sampler
from groat_server.storage.base import Store

R = TypeVar("R")

ANSWER_WAIT = timedelta(seconds=20)


class Door(Protocol):
    """What a worker and a person can do, whichever way they came in."""

    def create(self, study_id: str, spec: model.StudySpec) -> model.Study: ...
    def get(self, study_id: str) -> model.Study: ...
    def update(self, study_id: str, changes: model.StudyPatch) -> model.Study: ...
    def pause(self, study_id: str) -> model.Study: ...
    def resume(self, study_id: str) -> model.Study: ...
    def delete(self, study_id: str) -> None: ...
    def ask(
        self,
        study_id: str,
        count: int = 1,
        *,
        request_id: str = "",
        lease_s: float | None = None,
        acknowledge: str = "",
        reports_usage: bool = False,
    ) -> model.AskResult: ...
    def report(
        self,
        trial: model.Trial,
        measurement: model.Measurement,
        usage: Sequence[model.Usage] = (),
        *,
        next_spend: model.Money | None = None,
    ) -> model.ReportResult: ...
    def forecast(
        self, target: str | model.StudySpec, pilot: model.Pilot | None = None
    ) -> model.ForecastResult: ...
    def plan(self, study_id: str) -> model.ManualPlan: ...
    def decisions(
        self, study_id: str, *, page_size: int = 0, page_token: str = ""
    ) -> model.Page[model.Decision]: ...
    def tradeoff(self, study_id: str, preference: model.Preference) -> model.Tradeoff: ...
    def spend_report(self, study_id: str) -> model.SpendReport: ...
    def price(self, usage: Sequence[model.Usage]) -> model.PricedUsages: ...
    def watch(self, study_id: str, resume_token: str, count: int) -> Sequence[model.StudyEvent]: ...
    def tell(
        self, trial: model.Trial, outcome: model.Outcome, usage: Sequence[model.Usage] = ()
    ) -> model.TellResult: ...
    def heartbeat(
        self, study_id: str, renewals: Sequence[tuple[int, str]]
    ) -> Sequence[model.LeaseState]: ...
    def create_trial(
        self, study_id: str, draft: model.TrialDraft, *, request_id: str = ""
    ) -> model.Trial: ...
    def record(self, study_id: str, usage: Sequence[model.Usage]) -> model.RecordResult: ...
    def trial(self, study_id: str, number: int) -> model.Trial: ...
    def trials(
        self, study_id: str, *, page_size: int = 0, page_token: str = ""
    ) -> model.Page[model.Trial]: ...
    def front(self, study_id: str) -> model.Front: ...
    def history(self, study_id: str) -> Sequence[model.HypervolumePoint]: ...
    def importances(self, study_id: str) -> Sequence[model.ParameterImportance]: ...
    def predict(
        self, study_id: str, configurations: Sequence[model.Configuration]
    ) -> Sequence[model.Prediction]: ...
    def let_pass(self, seconds: float) -> None: ...


class EngineDoor:
    """The engine itself, with an event loop in a thread and a clock that can be moved.

    With a sampler of somebody else's it leaves that one running when it is closed.
    """

    def __init__(
        self, store: Store, sampler: Sampler | None = None, *, computes_ahead: bool = True
    ) -> None:
        self._skipped = timedelta()
        self._sampler = sampler or Sampler()
        self._owns_sampler = sampler is None
        self._engine = Engine(
            store,
            self._sampler,
            clock=lambda: datetime.now(UTC) + self._skipped,
            make_id=lambda: str(uuid4()),
            computes_ahead=computes_ahead,
        )
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        if self._owns_sampler:
            self._sampler.close()

    def create(self, study_id: str, spec: model.StudySpec) -> model.Study:
        return self._engine.studies.create(study_id, spec)

    def get(self, study_id: str) -> model.Study:
        return self._engine.studies.get(study_id)

    def update(self, study_id: str, changes: model.StudyPatch) -> model.Study:
        return self._engine.studies.update(study_id, changes)

    def pause(self, study_id: str) -> model.Study:
        return self._engine.studies.pause(study_id)

    def resume(self, study_id: str) -> model.Study:
        return self._engine.studies.resume(study_id)

    def delete(self, study_id: str) -> None:
        self._engine.studies.delete(study_id)

    def ask(
        self,
        study_id: str,
        count: int = 1,
        *,
        request_id: str = "",
        lease_s: float | None = None,
        acknowledge: str = "",
        reports_usage: bool = False,
    ) -> model.AskResult:
        order = AskOrder(
            study_id=study_id,
            count=count,
            request_id=request_id or str(uuid4()),
            lease_duration=None if lease_s is None else timedelta(seconds=lease_s),
            acknowledged_decision_id=acknowledge,
            reports_usage=reports_usage,
        )
        asked = self._engine.asks.ask(order, max_wait=ANSWER_WAIT)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()

    def report(
        self,
        trial: model.Trial,
        measurement: model.Measurement,
        usage: Sequence[model.Usage] = (),
        *,
        next_spend: model.Money | None = None,
    ) -> model.ReportResult:
        order = replace(_order(trial, usage), next_spend=next_spend)
        return self._engine.work.report(order, measurement)

    def forecast(
        self, target: str | model.StudySpec, pilot: model.Pilot | None = None
    ) -> model.ForecastResult:
        return self._engine.judging.forecast(target, pilot)

    def plan(self, study_id: str) -> model.ManualPlan:
        return self._engine.judging.plan(study_id)

    def decisions(
        self, study_id: str, *, page_size: int = 0, page_token: str = ""
    ) -> model.Page[model.Decision]:
        return self._engine.judging.decisions(study_id, page_size=page_size, page_token=page_token)

    def tradeoff(self, study_id: str, preference: model.Preference) -> model.Tradeoff:
        return self._engine.choosing.select(study_id, preference)

    def spend_report(self, study_id: str) -> model.SpendReport:
        return self._engine.accounts.report(study_id)

    def price(self, usage: Sequence[model.Usage]) -> model.PricedUsages:
        return self._engine.accounts.price(model.PriceBook(), usage)

    def watch(self, study_id: str, resume_token: str, count: int) -> Sequence[model.StudyEvent]:
        async def first() -> list[model.StudyEvent]:
            found: list[model.StudyEvent] = []
            async for event in self._engine.watching.watch(study_id, resume_token):
                found.append(event)
                if len(found) == count:
                    break
            return found

        return asyncio.run_coroutine_threadsafe(first(), self._loop).result()

    def tell(
        self, trial: model.Trial, outcome: model.Outcome, usage: Sequence[model.Usage] = ()
    ) -> model.TellResult:
        result = self._engine.work.tell(_order(trial, usage), outcome)
        told = self._engine.asks.told
        self._loop.call_soon_threadsafe(told, trial.study_id, result.budget_status)
        return result

    def heartbeat(
        self, study_id: str, renewals: Sequence[tuple[int, str]]
    ) -> Sequence[model.LeaseState]:
        return self._engine.work.heartbeat(study_id, renewals)

    def create_trial(
        self, study_id: str, draft: model.TrialDraft, *, request_id: str = ""
    ) -> model.Trial:
        request_id = request_id or str(uuid4())
        return self._engine.drafts.create(study_id, draft, request_id=request_id)

    def record(self, study_id: str, usage: Sequence[model.Usage]) -> model.RecordResult:
        return self._engine.work.record_usage(study_id, usage)

    def trial(self, study_id: str, number: int) -> model.Trial:
        return self._engine.analysis.trial(study_id, number)

    def trials(
        self, study_id: str, *, page_size: int = 0, page_token: str = ""
    ) -> model.Page[model.Trial]:
        return self._engine.analysis.trials(study_id, page_size=page_size, page_token=page_token)

    def front(self, study_id: str) -> model.Front:
        return self._engine.analysis.front(study_id)

    def history(self, study_id: str) -> Sequence[model.HypervolumePoint]:
        return self._engine.analysis.hypervolume_history(study_id)[0]

    def importances(self, study_id: str) -> Sequence[model.ParameterImportance]:
        asked = self._engine.insight.importances(study_id)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()[0]

    def predict(
        self, study_id: str, configurations: Sequence[model.Configuration]
    ) -> Sequence[model.Prediction]:
        asked = self._engine.insight.predict(study_id, configurations)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()

    def let_pass(self, seconds: float) -> None:
        self._skipped += timedelta(seconds=seconds)


def _order(trial: model.Trial, usage: Sequence[model.Usage]) -> WorkOrder:
    return WorkOrder(
        study_id=trial.study_id, number=trial.number, lease_id=lease_id(trial), usage=tuple(usage)
    )


def lease_id(trial: model.Trial) -> str:
    assert trial.lease is not None
    return trial.lease.lease_id
