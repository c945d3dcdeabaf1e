"""What the next trials may add, read off the ones before."""

from __future__ import annotations

import numpy as np
import pytest

from groat_server import front
from groat_server.gains import WINDOW, gain_of

UNBOUNDED = np.full(2, np.nan)


def drawn(count: int, seed: int, m: int = 2) -> np.ndarray:
    """Losses as random search finds them: front and depth are of one distribution."""
    return np.random.default_rng(seed).random((count, m)) ** 0.5


def all_of(losses: np.ndarray) -> np.ndarray:
    """Every row contends for the front."""
    return np.ones(len(losses), dtype=np.bool_)


def silent(losses: np.ndarray) -> np.ndarray:
    """A search that promises nothing."""
    return np.full(len(losses), np.nan)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_the_jackknife_is_the_mean_exclusive_contribution(m: int) -> None:
    """Each row is left out in turn, by brute force, with two fronts to fall back on."""
    losses = drawn(30, 4, m)
    reference = front.reference_point(losses, np.full(m, np.nan))
    whole = front.hypervolume(losses, reference)
    alone = [whole - front.hypervolume(np.delete(losses, i, axis=0), reference) for i in range(30)]

    gain = gain_of(losses, all_of(losses), np.full(m, np.nan), silent(losses))

    assert gain is not None
    assert gain.jackknife == pytest.approx(np.mean(alone) / whole, rel=1e-9)


def test_the_jackknife_forecasts_random_search() -> None:
    """Over many studies, the sum over the next ten trials is what they add."""
    said, came = 0.0, 0.0
    for seed in range(200):
        losses = drawn(50, seed)
        reference = np.ones(2)
        volumes = front.hypervolume_history(losses, all_of(losses), reference)
        gain = gain_of(losses[:40], all_of(losses[:40]), reference, silent(losses[:40]))
        assert gain is not None
        said += gain.trials * gain.jackknife * np.log1p(10 / 40)
        came += (volumes[49] - volumes[39]) / volumes[39]

    assert said / came == pytest.approx(1, abs=0.25)


def test_trials_that_add_nothing_gain_nothing_recently() -> None:
    """The recent gain is of the newest trials, whatever came before."""
    losses = np.concatenate([drawn(20, 1), np.full((WINDOW, 2), 0.999)])

    gain = gain_of(losses, all_of(losses), np.ones(2), silent(losses))

    assert gain is not None
    assert gain.recent == 0
    assert gain.jackknife > 0


def test_the_recent_gain_is_carried_on_to_the_next_trial() -> None:
    """The mean of a window of falling gains is the rate in its middle."""
    volumes = np.cumsum(1 / np.arange(1, 41))
    losses = -volumes[:, None]

    gain = gain_of(losses, all_of(losses), np.zeros(1), silent(losses))

    assert gain is not None
    assert gain.recent == pytest.approx(1 / 40 / volumes[-1], rel=0.02)


def test_trials_that_do_not_contend_dilute_the_gain() -> None:
    """A failed trial is spent as well, and adds nothing."""
    losses = drawn(40, 2)
    contends = np.arange(40) % 2 == 0

    half = gain_of(losses, contends, UNBOUNDED, silent(losses))
    alone = gain_of(losses[::2], all_of(losses[::2]), UNBOUNDED, silent(losses[::2]))

    assert half is not None
    assert alone is not None
    assert half.jackknife == pytest.approx(alone.jackknife / 2)


def test_promises_are_trusted_as_far_as_earlier_ones_came_true() -> None:
    """A search that promises ten times what it finds is believed a tenth."""
    losses = drawn(40, 3)
    reference = front.reference_point(losses, UNBOUNDED)
    volumes = front.hypervolume_history(losses, all_of(losses), reference)
    before = np.concatenate([[np.inf], volumes[:-1]])
    came = (volumes - np.where(np.isfinite(before), before, volumes)) / before
    honest, boasting = came + 0.001, 5 * (came + 0.001)

    true = gain_of(losses, all_of(losses), UNBOUNDED, honest)
    false = gain_of(losses, all_of(losses), UNBOUNDED, boasting)

    assert true is not None
    assert false is not None
    assert true.modelled is not None
    assert false.modelled == pytest.approx(true.modelled, rel=0.05)


def test_a_study_that_has_begun_says_nothing() -> None:
    """With no more trials than the window, there is nothing to read."""
    losses = drawn(WINDOW, 0)

    assert gain_of(losses, all_of(losses), UNBOUNDED, silent(losses)) is None


def test_further_trials_together_gain_less_than_each_alone() -> None:
    """Gains fall off as a study goes on."""
    losses = drawn(30, 5)
    gain = gain_of(losses, all_of(losses), UNBOUNDED, silent(losses))

    assert gain is not None
    assert gain.of(0) == 0
    assert gain.of(1) < gain.of(10) < 10 * gain.of(1)
