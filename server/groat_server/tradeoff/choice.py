"""The choice: who is eligible, in which order, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groat import model
from groat.model import Certainty
from groat_server import front
from groat_server.front import Bools, Floats, Integers
from groat_server.tradeoff import preferences
from groat_server.tradeoff.beliefs import DRAWS, Beliefs

LIKELY = 0.6
"""Without limits, a choice is certain when it would be made so often under the errors."""

_WORTH_CONFIRMING = 0.5
_HOPELESS = 0.2
_ALSO_CHOSEN = 0.1
_MOST_CONFIRMED = 5


@dataclass(frozen=True)
class Choice:
    """Configurations in the order of a preference.

    Attributes:
        order: Rows of the beliefs, best first; those that may be chosen come first.
        scores: Shape ``(n,)``.
        feasible: Shape ``(n,)``. The chance that each keeps all limits.
        chosen: Shape ``(n,)``. The chance that each would be the choice.
        confirm: Rows to run again; empty when there is nothing to settle.
    """

    order: Integers
    scores: Floats
    feasible: Floats
    chosen: Floats
    certainty: Certainty
    confirm: tuple[int, ...] = ()


def choose(beliefs: Beliefs, preference: model.Preference, confidence: float) -> Choice:
    """Rank configurations by a preference.

    Args:
        beliefs: At least one configuration.
        preference: Checked.
        confidence: Of keeping the limits.
    """
    limits = preferences.limits_of(beliefs, preference)
    scores = preferences.scores(beliefs, preference, beliefs.means)
    feasible = beliefs.keeps(beliefs.draws, limits).mean(axis=0)
    chosen = _chosen(beliefs, preference, limits)
    if isinstance(preference, model.Limits):
        return _within_limits(beliefs, limits, scores, feasible, chosen, confidence)
    kept = beliefs.keeps(beliefs.means, limits)
    if not kept.any():
        return _nearest(beliefs, limits, scores, feasible, chosen)
    surely = kept & (feasible >= confidence)
    may = _members(beliefs, surely if surely.any() else kept)
    order = _ordered(beliefs, scores, may)
    is_likely = beliefs.is_exact or chosen[order[0]] >= LIKELY
    if surely.any() and is_likely:
        return Choice(order, scores, feasible, chosen, Certainty.CERTAIN)
    rivals = [int(row) for row in order if chosen[row] > _ALSO_CHOSEN][:_MOST_CONFIRMED]
    return Choice(
        order, scores, feasible, chosen, Certainty.UNCONFIRMED, tuple(rivals or [int(order[0])])
    )


def _members(beliefs: Beliefs, kept: Bools) -> Bools:
    """Of those that keep the constraints, the front."""
    rows = np.flatnonzero(kept)
    is_member = np.zeros(len(kept), dtype=np.bool_)
    best = front.non_dominated(beliefs.means[rows][:, beliefs.objectives])
    is_member[rows[best]] = True
    return is_member


def _within_limits(
    beliefs: Beliefs,
    limits: Sequence[tuple[int, float]],
    scores: Floats,
    feasible: Floats,
    chosen: Floats,
    confidence: float,
) -> Choice:
    if feasible.max() < _HOPELESS:
        return _nearest(beliefs, limits, scores, feasible, chosen)
    sure = _is_sure(beliefs, feasible, confidence)
    promising = feasible >= min(_WORTH_CONFIRMING, float(feasible.max()))
    order = _ordered(beliefs, scores, sure, feasible >= confidence, feasible >= 0.5)
    best = scores[order[0]] if sure.any() else math.inf
    open_rows = np.flatnonzero(promising & ~sure & (scores < best))
    open_rows = open_rows[np.argsort(scores[open_rows], kind="stable")][:_MOST_CONFIRMED]
    confirm = tuple(int(row) for row in open_rows if beliefs.evaluations[row] < 2)
    certainty = Certainty.CERTAIN if sure.any() else Certainty.UNCONFIRMED
    return Choice(order, scores, feasible, chosen, certainty, confirm)


def _is_sure(beliefs: Beliefs, feasible: Floats, confidence: float) -> Bools:
    """Whether each keeps the limits surely enough to be chosen among so many.

    What was measured once is the best of many, and is asked for more by as many
    times (Bonferroni). What was run again is asked for half the doubt, as the
    cheapest of a few that pass is chosen: `benchmarks.tradeoffs` has what comes of it.
    """
    if beliefs.is_exact:
        return feasible >= confidence
    rivals = max(int((feasible >= _ALSO_CHOSEN).sum()), 1)
    among_many = 1 - (1 - confidence) / rivals
    asked = np.where(beliefs.evaluations >= 2, 1 - (1 - confidence) / 2, among_many)
    return np.asarray(feasible >= asked)


def _nearest(
    beliefs: Beliefs,
    limits: Sequence[tuple[int, float]],
    scores: Floats,
    feasible: Floats,
    chosen: Floats,
) -> Choice:
    """Nothing keeps the limits: the one that breaks them least, scaled by the spread."""
    broken = np.zeros(len(scores))
    for column, most in limits:
        spread = float(np.ptp(beliefs.means[:, column])) or 1.0
        broken += np.maximum(beliefs.means[:, column] - most, 0) / spread
    order = np.lexsort((scores, broken))
    return Choice(order, scores, feasible, chosen, Certainty.INFEASIBLE)


def _chosen(
    beliefs: Beliefs, preference: model.Preference, limits: Sequence[tuple[int, float]]
) -> Floats:
    """Let every draw choose."""
    drawn = preferences.scores(beliefs, preference, beliefs.draws)
    drawn = np.where(beliefs.keeps(beliefs.draws, limits), drawn, np.inf)
    winners = np.argmin(drawn, axis=1)[np.isfinite(drawn.min(axis=1))]
    return np.bincount(winners, minlength=drawn.shape[1]) / DRAWS


def _ordered(beliefs: Beliefs, scores: Floats, *groups: Bools) -> Integers:
    """Sort by group, then by score; of equals the cheaper, then the older one."""
    group = np.full(len(scores), len(groups))
    for place, members in reversed(list(enumerate(groups))):
        group[members] = place
    spent = np.array([trial.spend.total.nanos for trial in beliefs.trials])
    numbers = np.array([trial.number for trial in beliefs.trials])
    return np.lexsort((numbers, spent, scores, group))
