"""Whether an automatic search pays here: advice that a person may overrule.

Everything is a function of the last few moments of the study, so that any
server gives the same advice, and a restart does not change it. A verdict asks
for several moments in a row, so that it does not flap.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from groat import model
from groat.model import Basis, Reason
from groat_server.gains import WINDOW, Gain
from groat_server.guard import ruling
from groat_server.guard.ruling import Ruling
from groat_server.guard.sizes import Sizes
from groat_server.guard.words import about, counted, roughly

SURE = 0.6
"""The chance of enough trials from which a search may begin without a pilot."""
DOUBTFUL = 0.2
"""The chance of enough trials below which a person does better by hand."""
PILOTED = 0.4
"""The same, right after a pilot that the declaration called for."""
LITTLE = 0.02
"""The relative gain of everything that is left, below which a study has converged."""

IN_A_ROW = 3
"""Moments that must agree before a study is stopped."""

_POINTS_HOPED_FOR = 10.0
"""Before anything is told, a better system is taken to be so many points better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A study right after a trial finished, with nobody at work.

    Attributes:
        done: Finished trials.
        chance: That at least `Sizes.least` trials can be paid in all; ``None``
            when no cap is set or nothing is known.
        affordable: Further trials, as likely as not; ``None`` when nothing bounds them.
        trial_mean: Expected nanos of one more trial; ``None`` when nothing is known.
        settled: Nanos spent when the newest of them was told.
        gain: ``None`` while too little is told.
    """

    done: int
    chance: float | None
    affordable: int | None
    trial_mean: float | None
    gain: Gain | None
    settled: float = 0.0

    @property
    def left_to_gain(self) -> float | None:
        """What all affordable trials add together, relative."""
        if self.gain is None or self.affordable is None:
            return None
        return self.gain.of(self.affordable)


def advise(
    spec: model.StudySpec,
    sizes: Sizes,
    moments: Sequence[Moment],
    forecast: model.Forecast,
    accepted: Container[Reason] = (),
) -> Ruling:
    """Say whether to go on automatically.

    Args:
        spec: The budget and the policy.
        sizes: Of the space.
        moments: The newest last; at least one. Three are enough.
        forecast: Of the newest.
        accepted: Reasons that a person went on in spite of.

    Returns:
        PROCEED (maybe as a pilot, or with fewer trials than the space deserves),
        TUNE_MANUALLY, or STOP.
    """
    case = _Case(spec, sizes, tuple(moments[-IN_A_ROW:]), forecast)
    for rule in (_too_dear, _converged, _not_worth_it, _not_worth_starting, _too_few, _unsure):
        found = rule(case)
        if found is not None and found.reason not in accepted:
            return found
    return _fine(case)


@dataclass(frozen=True, slots=True)
class _Case:
    spec: model.StudySpec
    sizes: Sizes
    moments: tuple[Moment, ...]
    forecast: model.Forecast

    @property
    def now(self) -> Moment:
        return self.moments[-1]

    @property
    def price(self) -> str:
        """A typical trial, in words."""
        half = self.forecast.trial_spend_p50
        return "an unknown amount" if half is None else roughly(half)

    @property
    def cap(self) -> str:
        cap = self.spec.budget.max_spend
        return "no cap" if cap is None else roughly(cap)

    def about(self, nanos: float) -> str:
        return about(nanos, self.spec.currency)


def _too_dear(case: _Case) -> Ruling | None:
    limit, half = case.spec.guard_policy.manual_trial_spend, case.forecast.trial_spend_p50
    if limit is None or half is None or half.nanos <= limit.nanos:
        return None
    return ruling.by_hand(
        Reason.TRIAL_TOO_EXPENSIVE,
        f"A trial spends about {case.price}, and you want to think for yourself above "
        f"{roughly(limit)} (manual_trial_spend). Follow the plan, make a trial cheaper, or "
        "acknowledge this decision to go on.",
    )


def _has_seen_enough(case: _Case) -> bool:
    return (
        len(case.moments) == IN_A_ROW
        and case.moments[0].done >= case.sizes.least + WINDOW
        and all(moment.gain is not None for moment in case.moments)
    )


def _converged(case: _Case) -> Ruling | None:
    policy, cap = case.spec.guard_policy, case.spec.budget.max_spend
    # With a value in money, that decides; and where no money is at stake, people do.
    if policy.value is not None or cap is None or not _has_seen_enough(case):
        return None
    lefts = [moment.left_to_gain for moment in case.moments]
    if any(left is None or left >= LITTLE for left in lefts):
        return None
    more = case.now.affordable or 0
    return ruling.stop(
        Reason.CONVERGED,
        f"The {counted(more, 'trial')} that could still be paid would raise the hypervolume by "
        f"about {max(lefts[-1] or 0.0, 0.0):.1%} together, {IN_A_ROW} times in a row below "
        f"{LITTLE:.0%}; {case.about(_left(case))} of {case.cap} are saved. Resume the study to go "
        "on all the same.",
    )


def _left(case: _Case) -> float:
    cap = case.spec.budget.max_spend
    if cap is not None:
        return max(cap.nanos - case.now.settled, 0.0)
    return (case.now.affordable or 0) * (case.now.trial_mean or 0.0)


def _not_worth_it(case: _Case) -> Ruling | None:
    value = case.spec.guard_policy.value
    if value is None or not _has_seen_enough(case):
        return None
    worths = [_worth(case, moment) for moment in case.moments]
    prices = [moment.trial_mean for moment in case.moments]
    pairs = zip(worths, prices, strict=True)
    if any(price is None or worth >= price for worth, price in pairs):
        return None
    return ruling.stop(
        Reason.NOT_WORTH_ITS_SPEND,
        f"One more trial is expected to be worth {case.about(worths[-1])} and to spend "
        f"{case.about(prices[-1] or 0.0)}, {IN_A_ROW} times in a row. Resume the study, or raise "
        "guard_policy.value, to go on.",
    )


def _worth(case: _Case, moment: Moment) -> float:
    if moment.gain is None:
        return float("inf")
    return moment.gain.next * value_of(case.spec, moment.gain.spans)


def value_of(spec: model.StudySpec, spans: Sequence[float]) -> float:
    """Return what the whole hypervolume is worth, in nanos.

    That is the way from the reference point to the best of each objective: in
    points of the valued metric, and in money per example, which counts at face value.

    Args:
        spec: Its policy has a value.
        spans: Per objective, from the best loss to the reference point.
    """
    value = spec.guard_policy.value
    if value is None:
        return 0.0
    requests, per_request = value.requests_per_month * value.months, 0.0
    for metric, span in zip(spec.objectives, spans, strict=True):
        source = metric.derivation.source if metric.derivation else None
        if metric.id == value.metric_id:
            per_request += 100 * span * value.per_point.nanos
        elif source is model.Source.MONEY_PER_EXAMPLE:
            per_request += span * model.NANO
    return requests * per_request


def _not_worth_starting(case: _Case) -> Ruling | None:
    value, mean = case.spec.guard_policy.value, case.now.trial_mean
    if value is None or mean is None or case.now.done:
        return None
    hoped = value.requests_per_month * value.months * _POINTS_HOPED_FOR * value.per_point.nanos
    needs = case.sizes.least * mean
    if needs <= hoped:
        return None
    return ruling.by_hand(
        Reason.NOT_WORTH_ITS_SPEND,
        f"A useful search spends about {case.about(needs)} ({case.sizes.least} trials), while "
        f"{_POINTS_HOPED_FOR:g} points more would be worth {case.about(hoped)}. Follow the plan, "
        "make a trial cheaper, or acknowledge this decision to go on.",
    )


def _too_few(case: _Case) -> Ruling | None:
    newest = [one for one in case.moments[-2:] if _counts(one, case.now)]
    chances = [one.chance for one in newest if one.chance is not None]
    # One told price may be an accident, unless it is the first that is known at all.
    if case.now.chance is None or max(chances) >= _doubtful(case):
        return None
    more, done = case.now.affordable or 0, case.now.done
    least, mean = case.sizes.least, case.now.trial_mean or 0.0
    some = f"Only about {counted(more, 'trial')}" if more else "Not even one trial"
    if done:
        told = f"{counted(done, 'trial')} {'is' if done == 1 else 'are'} told, and "
        some = f"{told}only about {counted(more, 'more')}" if more else f"{told}not even one more"
    return ruling.by_hand(
        Reason.TOO_FEW_AFFORDABLE_TRIALS,
        f"{some} of {case.price} can be paid from {case.cap}; with fewer than {least} an "
        "automatic search does no better than you by hand. Follow the plan, raise "
        f"max_spend to about {case.about(_needed(case, least, mean))}, make a trial cheaper, or "
        "acknowledge this decision to go on.",
    )


def _doubtful(case: _Case) -> float:
    """Return the chance below which it is called for a person: a pilot was run to know better."""
    before = [one.chance for one in case.moments[:-1]]
    is_piloted = case.now.done == 1 and any(one is not None and one < SURE for one in before)
    return PILOTED if is_piloted else DOUBTFUL


def _counts(moment: Moment, now: Moment) -> bool:
    """Whether a moment's chance has a say: one that only called for a pilot has none after it."""
    if moment.chance is None:
        return False
    return moment is now or moment.done > 0 or moment.chance >= SURE


