"""Problems, histories and questions, as an engine would put them."""

# A check asserts, as tests do.
# ruff: noqa: S101

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from groat_server.algorithms.base import Algorithm, Floats, History, Pending, Problem, Suggestion
from groat_server.space import Space


def problem_of(
    space: Space,
    objectives: int = 2,
    constraints: int = 0,
    options: Mapping[str, float] | None = None,
) -> Problem:
    """State a problem without bounds, by default without options."""
    return Problem(
        space=space,
        objectives=objectives,
        constraints=constraints,
        reference=np.full(objectives, np.nan),
        seed=11,
        options=options or {},
        sampler="random" if options and "reduction_factor" in options else "",
    )


def told(problem: Problem, points: Floats) -> History:
    """Tell trials at ``points (n, d)``: smooth losses, no errors, no INFEASIBLE ones."""
    n, phases = len(points), np.arange(problem.objectives)[:, None]
    losses = np.cos(3.0 * points.sum(axis=1) + phases).T + points[:, :1]
    violations = np.repeat(points[:, :1] - 0.7, problem.constraints, axis=1)
    return History(
        numbers=np.arange(n, dtype=np.int64),
        points=points,
        losses=losses,
        errors=np.full_like(losses, np.nan),
        violations=violations,
        violation_errors=np.full_like(violations, np.nan),
        example_counts=np.zeros(n, dtype=np.int64),
        parents=np.full(n, -1, dtype=np.int64),
        generators=("",) * n,
        slots=("",) * n,
        notes=(dict[str, str](),) * n,
    )


def waiting(
    problem: Problem, points: Floats, first: int, excluded: Floats | None = None
) -> Pending:
    """Leave trials at ``points (p, d)`` pending, numbered from ``first`` on."""
    p = len(points)
    return Pending(
        numbers=np.arange(first, first + p, dtype=np.int64),
        points=points,
        example_counts=np.zeros(p, dtype=np.int64),
        parents=np.full(p, -1, dtype=np.int64),
        slots=("",) * p,
        notes=(dict[str, str](),) * p,
        excluded=np.empty((0, problem.space.d)) if excluded is None else excluded,
    )


def different_points(space: Space, count: int) -> Floats:
    """Return up to ``count`` different canonical points that are allowed, shape ``(n, d)``."""
    drawn = space.canonical(np.random.default_rng(4).random((8 * count + 64, space.d)))
    drawn = drawn[space.allowed(drawn)]
    first = np.sort(np.unique(drawn, axis=0, return_index=True)[1])
    return drawn[first[:count]]


def ask(
    algorithm: Algorithm,
    problem: Problem,
    history: History,
    pending: Pending | None = None,
    count: int = 1,
) -> list[Suggestion]:
    """Ask with fixed dice, next to read-only arrays."""
    pending = waiting(problem, np.empty((0, problem.space.d)), 0) if pending is None else pending
    for part in (problem, history, pending):
        for field in fields(part):
            value = getattr(part, field.name)
            if isinstance(value, np.ndarray):
                value.flags.writeable = False
    return algorithm.suggest(problem, history, pending, count, np.random.default_rng(23))


def assert_fit(problem: Problem, suggestions: Sequence[Suggestion], known: Floats) -> None:
    """Check that all are canonical, valid, allowed, new and different, with small notes."""
    space = problem.space
    points = np.array([one.point for one in suggestions]).reshape(-1, space.d)
    np.testing.assert_array_equal(space.canonical(points), points)
    assert all(space.contains(space.decode(point)) for point in points)
    assert space.allowed(points).all()
    keys = space.keys(points)
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set(space.keys(known))
    assert all(one.generator and _is_small(one.notes) for one in suggestions)


def _is_small(notes: Mapping[str, str]) -> bool:
    return sum(len(key) + len(value) for key, value in notes.items()) <= 2_048


def plain(suggestions: Sequence[Suggestion]) -> list[tuple[object, ...]]:
    """Return what two equal answers have in common: everything, by value."""
    return [
        (
            one.point.tobytes(),
            one.generator,
            one.example_count,
            one.parent,
            one.slot,
            one.why,
            *sorted(one.notes.items()),
        )
        for one in suggestions
    ]
