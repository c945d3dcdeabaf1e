"""What the guard makes of a study: computed before anything is locked, kept until more is told."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from groat import model
from groat.model import TrialState
from groat_server import guard
from groat_server.algorithms.base import Purse
from groat_server.engine.forecasting import forecast_of
from groat_server.engine.situations import Situation, Terms, situation
from groat_server.engine.spends import Expectation, Pilot, TrialSpends, features_of, money_of
from groat_server.guard import Assessment, Candidate, SpendModel
from groat_server.history import Memory, Past, Told
from groat_server.space import Space
from groat_server.storage.base import StudyView

TRANCHE = 0.75
"""Which quantile of its predicted spend a trial holds first, when its worker reports as it goes."""

_ROOM, _ROOM_WHERE_WANTED, _ROOM_IN_TRANCHES = 3.0, 2.0, 0.5
_STUDIES_KEPT = 64
_EACH_UP_TO = 100

_MOST_WITHOUT_A_CAP = 10**15
"""Nanos; thousands of such holds fit in 64 bits together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A study as the guard sees it.

    Attributes:
        assessment: What asks are judged by.
        spends: Predicts what one more trial spends; ``None`` when nothing is known.
        expectation: What was declared.
        plan: With advice to go on by hand.
        is_overruled: A person went on in spite of advice.
    """

    study: model.Study
    past: Past
    sizes: guard.Sizes
    assessment: Assessment
    spends: SpendModel | None
    expectation: Expectation
    plan: model.ManualPlan | None = None
    is_overruled: bool = False

    def spend_of(
        self, configuration: model.Configuration, example_count: int, share: float
    ) -> model.Money | None:
        """Return what a trial spends with so much certainty at most; ``None``: unknown."""
        if self.spends is None:
            return None
        point = self.past.space.place(configuration)
        rows = features_of(self.past.space, [point])
        offsets = np.array([self.expectation.log_nanos(configuration, example_count)])
        nanos = float(self.spends.quantile(rows, offsets, share)[0])
        return money_of(nanos, self.study.spec.currency)

    @property
    def affordable_in_all(self) -> int | None:
        """How many trials the study can have, told ones included; ``None``: nothing bounds it."""
        more = self.assessment.forecast.affordable_trials
        return None if more is None else self.study.budget_status.finished_trials + more

    @property
    def purse(self) -> Purse | None:
        """The money of the study, for an algorithm that weighs it; ``None`` without a cap."""
        budget, status = self.study.spec.budget, self.study.budget_status
        if budget.max_spend is None or status.remaining is None or self.spends is None:
            return None
        cap, left = budget.max_spend.nanos, max(status.remaining.nanos, 0)
        begun = status.finished_trials + status.running_trials
        trials = 1.0 if budget.max_trials is None else 1 - begun / max(budget.max_trials, 1)
        return Purse(
            cap=cap,
            left=left,
            share_left=max(min(left / max(cap, 1), trials), 0.0),
            spends=TrialSpends(self.past.space, self.expectation, self.spends),
        )

    def typical(self, *, in_tranches: bool) -> Candidate:
        """Return a new trial like those to come."""
        likely, declared = self.assessment.forecast.trial_spend_p50, self._declared(in_tranches)
        return Candidate(
            hold=likely if declared is None else declared,
            likely=likely,
            room=self.room(in_tranches=in_tranches),
            is_typical=True,
        )

    def _declared(self, in_tranches: bool) -> model.Money | None:
        """Return a hold that rests on no forecast: a declared most, or nothing without a cap.

        Where no cap bounds the sum of holds, each stays one that fits.
        """
        budget = self.study.spec.budget
        most, is_capped = budget.max_trial_spend, budget.max_spend is not None
        if most is not None and not in_tranches:
            bound = model.Money(_MOST_WITHOUT_A_CAP, most.currency)
            return most if is_capped else min(most, bound)
        return None if is_capped else model.Money(0, self.study.spec.currency)

    def room(self, *, in_tranches: bool, is_decided: bool = False) -> float:
        """Return how many times a likely spend must fit for a trial to run on all that is left.

        In tranches it is stopped in time. Where a person wants it, or nothing has
        run yet, a little more is risked than to end a study with money in hand.
        """
        if in_tranches:
            return _ROOM_IN_TRANCHES
        is_wanted = is_decided or self.is_overruled or not self.study.budget_status.finished_trials
        return _ROOM_WHERE_WANTED if is_wanted else _ROOM

    def hold_for(
        self, configuration: model.Configuration, example_count: int, *, in_tranches: bool
    ) -> model.Money | None:
        """Return what to set aside for one more trial.

        In tranches, an upper quartile to begin with. Otherwise nothing stops the
        trial half-way: a declared most in full, or else the policy's quantile.
        Zero when there is no cap to keep; ``None`` when nothing is known.
        """
        declared = self._declared(in_tranches)
        if declared is not None:
            return declared
        most, policy = self.study.spec.budget.max_trial_spend, self.study.spec.guard_policy
        share = TRANCHE if in_tranches else policy.hold_quantile
        hold = self.spend_of(configuration, example_count, share)
        return hold if most is None else min(hold or most, most)


class Assessing:
    """Assessments of the studies in use. Safe between threads."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, view: StudyView, pilot: Pilot | None = None) -> View:
        """Assess a study as it stands.

        It is a function of what was told, of the declaration, and of what a
        person accepted: any server comes to the same.

        Args:
            view: The study.
            pilot: What a few examples spent that are not told to any trial.
        """
        past = self._memory.past(view.study)
        kept, told = self._keep(view.study, past), past.in_order()
        with kept.lock:
            situations = [
                kept.situation(past, told, count)
                if pilot is None
                else situation(past, kept.terms, told[:count], pilot)
                for count in _due(len(told))
            ]
        return _view(view, past, kept.terms, situations, told)

    def of_new(self, study: model.Study, pilot: Pilot | None = None) -> View:
        """Assess a study that does not exist yet.

        Args:
            study: As it would be.
            pilot: As for `of`.
        """
        past = Past(spec=study.spec, space=Space(study.spec.search_space))
        terms = Terms.of(study, past.space)
        now = situation(past, terms, [], pilot)
        return _view(StudyView(study=study, next_number=0), past, terms, [now], [])

    def _keep(self, study: model.Study, past: Past) -> _Kept:
        key = (study.study_id, study.create_time.isoformat())
        with self._lock:
            kept = self._kept.get(key)
        # The budget, the prices, the space: whatever changed, the past looks different now.
        if kept is None or kept.terms.spec != study.spec or kept.terms.space is not past.space:
            kept = _Kept(terms=Terms.of(study, past.space))
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > _STUDIES_KEPT:
                self._kept.popitem(last=False)
        return kept