def _needed(case: _Case, least: int, mean: float) -> float:
    """What a sure start needs: the mean with a quarter on top, as that is no promise."""
    cap = case.spec.budget.max_spend
    spent = 0.0 if cap is None else cap.nanos - _left(case)
    return max(spent, 0.0) + 1.25 * mean * max(least - case.now.done, 0)


def _unsure(case: _Case) -> Ruling | None:
    if case.forecast.basis is Basis.NOTHING and case.spec.budget.max_spend is not None:
        return ruling.proceed(
            Reason.PILOT,
            "Nothing is known of what a trial spends, so one runs alone first; declare a workload "
            "to know before.",
        )
    chance = case.now.chance
    if case.now.done or chance is None or chance >= SURE:
        return None
    return ruling.proceed(
        Reason.PILOT,
        f"With {case.price} a trial, the chance that {case.sizes.least} trials fit in {case.cap} "
        f"is {chance:.0%}: one trial runs alone first, to show what it spends.",
    )


def _fine(case: _Case) -> Ruling:
    more, done = case.now.affordable, case.now.done
    if more is None:
        return ruling.proceed(Reason.WITHIN_BUDGET, "No spending cap is set.")
    total, wanted = done + more, case.sizes.recommended
    some = f"About {counted(more, 'more trial')}" if more else "Not quite one more trial"
    facts = f"{some} of {case.price} can be paid from {case.cap}"
    # A forecast at the edge goes to and fro: enough once in the last moments is enough.
    if any(one.done + (one.affordable or 0) >= wanted for one in case.moments):
        return ruling.proceed(
            Reason.WITHIN_BUDGET, f"{facts}; this space deserves {wanted} in all."
        )
    least = case.sizes.least
    begins = "enough" if total >= least else "fewer than it takes"
    return ruling.proceed(
        Reason.FEW_TRIALS,
        f"{facts}: {total} in all, fewer than the {wanted} that this space deserves and {begins} "
        f"to begin with ({least}).",
    )
