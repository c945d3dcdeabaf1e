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
