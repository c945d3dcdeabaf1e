"""Successive halving and Hyperband: the rungs, who goes on, and who starts where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groat_server.algorithms.base import Suggestion
from groat_server.algorithms.hyperband import Hyperband, shares
from groat_server.algorithms.rungs import Ladder, leading, ranking, seen
from groat_server.algorithms.successive_halving import SuccessiveHalving
from groat_server.testing import ask
from tests.rung_trials import (
    FAIR,
    GOOD,
    POOR,
    TIGHT,
    Trial,
    halving,
    in_order,
    running,
    slow_ranks,
    told,
)

SHAPES = st.tuples(st.integers(1, 25), st.integers(1, 3))


def parents(suggestions: Sequence[Suggestion]) -> list[int | None]:
    return [one.parent for one in suggestions]


@pytest.mark.parametrize(
    ("options", "counts"),
    [
        pytest.param((9, 81, 3), (9, 27, 81), id="exact"),
        pytest.param((16, 143, 3), (16, 48, 143), id="the last is the whole"),
        pytest.param((5, 97, 3), (5, 15, 45, 97), id="a short last step"),
        pytest.param((10, 100, 3), (10, 30, 100), id="too short a step is left out"),
        pytest.param((60, 90, 3), (60, 90), id="the first rung is the user's"),
        pytest.param((3, 20, 2.5), (3, 8, 20), id="rounded"),
        pytest.param((1, 4, 1.5), (1, 2, 4), id="small ones fall together"),
        pytest.param((0, 90, 0), (10, 30, 90), id="chosen for the user"),
        pytest.param((50, 50, 3), (50,), id="nothing to halve"),
        pytest.param((0, 0, 0), (0,), id="always all examples"),
    ],
)
def test_rungs_by_hand(options: tuple[float, ...], counts: tuple[int, ...]) -> None:
    """Each rung has ``factor`` times the examples of the one below, the last all of them."""
    names = ("min_examples", "max_examples", "reduction_factor")

    assert Ladder.of(dict(zip(names, options, strict=True))).counts == counts


def test_every_number_of_examples_has_a_rung() -> None:
    """A trial is on the highest rung that it is good for; 0 means all examples."""
    examples = np.array([0, 9, 10, 29, 30, 90, 200])

    assert Ladder((10, 30, 90)).rungs(examples).tolist() == [2, -1, 0, 0, 1, 2, 2]


def test_ranking_by_hand() -> None:
    """Kept constraints first, then fronts, then the ends of a front; INFEASIBLE is nowhere."""
    losses = np.array([[2, 2], [0, 4], [1, 2.5], [4, 0], [3, 3], [np.nan] * 2, [-9, -9], [-9, 9]])
    violations = np.array([[0.0], [-1.0], [0.0], [0.0], [0.0], [np.nan], [2.0], [1.0]])

    assert ranking(losses, violations).tolist() == [1, 3, 0, 2, 4, 7, 6]
    leads = leading(losses, np.full_like(losses, np.nan), violations)
    assert np.flatnonzero(leads).tolist() == [0, 1, 2, 3]


def test_the_least_violation_leads_where_nothing_is_kept() -> None:
    """Something must come of a space in which the first examples look too strict."""
    losses, violations = np.zeros((3, 2)), np.array([[3.0], [1.0], [1.0]])

    assert ranking(losses, violations).tolist() == [1, 2, 0]
    assert leading(losses, losses, violations).tolist() == [False, True, True]


def test_who_is_a_little_behind_may_still_lead() -> None:
    """Half a standard error of the difference, 0.5 * hypot(0.3, 0.4), is no clear defeat."""
    losses = np.array([[1.0, 1.0], [1.24, 1.24], [1.26, 1.26]])
    errors = np.array([[0.3, 0.3], [0.4, 0.4], [0.4, 0.4]])

    assert leading(losses, errors, np.empty((3, 0))).tolist() == [True, True, False]


@settings(deadline=None)
@given(arrays(float, SHAPES, elements=st.integers(0, 3).map(float)))
def test_order_keeps_brute_force_ranks(losses: np.ndarray) -> None:
    """No trial comes before one of a lower rank, equal trials included."""
    ranks, unbound = slow_ranks(losses), np.empty((len(losses), 0))

    order = ranking(losses, unbound)
    leads = leading(losses, np.full_like(losses, np.nan), unbound)

    assert [ranks[i] for i in order] == sorted(ranks)
    assert leads.tolist() == [rank == 0 for rank in ranks]


def test_the_best_third_goes_on() -> None:
    """Of nine told trials three continue, the best first; the fourth ask is a new one."""
    problem = halving()

    found = ask(SuccessiveHalving(), problem, told(problem, *in_order(9)), count=4)

    assert parents(found) == [0, 1, 2, None]
    assert [one.example_count for one in found] == [30, 30, 30, 10]
    assert [one.slot for one in found] == ["rung1<0", "rung1<1", "rung1<2", ""]
    assert [one.generator for one in found] == ["successive_halving"] * 3 + ["random"]


@pytest.mark.parametrize(("count", "promoted"), [(2, 0), (3, 1), (5, 1), (6, 2)])
def test_places_are_rounded_down(count: int, promoted: int) -> None:
    """One in three goes on: none of two, one of five."""
    problem = halving()

    found = ask(SuccessiveHalving(), problem, told(problem, *in_order(count)), count=9)

    assert sum(one.parent is not None for one in found) == promoted


def test_whoever_went_on_keeps_the_place() -> None:
    """Promoted trials still count on their old rung, told and pending ones alike."""
    problem = halving()
    history = told(problem, *in_order(9), Trial(0, 30, GOOD, 9, 0, "rung1<0"))
    pending = running(problem, Trial(1, 30, parent=1, slot="rung1<1"))

    found = ask(SuccessiveHalving(), problem, history, pending, count=2)

    assert parents(found) == [2, None]


def test_the_highest_rung_comes_first() -> None:
    """A trial that is due on a higher rung goes before one that is due below."""
    problem = halving()
    above = [Trial(20 + i, 30, (i, i)) for i in range(3)]
    history = told(problem, *in_order(3), *above)

    found = ask(SuccessiveHalving(), problem, history, count=2)

    assert [(one.parent, one.example_count) for one in found] == [(3, 90), (0, 30)]


def test_whole_trials_stay_where_they_are() -> None:
    """The default configuration, imports and trials on all examples have nowhere to go."""
    problem = halving()
    history = told(problem, *in_order(3, examples=0), *[Trial(9, 90), Trial(10, 95)])

    found = ask(SuccessiveHalving(), problem, history, count=2)

    assert parents(found) == [None, None]


def test_infeasible_trials_never_go_on() -> None:
    """They count on their rung, but one that did not work is not worth more examples."""
    problem = halving()
    broken = [Trial(row, losses=(np.nan, np.nan), violation=np.nan) for row in range(5)]
    history = told(problem, *broken, Trial(5))

    found = ask(SuccessiveHalving(), problem, history, count=3)

    assert parents(found) == [5, None, None]


def test_kept_constraints_come_before_losses() -> None:
    """A trial that keeps the constraint goes on, not the better one that breaks it."""
    problem = halving()
    history = told(problem, Trial(0, violation=1.0), Trial(1, losses=POOR), Trial(2, violation=2.0))

    assert parents(ask(SuccessiveHalving(), problem, history)) == [1]


@pytest.mark.parametrize(
    ("lost", "slot"),
    [
        pytest.param((), "rung1<0", id="first attempt"),
        pytest.param(("rung1<0",), "rung1<0#1", id="once more"),
        pytest.param(("rung1<0", "rung1<0#1"), "", id="given up"),
    ],
)
def test_a_failed_promotion_is_tried_once_more(lost: tuple[str, ...], slot: str) -> None:
    """A worker that crashed gets a second chance; then a new configuration has its turn."""
    problem = halving()
    pending = running(problem, lost=lost)

    found = ask(SuccessiveHalving(), problem, told(problem, *in_order(3)), pending)

    assert [one.slot for one in found] == [slot]


def test_one_answer_names_nobody_twice() -> None:
    """Not the configuration with two good trials, nor do replicates come beside their like."""
    problem = replace(halving(TIGHT), allow_replicates=True)
    history = told(problem, Trial(0), Trial(0), *[Trial(i, losses=POOR) for i in range(1, 5)])

    found = ask(SuccessiveHalving(), problem, history, count=TIGHT)

    assert len({one.point.tobytes() for one in found}) == len(found) == TIGHT
    assert [one.slot for one in found if one.slot] == ["rung1<0"]


def test_the_sampler_sees_each_configuration_once() -> None:
    """With its result on most examples, as its first trial's work, and without gaps."""
    problem = halving()
    noted = Trial(7, notes={"of": "the sampler"})
    higher = Trial(7, 30, FAIR, 4, 0, "rung1<0")
    history = told(problem, noted, Trial(8, 0, POOR), higher, Trial(8, 30, GOOD, 6))
    pending = running(problem, Trial(7, 90), Trial(9, 10))

    view, waiting = seen(problem, history, pending)

    assert view.losses.tolist() == [list(FAIR), list(POOR)]
    assert (view.notes, view.generators) == (({"of": "the sampler"}, {}), ("by 7", "by 8"))
    assert [*view.numbers, *waiting.numbers] == [0, 1, 2]
    assert problem.space.decode(waiting.points[0]) == {"row": 9}


