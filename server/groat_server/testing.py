"""Contract suites for plug-in authors.

Subclass `AlgorithmContract` in a test module and give it an ``algorithm`` fixture::

    class TestMine(AlgorithmContract):
        @pytest.fixture
        def algorithm(self) -> Algorithm:
            return Mine()
"""

# A suite asserts, as tests do.
# ruff: noqa: S101

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest

from groat import model
from groat_server.algorithms.base import Algorithm, Floats, History, Pending, Problem, Suggestion
from groat_server.space import Space

_UNIT = model.FloatDomain(min=0.0, max=1.0)
_CHOICE = model.CategoricalDomain(labels=("none", "sparse", "dense"))

SMOOTH = Space(
    model.SearchSpace(
        parameters=(model.Parameter(id="x", domain=_UNIT), model.Parameter(id="y", domain=_UNIT))
    )
)
"""Two floats."""

FINITE = Space(
    model.SearchSpace(
        parameters=(
            model.Parameter(id="retriever", domain=_CHOICE),
            model.Parameter(
                id="k",
                domain=model.IntDomain(min=1, max=4),
                active_when=(
                    model.Condition(parameter_id="retriever", any_of=("sparse", "dense")),
                ),
            ),
        )
    )
)
"""Nine configurations, one of which has a single parameter."""

MIXED = Space(
    model.SearchSpace(
        parameters=(
            *FINITE.parameters,
            model.Parameter(
                id="weight",
                domain=_UNIT,
                active_when=(model.Condition(parameter_id="retriever", any_of=("dense",)),),
            ),
            model.Parameter(id="chunk", domain=model.IntDomain(min=64, max=4096, log_scale=True)),
            model.Parameter(id="cite", domain=model.BoolDomain()),
            model.Parameter(id="style", domain=model.OrdinalDomain(levels=("terse", "full"))),
        )
    )
)
"""Every kind of parameter, some of them conditional."""

SPACES = {"smooth": SMOOTH, "finite": FINITE, "mixed": MIXED}


def problem_of(space: Space, objectives: int = 2, constraints: int = 0) -> Problem:
    """State a problem without bounds or options."""
    return Problem(
        space=space,
        objectives=objectives,
        constraints=constraints,
        reference=np.full(objectives, np.nan),
        seed=11,
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
        generators=("",) * n,
        notes=(dict[str, str](),) * n,
    )


def waiting(
    problem: Problem, points: Floats, first: int, excluded: Floats | None = None
) -> Pending:
    """Leave trials at ``points (p, d)`` pending, numbered from ``first`` on."""
    return Pending(
        numbers=np.arange(first, first + len(points), dtype=np.int64),
        points=points,
        notes=(dict[str, str](),) * len(points),
        excluded=np.empty((0, problem.space.d)) if excluded is None else excluded,
    )


def different_points(space: Space, count: int) -> Floats:
    """Return up to ``count`` different canonical points, shape ``(n, d)``."""
    drawn = space.canonical(np.random.default_rng(4).random((8 * count + 64, space.d)))
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
    """Check that all are canonical, valid, new and different, with small notes."""
    space = problem.space
    points = np.array([one.point for one in suggestions]).reshape(-1, space.d)
    np.testing.assert_array_equal(space.canonical(points), points)
    assert all(space.contains(space.decode(point)) for point in points)
    keys = space.keys(points)
    assert len(set(keys)) == len(keys)
    assert not set(keys) & set(space.keys(known))
    assert all(one.generator and _is_small(one.notes) for one in suggestions)


def _is_small(notes: Mapping[str, str]) -> bool:
    return sum(len(key) + len(value) for key, value in notes.items()) <= 2_048


