"""Population-based training by hand: who begins, who is better, who copies whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groat_server import front
from groat_server.algorithms.base import Suggestion
from groat_server.algorithms.population import places
from groat_server.algorithms.population_based import population_size
from groat_server.testing import FINITE, problem_of
from tests.populations import NAN, Past, begun, begun_with, sized, slots

# Step 0.


def test_the_population_begins_with_the_design() -> None:
    """Every member starts from nothing, at a point of its own, for one interval."""
    past = Past(sized(4, interval=50))

    asked = past.ask(9)

    assert slots(asked) == [f"member{i}.step0" for i in range(4)]
    assert {(one.generator, one.parent, one.example_count) for one in asked} == {
        ("sobol", None, 50)
    }
    assert len(np.unique([one.point for one in asked], axis=0)) == 4


def test_without_an_interval_a_trial_is_whole() -> None:
    """0 examples mean all of them, and stay 0."""
    assert {one.example_count for one in Past(sized(4)).ask(4)} == {0}


@pytest.mark.parametrize(
    ("affordable", "size"), [(None, 20), (10, 8), (130, 13), (10_000, 20)], ids=str
)
def test_the_population_grows_with_what_can_be_afforded(affordable: int | None, size: int) -> None:
    """A tenth of the trials, within bounds."""
    problem = replace(problem_of(FINITE), affordable_trials=affordable)

    assert population_size(problem) == size


def test_a_small_space_has_a_small_population() -> None:
    """Fewer configurations than members: those that there are go on training."""
    past = Past(sized(12, space=FINITE))
    first = past.ask(20)
    past.told.update((number, [float(number)]) for number in range(len(first)))

    second = past.ask(1)

    assert len(first) == FINITE.size == 9
    assert slots(second) == ["member0.step1"]


def test_other_trials_are_no_members_but_known() -> None:
    """An imported trial counts for no slot, and its configuration does not come again."""
    past = Past(sized(9, space=FINITE))
    imported = replace(past.ask(1)[0], slot="", generator="")
    past.trials, past.told = [imported], {0: [1.0]}

    asked = past.ask(20)

    assert slots(asked) == [f"member{i}.step0" for i in range(8)]
    assert imported.point.tobytes() not in {one.point.tobytes() for one in asked}


def test_nobody_joins_once_training_goes_on() -> None:
    """When more trials become affordable in the middle, no new member starts from nothing."""
    past = begun(4.0, 3.0, 2.0, 1.0)
    past.ask(1)
    past.problem = sized(6)

    assert slots(past.ask(9)) == ["member1.step1", "member2.step1", "member3.step1"]


# Who exploits.


def test_the_worst_copies_the_best() -> None:
    """Of five with a quantile of 0.2, the last goes on from the first's trial, nearby."""
    past = begun(5.0, 1.0, 2.0, 3.0, 4.0)

    [worst] = past.ask(1)

    assert (worst.slot, worst.parent) == ("member0.step1", 1)
    moved = np.abs(worst.point - past.trials[1].point)
    assert 0 < moved.max() < 0.8


def test_the_others_go_on_as_they_are() -> None:
    """Their parent is their own trial and their configuration stays, to the last bit."""
    past = begun(5.0, 1.0, 2.0, 3.0, 4.0)

    others = past.ask(5)[1:]

    assert [one.parent for one in others] == [1, 2, 3, 4]
    for one, own in zip(others, past.trials[1:], strict=False):
        np.testing.assert_array_equal(one.point, own.point)


def test_the_quantile_says_how_many_copy() -> None:
    """Of ten with 0.3 the worst three go on from one of the best three."""
    past = begun(*range(10), quantile=0.3)

    parents = [one.parent for one in past.ask(10)]

    assert parents[:7] == [0, 1, 2, 3, 4, 5, 6]
    assert set(parents[7:]) <= {0, 1, 2}


def test_the_dice_choose_among_the_best() -> None:
    """Over many seeds each of the best two is copied about as often."""
    past = begun(*range(10))
    copied = []
    for seed in range(60):
        past.problem = replace(past.problem, seed=seed)
        copied.append(past.ask(10)[9].parent)
        del past.trials[10:]

    assert set(copied) == {0, 1}
    assert 15 < copied.count(0) < 45


def test_equals_do_not_copy_each_other() -> None:
    """When all losses are the same there is nothing to gain."""
    past = begun(*[1.0] * 6)

    assert [one.parent for one in past.ask(6)] == [0, 1, 2, 3, 4, 5]


def test_members_are_compared_at_the_same_age() -> None:
    """The last to be asked is not beaten by those that have trained a step longer."""
    past = begun(1.0, 2.0, 3.0, 4.0, 0.5)
    past.ask(4)
    past.told.update({5: [0.1], 6: [0.2], 7: [0.3], 8: [0.4]})

    [last] = past.ask(1)

    assert (last.slot, last.parent) == ("member4.step1", 4)


def test_no_lineage_outruns_its_steps() -> None:
    """Whoever is copied, a trial of step s has been trained for s + 1 intervals at most."""
    past = begun(5, 4, 3, 2, 1, quantile=0.4)
    for number in range(5, 40):
        [step] = past.ask(1)
        past.told[number] = [float(np.cos(number))]
        parent = past.trials[step.parent or 0]
        assert step_of(parent) < step_of(step)

    assert step_of(past.trials[-1]) == 7


def step_of(suggestion: Suggestion) -> int:
    return int(suggestion.slot.partition(".step")[2].partition("#")[0])


# Who is better.


def test_places_by_hand() -> None:
    """Fronts one after the other, the crowded last of each, then by violation, then INFEASIBLE."""
    losses = [[0, 9], [1, 5], [2, 4], [9, 0], [3, 9], [0, 0], [0, 0], [NAN, NAN]]
    past = Past(sized(8, objectives=2))
    past.ask(8)
    past.told.update(enumerate(losses))
    past.violations.update({5: 2.0, 6: 1.0})

    # On the first front both ends are lonely, (1, 5) has 2/9 + 5/9, (2, 4) has 8/9 + 5/9.
    np.testing.assert_array_equal(places(past.history(), range(8)), [0, 2, 1, 0, 3, 5, 4, 6])


def test_each_constraint_weighs_alike() -> None:
    """Violations add up in shares of the largest seen, whatever their units."""
    past = begun(1.0, 1.0, 1.0, 1.0)
    history = past.history()
    violations = np.array([[100.0, 0.0], [0.0, 0.002], [60.0, 0.001], [-5.0, -1.0]])

    placed = places(replace(history, violations=violations), range(4))

    np.testing.assert_array_equal(placed, [1, 1, 2, 0])


@pytest.mark.parametrize("objectives", [1, 2, 3])
def test_dominated_members_copy_undominated_ones(objectives: int) -> None:
    """With any number of objectives, the worst in all of them goes on from the front."""
    losses = np.random.default_rng(objectives).random((5, objectives))
    losses[4] = 2.0
    past = begun_with(losses.tolist())

    copy = past.ask(5)[4]

    assert copy.parent in np.flatnonzero(front.non_dominated(losses))


def test_those_that_keep_constraints_are_copied() -> None:
    """The best loss is worth nothing where a constraint is broken."""
    past = begun(0.0, 1.0, 2.0, 3.0, 4.0)
    past.violations[0] = 0.1

    assert past.ask(1)[0].parent == 1