def test_auto_inside_does_not_halve_again() -> None:
    """The sampler is asked for whole evaluations, and starts with its design."""
    problem = replace(halving(), sampler="auto")

    found = ask(SuccessiveHalving(), problem, told(problem))

    assert [(one.generator, one.example_count) for one in found] == [("sobol", 10)]


def test_shares_of_the_brackets_by_hand() -> None:
    """Three rungs, factor 3: nine start on the first, ceil(3 / 2 * 3) on the next, three whole."""
    assert shares(Ladder((10, 30, 90))) == {2: 9, 1: 5, 0: 3}
    assert shares(Ladder((1, 3, 9, 27, 81))) == {4: 81, 3: 34, 2: 15, 1: 8, 0: 5}


def test_new_configurations_keep_to_the_shares() -> None:
    """Of 17 new ones 9, 5 and 3 go to the brackets; the longest bracket starts."""
    problem = halving()

    found = ask(Hyperband(), problem, told(problem), count=17)

    assert Counter(one.example_count for one in found) == {10: 9, 30: 5, 90: 3}
    assert Counter(one.notes["bracket"] for one in found) == {"2": 9, "1": 5, "0": 3}
    assert found[0].example_count == 10


def test_the_bracket_furthest_behind_is_next() -> None:
    """Pending and told starts count, continued trials and imports do not."""
    problem = halving()
    bracket = {s: {"bracket": str(s)} for s in range(3)}
    history = told(problem, *in_order(2, notes=bracket[2]), Trial(5, 0), Trial(6, 0))
    pending = running(problem, *(Trial(10 + i, notes=bracket[2]) for i in range(7)))
    whole = [Trial(20 + i, 90, notes=bracket[0], parent=i) for i in range(3)]

    found = ask(
        Hyperband(), problem, told(problem, *in_order(2, notes=bracket[2]), *whole), count=2
    )
    later = ask(Hyperband(), problem, history, pending, count=8)

    assert [one.notes for one in found] == [bracket[1], bracket[0]]
    assert Counter(one.notes["bracket"] for one in later) == {"1": 5, "0": 3}


def test_trials_compete_within_their_bracket() -> None:
    """The best of a bracket goes on, though all of another one beat it on the same rung."""
    problem = halving()
    longest, next_one = {"bracket": "2"}, {"bracket": "1"}
    strong = [Trial(i, 30, (i, i), notes=longest) for i in range(3)]
    weak = [Trial(9 + i, 30, (50 - i, 50 - i), notes=next_one) for i in range(3)]

    found = ask(Hyperband(), problem, told(problem, *strong, *weak), count=3)

    assert parents(found) == [0, 5, None]
    assert [one.notes for one in found[:2]] == [longest, next_one]
    assert [one.slot for one in found[:2]] == ["rung2<0", "rung2<5"]
