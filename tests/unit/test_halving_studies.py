"""Halving studies from start to end, and what happens when a finite space is used up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat_server import front
from groat_server.algorithms.base import Algorithm, AwaitsResults, Problem, Suggestion
from groat_server.algorithms.hyperband import Hyperband
from groat_server.algorithms.successive_halving import SuccessiveHalving
from groat_server.testing import ask
from tests.rung_trials import TIGHT, Trial, halving, in_order, running, slow_ranks, told

BOTH = pytest.mark.parametrize("algorithm", [SuccessiveHalving(), Hyperband()], ids=["sh", "hb"])
RUNGS = (10, 30, 90)


def test_leaders_go_on_when_nothing_is_new() -> None:
    """Nine trials that beat each other nowhere: three by their place, then the other six."""
    problem = halving(TIGHT)
    level = [Trial(row, losses=(row, TIGHT - row)) for row in range(TIGHT)]

    found = ask(SuccessiveHalving(), problem, told(problem, *level), count=20)

    assert sorted(one.parent or 0 for one in found) == list(range(TIGHT))
    assert {one.example_count for one in found} == {30}


def test_leaders_of_one_rung_come_in_one_answer() -> None:
    """Those of the next rung may be beaten by those that are just going there."""
    problem = halving(TIGHT)
    level = [Trial(row, losses=(row, TIGHT - row)) for row in range(TIGHT)]
    above = [Trial(i, 30, (i, 9 - i), 50 + i, i, f"rung1<{i}") for i in range(2)]

    found = ask(SuccessiveHalving(), problem, told(problem, *level, *above), count=20)

    assert sorted(one.parent or 0 for one in found) == list(range(2, TIGHT))


def test_whoever_is_beaten_is_left_behind() -> None:
    """Nothing is suggested any more once all leaders are whole."""
    problem = halving(TIGHT)
    whole = [Trial(i, 90, (i, i), 50 + i, i, f"rung2<{i}") for i in range(3)]

    assert ask(SuccessiveHalving(), problem, told(problem, *in_order(TIGHT), *whole)) == []


@pytest.mark.parametrize(
    ("pending", "waits"),
    [
        pytest.param(Trial(8, 10), True, id="it may become a leader"),
        pytest.param(Trial(8, 90, parent=3, slot="rung2<3"), True, id="failed, it comes again"),
        pytest.param(Trial(8, 90, parent=3, slot="rung2<3#1"), False, id="failed, it is given up"),
        pytest.param(Trial(8, 0), False, id="a whole one decides about nobody else"),
    ],
)
def test_the_end_waits_for_what_may_still_change(pending: Trial, waits: bool) -> None:
    """With nothing new and nobody due, only certain pending trials keep a study open."""
    problem = halving(TIGHT)
    whole = [Trial(i, 90, (i, i), 50 + i, i, f"rung2<{i}") for i in range(3)]
    past = told(problem, *in_order(TIGHT - 1), *whole), running(problem, pending)

    assert awaits(problem, *past) is waits


def awaits(problem: Problem, *past: object) -> bool:
    try:
        return bool(ask(SuccessiveHalving(), problem, *past))  # pyright: ignore[reportArgumentType]
    except AwaitsResults:
        return True


def test_leaders_wait_for_the_rungs_below() -> None:
    """A trial that is pending below may come up and beat them; afterwards they go on."""
    problem = halving(TIGHT)
    above = [Trial(i, 30, (i, 9 - i), 50 + i, i, f"rung1<{i}") for i in range(2)]
    history = told(problem, *in_order(TIGHT - 1), *above)

    with pytest.raises(AwaitsResults):
        ask(SuccessiveHalving(), problem, history, running(problem, Trial(8)))
    later = told(problem, *in_order(TIGHT), *above, Trial(2, 30, (9, 9), 52, 2, "rung1<2"))
    found = ask(SuccessiveHalving(), problem, later, count=9)

    assert [one.slot for one in found] == ["rung2<50", "rung2<51"]


@dataclass
class Study:
    """A study with workers that finish in any order; some fail, some results are INFEASIBLE.

    Checks each suggestion against all before it.
    """

    algorithm: Algorithm
    size: int
    seed: int
    trouble: float = 0.15
    told: list[Trial] = field(default_factory=list)
    pending: list[Trial] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.problem, self.rng = halving(self.size), np.random.default_rng(self.seed)
        self.truth = self.rng.random((self.size, 2))

    @property
    def has_new(self) -> bool:
        known = {one.row for one in (*self.told, *self.pending)} | set(self.failed)
        return len(known) < self.size

    def play(self, workers: int = 3) -> None:
        """Go on until nothing is suggested and nobody works."""
        while (len(self.pending) < workers and self.start()) or self.pending:
            if self.pending and self.rng.random() < 0.6:
                self.finish(self.pending.pop(self.rng.integers(len(self.pending))))

    def start(self) -> bool:
        past = (
            told(self.problem, *self.told),
            running(self.problem, *self.pending, lost=self.lost, failed=self.failed),
        )
        try:
            found = ask(self.algorithm, self.problem, *past, count=1)
        except AwaitsResults:
            assert self.pending
            assert not self.has_new
            return False
        for one in found:
            self.check(one)
            self.pending.append(self.trial(one))
        return bool(found)

    def trial(self, one: Suggestion) -> Trial:
        row = int(self.problem.space.decode(one.point)["row"])  # pyright: ignore[reportArgumentType]
        self.seen[one.slot or str(row)] += 1
        parent = -1 if one.parent is None else one.parent
        number = sum(self.seen.values())
        return Trial(
            row, one.example_count, (), number, parent, slot=one.slot, notes=dict(one.notes)
        )

    def finish(self, trial: Trial) -> None:
        fate = self.rng.random()
        if fate < self.trouble:
            self.lost += [trial.slot] if trial.slot else []
            self.failed += [] if trial.slot else [trial.row]
            return
        noise = self.rng.normal(size=2) / trial.examples
        losses = self.truth[trial.row] + self.trouble * noise
        works = fate > 1.3 * self.trouble
        self.told.append(
            Trial(
                trial.row,
                trial.examples,
                tuple(losses if works else losses * np.nan),
                trial.number,
                trial.parent,
                trial.slot,
                trial.notes,
            )
        )
        self.told.sort(key=lambda one: one.number)

    def check(self, one: Suggestion) -> None:
        """A continued trial has a place, or is a leader when nothing is new."""
        if one.parent is None:
            return
        parent = next(trial for trial in self.told if trial.number == one.parent)
        rivals = [trial for trial in self.told if trial.examples == parent.examples]
        bracket = [trial for trial in rivals if trial.notes == parent.notes]
        best = slowly_sorted(bracket)[: len(bracket) // 3]
        leads = not self.has_new and slowly_sorted(rivals, first_rank=True)
        assert parent in best or (leads and parent in leads)
        assert one.example_count == RUNGS[RUNGS.index(parent.examples) + 1]


def slowly_sorted(trials: list[Trial], *, first_rank: bool = False) -> list[Trial]:
    """Sort by rank, crowding and age with no help but `front.crowding_distance`."""
    measured = [one for one in trials if np.isfinite(one.losses).all()]
    losses = np.array([one.losses for one in measured]).reshape(-1, 2)
    ranks = np.array(slow_ranks(losses), dtype=int)
    if first_rank:
        return [one for one, rank in zip(measured, ranks, strict=True) if rank == 0]
    crowding = np.zeros(len(measured))
    for rank in set(ranks.tolist()):
        crowding[ranks == rank] = front.crowding_distance(losses[ranks == rank])
    keys = zip(ranks, -crowding, [one.number for one in measured], strict=True)
    return [one for _, one in sorted(zip(keys, measured, strict=True), key=lambda pair: pair[0])]


@BOTH
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), size=st.integers(1, 30))
def test_any_order_of_finishing_keeps_the_promises(
    algorithm: Algorithm, seed: int, size: int
) -> None:
    """Nothing comes twice, only the best go on, and nobody waits while anything is new."""
    study = Study(algorithm, size, seed)

    study.play()

    assert max(study.seen.values()) == 1
    assert not study.has_new


@BOTH
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_table_of_sixty_ends_with_its_front_whole(algorithm: Algorithm, seed: int) -> None:
    """Where the first examples tell the truth, the study ends with the front on all of them."""
    study = Study(algorithm, 60, seed, trouble=0.0)

    study.play()

    whole = {one.row for one in study.told if one.examples == 90}
    assert set(np.flatnonzero(front.non_dominated(study.truth))) <= whole
    assert sum(one.examples == 10 for one in study.told) >= 30
    assert len(whole) < 40
