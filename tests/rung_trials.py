"""Pasts of halving studies, trial by trial, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from groat import model
from groat_server.algorithms.base import History, Pending, Problem
from groat_server.space import Space
from groat_server.testing import problem_of

RUNGS = {"min_examples": 10, "max_examples": 90, "reduction_factor": 3}
ROOMY, TIGHT = 60, 9
GOOD, FAIR, POOR = (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)


@dataclass(frozen=True)
class Trial:
    """One trial of a past: which configuration, on how many examples, with what losses."""

    row: int
    examples: int = 10
    losses: tuple[float, ...] = GOOD
    number: int = -1
    parent: int = -1
    slot: str = ""
    notes: dict[str, str] = field(default_factory=dict)
    violation: float = 0.0


def rows(size: int) -> Space:
    """Configurations without any structure, so many of them."""
    domain = model.IntDomain(min=0, max=size - 1)
    return Space(model.SearchSpace(parameters=(model.Parameter(id="row", domain=domain),)))


def halving(size: int = ROOMY) -> Problem:
    return replace(problem_of(rows(size), constraints=1, options=RUNGS), sampler="random")


def common(problem: Problem, trials: Sequence[Trial], start: int) -> dict:
    numbers = [one.number if one.number >= 0 else start + i for i, one in enumerate(trials)]
    return {
        "numbers": np.array(numbers, dtype=np.int64),
        "points": points(problem, [one.row for one in trials]),
        "example_counts": np.array([one.examples for one in trials], dtype=np.int64),
        "parents": np.array([one.parent for one in trials], dtype=np.int64),
        "slots": tuple(one.slot for one in trials),
        "notes": tuple(one.notes for one in trials),
    }


def told(problem: Problem, *trials: Trial) -> History:
    losses = np.array([one.losses for one in trials], dtype=float).reshape(-1, 2)
    violations = np.array([[one.violation] for one in trials]).reshape(-1, 1)
    return History(
        losses=losses,
        errors=np.full_like(losses, np.nan),
        violations=violations,
        violation_errors=np.full_like(violations, np.nan),
        generators=tuple(f"by {one.row}" for one in trials),
        **common(problem, trials, 0),
    )


def running(
    problem: Problem, *trials: Trial, lost: Sequence[str] = (), failed: Sequence[int] = ()
) -> Pending:
    excluded = points(problem, failed)
    return Pending(excluded=excluded, lost=tuple(lost), **common(problem, trials, 100))


def points(problem: Problem, rows: Sequence[int]) -> np.ndarray:
    codes = [problem.space.encode({"row": row}) for row in rows]
    return problem.space.canonical(np.array(codes, dtype=float).reshape(-1, 1))


def in_order(count: int, **more: object) -> list[Trial]:
    """Trials of which each is worse than the one before."""
    return [Trial(row, losses=(row, row), **more) for row in range(count)]  # pyright: ignore[reportArgumentType]


def slow_ranks(losses: np.ndarray) -> list[int]:
    """Peel fronts off by comparing everybody with everybody."""
    ranks, left, rank = [0] * len(losses), set(range(len(losses))), 0
    while left:
        beaten = {
            i
            for i in left
            for j in left
            if (losses[j] <= losses[i]).all() and (losses[j] < losses[i]).any()
        }
        for i in left - beaten:
            ranks[i] = rank
        left, rank = beaten, rank + 1
    return ranks
