"""The blocking client's trial."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from types import TracebackType
from typing import Self, Unpack

from groat import _requests, errors, model
from groat._handles import TrialHandle
from groat._known import Known
from groat._leases import Life
from groat._line import Line
from groat._requests import MetricValues, Seen
from groat._retry import Patience

_log = logging.getLogger("groat")


class Trial(TrialHandle):
    """One trial to evaluate, under a lease that is kept alive in the background.

    As a context it is told as failed when its body leaves it untold.
    """

    def __init__(self, line: Line, known: Known, trial: model.Trial, life: Life) -> None:
        super().__init__(known, trial, life)
        self._line = line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        failed = self._farewell(kind)
        try:
            if failed is not None:
                self._deliver(failed, self._unbooked, patience=self._line.patience.brief())
        except errors.GroatError as refusal:
            _log.warning("trial %d is left to its lease: %s", self.number, refusal)

    def text(self, parameter_id: str) -> str:
        """Return the text of the variant that was chosen for a parameter.

        One that is newer than what was last seen of the study is looked up.

        Raises:
            KeyError: The parameter is not active, or no text.
        """
        if not self._knows_text(parameter_id):
            request = _requests.get_study(self._known.study.study_id)
            self._known.see(self._line.call(self._line.studies.GetStudy, request))
        return self._text(parameter_id)

    def tell(
        self,
        values: MetricValues,
        *,
        usage: Iterable[model.Usage] = (),
        early_stopped: bool = False,
        **seen: Unpack[Seen],
    ) -> model.TellResult:
        """Tell what the trial measured. Safe to repeat.

        Args:
            values: Every objective and constraint that is not derived; a value,
                or a value with its standard error.
            usage: What it consumed and was not reported yet.
            early_stopped: The trial was cut short, as after STOP; what it measured
                is kept.
            seen: Example records, their count, the time it took, and the
                ``checkpoint`` from which a later trial may go on.

        Raises:
            InvalidArgument: A value or a usage breaks a rule; tell it again, mended.
            ConflictingOutcome: Another outcome was told before, and stands.
        """
        measured = _requests.measurement(values, **seen)
        kind = model.EarlyStopped if early_stopped else model.Succeeded
        return self._deliver(kind(measurement=measured), usage)

    def fail(
        self,
        message: str = "",
        *,
        kind: model.FailureKind = model.FailureKind.WORKER_ERROR,
        usage: Iterable[model.Usage] = (),
    ) -> model.TellResult:
        """Tell that something went wrong which is not the configuration's fault."""
        return self._deliver(model.Failed(kind=kind, message=message), usage)

    def infeasible(
        self, reason: str = "", *, usage: Iterable[model.Usage] = ()
    ) -> model.TellResult:
        """Tell that this configuration cannot work."""
        return self._deliver(model.Infeasible(reason=reason), usage)

    def report(
        self,
        values: MetricValues,
        *,
        usage: Iterable[model.Usage] = (),
        next_spend: model.Money | None = None,
        **seen: Unpack[Seen],
    ) -> model.ReportResult:
        """Report what is known so far; replaces a report on as many examples.

        The answer's directive says how to go on. With STOP the trial will hardly
        join the front, or there is no money for it: tell what there is, with
        ``early_stopped=True``, and leave it. With ABANDON it is another worker's,
        or over.

        Args:
            values: Any metrics, with standard errors if the study stops early.
            usage: What was consumed since the last report.
            next_spend: The most that will be spent before the next report; without
                it, as much as between the reports so far.
            seen: ``example_count`` or the example records say how far it is.
        """
        measured = _requests.measurement(values, **seen)
        request = self._report(measured, usage, next_spend)
        return self._reported(self._line.call(self._line.trials.Report, request))

    def _deliver(
        self,
        outcome: model.Outcome,
        usage: Iterable[model.Usage],
        *,
        patience: Patience | None = None,
    ) -> model.TellResult:
        request = self._tell(outcome, usage)
        with self._telling():
            reply = self._line.call(self._line.trials.Tell, request, patience=patience)
        return self._told(reply)
