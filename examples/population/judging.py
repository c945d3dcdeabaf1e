"""Which networks one would keep, and what they are worth on digits never seen."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from .digits import CLASSES
from .training import Checkpoint

GUESSING = math.log(CLASSES)
"""The loss of saying every digit is as likely as any other."""

SMALLEST = 0.01


def unbeaten(checkpoints: Iterable[Checkpoint]) -> list[Checkpoint]:
    """Return those that no smaller one matches on the validation digits, smallest first."""
    sound = [one for one in checkpoints if one.is_sound]
    front: list[Checkpoint] = []
    for one in sorted(sound, key=lambda one: (one.size, one.validation.loss)):
        if not front or one.validation.loss < front[-1].validation.loss:
            front.append(one)
    return front


def best_within(checkpoints: Sequence[Checkpoint], size: float) -> Checkpoint | None:
    """Return what one would use where only so much fits, by the validation digits."""
    fitting = [one for one in unbeaten(checkpoints) if one.size <= size]
    return fitting[-1] if fitting else None


def mean_loss(checkpoints: Sequence[Checkpoint]) -> float:
    """Average the test loss over the size allowed, from 1 % to 100 % on a log scale.

    Where nothing fits one guesses. This is the area under the front that was
    chosen on the validation digits, measured on the test digits: smaller is better.
    """
    chosen = [best_within(checkpoints, size) for size in np.geomspace(SMALLEST, 1.0, 41)]
    return float(np.mean([GUESSING if one is None else one.test.loss for one in chosen]))


def lineage(checkpoints: Sequence[Checkpoint], last: Checkpoint) -> list[Checkpoint]:
    """Return the checkpoints that led to one, the first interval first."""
    by_number = {one.number: one for one in checkpoints}
    path = [last]
    while (parent := path[-1].parent) is not None:
        path.append(by_number[parent])
    return path[::-1]
