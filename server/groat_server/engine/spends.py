"""What trials have spent, as the guard forecasts from it."""

from __future__ import annotations

from groat import model
from groat_server.guard import Spent
from groat_server.history import Past


def spent(past: Past) -> list[Spent]:
    """Return the spend of every finished trial, with the examples that it ran itself."""
    whole = past.spec.algorithm.whole_example_count
    return [_spent(past, one.trial, whole) for one in past.told()]


def _spent(past: Past, trial: model.Trial, whole: int) -> Spent:
    count, is_stopped = trial.example_count, trial.state is model.TrialState.EARLY_STOPPED
    if is_stopped and trial.measurement is not None:
        count = trial.measurement.example_count or len(trial.measurement.examples)
    elif not is_stopped:
        count -= _known_before(past, trial)
    return Spent(
        amount=trial.spend.total, example_count=max(count, 0), is_cut_short=is_stopped and not whole
    )


def _known_before(past: Past, trial: model.Trial) -> int:
    """Return how many examples need not be run again, since a trial's parent ran them."""
    parent = None if trial.parent is None else past.by_number.get(trial.parent)
    if parent is None or parent.trial.configuration_id != trial.configuration_id:
        return 0
    count = parent.trial.example_count
    return count if count < trial.example_count else 0
