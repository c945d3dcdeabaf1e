"""The guard's benchmark itself, since promises rest on it: it runs, and a broken rule shows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from benchmarks import guard, guard_checks, guard_gains, guard_ledger, guard_outcomes
from benchmarks.guard_house import House
from benchmarks.guard_ledger import AFTERWARDS, HELD_90, SMALL, TRANCHES, Cell
from benchmarks.guard_rows import Row
from groat_server.engine import telling
from groat_server.engine.assessing import View

CELL = Cell(rule=TRANCHES, workers=4, trials=SMALL, is_heavy=True)


@pytest.fixture
def house() -> Iterator[House]:
    """The product, with an empty store."""
    house = House.open()
    yield house
    house.close()


def rows(house: House, cell: Cell, count: int = 4) -> list[Row]:
    """Some studies of one kind, as the benchmark keeps them."""
    found = guard_ledger.studies(cell, range(count), house)
    facts = {"seed": 0, "code": "", "seconds": 0.0, "commit": "", "date": ""}
    return [Row(kind="ledger", cell=cell.name, result=[found], **facts)]


@pytest.mark.slow
def test_a_little_of_everything_keeps_its_promises(capsys: pytest.CaptureFixture[str]) -> None:
    """The quick run covers every target, and fails where a promise is broken."""
    assert guard.main(["--quick"]) == 0

    text = capsys.readouterr().out
    assert all(f"T{number}" in text for number in range(1, 11))
    assert "not run" not in text


def test_tranches_that_nobody_extends_overshoot(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that is never told to stop shows as an overshoot, and misses the target."""
    monkeypatch.setattr(telling.tranches, "feed", lambda *_: "")

    broken = guard_checks.broken(rows(house, CELL, count=6))

    assert any("overshot" in one for one in broken)


def test_nothing_set_aside_overshoots_beyond_the_bound_of_the_holds(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The benchmark sees a rule that holds a nano, as many start who cannot all be paid."""
    monkeypatch.setattr(View, "hold_for", lambda *_, **__: guard_ledger.model.Money(1))
    cell = Cell(rule=HELD_90, workers=16, trials=SMALL, is_heavy=False)

    found = guard_checks.sums(rows(house, cell), cell.name)

    assert found["any"] > 0.5


def test_the_peers_rule_overshoots_more_with_more_workers(house: House) -> None:
    """Everybody who is at work when the cap is reached goes on."""
    over = []
    for workers in (1, 16):
        cell = Cell(rule=AFTERWARDS, workers=workers, trials=SMALL, is_heavy=False)
        over.append(guard_checks.sums(rows(house, cell, 20), cell.name)["over"])

    assert 0 < 5 * over[0] < over[1]


def test_every_rule_meets_the_same_worlds() -> None:
    """The cap and the first trials are the same, whatever the rule."""
    worlds = [
        guard_ledger.World(Cell(rule=rule, workers=4, trials=SMALL, is_heavy=True), seed=3)
        for rule in (HELD_90, AFTERWARDS)
    ]

    drawn = [[world.job(i, "small").batches for i in range(5)] for world in worlds]

    assert worlds[0].cap == worlds[1].cap
    assert drawn[0] == drawn[1]


def test_batches_never_pass_what_was_said_before() -> None:
    """Otherwise the cap could not be kept, and the target would mean nothing."""
    world = guard_ledger.World(CELL, seed=0)

    jobs = [world.job(i, "large") for i in range(200)]

    pairs = [pair for job in jobs for pair in zip(job.batches, job.bounds, strict=True)]
    assert all(batch <= bound for batch, bound in pairs)


def test_a_stop_at_the_best_moment_would_have_no_regret() -> None:
    """Regret is measured from the best moment, so none is below zero."""
    found = [one for one in guard_gains.stops("random", seed=1) if one["value"]]

    assert all(float(str(one["regret"])) >= 0 for one in found)
    assert all(float(str(one["regret_of_all"])) >= 0 for one in found)


def test_a_person_tries_every_model_first() -> None:
    """One after another, with all else as it is today."""
    problem = guard_outcomes.Problem(seed=0)

    tried = guard_outcomes.by_hand(problem, 12, np.random.default_rng(0))

    assert {one["model"] for one in tried[:6]} == {f"m{i}" for i in range(6)}
    assert {one["prompt"] for one in tried[:6]} == {"p1"}


def test_all_caps_together_make_one() -> None:
    """Their shares add up, over all numbers of trials that a cap may pay for."""
    shares = [guard_outcomes.share_of_caps(count) for count in range(1, 60)]

    assert sum(shares) == pytest.approx(1.0)
