"""Grid search: each cell once, in an order of its own, whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from groat import model
from groat_server.algorithms.base import Pending, Problem, Suggestion
from groat_server.algorithms.cells import Cells
from groat_server.algorithms.grid import GridSearch, shuffled
from groat_server.space import Space
from groat_server.testing import FINITE, MIXED, SMOOTH, Rehearsal, ask, problem_of, told, waiting

UNIT = model.FloatDomain(min=0.0, max=1.0)
MODES = ("plain", "tools", "both")


def choices(*domains: model.Domain, **more: tuple[model.ParameterConstraint, ...]) -> Space:
    parameters = [model.Parameter(id=f"p{j}", domain=domain) for j, domain in enumerate(domains)]
    return Space(model.SearchSpace(parameters=tuple(parameters), **more))


def modes(*labels: str) -> model.CategoricalDomain:
    return model.CategoricalDomain(labels=labels)


def from_scratch(problem: Problem, count: int) -> list[Suggestion]:
    return ask(GridSearch(), problem, told(problem, np.empty((0, problem.space.d))), count=count)


def run(problem: Problem, trials: int) -> list[Suggestion]:
    rehearsal = Rehearsal(problem)
    rehearsal.run(GridSearch(), trials=trials, workers=4)
    rehearsal.check()
    return [one.suggestion for one in rehearsal.trials]


def test_every_cell_comes_once() -> None:
    """Four workers, failures, each ask from the past alone: all cells, then nothing more."""
    tools = model.SubsetDomain(items=("search", "code", "sql"), min_items=1)
    parameters = (*FINITE.parameters, model.Parameter(id="tools", domain=tools))
    problem = problem_of(Space(model.SearchSpace(parameters=parameters)))

    done = run(problem, 100)

    assert len({one.point.tobytes() for one in done}) == len(done) == 9 * 7
    assert {one.slot for one in done} == {f"cell-{i}/63" for i in range(63)}


def test_forbidden_cells_do_not_come() -> None:
    """Of nine cells the three with a forbidden pair are left out."""
    pairs = [model.ForbiddenCombination(values={"p0": mode, "p1": mode}) for mode in MODES]
    problem = problem_of(choices(modes(*MODES), modes(*MODES), constraints=tuple(pairs)))

    found = [problem.space.decode(one.point) for one in run(problem, 20)]

    assert len(found) == 6
    assert all(one["p0"] != one["p1"] for one in found)


def test_the_seed_shuffles_the_cells() -> None:
    """Another seed is another order of the same cells, and none goes along the axes."""
    problems = [replace(problem_of(SMOOTH), seed=seed) for seed in (1, 1, -2)]

    orders = [[one.point.tolist() for one in from_scratch(one, 30)] for one in problems]

    assert orders[0] == orders[1] != orders[2]
    assert len(orders[0]) == 25
    assert sorted(orders[0]) == sorted(orders[2])
    assert sorted(orders[0]) not in orders


def test_what_is_left_depends_on_the_past_alone() -> None:
    """Asked again with other dice, or one by one, the same cells come in the same order."""
    problem = problem_of(MIXED)
    order = from_scratch(problem, 40)
    points = np.array([one.point for one in order[:39]])
    history = replace(told(problem, points), slots=tuple(one.slot for one in order[:39]))

    (last,) = GridSearch().suggest(
        problem, history, waiting(problem, points[:0], 39), 1, np.random.default_rng()
    )

    assert last.slot == order[39].slot
    np.testing.assert_array_equal(last.point, order[39].point)


@pytest.mark.parametrize("size", [1, 2, 3, 64, 1_000, 4_097])
def test_shuffling_loses_no_number(size: int) -> None:
    """Every number comes once, whatever the size; one by one or all at once."""
    at_once = shuffled(np.arange(size), size, 5)

    assert sorted(at_once.tolist()) == list(range(size))
    assert shuffled(np.array([size - 1]), size, 5)[0] == at_once[-1]


@pytest.mark.parametrize("seed", range(5))
def test_a_grid_cut_off_early_has_been_everywhere(seed: int) -> None:
    """A twentieth of a grid shows every pair of values of any two parameters."""
    problem = replace(problem_of(choices(*[UNIT] * 6)), seed=seed)

    points = np.array([one.point for one in from_scratch(problem, 5**6 // 20)])

    pairs = {(i, j, *row) for i in range(6) for j in range(i) for row in points[:, [i, j]].tolist()}
    assert len(pairs) == 15 * 25


def test_what_is_known_otherwise_is_passed_over() -> None:
    """Told, pending and excluded configurations that no slot speaks of do not come again."""
    problem = problem_of(FINITE)
    cells = Cells(FINITE, 5).points(np.arange(9))
    pending = waiting(problem, cells[2:4], 2, excluded=cells[4:5])

    found = ask(GridSearch(), problem, told(problem, cells[:2]), pending, count=9)

    assert {one.point.tobytes() for one in found} == {cell.tobytes() for cell in cells[5:]}


def test_positions_that_were_passed_by_are_filled_in_at_last() -> None:
    """The next cell stands behind the last one given, until only gaps are left."""
    problem = problem_of(FINITE)
    order = from_scratch(problem, 9)
    history = replace(told(problem, np.array([order[5].point])), slots=(order[5].slot,))

    found = ask(GridSearch(), problem, history, count=9)

    assert [one.slot for one in found] == [f"cell-{i}/9" for i in (6, 7, 8, 0, 1, 2, 3, 4)]


def lost(problem: Problem, slots: Sequence[str]) -> Pending:
    return replace(waiting(problem, np.empty((0, problem.space.d)), 0), lost=tuple(slots))


def test_replicates_are_no_second_round() -> None:
    """Where a configuration may come again, a slot is still given once, failed or not."""
    problem = replace(problem_of(FINITE), allow_replicates=True)
    points = Cells(FINITE, 5).points(np.arange(9))

    again = ask(GridSearch(), problem, told(problem, points), lost(problem, ["cell-0/9"]), count=9)

    assert [one.slot for one in again] == [f"cell-{i}/9" for i in range(1, 9)]


def test_a_space_that_grew_is_gone_through_anew() -> None:
    """Slots of the smaller grid do not hide cells of the larger one; its trials are known."""
    small = problem_of(choices(modes(*MODES), model.BoolDomain()))
    large = problem_of(choices(modes(*MODES, "none"), model.BoolDomain()))
    done = from_scratch(small, 4)
    placed = np.array([large.space.place(small.space.decode(one.point)) for one in done])
    history = replace(told(large, placed), slots=tuple(one.slot for one in done))

    found = ask(GridSearch(), large, history, count=8)

    assert len({*large.space.keys(placed), *(one.point.tobytes() for one in found)}) == 8
    assert len(found) == 4


def test_too_many_cells_are_refused() -> None:
    """What cannot be numbered is said, with what to use in its place."""
    problem = problem_of(choices(*[UNIT] * 30))

    with pytest.raises(ValueError, match="use sobol"):
        from_scratch(problem, 1)
