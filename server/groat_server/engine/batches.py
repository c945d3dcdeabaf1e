"""Between an algorithm's answer and the trials that are handed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from groat import model
from groat_server import guard
from groat_server.algorithms.base import Suggestion
from groat_server.engine.assessing import View
from groat_server.history import Past
from groat_server.sampler import Request
from groat_server.storage.base import LockedStudy, NewTrial, StudyView


@dataclass(frozen=True, slots=True)
class Basis:
    """What was known of a study when an algorithm was asked.

    Attributes:
        born: When it was created: its name may have been given to another one since.
        etag: Of its declaration and state.
        next_number: How many trials it had.
        next_order: How often the end of a trial was told.
        finished: How many trials were finished.
    """

    born: datetime
    etag: str
    next_number: int
    next_order: int
    finished: int

    @classmethod
    def of(cls, view: StudyView) -> Basis:
        """Take down where a study stands."""
        study = view.study
        return cls(
            born=study.create_time,
            etag=study.etag,
            next_number=view.next_number,
            next_order=view.next_order,
            finished=study.budget_status.finished_trials,
        )

    def suffices(self, view: StudyView) -> bool:
        """Whether what was computed ahead from it is worth handing out now.

        Not where a trial has come that it does not know of: the same might be
        suggested. The end of a trial that it believed in is missed less the more
        trials run, whose ends nobody knows.
        """
        is_same = (self.born, self.etag) == (view.study.create_time, view.study.etag)
        unheard = view.next_order - self.next_order
        running = view.study.budget_status.running_trials
        return is_same and self.next_number == view.next_number and unheard <= patience(running)


def patience(running: int) -> int:
    """Return how many ends of trials may be unheard of while so many others run: one to four."""
    return running // 4


@dataclass(frozen=True, slots=True)
class Batch:
    """Suggestions to hand out.

    Attributes:
        basis: What was known when they were asked for; ``None`` before that.
        is_last: No other configuration was left then.
        awaits_results: The next one depends on what is not told yet.
        is_ready: They were begun before the ask that they are for.
    """

    trials: tuple[NewTrial, ...] = ()
    basis: Basis | None = None
    is_last: bool = False
    awaits_results: bool = False
    is_ready: bool = False

    def serves(self, view: StudyView) -> bool:
        """Whether it may be handed out now."""
        if self.basis is None:
            return True
        is_of_it = self.basis.born == view.study.create_time
        return self.basis.suffices(view) if self.is_ready else is_of_it


@dataclass(frozen=True, slots=True)
class Question:
    """What an algorithm is asked, and what is known of the study it is about."""

    request: Request
    past: Past
    basis: Basis


class Candidates:
    """What can be handed out next: trials that wait, then suggestions that nobody has taken.

    Args:
        locked: The study.
        count: How many are wanted at most.
        fresh: Suggestions.
        decided_first: Those that a person chose, or that were begun before, do
            not wait behind the baseline: advice may keep that one back.
    """

    def __init__(
        self,
        locked: LockedStudy,
        count: int,
        fresh: Sequence[NewTrial],
        *,
        decided_first: bool = False,
    ) -> None:
        self._locked = locked
        self._replicates = locked.view().study.spec.algorithm.allow_replicates
        self._waiting = locked.waiting(count + 1)  # the baseline may be one too many
        if decided_first:
            self._waiting.sort(key=lambda trial: not _is_decided(trial))
        self._fresh = list(fresh)
        self._skip_taken()

    def _skip_taken(self) -> None:
        # Another server may have asked the same since the suggestion was made.
        while not self._waiting and self._fresh and self._is_taken(self._fresh[0]):
            self._fresh.pop(0)

    def _is_taken(self, trial: NewTrial) -> bool:
        if trial.slot:
            return self._locked.is_taken(trial.slot)
        return not self._replicates and self._locked.knows(trial.configuration_id)

    @property
    def is_new(self) -> bool:
        """Whether the next one has no number yet."""
        return not self._waiting

    @property
    def is_over(self) -> bool:
        """Whether there is no next one."""
        return not self._waiting and not self._fresh

    def next(self, seen: View, *, in_tranches: bool) -> guard.Candidate:
        """Return the next one, as the guard sees it.

        After the last one, any that is like the study's own.
        """
        following = next(iter([*self._waiting, *self._fresh]), None)
        if following is None:
            return seen.typical(in_tranches=in_tranches)
        configuration, count = following.configuration, following.example_count
        waiting = self._waiting[0] if self._waiting else None
        is_decided = waiting is not None and _is_decided(waiting)
        return guard.Candidate(
            hold=seen.hold_for(configuration, count, in_tranches=in_tranches),
            likely=seen.spend_of(configuration, count, 0.5),
            room=seen.room(in_tranches=in_tranches, is_decided=is_decided),
            is_new=waiting is None,
            is_decided=is_decided,
        )

    def drop(self) -> None:
        """Leave out the next one, which is a suggestion."""
        self._fresh.pop(0)
        self._skip_taken()

    def take(self, now: datetime) -> int:
        """Return the number of the next one."""
        if self._waiting:
            number = self._waiting.pop(0).number
        else:
            number = self._locked.add(self._fresh.pop(0), now=now).number
        self._skip_taken()
        return number


def _is_decided(waiting: model.Trial) -> bool:
    """Whether a person chose it, or it was begun before."""
    return waiting.attempt > 0 or waiting.origin in {model.Origin.USER, model.Origin.MANUAL_PLAN}


def batch_of(question: Question, suggestions: Sequence[Suggestion]) -> Batch:
    """Turn an algorithm's answer into trials that can be handed out."""
    trials = tuple(_new_trial(question, suggestion) for suggestion in suggestions)
    is_last = len(suggestions) < question.request.count
    return Batch(trials, question.basis, is_last=is_last)


def _new_trial(question: Question, suggestion: Suggestion) -> NewTrial:
    space = question.request.problem.space
    configuration = space.decode(suggestion.point)
    return NewTrial(
        configuration=configuration,
        configuration_id=space.configuration_id(configuration),
        origin=model.Origin.ALGORITHM,
        generator=suggestion.generator,
        example_count=suggestion.example_count,
        parent=suggestion.parent,
        parent_checkpoint=_checkpoint(question.past, suggestion.parent),
        slot=suggestion.slot,
        why=suggestion.why,
        notes=suggestion.notes,
    )


def _checkpoint(past: Past, parent: int | None) -> str:
    told = None if parent is None else past.by_number.get(parent)
    measurement = told.trial.measurement if told else None
    return measurement.checkpoint if measurement else ""
