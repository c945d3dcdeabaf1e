"""How far the money goes, read off simulated spends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from groat_server.guard.spend_model import Floats

_MOST_TRIALS = 1e9
"""No forecast counts further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is to come, in nanos and in further trials.

    Attributes:
        trial_p50: As likely as not to be enough for one trial.
        trial_p90: Enough for one trial, nine times in ten.
        trial_mean: Mean spend of a trial on the middle path. A mean over all
            paths would be that of the few dearest, while little is known.
        affordable_p50: Further trials, as likely as not at least; ``None`` when
            neither money nor a number of trials is a limit.
        affordable_p90: Further trials, nine times in ten at least.
        enough_chance: The chance of the least number of trials in all; ``None``
            when nothing is a limit.
        finish_p50: Spend of the whole study, run until a limit or the
            recommended number of trials, or past that until a limit.
        finish_p90: Enough for the whole study, nine times in ten.
    """

    trial_p50: float
    trial_p90: float
    trial_mean: float
    affordable_p50: int | None
    affordable_p90: int | None
    enough_chance: float | None
    finish_p50: float
    finish_p90: float


def outlook(  # noqa: PLR0913  # keyword-only facts of one moment
    paths: Floats,
    *,
    available: float | None,
    settled: float,
    done: int,
    trials_left: int | None,
    least: int,
    recommended: int,
) -> Outlook:
    """Read an outlook off simulated spends.

    With more money no count, chance or final spend is smaller.

    Args:
        paths: Shape ``(count, length)``, both at least 1: nanos of trials to
            come. Past its end a path goes on with its mean.
        available: Nanos that further trials may spend; ``None`` when no cap is set.
        settled: Nanos spent so far.
        done: Trials finished so far.
        trials_left: How many more may run; ``None`` when nothing limits them.
        least: Trials in all that are enough to begin with.
        recommended: Trials in all that this space deserves.
    """
    counts = _affordable(paths, available, trials_left)
    is_bounded = available is not None or trials_left is not None
    wanted = np.full(len(paths), float(max(recommended - done, 0)))
    if done >= recommended and is_bounded:
        wanted = counts
    finish = settled + _spends(paths, np.minimum(counts, wanted))
    return Outlook(
        trial_p50=_quantile(paths, 0.5),
        trial_p90=_quantile(paths, 0.9),
        trial_mean=_quantile(paths.mean(axis=1), 0.5),
        affordable_p50=_count(counts, 0.5) if is_bounded else None,
        affordable_p90=_count(counts, 0.1) if is_bounded else None,
        enough_chance=float((counts >= least - done).mean()) if is_bounded else None,
        finish_p50=_quantile(finish, 0.5),
        finish_p90=_quantile(finish, 0.9),
    )


def _affordable(paths: Floats, available: float | None, trials_left: int | None) -> Floats:
    """Return per path how many trials the limits allow, whole numbers."""
    most = _MOST_TRIALS if trials_left is None else float(trials_left)
    if available is None:
        return np.full(len(paths), most)
    totals: Floats = np.cumsum(paths, axis=1)
    counts: Floats = (totals <= available).sum(axis=1).astype(np.float64)
    means: Floats = np.maximum(paths.mean(axis=1), 1.0 / _MOST_TRIALS)
    further = np.floor(np.maximum(available - totals[:, -1], 0.0) / means)
    further[counts < paths.shape[1]] = 0.0
    return np.minimum(counts + further, most)


def _spends(paths: Floats, counts: Floats) -> Floats:
    """Return what each path's first so many trials spend."""
    totals: Floats = np.cumsum(paths, axis=1)
    length = paths.shape[1]
    inside = np.clip(counts, 0, length).astype(np.int64)
    begun = np.take_along_axis(totals, np.maximum(inside - 1, 0)[:, None], axis=1)[:, 0]
    return np.where(inside > 0, begun, 0.0) + (counts - inside) * totals[:, -1] / length


def _quantile(values: Floats, share: float) -> float:
    return float(np.quantile(values, share))


def _count(counts: Floats, share: float) -> int:
    return int(np.quantile(counts, share, method="lower"))
