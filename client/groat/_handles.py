"""What the handles of both kinds of client share: everything but the waiting."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar, cast
from uuid import uuid4, uuid5

from groat import _requests, errors, model, wire
from groat._known import Known
from groat._leases import Life
from groat.v1 import service_pb2

V = TypeVar("V")


class StudyHandle:
    """A study and what was last seen of it."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def __repr__(self) -> str:
        return f"<Study {self.id}: {self.state.value}>"

    @property
    def id(self) -> str:
        """Its id."""
        return self._known.study.study_id

    @property
    def seen(self) -> model.Study:
        """The whole study as it was last seen; ``refresh`` looks again."""
        return self._known.study

    @property
    def spec(self) -> model.StudySpec:
        """Its declaration."""
        return self._known.study.spec

    @property
    def state(self) -> model.StudyState:
        """Whether asks are served, as last seen."""
        return self._known.study.state

    @property
    def budget_status(self) -> model.BudgetStatus:
        """Budget and ledger, as last seen; every answer to a worker brings newer ones."""
        return self._known.study.budget_status

    @property
    def last_decision(self) -> model.Decision | None:
        """The guard's last word, as last seen."""
        return self._known.study.last_decision


class TrialHandle:
    """One trial under one lease.

    Attributes:
        number: From 0 in its study.
        parameters: One value per active parameter.
        lease_id: What proves that the trial is this worker's.
        example_count: Evaluate on this many examples; 0 is all of them.
        parent: Number of the trial that this one continues, whose examples
            need not be run again.
        parent_checkpoint: Where that one left its state.
        why: One sentence on why this algorithm had the word, where one was chosen.
    """

    def __init__(self, known: Known, trial: model.Trial, life: Life) -> None:
        self.number = trial.number
        self.parameters = trial.configuration
        self.lease_id = life.lease_id
        self.example_count = trial.example_count
        self.parent = trial.parent
        self.parent_checkpoint = trial.parent_checkpoint
        self.why = trial.why
        self._known = known
        self._life = life
        self._is_told = False
        self._is_in_doubt = False
        self._reports = 0
        self._unbooked: tuple[model.Usage, ...] = ()
        self._salt = uuid4()

    def __getitem__(self, parameter_id: str) -> model.Value:
        """Return the value of an active parameter; an inactive one is a ``KeyError``."""
        return self.parameters[parameter_id]

    def value(self, parameter_id: str, kind: type[V]) -> V:
        """Return the value of an active parameter as what it is, such as ``value("k", int)``.

        Args:
            parameter_id: An inactive one is a ``KeyError``.
            kind: ``float``, ``int``, ``bool``, ``str``, or ``tuple`` for a subset or an order.

        Raises:
            TypeError: The value is of another kind.
        """
        value = self.parameters[parameter_id]
        exact = float(value) if kind is float and type(value) is int else value
        if type(exact) is not kind:
            told = f"{parameter_id!r} has a value of type {type(value).__name__}"
            raise TypeError(f"{told}, not {kind.__name__}")
        return cast("V", exact)

    def __repr__(self) -> str:
        return f"<Trial {self.number} of {self._known.study.study_id}: {dict(self.parameters)}>"

    @property
    def is_abandoned(self) -> bool:
        """Whether the server gave the trial away or ended it: tell what was spent and leave it."""
        return self._life.is_over

    @property
    def stop_reason(self) -> str:
        """Why the server wants the trial to end now; empty while it may go on.

        A report is answered with it, and for a worker that reports nothing a
        heartbeat is. Tell what there is, with ``early_stopped=True``.
        """
        return self._life.stop_reason

    @property
    def is_told(self) -> bool:
        """Whether the server has the outcome."""
        return self._is_told

    def _knows_text(self, parameter_id: str) -> bool:
        return self._known.text(parameter_id, self.parameters[parameter_id]) is not None

    def _text(self, parameter_id: str) -> str:
        variant_id = self.parameters[parameter_id]
        found = self._known.text(parameter_id, variant_id)
        if found is None:
            raise KeyError(f"{parameter_id} is {variant_id!r}, which is no variant of a text")
        return found

    @contextmanager
    def _telling(self) -> Generator[None]:
        # Until an answer comes nobody knows whether the server has the outcome.
        self._is_in_doubt = True
        try:
            yield
        except (errors.Unreachable, errors.StoreUnavailable):
            raise
        except errors.GroatError as error:
            self._is_in_doubt = False
            self._is_told = isinstance(error, errors.ConflictingOutcome)
            raise
        self._is_in_doubt = False
        self._is_told = True

    def _tell(
        self, outcome: model.Outcome, usage: Iterable[model.Usage]
    ) -> service_pb2.TellRequest:
        study_id = self._known.study.study_id
        self._unbooked = tuple(usage)
        request = _requests.tell(study_id, self.number, self.lease_id, outcome, self._unbooked)
        if not isinstance(outcome, model.Failed) and outcome.measurement is not None:
            # If this tell is refused, a farewell still says what was spent.
            examples = outcome.measurement.examples
            self._unbooked += tuple(one for example in examples for one in example.usage)
        return request

    def _told(self, reply: service_pb2.TellResponse) -> model.TellResult:
        result = wire.tell_result_from_proto(reply)
        self._known.leases.drop(self._life)
        if result.decision is not None:
            self._known.see_decision(result.decision)
        self._known.see_budget(result.budget_status)
        return result

    def _report(
        self,
        measured: model.Measurement,
        usage: Iterable[model.Usage],
        next_spend: model.Money | None,
    ) -> service_pb2.ReportRequest:
        stamped = [self._stamp(i, one) for i, one in enumerate(usage)]
        study_id, lease_id = self._known.study.study_id, self.lease_id
        return _requests.report(
            study_id, self.number, lease_id, measured, stamped, next_spend=next_spend
        )

    def _stamp(self, place: int, usage: model.Usage) -> model.Usage:
        # The same usage gets the same id until a report is answered, so that a
        # report whose answer was lost can be made again without booking it twice.
        made = uuid5(self._salt, f"{self._reports}/{place}/{usage!r}")
        return usage if usage.usage_id else replace(usage, usage_id=str(made))

    def _reported(self, reply: service_pb2.ReportResponse) -> model.ReportResult:
        self._reports += 1
        result = wire.report_result_from_proto(reply)
        self._life.obey(result.directive, result.reason)
        self._known.see_budget(result.budget_status)
        return result

    def _farewell(self, kind: type[BaseException] | None) -> model.Failed | None:
        """Return what to tell when a worker leaves by an exception, or without a word."""
        self._known.leases.drop(self._life)
        if self._is_told or self._is_in_doubt or self.is_abandoned:
            return None
        if kind is None or issubclass(kind, GeneratorExit):
            return model.Failed(message="the worker left the trial without telling an outcome")
        return model.Failed(message=kind.__name__)
