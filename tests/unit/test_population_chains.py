"""Population-based training when trials fail, and end in any order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import model
from groat_server.algorithms.base import AwaitsResults
from groat_server.algorithms.population import Slot, read
from groat_server.space import Space
from groat_server.testing import FINITE, MIXED
from tests.populations import NAN, Past, begun, begun_with, sized, slots

# Who cannot go on.


def test_infeasible_members_copy_wherever_they_stand() -> None:
    """A trial that did not work has no successor, though more than a quantile are like it."""
    past = begun(NAN, NAN, NAN, 2.0, 1.0)

    assert [one.parent for one in past.ask(5)] == [4, 4, 4, 3, 4]


def test_with_nobody_to_copy_they_begin_anew() -> None:
    """When all are INFEASIBLE, each takes a new configuration and no parent."""
    past = begun(*[NAN] * 5)

    asked = past.ask(5)

    assert slots(asked) == [f"member{i}.step1" for i in range(5)]
    assert {one.parent for one in asked} == {None}
    assert len(np.unique([one.point for one in past.trials], axis=0)) == 10


def test_after_a_common_disaster_the_last_good_trials_are_copied() -> None:
    """All INFEASIBLE at step 1: they go back to what step 0 left, with another configuration."""
    past = begun(1.0, 2.0, 3.0, 4.0)
    past.ask(4)
    past.told.update((number, [NAN]) for number in range(4, 8))

    asked = past.ask(4)

    assert {one.parent for one in asked} <= {0, 1, 2, 3}
    infeasible = {one.point.tobytes() for one in past.trials[4:8]}
    assert not infeasible & {one.point.tobytes() for one in asked}


def test_exploring_keeps_off_what_cannot_work() -> None:
    """In a finite space no copy gets a configuration that was INFEASIBLE or is forbidden."""
    domain = model.IntDomain(min=0, max=5)
    forbidden = model.ForbiddenCombination(values={"k": 2})
    space = Space(
        model.SearchSpace(
            parameters=(model.Parameter(id="k", domain=domain),), constraints=(forbidden,)
        )
    )
    past = Past(sized(5, space=space))
    past.ask(5)
    values = [space.decode(one.point)["k"] for one in past.trials]
    past.told.update((n, [NAN if k == 1 else float(k)]) for n, k in enumerate(values))  # type: ignore[arg-type]

    explored = [space.decode(one.point)["k"] for one in past.ask(5)]

    assert sorted(values) == [0, 1, 3, 4, 5]
    assert not {1, 2} & set(explored)


def test_a_failed_step_is_tried_again_from_the_same_parent() -> None:
    """A failure says nothing about the configuration: parent and configuration come again."""
    past = begun(5.0, 1.0, 2.0, 3.0, 4.0)
    exploiting, going_on = past.ask(2)
    past.failed = {5, 6}

    again = past.ask(2)

    assert slots(again) == ["member0.step1#1", "member1.step1#1"]
    for first, second in zip([exploiting, going_on], again, strict=True):
        assert first.parent == second.parent
        np.testing.assert_array_equal(first.point, second.point)


def test_a_step_that_failed_twice_copies_another_member() -> None:
    """Even the best one goes on from somebody else, anew after each failure."""
    past = begun(5.0, 1.0, 2.0, 3.0, 4.0)
    past.trials += [replace(past.trials[1], slot=slot) for slot in ("member1.step1", "x")]
    past.trials[-1] = replace(past.trials[-1], slot="member1.step1#1")
    past.failed = {5, 6}

    third = past.ask(2)[1]
    past.failed.add(8)
    fourth = past.ask(1)[0]

    assert [(one.slot, one.parent) for one in (third, fourth)] == [
        ("member1.step1#2", 2),
        ("member1.step1#3", 2),
    ]
    assert third.point.tobytes() != fourth.point.tobytes()


def test_a_failed_start_gets_another_configuration() -> None:
    """There is no state to go on from, and a failed configuration is not asked again."""
    past = Past(sized(4))
    past.ask(4)
    past.failed = {2}

    [again] = past.ask(1)

    assert again.slot == "member2.step0#1"
    assert len(np.unique([one.point for one in past.trials], axis=0)) == 5


# Who goes next.


def test_the_furthest_behind_goes_first() -> None:
    """Members in step 1 wait until the others are as far."""
    past = begun(1.0, 2.0, 3.0, 4.0)
    past.ask(3)
    past.told.update({4: [1.0], 5: [2.0]})

    assert slots(past.ask(2)) == ["member3.step1", "member0.step2"]


def test_members_at_work_are_waited_for() -> None:
    """With every trial pending there is nothing to suggest; with one told there is one."""
    past = Past(sized(4))
    past.ask(4)

    with pytest.raises(AwaitsResults):
        past.ask(1)
    past.told[2] = [1.0]

    assert slots(past.ask(3)) == ["member2.step1"]


def test_a_space_used_up_by_others_ends_the_search() -> None:
    """Nobody trains and nothing is new: there is nothing to wait for either."""
    past = Past(sized(9, space=FINITE))
    past.ask(9)
    past.trials = [replace(one, slot="") for one in past.trials]
    past.told.update((number, [1.0]) for number in range(9))

    assert past.ask(3) == []


def test_slots_are_read_as_written() -> None:
    """Whatever is no slot of a population belongs to somebody else."""
    written = [Slot(member=3, step=5), Slot(member=12, step=0, attempt=2)]

    assert read(map(str, written)) == written
    assert read(["", "bracket0.rung1", "member3", "member3.step5#", "member1.step2x"]) == [None] * 5


@settings(max_examples=40, deadline=None)
@given(
    draws=st.lists(st.integers(0, 10_000), min_size=30, max_size=60),
    objectives=st.integers(1, 3),
    workers=st.integers(1, 7),
)
def test_every_chain_is_a_chain(draws: list[int], objectives: int, workers: int) -> None:
    """In whatever order trials end, and however, steps come one by one and each slot once."""
    past = Past(sized(5, space=MIXED, objectives=objectives))
    for draw in draws:
        while len(past.running()) < workers and ask_or_wait(past):
            pass
        finish(past, draw)

    chains: dict[int, list[int]] = {}
    for slot in read(slots(past.trials)):
        assert slot is not None
        chains.setdefault(slot.member, []).append(slot.step)
    assert len(set(slots(past.trials))) == len(past.trials)
    for steps in chains.values():
        assert steps == sorted(steps)
        assert set(steps) == set(range(max(steps) + 1))
    for number, trial in enumerate(past.trials):
        assert trial.parent is None or is_good_parent(past, number, trial.parent)


def ask_or_wait(past: Past) -> bool:
    try:
        return bool(past.ask(1))
    except AwaitsResults:
        return False


def finish(past: Past, draw: int) -> None:
    """End one of the running trials: well mostly, else INFEASIBLE or FAILED."""
    running = past.running()
    number, m = running[draw % len(running)], past.problem.objectives
    match draw % 11:
        case 0:
            past.failed.add(number)
        case 1:
            past.told[number] = [NAN] * m
        case _:
            past.told[number] = [float((draw // (j + 1)) % 17) for j in range(m)]


def is_good_parent(past: Past, number: int, parent: int) -> bool:
    is_measured = parent in past.told and bool(np.isfinite(past.told[parent]).all())
    return parent < number and is_measured


def test_the_same_past_gives_the_same_answer() -> None:
    """Nothing but the arguments decides, and not even the dice of the ask."""
    first, second = (begun_with([[5, 1], [1, 2], [6, 6], [7, 7]]) for _ in range(2))
    second.trials, second.told = list(first.trials), dict(first.told)

    pairs = zip(first.ask(4), second.ask(4), strict=True)

    assert all(
        (one.slot, one.parent, one.point.tobytes()) == (two.slot, two.parent, two.point.tobytes())
        for one, two in pairs
    )
