"""What trials are declared to spend and what they have spent, as the guard's arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from groat import model
from groat_server import guard, pricing
from groat_server.algorithms.base import Floats
from groat_server.guard import Observed, SpendModel
from groat_server.history import Past, Told
from groat_server.space import Space
from groat_server.spending import spend_features

_MOST_ROWS = 500
_MOST_SPREAD = 0.7
_NINE_IN_TEN = 1.2816


@dataclass(frozen=True, slots=True)
class Pilot:
    """What a few examples of one configuration spent.

    Attributes:
        unpriced: Models whose usage has no price.
    """

    configuration: model.Configuration
    nanos: int
    example_count: int
    unpriced: tuple[str, ...] = ()


class Expectation:
    """What a study's declaration says a trial spends.

    Args:
        spec: With a pinned price book.
        at: Prices are those of this moment.

    Attributes:
        declared: The priced workload, if there is one.
        spread: The truth is within this factor nine times in ten; ``None``
            where nothing is declared.
        whole: Examples of a whole trial; 0 where trials are always whole.
    """

    def __init__(self, spec: model.StudySpec, at: datetime | None) -> None:
        workload, most = spec.workload, spec.budget.max_trial_spend
        self.declared = None
        self.spread: float | None = None
        self._log_nanos = 0.0
        self.whole = spec.algorithm.whole_example_count
        if workload is not None and workload.items and at is not None:
            self.declared = pricing.DeclaredSpend(spec, workload, at)
            self.spread = workload.spread
            self.whole = self.whole or workload.example_count
        elif most is not None and most.nanos > 0:
            # The most that a trial may spend is what nine in ten stay below.
            self._log_nanos = math.log(most.nanos) - _NINE_IN_TEN * _MOST_SPREAD
            self.spread = math.exp(1.645 * _MOST_SPREAD)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """Models of the workload that have no price."""
        return self.declared.unpriced if self.declared else ()

    def log_nanos(self, configuration: model.Configuration, example_count: int = 0) -> float:
        """Return what is declared; else the logarithm of the part of a whole trial."""
        if self.declared is not None:
            return math.log(max(self.declared.nanos(configuration, example_count), 1.0))
        share = example_count / self.whole if self.whole and example_count else 1.0
        return self._log_nanos + math.log(share)

    def tokens(self, configuration: model.Configuration, example_count: int = 0) -> float:
        """Return the declared tokens, in and out; 0 where none are declared."""
        return self.declared.tokens(configuration, example_count) if self.declared else 0.0


class TrialSpends:
    """What whole trials are expected to spend, for algorithms; may be pickled.

    Args:
        space: The study's.
        expectation: What is declared.
        learnt: What trials have taught about that.
    """

    def __init__(self, space: Space, expectation: Expectation, learnt: SpendModel) -> None:
        self._space = space
        self._expectation = expectation
        self._learnt = learnt
        declared = expectation.declared
        self._priced = declared.parameters if declared else frozenset[str]()
        owned = zip(space.columns, space.parameters, strict=True)
        named = [own for own, parameter in owned if parameter.id in self._priced]
        self._columns = [j for own in named for j in range(own.start, own.stop)]
        self._known = dict[bytes, float]()

    def nanos(self, points: Floats) -> Floats:
        """See `algorithms.base.Spends`."""
        rows = spend_features(self._space, points)
        return np.maximum(self._learnt.center(rows, self._offsets(points)), 1.0)

    def _offsets(self, points: Floats) -> Floats:
        """Return what is declared, priced once for all points that are the same to the prices."""
        active = self._space.active(points)[:, self._columns]
        keys = [row.tobytes() for row in np.concatenate([points[:, self._columns], active], axis=1)]
        new = {key: i for i, key in enumerate(keys) if key not in self._known}
        decoded = self._space.decode_some(points[list(new.values())], self._priced)
        for key, configuration in zip(new, decoded, strict=True):
            self._known[key] = self._expectation.log_nanos(configuration)
        return np.array([self._known[key] for key in keys])


def observed(past: Past, expectation: Expectation, told: Sequence[Told]) -> Observed:
    """Return what the newest trials spent, failed ones too, beside what was declared."""
    paid = [one for one in told if one.trial.spend.total.nanos > 0][-_MOST_ROWS:]
    counts = [run_itself(past, one.trial, expectation.whole) for one in paid]
    pairs = zip(paid, counts, strict=True)
    return Observed(
        features=features_of(past.space, [one.point for one in paid]),
        offsets=np.array([expectation.log_nanos(one.trial.configuration, n) for one, n in pairs]),
        logs=np.log(np.array([one.trial.spend.total.nanos for one in paid], dtype=float)),
        is_lower_bound=np.array(
            [
                _ended_early(one.trial, n, expectation.whole)
                for one, n in zip(paid, counts, strict=True)
            ],
            dtype=np.bool_,
        ),
    )


def with_pilot(space: Space, rows: Observed, expectation: Expectation, pilot: Pilot) -> Observed:
    """Add what a pilot spent."""
    point = space.place(pilot.configuration)
    offset = expectation.log_nanos(pilot.configuration, pilot.example_count)
    return Observed(
        features=np.concatenate([rows.features, features_of(space, [point])]),
        offsets=np.append(rows.offsets, offset),
        logs=np.append(rows.logs, math.log(max(pilot.nanos, 1))),
        is_lower_bound=np.append(rows.is_lower_bound, False),
    )


def features_of(space: Space, points: Sequence[Floats]) -> Floats:
    """Return what spends depend on, shape ``(n, p)``."""
    return spend_features(space, np.array(points).reshape(len(points), space.d))


def _ended_early(trial: model.Trial, example_count: int, whole: int) -> bool:
    if trial.state is model.TrialState.FAILED:
        return True
    return trial.state is model.TrialState.EARLY_STOPPED and not (whole and example_count)


def run_itself(past: Past, trial: model.Trial, whole: int) -> int:
    """Return on how many examples a trial was run, without those that its parent ran; 0 is all."""
    measured = trial.measurement
    told = (measured.example_count or len(measured.examples)) if measured else 0
    is_stopped = trial.state is model.TrialState.EARLY_STOPPED
    # What a person tells of part of the examples was never asked for on so many.
    if is_stopped or (trial.example_count == 0 and 0 < told < whole):
        return told
    return max(trial.example_count - _known_before(past, trial), 0)


def _known_before(past: Past, trial: model.Trial) -> int:
    parent = None if trial.parent is None else past.by_number.get(trial.parent)
    if parent is None or parent.trial.configuration_id != trial.configuration_id:
        return 0
    count = parent.trial.example_count
    return count if count < trial.example_count else 0


def money_of(nanos: float, currency: str) -> model.Money:
    """Round an expected spend up to whole nanos."""
    return model.Money(math.ceil(min(nanos, math.exp(guard.MOST_LOG_NANOS))), currency)
