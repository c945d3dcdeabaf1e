"""What several algorithms share: the Sobol design, and keeping away from what is known."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Set

import numpy as np
from scipy.stats import qmc

from groat_server.algorithms.base import Bools, Floats, History, Pending, Problem, Suggestion
from groat_server.space import Space

_CHUNK = 16
_CHUNKS = 16
_PATIENCE = 5_000


def next_number(history: History, pending: Pending) -> int:
    """Return the number of the next new trial: one above the highest known, from 0."""
    numbers = np.concatenate([history.numbers, pending.numbers])
    return int(numbers.max()) + 1 if len(numbers) else 0


def dice(seed: int, *more: int) -> np.random.Generator:
    """Return fresh dice for a study's seed, of any sign, and what tells this use from others."""
    return np.random.default_rng([seed & (2**64 - 1), *more])


def starting_size(problem: Problem) -> int:
    """Return how many trials come before any model: 8 up to 8 parameters, 16 beyond.

    The option ``initial_trial_count`` overrides it. With many mixed parameters a
    design that shows each of them at work is worth more than as many guided trials.
    """
    few = len(problem.space.parameters) <= 8
    return int(problem.options.get("initial_trial_count") or 0) or (8 if few else 16)


class Known:
    """The configurations that must not be suggested, in a growing set.

    Those that break a constraint of the space count as known. With
    `Problem.allow_replicates` only the excluded ones are in the set at first;
    what `choose` gives out is added either way.
    """

    def __init__(self, problem: Problem, history: History, pending: Pending) -> None:
        self._space = problem.space
        self._keys = set(problem.space.keys(pending.excluded))
        self._told: Set[bytes] = frozenset()
        if not problem.allow_replicates:
            self._told = history.keys
            self._keys.update(problem.space.keys(history.points))
            self._keys.update(problem.space.keys(pending.points))

    def is_new(self, points: Floats) -> Bools:
        """Tell which rows of ``points (n, d)`` are not known; changes nothing."""
        new = [self._is_new(key) for key in self._space.keys(points)]
        return np.array(new, dtype=np.bool_) & self._space.allowed(points)

    def _is_new(self, key: bytes) -> bool:
        return key not in self._keys and key not in self._told

    def choose(
        self, batches: Iterable[Floats], count: int, rng: np.random.Generator
    ) -> list[Floats]:
        """Take the first ``count`` new rows of the batches, else whatever is left.

        What is taken is known from then on.

        Args:
            batches: Each of shape ``(n, d)``, canonical; best first.
            count: How many are wanted.
            rng: Dice for where to look when the batches have too few new ones.

        Returns:
            Points of shape ``(d,)``; fewer than ``count`` only when every
            configuration is known.
        """
        chosen = list(itertools.islice(self._new_rows(self._allowed(batches)), count))
        known = max(len(self._keys), len(self._told))
        if len(chosen) < count and known < self._space.size:
            chosen += itertools.islice(self._left(rng), count - len(chosen))
        return chosen

    def _left(self, rng: np.random.Generator) -> Iterator[Floats]:
        """Walk to what is new in a space nearly used up.

        Over a finite space the walk never comes back to a point, so that it gets
        past all known ones after as many steps. Where it may repeat itself, or a
        range holds but a few floats, patience ends.
        """
        stale, patience = 0, len(self._keys) + len(self._told) + _PATIENCE
        for point in self._space.points(rng):
            found = next(self._new_rows([point[None]]), None)
            stale = 0 if found is not None else stale + 1
            if found is not None:
                yield found
            elif stale > patience:
                return

    def _new_rows(self, batches: Iterable[Floats]) -> Iterator[Floats]:
        for batch in batches:
            for key, point in zip(self._space.keys(batch), batch, strict=True):
                if self._is_new(key):
                    self._keys.add(key)
                    yield point

    def _allowed(self, batches: Iterable[Floats]) -> Iterator[Floats]:
        """Keep what breaks no constraint; when that is too little, the rest, repaired."""
        broken = list[Floats]()
        for batch in batches:
            fits = self._space.allowed(batch)
            broken.append(batch[~fits])
            yield batch[fits]
        for batch in broken:
            repaired = self._space.repaired(batch)
            yield repaired[self._space.allowed(repaired)]


def sobol(space: Space, seed: int, start: int) -> Iterator[Floats]:
    """Yield a scrambled Sobol sequence from position ``start`` on, in batches.

    A position holds the same point for everyone with the same seed, so servers
    that do not know of each other hand out one design. After 256 points the
    sequence gives up; by then the space is as good as used up.

    Yields:
        Shape ``(1, d)`` at first, then ``(16, d)``; canonical.

    Source:
        Owen (1998), Scrambling Sobol' and Niederreiter-Xing points, as in
        `scipy.stats.qmc.Sobol`. https://doi.org/10.1006/jcom.1998.0487
    """
    sampler = qmc.Sobol(space.d, scramble=True, rng=dice(seed))
    if start:
        sampler.fast_forward(start)
    yield space.canonical(sampler.random(1))
    for _ in range(_CHUNKS):
        rows = [sampler.random(1) for _ in range(_CHUNK)]
        yield space.canonical(np.vstack(rows))


def sobol_suggestions(
    problem: Problem,
    history: History,
    pending: Pending,
    count: int,
    keeps: Callable[[Floats], Bools] | None = None,
) -> list[Suggestion]:
    """Suggest the next points of the study's Sobol design, skipping known ones.

    And skipping those that ``keeps`` does not keep, while there are others.

    The position is the trial's number. When the sequence meets nothing new any
    more, what is left of a finite space is walked through.
    """
    known = Known(problem, history, pending)
    start = next_number(history, pending)
    suggestions = list[Suggestion]()
    for number in range(start, start + count):
        rng = dice(problem.seed, number)
        batches = sobol(problem.space, problem.seed, number)
        if keeps is not None:
            batches = (batch[keeps(batch)] for batch in batches)
        points = known.choose(batches, 1, rng)
        suggestions += [Suggestion(point=point, generator="sobol") for point in points]
    return suggestions
