"""How far the money goes: counted by hand, and never falling with more of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from groat_server.guard.outlook import Outlook, outlook

STEADY = np.full((10, 5), 2.0)
"""Every trial of every path spends two."""

HALF_DEAR = np.repeat([[1.0], [4.0]], 5, axis=0) * np.ones((1, 40))
"""Ten paths: half of them at one a trial, half at four."""


def seen(paths: np.ndarray, available: float | None = 10.0, **changes: Any) -> Outlook:
    """An outlook before the first trial."""
    facts: dict[str, Any] = {
        "settled": 0.0,
        "done": 0,
        "trials_left": None,
        "least": 8,
        "recommended": 20,
    }
    return outlook(paths, available=available, **(facts | changes))


def test_a_trial_is_read_off_all_paths() -> None:
    """Quantiles go over all simulated trials, the mean over the middle path."""
    found = seen(np.arange(1.0, 12.0)[None])

    assert (found.trial_p50, found.trial_p90, found.trial_mean) == (6.0, 10.0, 6.0)


@pytest.mark.parametrize(
    ("available", "count"),
    [
        pytest.param(-1.0, 0, id="overspent"),
        pytest.param(1.999, 0, id="not one"),
        pytest.param(6.0, 3, id="fits exactly"),
        pytest.param(10.0, 5, id="a whole path"),
        pytest.param(25.0, 12, id="past the end of a path, at its mean"),
    ],
)
def test_what_fits_is_counted(available: float, count: int) -> None:
    """Reaching the cap exactly is allowed."""
    assert seen(STEADY, available).affordable_p50 == count


def test_nine_times_in_ten_is_the_dear_paths_count() -> None:
    """Of paths that are half cheap, half dear, the careful count is the dear one."""
    found = seen(HALF_DEAR, 32.0)

    assert (found.affordable_p90, found.enough_chance) == (8, 1.0)


def test_the_chance_is_the_share_of_paths_with_enough() -> None:
    """At half the money only the cheap paths reach eight trials."""
    assert seen(HALF_DEAR, 16.0).enough_chance == 0.5


def test_finished_trials_help_to_reach_enough() -> None:
    """Four done and four more are eight."""
    assert seen(HALF_DEAR, 16.0, done=4).enough_chance == 1.0


def test_a_trial_limit_binds_without_money() -> None:
    """Where no cap is set, the number of trials is what fits."""
    found = seen(STEADY, None, trials_left=7)

    assert (found.affordable_p50, found.affordable_p90, found.enough_chance) == (7, 7, 0.0)


def test_the_tighter_limit_binds() -> None:
    """Money for five and permission for three are three."""
    assert seen(STEADY, 10.0, trials_left=3).affordable_p50 == 3


def test_without_limits_nothing_is_counted() -> None:
    """No number of trials is the answer to how many fit into no cap."""
    found = seen(STEADY, None)

    assert (found.affordable_p50, found.affordable_p90, found.enough_chance) == (None, None, None)


@pytest.mark.parametrize(
    ("facts", "finish"),
    [
        pytest.param({"available": 100.0}, 40.0, id="the recommended number, past a path's end"),
        pytest.param({"available": 7.0}, 6.0, id="until the money is gone"),
        pytest.param({"available": 100.0, "trials_left": 2}, 4.0, id="until the last trial"),
        pytest.param({"available": 7.0, "done": 18, "settled": 30.0}, 34.0, id="settled included"),
        pytest.param({"available": 7.0, "done": 20, "settled": 30.0}, 36.0, id="past it: the cap"),
        pytest.param({"available": None, "done": 20, "settled": 30.0}, 30.0, id="past it, no cap"),
    ],
)
def test_the_end_by_hand(facts: dict[str, Any], finish: float) -> None:
    """A study ends at a limit or at the recommended number, whichever comes first."""
    found = seen(STEADY, **facts)

    assert (found.finish_p50, found.finish_p90) == (finish, finish)


def test_a_certain_end_is_the_dear_paths_end() -> None:
    """Nine times in ten the study spends no more than on the dear paths."""
    assert seen(HALF_DEAR, 200.0).finish_p90 == 80.0


@given(
    arrays(float, (6, 4), elements=st.floats(0.0, 50.0)),
    st.floats(-10.0, 500.0),
    st.floats(0.0, 500.0),
    st.integers(0, 25),
)
def test_more_money_never_means_less(
    paths: np.ndarray, available: float, more: float, done: int
) -> None:
    """No count, chance or final spend falls when the cap rises; else verdicts would flip back."""
    poor, rich = (seen(paths, money, done=done) for money in (available, available + more))

    for name in ("affordable_p50", "affordable_p90", "enough_chance", "finish_p50", "finish_p90"):
        assert getattr(poor, name) <= getattr(rich, name) + 1e-9


@given(arrays(float, (6, 4), elements=st.floats(0.01, 50.0)), st.floats(0.0, 500.0))
def test_the_end_keeps_the_cap(paths: np.ndarray, available: float) -> None:
    """What is planned is never more than what is there."""
    assert seen(paths, available).finish_p90 <= available + 1e-6