@dataclass(slots=True)
class _Kept:
    terms: Terms
    situations: dict[tuple[int, int], Situation] = field(
        default_factory=dict[tuple[int, int], Situation]
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def situation(self, past: Past, told: Sequence[Told], count: int) -> Situation:
        """See the study as it stood when ``count`` trials were told."""
        # A trial that changed after its end has another order.
        key = (count, told[count - 1].order if count else -1)
        if key not in self.situations:
            while len(self.situations) >= 2 * guard.IN_A_ROW:
                self.situations.pop(next(iter(self.situations)))
            self.situations[key] = situation(past, self.terms, told[:count])
        return self.situations[key]


def _due(finished: int) -> list[int]:
    """Return after how many trials the newest assessments are made, the newest last.

    After each up to 100; then ever more seldom, so that the time it takes per
    trial does not grow with the study.
    """
    step = 1 << max(0, (finished // _EACH_UP_TO).bit_length())
    step = 1 if finished < _EACH_UP_TO else step
    newest = finished - finished % step
    first = newest - (guard.IN_A_ROW - 1) * step
    return [count for count in range(first, newest + 1, step) if count >= 0]


def _view(
    view: StudyView,
    past: Past,
    terms: Terms,
    situations: Sequence[Situation],
    told: Sequence[Told],
) -> View:
    study, newest = view.study, situations[-1]
    forecast = forecast_of(study, terms, newest, told)
    moments = [one.moment for one in situations]
    advice = guard.advise(study.spec, terms.sizes, moments, forecast, view.accepted)
    since = view.accepted.get(model.Reason.TOO_MANY_FAILURES, 0)
    assessment = Assessment(
        forecast=forecast,
        advice=advice,
        failures=_failures(told, since),
        trial_tokens=forecast.trial_tokens,
    )
    return View(
        study=study,
        past=past,
        sizes=terms.sizes,
        assessment=assessment,
        spends=newest.spends,
        expectation=terms.expectation,
        is_overruled=bool(view.accepted),
    )


def _failures(told: Sequence[Told], since: int) -> int:
    """Count the newest trials that FAILED in a row, of those told since then."""
    newest = itertools.takewhile(
        lambda one: one.order >= since and one.trial.state is TrialState.FAILED, reversed(told)
    )
    return sum(1 for _ in newest)
