"""Grid search: every combination of a few values of each parameter, each once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from groat_server.algorithms import design
from groat_server.algorithms.base import History, Integers, Pending, Problem, Suggestion
from groat_server.algorithms.cells import Cells, cells_of

_Words: TypeAlias = npt.NDArray[np.uint64]

LEVELS_PER_NUMBER = 5
"""Where the user chose none."""

_SLOT = re.compile(r"cell-(\d+)/(\d+)")
_FIRST_CHUNK, _MOST_AT_ONCE = 64, 4_096
_ROUNDS = 4


class GridSearch:
    """All cells of the grid, see `Cells`, in an order shuffled by the study's seed.

    So a grid that is cut off by its budget still covers the space. A cell's slot
    ``cell-17/96`` is its position in that order, of so many: it tells any server
    where to go on, and lets no two hand out one cell. When a study's space grows
    there are more cells in another order, and the slots of the smaller grid no longer
    count; what was tried in it is known all the same.

    Cells that break a constraint or are known otherwise, such as the configuration
    in use today, are passed over. So are FAILED ones. With all given out there is
    nothing more, with replicates allowed or not.
    """

    is_heavy = False

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`.

        Raises:
            ValueError: There are too many cells to be numbered.
        """
        del rng  # The study's seed decides the order.
        levels = int(problem.options.get("levels_per_number") or LEVELS_PER_NUMBER)
        cells = cells_of(problem.space, levels)
        if not np.isfinite(cells.size):
            raise ValueError(
                f"a grid with {levels} values per number has too many cells; use sobol"
            )
        known = design.Known(problem, history, pending)
        slots = itertools.chain(history.slots, pending.slots, pending.lost)
        free = _free(_positions(slots, int(cells.size)), int(cells.size))
        return list(itertools.islice(_fresh(problem, cells, known, free), count))


def _positions(slots: Iterable[str], size: int) -> Integers:
    """Read the positions that were given out of a grid of so many cells."""
    matches = (_SLOT.fullmatch(slot) for slot in slots)
    given = [int(match[1]) for match in matches if match and int(match[2]) == size]
    return np.array(given, dtype=np.int64)


def _free(given: Integers, size: int) -> Iterator[Integers]:
    """Yield the positions that are left: behind the last given one, then the gaps before it."""
    start, done, width = int(given.max(initial=-1)) + 1, 0, _FIRST_CHUNK
    while done < size:
        positions = (start + np.arange(done, min(done + width, size), dtype=np.int64)) % size
        yield positions[~np.isin(positions, given)]
        done, width = done + width, min(2 * width, _MOST_AT_ONCE)


def _fresh(
    problem: Problem, cells: Cells, known: design.Known, chunks: Iterable[Integers]
) -> Iterator[Suggestion]:
    size = int(cells.size)
    for positions in chunks:
        points = cells.points(shuffled(positions, size, problem.seed))
        new = known.is_new(points)
        for position, point in zip(positions[new].tolist(), points[new], strict=True):
            yield Suggestion(point=point, generator="grid", slot=f"cell-{position}/{size}")


def shuffled(positions: Integers, size: int, seed: int) -> Integers:
    """Say which number stands at each position of an order that the seed chooses.

    Args:
        positions: Shape ``(n,)``, from 0, below ``size``.
        size: How many are shuffled, up to 2**62.
        seed: Of any sign.

    Returns:
        Shape ``(n,)``. Over all positions each number comes once. The same on
        every machine, and none of the others has to be computed for it.

    Source:
        Black and Rogaway (2002), Ciphers with arbitrary finite domains, section 3
        (cycle walking). https://doi.org/10.1007/3-540-45760-7_9
        Stirred by multiplications and shifts instead of a cipher: nobody is to be
        kept from guessing.
    """
    bits = max((size - 1).bit_length(), 2)
    key = np.random.SeedSequence([seed & (2**64 - 1), size])
    rounds = key.generate_state(2 * _ROUNDS, np.uint64).astype(np.uint64).reshape(_ROUNDS, 2)
    numbers = _stirred(positions.astype(np.uint64), bits, rounds)
    while (beyond := numbers >= size).any():
        numbers[beyond] = _stirred(numbers[beyond], bits, rounds)
    return numbers.astype(np.int64)


def _stirred(numbers: _Words, bits: int, rounds: _Words) -> _Words:
    """Permute the numbers of so many bits: odd factors and shifts can both be undone."""
    mask, half = np.uint64(2**bits - 1), np.uint64((bits + 1) // 2)
    for factor, offset in rounds:
        numbers = (numbers * (factor | np.uint64(1)) + offset) & mask
        numbers = numbers ^ (numbers >> half)
    return numbers
