"""Independent uniform points: the yardstick that every search must beat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from groat_server.algorithms import design
from groat_server.algorithms.base import Floats, History, Pending, Problem, Suggestion
from groat_server.space import Space


class RandomSearch:
    """Every point of the unit cube alike, known configurations left out."""

    is_heavy = False

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`."""
        known = design.Known(problem, history, pending)
        points = known.choose(_draws(problem.space, count, rng), count, rng)
        return [Suggestion(point=point, generator="random") for point in points]


def _draws(space: Space, count: int, rng: np.random.Generator) -> Iterator[Floats]:
    for rows in (count, 16, 256):
        yield space.canonical(rng.random((rows, space.d)))
