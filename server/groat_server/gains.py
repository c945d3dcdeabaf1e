"""How much hypervolume the next trials may add, read off the ones before; no model needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import moocore  # pyright: ignore[reportMissingTypeStubs]  # moocore ships none
import numpy as np

from groat_server import front
from groat_server.front import Bools, Floats

WINDOW = 10
"""Over how many trials a recent gain is averaged."""

_LEAST_TRUST, _MOST_TRUST = 0.1, 1.0
_MOST_EXACT_OBJECTIVES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """What one more trial is expected to add, relative to the hypervolume reached.

    Attributes:
        trials: How many trials it was read off.
        recent: What the newest trials added on average, fallen off to the next one.
        jackknife: The mean of what each trial adds beside all others.
        modelled: What the search itself promised for its newest trials, scaled by how
            its earlier promises came out; ``None`` when it promised nothing.
        spans: Shape ``(m,)``. From the best losses to the reference point.
    """

    trials: int
    recent: float
    jackknife: float
    modelled: float | None
    spans: tuple[float, ...]

    @property
    def next(self) -> float:
        """The careful choice among the estimates.

        Trials that a search chooses fall off faster than the jackknife says, as
        that takes them for draws of one distribution; so half of it. Where the
        search's own models speak, they replace it.
        """
        steady = self.jackknife / 2 if self.modelled is None else self.modelled
        return max(self.recent, steady)

    def of(self, more: int) -> float:
        """Return what so many further trials add together.

        Gains fall like one over the number of trials: the mean exclusive
        contribution does so for draws of one distribution, whose record values
        come at that rate.
        """
        return self.trials * self.next * math.log1p(max(more, 0) / self.trials)


def gain_of(losses: Floats, contends: Bools, bounds: Floats, promised: Floats) -> Gain | None:
    """Estimate what one more trial adds.

    Args:
        losses: Shape ``(n, m)``, in order of finishing.
        contends: Shape ``(n,)``. Which trials may be on the front; the rows of
            the others may hold anything.
        bounds: Shape ``(m,)``; the worst useful losses, NaN where none was set.
        promised: Shape ``(n,)``. The relative gain that the search expected of
            each before it was run; NaN where it expected nothing.

    Returns:
        ``None`` while there is no hypervolume, or no more than `WINDOW` trials.

    Source:
        For exchangeable trials the expected gain of the next one is the mean
        exclusive contribution, as leaving one out and adding one are the same
        experiment (a jackknife).
    """
    n = len(losses)
    if n <= WINDOW or not contends.any():
        return None
    reference = front.reference_point(losses[contends], bounds)
    volumes = front.hypervolume_history(losses, contends, reference)
    if volumes[-1] <= 0:
        return None
    best = losses[contends][front.non_dominated(losses[contends])]
    return Gain(
        trials=n,
        recent=_recent(volumes),
        jackknife=_contributions(losses[contends], reference) / float(volumes[-1]) / n,
        modelled=_modelled(volumes, promised),
        spans=tuple((reference - best.min(axis=0)).tolist()),
    )


def _recent(volumes: Floats) -> float:
    """Return the mean gain of the window, carried on from its middle to its end.

    Gains fall like one over the number of trials, so the mean stands for the
    rate half a window ago.
    """
    n = len(volumes)
    mean = float((volumes[-1] - volumes[-1 - WINDOW]) / volumes[-1] / WINDOW)
    return mean * (n - (WINDOW - 1) / 2) / n


def _contributions(losses: Floats, reference: Floats) -> float:
    """Add up what each row covers that no other row does."""
    inside = np.unique(losses[(losses < reference).all(axis=1)], axis=0)
    if not len(inside):
        return 0.0
    if inside.shape[1] == 1:
        best = np.sort(np.append(inside[:, 0], reference))
        return float(best[1] - best[0])
    # What the first two fronts leave uncovered, the others leave as well, or nearly.
    near = inside[front.ranks(inside) <= 1]
    is_quick = inside.shape[1] > _MOST_EXACT_OBJECTIVES
    parts = moocore.hv_contributions(near, ref=reference, ignore_dominated=is_quick)
    return float(np.sum(parts))


def _modelled(volumes: Floats, promised: Floats) -> float | None:
    """Scale promises by what came of the ones before: models promise too much."""
    newest = np.flatnonzero(np.isfinite(promised[1:]))[-WINDOW:] + 1
    if len(newest) < WINDOW // 2:
        return None
    earlier = volumes[newest - 1]
    came = (volumes[newest] - earlier) / np.where(earlier > 0, earlier, np.inf)
    total = float(promised[newest].sum())
    trust = float(came.sum()) / total if total > 0 else _LEAST_TRUST
    return float(promised[newest[-3:]].mean()) * float(np.clip(trust, _LEAST_TRUST, _MOST_TRUST))
