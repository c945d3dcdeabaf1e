"""Successive halving from every rung at once: a hedge against misleading first examples."""

from __future__ import annotations

import math

import numpy as np

from groat_server.algorithms import halving, rungs
from groat_server.algorithms.base import History, Pending, Problem, Suggestion


class Hyperband:
    """Asynchronous Hyperband: one `SuccessiveHalving` per starting rung.

    Bracket ``s`` is the one whose configurations can climb ``s`` rungs; bracket 0
    evaluates on all examples at once. Trials compete within their bracket, which
    their notes keep. A new configuration goes to the bracket that is furthest
    behind its share, see `shares`.

    Source:
        Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar (2018), Hyperband,
        JMLR 18(185), algorithm 1. https://jmlr.org/papers/v18/16-558.html
        Unlike there, brackets run side by side instead of one after the other.
    """

    is_heavy = True

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`."""
        ladder = rungs.Ladder.of(problem.options)
        plan = halving.Plan("hyperband", ladder, shares=shares(ladder))
        return halving.suggest(plan, problem, (history, pending), count, rng)

    def prepare(self) -> None:
        """See `Preparable.prepare`."""
        halving.prepare()


def shares(ladder: rungs.Ladder) -> dict[int, int]:
    """Return how many configurations of one round each bracket gets, by ``s``."""
    most = ladder.top
    # Li et al. (2018), algorithm 1: n = ceil((s_max + 1) / (s + 1) * eta ** s), less rounding.
    return {
        s: math.ceil((most + 1) / (s + 1) * ladder.factor**s - 1e-9) for s in range(most, -1, -1)
    }
