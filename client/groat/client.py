"""The blocking client. `groat.aio` has the same words for asyncio."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Self, Unpack

from groat import _requests, declare, errors, model, wire
from groat._handles import StudyHandle
from groat._known import Asked, Known
from groat._leases import Life
from groat._line import Line
from groat._requests import Change
from groat._retry import Patience
from groat._trial import Trial

__all__ = ["Client", "Study", "Trial"]


class Client:
    """A connection to one groat server.

    Safe to share between threads. Not safe to use after a fork: make a new one
    in the child. Calls are tried again while the server does not answer, and
    trying again never does a thing twice.

    Args:
        address: Host and port, such as ``"localhost:50051"``.
        timeout: Seconds to wait for each try.
        patience: Seconds to go on trying before `errors.Unreachable`; 0 is one try.
    """

    def __init__(self, address: str, *, timeout: float = 10.0, patience: float = 60.0) -> None:
        self._line = Line(address, Patience(timeout=timeout, total=patience))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up. Trials that run now lose their leases after a while."""
        self._line.close()

    def create_study(
        self,
        study_id: str,
        *,
        space: model.SearchSpace | Iterable[model.Parameter],
        metrics: Iterable[model.Metric],
        **options: Unpack[declare.StudyOptions],
    ) -> Study:
        """Create a study, or return the one that was declared the same before.

        Args:
            study_id: 1 to 63 of a-z, 0-9 and "-".
            space: What may vary.
            metrics: What the tuned system is like; at least one objective.
            options: Budget, algorithm and more; see `declare.StudyOptions`.

        Raises:
            InvalidArgument: The declaration breaks rules; every violation is named.
            AlreadyExists: The id is taken by a study with another declaration.
        """
        return self.declare_study(study_id, declare.study_spec(space, metrics, **options))

    def declare_study(self, study_id: str, spec: model.StudySpec) -> Study:
        """Create a study from a whole declaration; see `create_study`."""
        request = _requests.create_study(study_id, spec)
        reply = self._line.call(self._line.studies.CreateStudy, request)
        return Study(self._line, wire.study_from_proto(reply))

    def study(self, study_id: str) -> Study:
        """Open a study.

        Raises:
            NotFound: There is no such study.
        """
        reply = self._line.call(self._line.studies.GetStudy, _requests.get_study(study_id))
        return Study(self._line, wire.study_from_proto(reply))

    def studies(self) -> Iterator[Study]:
        """Yield every study, by id."""
        request = _requests.list_studies()
        while True:
            reply = self._line.call(self._line.studies.ListStudies, request)
            for message in reply.studies:
                yield Study(self._line, wire.study_from_proto(message))
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token


