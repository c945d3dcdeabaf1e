"""The blocking client. `groat.aio` has the same words for asyncio."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, Unpack

from groat import _requests, declare, model, wire
from groat._line import Line
from groat._retry import Patience
from groat._study import Study
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

    def forecast(
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
        reply = self._line.call(self._line.analysis.Forecast, request)
        return wire.forecast_result_from_proto(reply)

    def price(
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
        reply = self._line.call(self._line.analysis.PriceUsage, request)
        return wire.priced_usages_from_proto(reply)