class AlgorithmContract:
    """What every algorithm promises. Subclass it and add an ``algorithm`` fixture."""

    @pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
    @pytest.mark.parametrize("trials", [0, 1, 3, 20])
    def test_points_are_canonical_new_and_different(
        self, algorithm: Algorithm, space: Space, trials: int
    ) -> None:
        """Whatever is known, each suggestion is a real configuration that is not."""
        problem, points = problem_of(space), different_points(space, trials)
        history, rest = told(problem, points[: trials // 2]), points[trials // 2 :]
        pending = waiting(problem, rest[1:], len(history.numbers), excluded=rest[:1])

        suggestions = ask(algorithm, problem, history, pending, count=3)

        assert_fit(problem, suggestions, points)
        assert len(suggestions) == min(3, space.size - len(points))

    @pytest.mark.parametrize("objectives", [1, 2, 3])
    @pytest.mark.parametrize("constraints", [0, 2])
    def test_any_number_of_metrics(
        self, algorithm: Algorithm, objectives: int, constraints: int
    ) -> None:
        """One to three objectives, with constraints or without."""
        problem = problem_of(MIXED, objectives, constraints)
        history = told(problem, different_points(MIXED, 20))

        assert_fit(problem, ask(algorithm, problem, history, count=2), history.points)

    @pytest.mark.parametrize("share", [0.3, 1.0])
    def test_infeasible_trials_are_survived(self, algorithm: Algorithm, share: float) -> None:
        """Some or all trials did not work, so their rows are NaN."""
        problem = problem_of(MIXED, constraints=1)
        history = told(problem, different_points(MIXED, 20))
        failed = np.random.default_rng(0).random(20) < share
        for rows in (history.losses, history.violations):
            rows[failed] = np.nan

        assert_fit(problem, ask(algorithm, problem, history, count=2), history.points)

    @pytest.mark.parametrize("error", [0.0, 0.1])
    def test_errors_may_be_known_for_some(self, algorithm: Algorithm, error: float) -> None:
        """Standard errors are told for every second trial, and may be 0."""
        problem = problem_of(SMOOTH, constraints=1)
        history = told(problem, different_points(SMOOTH, 20))
        history.errors[::2] = history.violation_errors[::2] = error

        assert_fit(problem, ask(algorithm, problem, history), history.points)

    def test_equal_losses_are_survived(self, algorithm: Algorithm) -> None:
        """When nothing tells trials apart there is still a next one."""
        problem = problem_of(SMOOTH)
        history = told(problem, different_points(SMOOTH, 20))
        history.losses[:] = 5.0

        assert_fit(problem, ask(algorithm, problem, history), history.points)

    def test_huge_and_tiny_losses_are_survived(self, algorithm: Algorithm) -> None:
        """Losses of any size are fine, as is one outlier."""
        problem = problem_of(SMOOTH)
        history = told(problem, different_points(SMOOTH, 20))
        history.losses[:] *= [1e-9, 1e9]
        history.losses[3] *= 1e6

        assert_fit(problem, ask(algorithm, problem, history), history.points)

    def test_repeated_trials_may_disagree(self, algorithm: Algorithm) -> None:
        """One configuration was measured many times, with noise."""
        problem = replace(problem_of(SMOOTH), allow_replicates=True)
        history = told(problem, np.repeat(different_points(SMOOTH, 4), 5, axis=0))
        history.losses[:] += np.random.default_rng(0).normal(size=history.losses.shape)

        assert len(ask(algorithm, problem, history, count=2)) == 2

    def test_a_finite_space_is_used_up(self, algorithm: Algorithm) -> None:
        """The last configurations come, then none."""
        problem, points = problem_of(FINITE), different_points(FINITE, 9)

        assert len(ask(algorithm, problem, told(problem, points[:0]), count=12)) == 9
        last = ask(algorithm, problem, told(problem, points[:7]), count=5)
        assert_fit(problem, last, points[:7])
        assert len(last) == 2
        assert ask(algorithm, problem, told(problem, points)) == []

    def test_replicates_come_only_where_allowed(self, algorithm: Algorithm) -> None:
        """With every configuration known, allowing replicates gives one of them again."""
        problem = replace(problem_of(FINITE), allow_replicates=True)
        history = told(problem, different_points(FINITE, 9))

        again = ask(algorithm, problem, history, count=2)

        assert len(again) == 2
        assert_fit(problem, again, np.empty((0, FINITE.d)))

    def test_the_same_past_gives_the_same_answer(self, algorithm: Algorithm) -> None:
        """Nothing but the arguments decides."""
        problem = problem_of(MIXED)
        history = told(problem, different_points(MIXED, 20))

        first, second = (_plain(ask(algorithm, problem, history, count=2)) for _ in range(2))

        assert first == second

    def test_any_process_gives_the_same_answer(self, algorithm: Algorithm) -> None:
        """Everything passes to a spawned process and back, and comes out the same there."""
        problem = problem_of(MIXED)
        history = told(problem, different_points(MIXED, 20))

        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            there = pool.submit(ask, algorithm, problem, history, None, 2).result()

        assert _plain(there) == _plain(ask(algorithm, problem, history, count=2))

    def test_it_continues_from_its_own_notes(self, algorithm: Algorithm) -> None:
        """What it left with a suggestion comes back, told or pending, and does no harm."""
        problem = problem_of(MIXED)
        history = told(problem, different_points(MIXED, 20))
        notes = ask(algorithm, problem, history)[0].notes
        noted = replace(history, notes=(*history.notes[:-1], notes))

        assert_fit(problem, ask(algorithm, problem, noted), history.points)


def _plain(suggestions: Sequence[Suggestion]) -> list[tuple[bytes, str, dict[str, str]]]:
    return [(one.point.tobytes(), one.generator, dict(one.notes)) for one in suggestions]
