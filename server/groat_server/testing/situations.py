"""What a study may look like when an algorithm is asked: ten told trials, and then some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from groat_server.algorithms.base import Floats, History, Pending, Problem
from groat_server.testing.builders import different_points, told, waiting

_TOLD = 10

Arrange: TypeAlias = Callable[[Problem], tuple[History, Pending]]


def _plain(problem: Problem) -> tuple[History, Pending]:
    points = different_points(problem.space, _TOLD)
    return told(problem, points), _nothing(problem, len(points))


def _noisy(problem: Problem) -> tuple[History, Pending]:
    history, pending = _plain(problem)
    errors = np.full_like(history.errors, 0.1)
    errors[::3] = np.nan
    return replace(history, errors=errors), pending


def _pending(problem: Problem) -> tuple[History, Pending]:
    points = different_points(problem.space, _TOLD)
    half = len(points) // 2
    return told(problem, points[:half]), waiting(problem, points[half:], half)


def _failed(problem: Problem) -> tuple[History, Pending]:
    points = different_points(problem.space, _TOLD)
    third = len(points) // 3
    return told(problem, points[third:]), _nothing(problem, len(points), points[:third])


def _infeasible(problem: Problem) -> tuple[History, Pending]:
    history, pending = _plain(problem)
    losses, violations = history.losses.copy(), history.violations.copy()
    losses[1::3], violations[1::3] = np.nan, np.nan
    return replace(history, losses=losses, violations=violations), pending


def _fresh(problem: Problem) -> tuple[History, Pending]:
    return told(problem, np.empty((0, problem.space.d))), _nothing(problem, 0)


def _nothing(problem: Problem, first: int, excluded: Floats | None = None) -> Pending:
    return waiting(problem, np.empty((0, problem.space.d)), first, excluded)


SITUATIONS: dict[str, tuple[int, int, Arrange]] = {
    "nothing known": (2, 0, _fresh),
    "one objective": (1, 0, _plain),
    "two objectives": (2, 0, _plain),
    "three objectives": (3, 0, _plain),
    "a constraint": (1, 1, _plain),
    "noise": (1, 1, _noisy),
    "pending trials": (1, 0, _pending),
    "failed trials": (1, 0, _failed),
    "infeasible trials": (1, 1, _infeasible),
}
"""By name: objectives, constraints, and what is known."""
