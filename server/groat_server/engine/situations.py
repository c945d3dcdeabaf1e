"""One moment of a study through the guard's eyes: a function of what was told by then."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groat import model
from groat.model import Basis
from groat_server import gains, guard
from groat_server.algorithms.base import Floats
from groat_server.engine.spends import Expectation, Pilot, features_of, observed, with_pilot
from groat_server.guard import Moment, Outlook, Sizes, SpendModel
from groat_server.history import Past, Told
from groat_server.sampler import bounds_of
from groat_server.space import Space

_PROPOSALS, _FEWEST_PROPOSALS = 256, 32
_PATHS, _LENGTH = 200, 200
_NEWEST = 20
_FEW = 12
_MOST_OFTEN = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One moment of a study, with the model that it was seen through.

    Attributes:
        unpriced: Models whose usage has no price, so that all spends are lower bounds.
    """

    moment: Moment
    outlook: Outlook | None
    spends: SpendModel | None
    basis: Basis
    unpriced: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a study's declaration comes to; it changes with the declaration only.

    Attributes:
        spec: As it is now: a past may have been begun under an earlier one.
        space: The past's, which may have grown since.
    """

    spec: model.StudySpec
    space: Space
    expectation: Expectation
    sizes: Sizes
    samples: Samples

    @classmethod
    def of(cls, study: model.Study, space: Space) -> Terms:
        """Work them out; slow where constraints leave little of the space."""
        spec = study.spec
        expectation = Expectation(spec, spec.price_book.as_of or study.create_time)
        return cls(
            spec=spec,
            space=space,
            expectation=expectation,
            sizes=guard.sizes_of(spec),
            samples=_samples(spec, space, expectation),
        )


@dataclass(frozen=True, slots=True)
class Samples:
    """Configurations from all over the space, on as many examples as trials are run.

    Attributes:
        features: Shape ``(n, p)``; see `features_of`.
        offsets: Shape ``(n,)``. What is declared for each.
        tokens: Shape ``(n,)``. The declared tokens of each; 0 where none are.
    """

    features: Floats
    offsets: Floats
    tokens: Floats


def situation(
    past: Past, terms: Terms, told: Sequence[Told], pilot: Pilot | None = None
) -> Situation:
    """See a study as it stood when so much was told, with nobody at work."""
    spec, budget, sizes, expectation = (
        terms.spec,
        terms.spec.budget,
        terms.sizes,
        terms.expectation,
    )
    rows = observed(past, expectation, told)
    if pilot is not None:
        rows = with_pilot(past.space, rows, expectation, pilot)
    spends = SpendModel.fit(rows, declared_spread=expectation.spread)
    settled = told[-1].settled.nanos if told else 0
    left = None if budget.max_trials is None else max(budget.max_trials - len(told), 0)
    seen = None
    if spends is not None:
        features, offsets = _proposals(terms, told)
        rng = np.random.default_rng((spec.algorithm.seed or 0, len(told)))
        paths = spends.paths(features, offsets, count=_PATHS, length=_LENGTH, rng=rng)
        if budget.max_trial_spend is not None:
            paths = np.minimum(paths, budget.max_trial_spend.nanos)
        seen = guard.outlook(
            paths,
            available=None if budget.max_spend is None else budget.max_spend.nanos - settled,
            settled=settled,
            done=len(told),
            trials_left=left,
            least=sizes.least,
            recommended=sizes.recommended,
        )
    moment = Moment(
        done=len(told),
        chance=None if seen is None or budget.max_spend is None else seen.enough_chance,
        affordable=left if seen is None else seen.affordable_p50,
        trial_mean=None if seen is None else seen.trial_mean,
        gain=_gain(spec, told),
        settled=settled,
    )
    return Situation(
        moment=moment,
        outlook=seen,
        spends=spends,
        basis=_basis(rows, pilot, spends),
        unpriced=tuple(sorted({*expectation.unpriced, *(pilot.unpriced if pilot else ())})),
    )


def _basis(rows: guard.Observed, pilot: Pilot | None, spends: SpendModel | None) -> Basis:
    if spends is None:
        return Basis.NOTHING
    if len(rows.logs) > (pilot is not None):
        return Basis.HISTORY
    return Basis.DECLARED if pilot is None else Basis.PILOT


def _proposals(terms: Terms, told: Sequence[Told]) -> tuple[Floats, Floats]:
    """Return what trials to come may look like: the newest ones, or any at first."""
    newest = told[-_NEWEST:]
    trials = [one.trial for one in newest]
    log_nanos, samples = terms.expectation.log_nanos, terms.samples
    offsets = np.array([log_nanos(one.configuration, one.example_count) for one in trials])
    features = features_of(terms.space, [one.point for one in newest])
    if len(newest) >= _FEW:
        return features, offsets
    return (
        np.concatenate([features, samples.features]),
        np.concatenate([offsets, samples.offsets]),
    )


def _samples(spec: model.StudySpec, space: Space, expectation: Expectation) -> Samples:
    points = _scattered(space, np.random.default_rng(spec.algorithm.seed or 0))
    counts = list(itertools.islice(itertools.cycle(_rung_counts(spec.algorithm)), len(points)))
    pairs = list(zip(map(space.decode, points), counts, strict=True))
    return Samples(
        features=features_of(space, points),
        offsets=np.array([expectation.log_nanos(*pair) for pair in pairs]),
        tokens=np.array([expectation.tokens(*pair) for pair in pairs]),
    )


def _scattered(space: Space, rng: np.random.Generator) -> list[Floats]:
    """Draw configurations from all over the space.

    A walk over its points would not do: neighbours share their first parameters,
    and so their spend. It only fills up where constraints leave next to nothing.
    """
    draws = space.repaired(rng.random((_PROPOSALS, space.d)))
    found = list(draws[space.allowed(draws)])
    if len(found) < _FEWEST_PROPOSALS:
        found += itertools.islice(space.points(rng), _FEWEST_PROPOSALS)
    return found


def _rung_counts(algorithm: model.Algorithm) -> list[int]:
    """Return on how many examples trials are run, each as often as it comes."""
    whole, kind = algorithm.whole_example_count, algorithm.kind
    least = int(getattr(kind, "min_examples", 0))
    if not whole or not 0 < least < whole or isinstance(kind, model.PopulationBased):
        return [whole]
    factor = float(getattr(kind, "reduction_factor", 0.0)) or 3.0
    rungs = [least]
    while rungs[-1] * factor < whole:
        rungs.append(round(rungs[-1] * factor))
    rungs.append(whole)
    own = np.diff([0, *rungs])  # a promoted trial runs only what is new
    often = [round(factor ** (len(rungs) - 1 - k)) for k in range(len(rungs))]
    return [
        int(n) for n, times in zip(own, often, strict=True) for _ in range(min(times, _MOST_OFTEN))
    ]


def _gain(spec: model.StudySpec, told: Sequence[Told]) -> gains.Gain | None:
    if len(told) <= gains.WINDOW:
        return None
    return gains.gain_of(
        np.array([one.losses for one in told]),
        np.array([one.is_contender for one in told], dtype=np.bool_),
        bounds_of(spec),
        np.array([_promised(one.trial) for one in told]),
    )


def _promised(trial: model.Trial) -> float:
    return float(trial.notes.get("gain", "nan"))
