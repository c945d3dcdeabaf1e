"""Whether a running trial is worth going on with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from groat import model
from groat_server import derivation
from groat_server.early_stopping import Estimates, chance_of_joining
from groat_server.engine import continuing
from groat_server.history import Past, Told, told_of
from groat_server.pooling import Evaluation
from groat_server.storage.base import BookedUsage, FinishedTrial, LockedStudy

_WHY = (
    "chance {chance:g} to join the front of {members} after {seen} examples is below {least:g};"
    " tell what you have as early stopped"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What is known of a running trial, to be judged once its study is not locked any more.

    Attributes:
        usage, earlier: As for `derivation.derive`; empty where nothing that is
            judged is derived.
    """

    spec: model.StudySpec
    trial: model.Trial
    measurement: model.Measurement
    usage: Sequence[BookedUsage] = ()
    earlier: Sequence[Evaluation] = ()


def partial(
    locked: LockedStudy, trial: model.Trial, lease_id: str, measurement: model.Measurement
) -> Partial | None:
    """Read what a judgement needs; ``None`` when the study's policy asks for none yet."""
    spec = locked.view().study.spec
    policy = spec.early_stopping
    count = measurement.example_count or len(measurement.examples)
    if policy.least_chance <= 0 or count < max(policy.min_examples, 1):
        return None
    found = Partial(spec=spec, trial=trial, measurement=measurement)
    if all(metric.derivation is None for metric in (*spec.objectives, *spec.constraints)):
        return found
    earlier = continuing.earlier(locked, trial)
    return replace(found, usage=locked.usage(lease_id), earlier=earlier)


def reason_to_stop(running: Partial, past: Past) -> str:
    """Say why a trial should stop, with the numbers; empty when it should go on.

    Without a front nothing stops: there is nothing yet that a trial could be
    worse than. A front of one is enough, as it mostly is with one objective.
    """
    spec, trial, front = running.spec, running.trial, past.front_now()
    whole = spec.algorithm.whole_example_count or trial.example_count
    derived = derivation.derive(spec, running.measurement, running.usage, running.earlier)
    seen = derived.example_count
    if not front or 0 < (trial.example_count or whole) <= seen:
        return ""
    told = _as_if_told(past, trial, derived.measurement)
    chance = chance_of_joining(
        _estimates([told], [seen]),
        _estimates(front, [_example_count(spec, one) for one in front]),
        whole_count=whole,
    )
    least = spec.early_stopping.least_chance
    if chance >= least:
        return ""
    return _WHY.format(
        chance=round(chance, 4),
        members=f"{len(front)} trials" if len(front) > 1 else "1 trial",
        seen=f"{seen} of {whole}" if whole else seen,
        least=least,
    )


def _as_if_told(past: Past, trial: model.Trial, measurement: model.Measurement) -> Told:
    outcome = model.EarlyStopped(measurement=measurement)
    ended = replace(trial, state=model.TrialState.EARLY_STOPPED, outcome=outcome)
    return told_of(
        past.spec, past.space, FinishedTrial(order=-1, trial=ended, settled=trial.spend.total)
    )


def _example_count(spec: model.StudySpec, told: Told) -> int:
    """Return how many examples a member of the front is known to be measured on; 0 is unknown."""
    measured = told.trial.measurement.example_count if told.trial.measurement else 0
    if told.trial.state is model.TrialState.EARLY_STOPPED:
        return measured
    return told.trial.example_count or spec.algorithm.whole_example_count or measured


def _estimates(rows: Sequence[Told], example_counts: Sequence[int]) -> Estimates:
    return Estimates(
        losses=np.array([one.losses for one in rows]),
        errors=np.array([one.errors for one in rows]),
        violations=np.array([one.violations for one in rows]),
        violation_errors=np.array([one.violation_errors for one in rows]),
        example_counts=np.array(example_counts, dtype=np.int64),
    )
