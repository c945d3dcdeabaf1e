"""The asyncio client: the words of `groat.Client`, awaited."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Self, Unpack

from groat import _requests, declare, model, wire
from groat._aio_line import AioLine
from groat._aio_study import Study
from groat._aio_trial import Trial
from groat._retry import Patience

__all__ = ["Client", "Study", "Trial"]


class Client:
    """A connection to one groat server.

    Belongs to the event loop in which it is made. Calls are tried again while
    the server does not answer, and trying again never does a thing twice.

    Args:
        address: Host and port, such as ``"localhost:50051"``.
        timeout: Seconds to wait for each try.
        patience: Seconds to go on trying before `errors.Unreachable`; 0 is one try.
    """

    def __init__(self, address: str, *, timeout: float = 10.0, patience: float = 60.0) -> None:
        self._line = AioLine(address, Patience(timeout=timeout, total=patience))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Hang up. Trials that run now lose their leases after a while."""
        await self._line.close()

    async def create_study(
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
        return await self.declare_study(study_id, declare.study_spec(space, metrics, **options))

    async def declare_study(self, study_id: str, spec: model.StudySpec) -> Study:
        """Create a study from a whole declaration; see `create_study`."""
        request = _requests.create_study(study_id, spec)
        reply = await self._line.call(self._line.studies.CreateStudy, request)
        return Study(self._line, wire.study_from_proto(reply))

    async def study(self, study_id: str) -> Study:
        """Open a study.

        Raises:
            NotFound: There is no such study.
        """
        reply = await self._line.call(self._line.studies.GetStudy, _requests.get_study(study_id))
        return Study(self._line, wire.study_from_proto(reply))

    async def studies(self) -> AsyncIterator[Study]:
        """Yield every study, by id."""
        request = _requests.list_studies()
        while True:
            reply = await self._line.call(self._line.studies.ListStudies, request)
            for message in reply.studies:
                yield Study(self._line, wire.study_from_proto(message))
            if not reply.next_page_token:
                return
            request.page_token = reply.next_page_token

    async def forecast(
        self,
        *,
        space: model.SearchSpace | Iterable[model.Parameter],
        metrics: Iterable[model.Metric],
        pilot: model.Pilot | None = None,
        **options: Unpack[declare.StudyOptions],
    ) -> model.ForecastResult:
        """Forecast what a study would spend, and whether it pays; nothing is stored.

        Args:
            space: As in `create_study`.
            metrics: As in `create_study`.
            pilot: A few examples that were run to see what they take.
            options: As in `create_study`; ``workload`` and ``budget`` say the most.

        Raises:
            InvalidArgument: The declaration breaks rules; every violation is named.
        """
        spec = declare.study_spec(space, metrics, **options)
        request = _requests.forecast(spec, pilot)
        reply = await self._line.call(self._line.analysis.Forecast, request)
        return wire.forecast_result_from_proto(reply)

    async def price(
        self,
        usage: Iterable[model.Usage],
        *,
        rates: Iterable[model.Rate] = (),
        currency: str = "",
    ) -> model.PricedUsages:
        """Count tokens and price them; nothing is stored.

        Args:
            usage: Of any models; texts come back as counts.
            rates: Own prices, asked before the public list.
            currency: Of the sum; empty is that of the rates, or USD.
        """
        request = _requests.price(usage, rates=rates, currency=currency)
        reply = await self._line.call(self._line.analysis.PriceUsage, request)
        return wire.priced_usages_from_proto(reply)
