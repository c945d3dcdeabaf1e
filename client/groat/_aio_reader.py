"""What can be read of a study with the asyncio client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace

from groat import _requests, declare, model, wire
from groat._aio_line import AioLine
from groat._handles import StudyHandle
from groat._known import Known
from groat._retry import LONGEST_FIT


class StudyReader(StudyHandle):
    """A study that can be looked at."""

    def __init__(self, line: AioLine, study: model.Study) -> None:
        super().__init__(Known(study, line.keep_alive))
        self._line = line

    async def refresh(self) -> model.Study:
        """Look at the study again."""
        request = _requests.get_study(self.id)
        return self._known.see(await self._line.call(self._line.studies.GetStudy, request))

    async def trial(self, number: int) -> model.Trial:
        """Read one trial with its reports."""
        request = _requests.get_trial(self.id, number)
        return wire.trial_from_proto(await self._line.call(self._line.trials.GetTrial, request))

    async def trials(
        self, *, states: Iterable[model.TrialState] = (), full: bool = False
    ) -> AsyncIterator[model.Trial]:
        """Yield the trials by number.

        Args:
            states: Only those in one of these, unless it is empty.
            full: With their reports.
        """
        request = _requests.list_trials(self.id, states=states, full=full)
        while True:
            reply = await self._line.call(self._line.trials.ListTrials, request)
            for message in reply.trials:
                yield wire.trial_from_proto(message)
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token

    async def front(self, *, include_infeasible_when_empty: bool = False) -> model.Front:
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
            reply = await self._line.call(self._line.analysis.GetFront, request)
            page = wire.front_from_proto(reply)
            trials += page.trials
            if not page.next_page_token:
                return replace(page, trials=tuple(trials))
            request.page_token = page.next_page_token

    async def hypervolume_history(self, *, max_points: int = 0) -> list[model.HypervolumePoint]:
        """Read how the hypervolume grew; 0 lets the server choose how many points."""
        request = _requests.hypervolume_history(self.id, max_points=max_points)
        reply = await self._line.call(self._line.analysis.GetHypervolumeHistory, request)
        return [wire.hypervolume_point_from_proto(point) for point in reply.points]

    async def importances(self) -> list[model.ParameterImportance]:
        """Read how much each parameter has to do with each metric, the largest first.

        They come metric by metric, in declared order. Of a metric that too few
        trials measured there are none.

        Raises:
            NotPossibleNow: The server could not fit its models in time.
        """
        request = _requests.importances(self.id)
        patience = self._line.patience.longer(LONGEST_FIT)
        reply = await self._line.call(
            self._line.analysis.GetImportances, request, patience=patience
        )
        return [wire.importance_from_proto(one) for one in reply.importances]

    async def predict(
        self, configurations: Iterable[Mapping[str, declare.Given]]
    ) -> list[model.Prediction]:
        """Predict what configurations would measure and what trying them would spend.

        Args:
            configurations: 1 to 1,000 whole ones.

        Raises:
            InvalidArgument: One is not in the search space.
            NotPossibleNow: Too few trials are measured, or the server could
                not fit its models in time.
        """
        request = _requests.predict(self.id, configurations)
        patience = self._line.patience.longer(LONGEST_FIT)
        reply = await self._line.call(self._line.analysis.Predict, request, patience=patience)
        return [wire.prediction_from_proto(one) for one in reply.predictions]

    # ---------- money ----------

    async def spend_report(self) -> model.SpendReport:
        """Read what the search spent, by model and category, the dearest first."""
        request = _requests.spend_report(self.id)
        reply = await self._line.call(self._line.analysis.GetSpendReport, request)
        return wire.spend_report_from_proto(reply)

    async def forecast(self, pilot: model.Pilot | None = None) -> model.ForecastResult:
        """Forecast what the study is going to spend, and whether it pays.

        Args:
            pilot: A few examples that were run, where no trial has been told yet.
        """
        request = _requests.forecast(self.id, pilot)
        reply = await self._line.call(self._line.analysis.Forecast, request)
        return wire.forecast_result_from_proto(reply)

    async def decisions(self) -> AsyncIterator[model.Decision]:
        """Yield what the guard decided, the newest first."""
        request = _requests.decisions(self.id)
        while True:
            reply = await self._line.call(self._line.analysis.ListDecisions, request)
            for message in reply.decisions:
                yield wire.decision_from_proto(message)
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token

    # ---------- what to make of it ----------

    async def pick(
        self, preference: model.Preference, *, count: int = 3, confidence: float = 0.9
    ) -> model.Tradeoff:
        """Choose from the front.

        Args:
            preference: `groat.Weights`, `groat.Knee`, `groat.Limits` or
                `groat.MoneyValue`.
            count: How many points to rank, 1 to 100.
            confidence: How sure to be that limits are kept; between 0.5 and 1.

        Returns:
            The best first, with how far it can be relied on. Where that is not
            far enough, ``confirmation`` says what to run again.

        Raises:
            InvalidArgument: The preference names no metric of this study, or its
                numbers break a rule.
        """
        request = _requests.pick(self.id, preference, count=count, confidence=confidence)
        reply = await self._line.call(self._line.analysis.SelectTradeoff, request)
        return wire.tradeoff_from_proto(reply)

    async def plan(self) -> model.ManualPlan:
        """Read how to go on by hand, whatever the guard thinks of it.

        Its steps are trials of this study: `Study.enqueue` one with
        ``is_planned=True``, run it, tell it, and read the plan again.
        """
        reply = await self._line.call(self._line.analysis.GetManualPlan, _requests.plan(self.id))
        return wire.plan_from_proto(reply)

    async def watch(self, resume_token: str = "") -> AsyncIterator[model.StudyEvent]:
        """Yield what happens in the study: its changes, trials that end, decisions, the front.

        The study itself comes first, unless it is as the token's event left it.
        What was last seen of it here is kept up to date. After a broken
        connection it goes on where it was.

        Args:
            resume_token: Of the last event that was seen; empty is from now on.

        Raises:
            NotFound: The study was deleted.
            Unreachable: The server was away for too long; watch again from the
                last event's token.
        """
        request = _requests.watch_study(self.id, resume_token=resume_token)
        async for reply in self._line.watch(request):
            yield self._known.witness(wire.event_from_proto(reply))
