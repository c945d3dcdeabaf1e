"""The asyncio client's study."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Unpack

from groat import _requests, declare, errors, model, wire
from groat._aio_reader import StudyReader
from groat._aio_trial import Trial
from groat._growth import with_variants
from groat._known import Asked
from groat._leases import Life
from groat._requests import Change, MetricValues, Seen
from groat.v1 import service_pb2


class Study(StudyReader):
    """A study on the server, and what was last seen of it.

    Iterating runs it: each trial is kept alive while the loop's body works on
    it, and the loop ends when the guard says stop or advises to go on by hand;
    ``last_decision`` then says why, with the plan.
    """

    # ---------- run it ----------

    def __aiter__(self) -> AsyncIterator[Trial]:
        """Yield trials one by one; see `run`."""
        return self.run()

    async def run(
        self, *, acknowledge: str = "", reports_usage: bool = False
    ) -> AsyncIterator[Trial]:
        """Yield trials one by one until the guard says stop, or advises to go on by hand.

        A trial that the body leaves without telling it is told as failed. After
        ``break`` or an exception Python does that a moment later, when it closes
        the loop's iterator; ``async with trial`` in the body does it at once. To
        work on several at once use `ask`, which explains the arguments.
        """
        while not (
            asked := await self.ask(acknowledge=acknowledge, reports_usage=reports_usage)
        ).is_over:
            for trial in asked.trials:
                async with trial:
                    yield trial
            if not asked.trials:
                await asyncio.sleep(asked.retry_after.total_seconds())

    async def ask(
        self,
        count: int = 1,
        *,
        max_wait: timedelta = timedelta(seconds=5),
        acknowledge: str = "",
        reports_usage: bool = False,
    ) -> Asked[Trial]:
        """Get up to ``count`` trials; the decision says why there are fewer.

        Each is kept alive in the background until it is told or its handle is
        dropped.

        Args:
            count: 1 to 100.
            max_wait: How long the server may think before it answers COMPUTING;
                at most 30 s. Asking again then gets what it found.
            acknowledge: Id of the decision that advised against it, when a person
                wants trials all the same. It never passes a cap.
            reports_usage: This worker reports usage as it goes and ends a trial
                when it is told to stop, so money is held for it bit by bit.
        """
        request = self._known.ask(
            count, max_wait, acknowledge=acknowledge, reports_usage=reports_usage
        )
        try:
            patience = self._line.patience.longer(max_wait.total_seconds())
            reply = await self._line.call(self._line.trials.Ask, request, patience=patience)
        except BaseException:
            self._known.unanswered(request)
            raise
        return self._known.asked(request, reply, self._trial)

    async def attach(self, number: int, lease_id: str) -> Trial:
        """Take up a trial that another process of this worker has asked for."""
        return self._trial(await self.trial(number), self._known.enliven(number, lease_id))

    def _trial(self, trial: model.Trial, life: Life) -> Trial:
        return Trial(self._line, self._known, trial, life)

    # ---------- add to it ----------

    async def enqueue(
        self,
        configuration: Mapping[str, declare.Given],
        *,
        example_count: int = 0,
        is_planned: bool = False,
    ) -> model.Trial:
        """Queue a configuration; the next ask of any worker gets it.

        Args:
            configuration: One value per active parameter.
            example_count: Evaluate on this many examples; 0 is all of them.
            is_planned: It is a step of the plan that `plan` returns.

        Raises:
            InvalidArgument: The configuration is not in the search space, or
                breaks one of its constraints.
        """
        request = _requests.create_trial(
            self.id, configuration, example_count=example_count, is_planned=is_planned
        )
        return await self._create(request)

    async def import_trial(
        self,
        configuration: Mapping[str, declare.Given],
        values: MetricValues,
        *,
        usage: Iterable[model.Usage] = (),
        **seen: Unpack[Seen],
    ) -> model.Trial:
        """Add a trial that was evaluated elsewhere.

        Args:
            configuration: One value per active parameter; it may break the
                space's constraints.
            values: As in a trial's ``tell``.
            usage: What it consumed and this study pays for.
            seen: Example records, their count, the time it took.

        Raises:
            InvalidArgument: The configuration is not in the search space, or a
                value or a usage breaks a rule.
        """
        outcome = model.Succeeded(measurement=_requests.measurement(values, **seen))
        return await self._create(
            _requests.create_trial(self.id, configuration, outcome, usage=usage)
        )

    async def import_infeasible(
        self, configuration: Mapping[str, declare.Given], reason: str = ""
    ) -> model.Trial:
        """Add a configuration that is known not to work."""
        outcome = model.Infeasible(reason=reason)
        return await self._create(_requests.create_trial(self.id, configuration, outcome))

    async def create_trial(self, draft: model.TrialDraft, *, request_id: str = "") -> model.Trial:
        """Add a trial as a whole draft, such as one that `groat.optuna.read` made.

        Args:
            draft: To enqueue, or finished elsewhere.
            request_id: A UUID of your own. The same draft under the same id is the
                same trial, however often it is sent.

        Raises:
            InvalidArgument: See `enqueue` and `import_trial`.
            RequestIdReused: The id came before with another draft.
        """
        return await self._create(_requests.add_draft(self.id, draft, request_id))

    async def _create(self, request: service_pb2.CreateTrialRequest) -> model.Trial:
        return wire.trial_from_proto(await self._line.call(self._line.trials.CreateTrial, request))

    async def record_usage(self, usage: Iterable[model.Usage]) -> model.RecordResult:
        """Book usage that belongs to no trial, such as an LLM that proposes prompts.

        Give each a ``usage_id`` of your own if you may have to record it again
        after an `errors.Unreachable`.
        """
        request = _requests.record_usage(self.id, usage)
        reply = await self._line.call(self._line.trials.RecordUsage, request)
        result = wire.record_result_from_proto(reply)
        self._known.see_budget(result.budget_status)
        return result

    # ---------- change it ----------

    async def update(self, **change: Unpack[Change]) -> model.Study:
        """Change parts of the declaration, such as ``update(budget=...)``.

        Raises:
            InvalidArgument: A part breaks a rule.
            EtagMismatch: An ``etag`` was given, and somebody changed the study.
        """
        request = _requests.update_study(self.id, **change)
        return self._known.see(await self._line.call(self._line.studies.UpdateStudy, request))

    async def add_variants(self, parameter_id: str, variants: declare.Variants) -> model.Study:
        """Add variants to a growable text. Safe to repeat.

        Args:
            parameter_id: The text's.
            variants: Texts by id, or whole variants. Those that it has already
                are passed over.

        Raises:
            InvalidArgument: There is no such text, it cannot grow, or a variant
                breaks a rule.
            EtagMismatch: Somebody changed the study at the same moment; do it again.
        """
        study = await self.refresh()
        space = with_variants(study.spec.search_space, parameter_id, variants)
        if space == study.spec.search_space:
            return study
        return await self.update(search_space=space, etag=study.etag)

    async def pause(self) -> model.Study:
        """Let asks wait; results are still taken."""
        request = _requests.pause_study(self.id)
        return self._known.see(await self._line.call(self._line.studies.PauseStudy, request))

    async def resume(self) -> model.Study:
        """Serve asks again."""
        request = _requests.resume_study(self.id)
        return self._known.see(await self._line.call(self._line.studies.ResumeStudy, request))

    async def delete(self, *, etag: str = "") -> None:
        """Delete the study with all its trials; one that is gone already is fine.

        Raises:
            EtagMismatch: An ``etag`` was given, and somebody changed the study.
        """
        # A delete whose answer was lost finds nothing when it is tried again.
        with suppress(errors.NotFound):
            request = _requests.delete_study(self.id, etag=etag)
            await self._line.call(self._line.studies.DeleteStudy, request)
