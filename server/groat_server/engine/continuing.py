"""Trials that go on from others: what those measured and used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from groat import model
from groat_server import derivation
from groat_server.pooling import Evaluation
from groat_server.storage.base import Attempt, LockedStudy

STANDS = "stands:"
"""Before the digest of the outcome that ended its trial, to tell its attempt from the others."""


def earlier(locked: LockedStudy, trial: model.Trial) -> list[Evaluation]:
    """Read what a trial goes on from, its parent first, then that one's parent, and so on.

    Bounded, since each was to be evaluated on fewer examples than the next: as
    many readings as there are rungs, of no more examples than the last has.
    """
    found: list[Evaluation] = []
    while (parent := _extended(locked, trial)) is not None:
        measurement = parent.measurement or model.Measurement()
        stands = _standing(locked, parent.number)
        usage = locked.usage(stands.lease.lease_id) if stands else ()
        found.append(Evaluation(measurement=measurement, usage=usage))
        trial = parent
    return found


def _extended(locked: LockedStudy, trial: model.Trial) -> model.Trial | None:
    """Return the parent if its examples are part of the trial's.

    They are when the same configuration is wanted on more examples. A trial
    that trains its parent's model further, perhaps under other settings, says
    nothing new about what the parent measured, nor the parent about it.
    """
    parent = None if trial.parent is None else locked.trial(trial.parent)
    if parent is None or not parent.state.is_measured:
        return None
    is_longer = parent.example_count > 0 and not 0 < trial.example_count <= parent.example_count
    return parent if is_longer and _is_same(parent, trial) else None


def _is_same(parent: model.Trial, trial: model.Trial) -> bool:
    # The space may have grown since: a parameter that the parent knew nothing of has its default.
    values = parent.configuration.items()
    return all(trial.configuration.get(name) == value for name, value in values)


def _standing(locked: LockedStudy, number: int) -> Attempt | None:
    """Find the attempt whose outcome ended a trial; the others say nothing of its metrics."""
    return next((one for one in locked.attempts(number) if one.told.startswith(STANDS)), None)


def derive_again(locked: LockedStudy, numbers: Collection[int], *, now: datetime) -> None:
    """Derive metrics of some trials anew, since more of their usage has a price by now.

    Trials that went on from them are made up for, too.
    """
    spec, due = locked.view().study.spec, set(numbers)
    for number, parent in locked.parents().items():  # a parent comes before its children
        if parent in due:
            due.add(number)
    for number in sorted(due):
        trial, stands = locked.trial(number), _standing(locked, number)
        if stands is None or not isinstance(trial.outcome, model.Succeeded | model.EarlyStopped):
            continue
        usage, before = locked.usage(stands.lease.lease_id), earlier(locked, trial)
        derived = derivation.derive(spec, trial.outcome.measurement, usage, before)
        outcome = replace(trial.outcome, measurement=derived.measurement)
        locked.finish(number, trial.state, outcome, now=now)
