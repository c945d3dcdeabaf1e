"""The suite that every algorithm has to pass, ours and those of plug-ins."""

# A suite asserts, as tests do.
# ruff: noqa: S101

from __future__ import annotations

import multiprocessing
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import pytest

from groat_server.algorithms.base import Algorithm, Problem
from groat_server.space import Space
from groat_server.testing.builders import (
    ask,
    assert_fit,
    different_points,
    plain,
    problem_of,
    told,
    waiting,
)
from groat_server.testing.rehearsal import Rehearsal
from groat_server.testing.situations import SITUATIONS
from groat_server.testing.spaces import EVERYTHING, FINITE, KINDS, MIXED, SMOOTH, SPACES

Options: TypeAlias = Mapping[str, float]


class AlgorithmContract:
    """What every algorithm promises. Subclass it and add an ``algorithm`` fixture.

    An algorithm that cannot do without options has an ``options`` fixture, too.

    Attributes:
        most_objectives: How many it can follow at once.
    """

    most_objectives = 3

    @pytest.fixture
    def options(self) -> Options:
        """What the study declared of the algorithm."""
        return {}

    def problem(
        self, space: Space, options: Options, objectives: int = 2, constraints: int = 0
    ) -> Problem:
        """State a problem that the algorithm can be asked to solve."""
        return problem_of(space, min(objectives, self.most_objectives), constraints, options)

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("situation", SITUATIONS)
    def test_every_kind_of_parameter_in_every_situation(
        self, algorithm: Algorithm, options: Options, kind: str, situation: str
    ) -> None:
        """In bounds, allowed, new, and the same when it is asked again."""
        objectives, constraints, arrange = SITUATIONS[situation]
        if objectives > self.most_objectives:
            pytest.skip(f"follows at most {self.most_objectives} objectives")
        problem = self.problem(KINDS[kind], options, objectives, constraints)
        history, pending = arrange(problem)

        first, again = (ask(algorithm, problem, history, pending, count=2) for _ in range(2))

        known = np.concatenate([history.points, pending.points, pending.excluded])
        assert_fit(problem, first, known)
        assert len(first) == 2
        assert plain(first) == plain(again)

    @pytest.mark.parametrize("space", [FINITE, EVERYTHING], ids=["finite", "everything"])
    def test_a_whole_study_keeps_its_promises(
        self, algorithm: Algorithm, options: Options, space: Space
    ) -> None:
        """Three workers, some failures: no work twice, parents told, every answer repeatable."""
        rehearsal = Rehearsal(self.problem(space, options))

        rehearsal.run(algorithm, trials=30, workers=3)

        assert len(rehearsal.trials) >= min(20, space.size)
        rehearsal.check()

    @pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
    @pytest.mark.parametrize("trials", [0, 1, 3, 20])
    def test_points_are_canonical_new_and_different(
        self, algorithm: Algorithm, options: Options, space: Space, trials: int
    ) -> None:
        """Whatever is known, each suggestion is a real configuration that is not."""
        problem, points = self.problem(space, options), different_points(space, trials)
        history, rest = told(problem, points[: trials // 2]), points[trials // 2 :]
        pending = waiting(problem, rest[1:], len(history.numbers), excluded=rest[:1])

        suggestions = ask(algorithm, problem, history, pending, count=3)

        assert_fit(problem, suggestions, points)
        assert len(suggestions) == min(3, space.size - len(points))

    @pytest.mark.parametrize("objectives", [1, 2, 3])
    @pytest.mark.parametrize("constraints", [0, 2])
    def test_any_number_of_metrics(
        self, algorithm: Algorithm, options: Options, objectives: int, constraints: int
    ) -> None:
        """One to three objectives, with constraints or without."""
        problem = self.problem(MIXED, options, objectives, constraints)
        history = told(problem, different_points(MIXED, 20))

        assert_fit(problem, ask(algorithm, problem, history, count=2), history.points)

    @pytest.mark.parametrize("share", [0.3, 1.0])
    def test_infeasible_trials_are_survived(
        self, algorithm: Algorithm, options: Options, share: float
    ) -> None:
        """Some or all trials did not work, so their rows are NaN."""
        problem = self.problem(MIXED, options, constraints=1)
        history = told(problem, different_points(MIXED, 20))
        failed = np.random.default_rng(0).random(20) < share
        for rows in (history.losses, history.violations):
            rows[failed] = np.nan

        assert_fit(problem, ask(algorithm, problem, history, count=2), history.points)

    @pytest.mark.parametrize("error", [0.0, 0.1])
    def test_errors_may_be_known_for_some(
        self, algorithm: Algorithm, options: Options, error: float
    ) -> None:
        """Standard errors are told for every second trial, and may be 0."""
        problem = self.problem(SMOOTH, options, constraints=1)
        history = told(problem, different_points(SMOOTH, 20))
        history.errors[::2] = history.violation_errors[::2] = error

        assert_fit(problem, ask(algorithm, problem, history), history.points)

    def test_equal_losses_are_survived(self, algorithm: Algorithm, options: Options) -> None:
        """When nothing tells trials apart there is still a next one."""
        problem = self.problem(SMOOTH, options)
        history = told(problem, different_points(SMOOTH, 20))
        history.losses[:] = 5.0

        assert_fit(problem, ask(algorithm, problem, history), history.points)

    def test_huge_and_tiny_losses_are_survived(
        self, algorithm: Algorithm, options: Options
    ) -> None:
        """Losses of any size are fine, as is one outlier."""
        problem = self.problem(SMOOTH, options)
        history = told(problem, different_points(SMOOTH, 20))
        history.losses[:] *= [1e-9, 1e9][: problem.objectives]
        history.losses[3] *= 1e6

        assert_fit(problem, ask(algorithm, problem, history), history.points)

    def test_repeated_trials_may_disagree(self, algorithm: Algorithm, options: Options) -> None:
        """One configuration was measured many times, with noise."""
        problem = replace(self.problem(SMOOTH, options), allow_replicates=True)
        history = told(problem, np.repeat(different_points(SMOOTH, 4), 5, axis=0))
        history.losses[:] += np.random.default_rng(0).normal(size=history.losses.shape)

        assert len(ask(algorithm, problem, history, count=2)) == 2

    def test_a_finite_space_is_used_up(self, algorithm: Algorithm, options: Options) -> None:
        """The last configurations come, then none."""
        problem, points = self.problem(FINITE, options), different_points(FINITE, 9)

        assert len(ask(algorithm, problem, told(problem, points[:0]), count=12)) == 9
        last = ask(algorithm, problem, told(problem, points[:7]), count=5)
        assert_fit(problem, last, points[:7])
        assert len(last) == 2
        assert ask(algorithm, problem, told(problem, points)) == []

    def test_replicates_come_only_where_allowed(
        self, algorithm: Algorithm, options: Options
    ) -> None:
        """With every configuration known, allowing replicates gives one of them again."""
        problem = replace(self.problem(FINITE, options), allow_replicates=True)
        history = told(problem, different_points(FINITE, 9))

        again = ask(algorithm, problem, history, count=2)

        assert len(again) == 2
        assert_fit(problem, again, np.empty((0, FINITE.d)))

    def test_the_same_past_gives_the_same_answer(
        self, algorithm: Algorithm, options: Options
    ) -> None:
        """Nothing but the arguments decides."""
        problem = self.problem(MIXED, options)
        history = told(problem, different_points(MIXED, 20))

        first, second = (plain(ask(algorithm, problem, history, count=2)) for _ in range(2))

        assert first == second

    def test_any_process_gives_the_same_answer(
        self, algorithm: Algorithm, options: Options
    ) -> None:
        """Everything passes to a spawned process and back, and comes out the same there."""
        problem = self.problem(MIXED, options)
        history = told(problem, different_points(MIXED, 20))

        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            there = pool.submit(ask, algorithm, problem, history, None, 2).result()

        assert plain(there) == plain(ask(algorithm, problem, history, count=2))

    def test_it_continues_from_its_own_notes(self, algorithm: Algorithm, options: Options) -> None:
        """What it left with a suggestion comes back, told or pending, and does no harm."""
        problem = self.problem(MIXED, options)
        history = told(problem, different_points(MIXED, 20))
        notes = ask(algorithm, problem, history)[0].notes
        noted = replace(history, notes=(*history.notes[:-1], notes))

        assert_fit(problem, ask(algorithm, problem, noted), history.points)
