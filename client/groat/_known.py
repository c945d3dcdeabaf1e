"""What this process knows of a study, shared by its handle and its trials' handles."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, TypeAlias, TypeVar

from groat import _requests, model, wire
from groat._channel import worker_label
from groat._leases import Leases, Life
from groat.v1 import service_pb2, study_pb2

T = TypeVar("T")

_Wish: TypeAlias = tuple[int, str, bool]
"""What two asks must have in common to be the same."""

_ENDS = {model.Verdict.STOP, model.Verdict.TUNE_MANUALLY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked(Generic[T]):
    """Trials to run, or the reason why there are none.

    Attributes:
        retry_after: With WAIT, how long to wait before asking again.
    """

    trials: tuple[T, ...]
    decision: model.Decision
    retry_after: timedelta = timedelta(0)

    @property
    def is_over(self) -> bool:
        """Whether no trial came and none will unless someone acts."""
        return not self.trials and self.decision.verdict in _ENDS

    @property
    def plan(self) -> model.ManualPlan | None:
        """How to go on by hand, where the guard advises it."""
        return self.decision.plan


class Known:
    """A study as it was last seen, and the leases that this process holds of it.

    Args:
        study: As the server sent it.
        keep_alive: Begins to send heartbeats.
    """

    def __init__(self, study: model.Study, keep_alive: Callable[[Leases], None]) -> None:
        self.study = study
        self.leases = Leases(study.study_id, study.spec.lease_duration)
        self._keep_alive = keep_alive
        self._unanswered: defaultdict[_Wish, list[str]] = defaultdict(list)
        self._lock = threading.Lock()

    def see(self, message: study_pb2.Study) -> model.Study:
        """Take in the whole study."""
        return self._see(wire.study_from_proto(message))

    def text(self, parameter_id: str, variant_id: model.Value) -> str | None:
        """Return the text of a variant; ``None`` when it is not in what was last seen."""
        texts = (
            variant.text
            for parameter in self.study.spec.search_space.parameters
            if parameter.id == parameter_id and isinstance(parameter.domain, model.TextDomain)
            for variant in parameter.domain.variants
            if variant.id == variant_id
        )
        return next(texts, None)

    def witness(self, event: model.StudyEvent) -> model.StudyEvent:
        """Take in what an event says of the study as a whole."""
        match event.event:
            case model.Study():
                self._see(event.event)
            case model.Decision():
                self.see_decision(event.event)
            case _:
                pass
        return event

    def _see(self, study: model.Study) -> model.Study:
        self.study = study
        self.leases.interval = study.spec.lease_duration.total_seconds() / 3
        return study

    def see_decision(self, decision: model.Decision) -> None:
        """Take in the guard's newest word, and the ledger that it read."""
        self.study = replace(
            self.study, last_decision=decision, budget_status=decision.budget_status
        )

    def see_budget(self, status: model.BudgetStatus) -> None:
        """Take in a newer ledger."""
        self.study = replace(self.study, budget_status=status)

    def enliven(self, number: int, lease_id: str) -> Life:
        """Keep a trial alive for as long as somebody holds what this returns."""
        life = Life(number, lease_id)
        if self.leases.add(life):
            self._keep_alive(self.leases)
        return life

    def ask(
        self, count: int, max_wait: timedelta, *, acknowledge: str, reports_usage: bool
    ) -> service_pb2.AskRequest:
        """Make an ask, or make the one again whose answer never came.

        The same request id gets the trials that the server may have given out
        or be computing already.
        """
        request = _requests.ask(
            self.study.study_id,
            count,
            worker_id=worker_label(),
            max_wait=max_wait,
            acknowledge=acknowledge,
            reports_usage=reports_usage,
        )
        with self._lock:
            if self._unanswered[_wish(request)]:
                request.request_id = self._unanswered[_wish(request)].pop()
        return request

    def unanswered(self, request: service_pb2.AskRequest) -> None:
        """Remember that this ask has no answer yet."""
        with self._lock:
            self._unanswered[_wish(request)].append(request.request_id)

    def asked(
        self,
        request: service_pb2.AskRequest,
        reply: service_pb2.AskResponse,
        make: Callable[[model.Trial, Life], T],
    ) -> Asked[T]:
        """Take in the answer to an ask, and keep its trials alive."""
        result = wire.ask_result_from_proto(reply)
        decision = result.decision
        self.see_decision(decision)
        if decision.reason is model.Reason.COMPUTING and not result.trials:
            self.unanswered(request)
        # A trial without a lease is over: an old ask was answered once more.
        trials = (
            make(trial, self.enliven(trial.number, trial.lease.lease_id))
            for trial in result.trials
            if trial.lease is not None
        )
        pause = result.retry_after or timedelta(0)
        return Asked(trials=tuple(trials), decision=decision, retry_after=pause)


def _wish(request: service_pb2.AskRequest) -> _Wish:
    return request.count, request.acknowledged_decision_id, request.reports_usage