class Study(StudyHandle):
    """A study on the server, and what was last seen of it. Safe to share between threads.

    Iterating runs it: each trial is kept alive while the loop's body works on
    it, and the loop ends when the guard says stop.
    """

    def __init__(self, line: Line, study: model.Study) -> None:
        super().__init__(Known(study, line.keep_alive))
        self._line = line

    # ---------- run it ----------

    def __iter__(self) -> Iterator[Trial]:
        """Yield trials one by one until the guard says stop.

        A trial that the body leaves without telling it, by ``break``, by an
        exception or by going on, is told as failed. To work on several at once
        use `ask`.
        """
        while not (asked := self.ask()).is_over:
            for trial in asked.trials:
                with trial:
                    yield trial
            if not asked.trials:
                time.sleep(asked.retry_after.total_seconds())

    def ask(self, count: int = 1, *, max_wait: timedelta = timedelta(seconds=5)) -> Asked[Trial]:
        """Get up to ``count`` trials; the decision says why there are fewer.

        Each is kept alive in the background until it is told or its handle is
        dropped.

        Args:
            count: 1 to 100.
            max_wait: How long the server may think before it answers COMPUTING;
                at most 30 s. Asking again then gets what it found.
        """
        request = self._known.ask(count, max_wait)
        try:
            patience = self._line.patience.longer(max_wait.total_seconds())
            reply = self._line.call(self._line.trials.Ask, request, patience=patience)
        except BaseException:
            self._known.unanswered(request)
            raise
        return self._known.asked(request, reply, self._trial)

    def attach(self, number: int, lease_id: str) -> Trial:
        """Take up a trial that another process of this worker has asked for."""
        return self._trial(self.trial(number), self._known.enliven(number, lease_id))

    def _trial(self, trial: model.Trial, life: Life) -> Trial:
        return Trial(self._line, self._known, trial, life)

    def record_usage(self, usage: Iterable[model.Usage]) -> model.RecordResult:
        """Book usage that belongs to no trial, such as an LLM that proposes prompts.

        Give each a ``usage_id`` of your own if you may have to record it again
        after an `errors.Unreachable`.
        """
        request = _requests.record_usage(self.id, usage)
        reply = self._line.call(self._line.trials.RecordUsage, request)
        result = wire.record_result_from_proto(reply)
        self._known.see_budget(result.budget_status)
        return result

    # ---------- look at it ----------

    def refresh(self) -> model.Study:
        """Look at the study again."""
        request = _requests.get_study(self.id)
        return self._known.see(self._line.call(self._line.studies.GetStudy, request))

    def trial(self, number: int) -> model.Trial:
        """Read one trial with its reports."""
        request = _requests.get_trial(self.id, number)
        return wire.trial_from_proto(self._line.call(self._line.trials.GetTrial, request))

    def trials(
        self, *, states: Iterable[model.TrialState] = (), full: bool = False
    ) -> Iterator[model.Trial]:
        """Yield the trials by number.

        Args:
            states: Only those in one of these, unless it is empty.
            full: With their reports.
        """
        request = _requests.list_trials(self.id, states=states, full=full)
        while True:
            reply = self._line.call(self._line.trials.ListTrials, request)
            yield from map(wire.trial_from_proto, reply.trials)
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token

    def front(self, *, include_infeasible_when_empty: bool = False) -> model.Front:
        """Read the whole front.

        Args:
            include_infeasible_when_empty: When no trial keeps the constraints,
                return those that violate them least.
        """
        request = _requests.front(
            self.id, include_infeasible_when_empty=include_infeasible_when_empty
        )
        trials: list[model.Trial] = []
        while True:
            reply = self._line.call(self._line.analysis.GetFront, request)
            page = wire.front_from_proto(reply)
            trials += page.trials
            if not page.next_page_token:
                return replace(page, trials=tuple(trials))
            request.page_token = page.next_page_token

    def hypervolume_history(self, *, max_points: int = 0) -> list[model.HypervolumePoint]:
        """Read how the hypervolume grew; 0 lets the server choose how many points."""
        request = _requests.hypervolume_history(self.id, max_points=max_points)
        reply = self._line.call(self._line.analysis.GetHypervolumeHistory, request)
        return [wire.hypervolume_point_from_proto(point) for point in reply.points]

    # ---------- change it ----------

    def update(self, **change: Unpack[Change]) -> model.Study:
        """Change parts of the declaration, such as ``update(budget=...)``.

        Raises:
            InvalidArgument: A part breaks a rule.
            EtagMismatch: An ``etag`` was given, and somebody changed the study.
        """
        request = _requests.update_study(self.id, **change)
        return self._known.see(self._line.call(self._line.studies.UpdateStudy, request))

    def pause(self) -> model.Study:
        """Let asks wait; results are still taken."""
        request = _requests.pause_study(self.id)
        return self._known.see(self._line.call(self._line.studies.PauseStudy, request))

    def resume(self) -> model.Study:
        """Serve asks again."""
        request = _requests.resume_study(self.id)
        return self._known.see(self._line.call(self._line.studies.ResumeStudy, request))

    def delete(self, *, etag: str = "") -> None:
        """Delete the study with all its trials; one that is gone already is fine.

        Raises:
            EtagMismatch: An ``etag`` was given, and somebody changed the study.
        """
        # A delete whose answer was lost finds nothing when it is tried again.
        with suppress(errors.NotFound):
            request = _requests.delete_study(self.id, etag=etag)
            self._line.call(self._line.studies.DeleteStudy, request)
