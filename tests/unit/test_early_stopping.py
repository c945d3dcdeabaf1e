"""The chance of joining the front: by hand, by brute force, and where little is known."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from groat_server.early_stopping import Estimates, chance_of_joining

NAN = float("nan")


def estimates(
    losses: Sequence[Sequence[float]],
    errors: Sequence[Sequence[float]],
    *,
    count: int = 0,
    violations: Sequence[float] = (),
    violation_errors: Sequence[float] = (),
) -> Estimates:
    """Trials that are all measured on ``count`` examples, with violations alike."""
    n = len(losses)
    return Estimates(
        losses=np.array(losses, dtype=float),
        errors=np.array(errors, dtype=float),
        violations=np.array([violations] * n, dtype=float).reshape(n, len(violations)),
        violation_errors=np.array([violation_errors] * n, dtype=float).reshape(n, len(violations)),
        example_counts=np.full(n, count),
    )


def by_brute_force(trial: Estimates, front: Estimates, dice: np.random.Generator) -> float:
    """Draw everything 100,000 times and count."""
    shape = (100_000, trial.losses.shape[1])
    drawn = trial.losses + trial.errors * dice.normal(size=shape)
    is_beaten = np.zeros(len(drawn), dtype=bool)
    for losses, errors in zip(front.losses, front.errors, strict=True):
        member = losses + errors * dice.normal(size=shape)
        is_beaten |= (member <= drawn).all(axis=1)
    return 1 - float(is_beaten.mean())


def test_one_member_of_one_objective_by_hand() -> None:
    """A difference of 0.5 with errors of 0.3 and 0.4 is one standard error of 0.5."""
    trial, front = estimates([[1.0]], [[0.3]]), estimates([[0.5]], [[0.4]])

    chance = chance_of_joining(trial, front, whole_count=0)

    assert chance == pytest.approx(norm.cdf(-1), abs=1e-3)


def test_a_quarter_of_the_examples_leaves_less_open_by_hand() -> None:
    """After 25 of 100, sqrt(0.75) of 0.4 is open; the whole member is what it is."""
    trial, front = estimates([[1.0]], [[0.4]], count=25), estimates([[0.5]], [[0.2]], count=100)

    chance = chance_of_joining(trial, front, whole_count=100)

    assert chance == pytest.approx(norm.cdf(-0.5 / (0.4 * sqrt(0.75))), abs=1e-3)


def test_two_objectives_against_one_member_by_hand() -> None:
    """It is beaten where both differences, independent here, go against it."""
    trial, front = estimates([[0.3, 0.1]], [[0.3, 0.3]]), estimates([[0, 0]], [[0.4, 0.4]])

    chance = chance_of_joining(trial, front, whole_count=0)

    assert chance == pytest.approx(1 - norm.cdf(0.6) * norm.cdf(0.2), abs=2e-3)


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("error", [pytest.param(0.0, id="exact"), pytest.param(0.3, id="noisy")])
def test_fixed_points_agree_with_brute_force(m: int, error: float) -> None:
    """Six members, within 0.006: of it three standard errors of the brute force are 0.005."""
    dice = np.random.default_rng(m)
    front = estimates(dice.normal(size=(6, m)).tolist(), np.full((6, m), error).tolist())
    trial = estimates((dice.normal(size=(1, m)) / 2).tolist(), np.full((1, m), 0.5).tolist())

    chance = chance_of_joining(trial, front, whole_count=0)

    assert chance == pytest.approx(by_brute_force(trial, front, dice), abs=0.006)


def test_constraints_multiply_by_hand() -> None:
    """Kept by two standard errors, broken by one, and no member that could beat it."""
    trial = estimates([[0.0]], [[0.1]], violations=(-0.4, 0.3), violation_errors=(0.2, 0.3))
    front = estimates([[9.0]], [[0.1]], violations=(-1, -1), violation_errors=(0.1, 0.1))

    chance = chance_of_joining(trial, front, whole_count=0)

    assert chance == pytest.approx(norm.cdf(2) * norm.cdf(-1), rel=1e-9)


@given(st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_units_do_not_matter(scale: float, shift: float) -> None:
    """Seconds or hours, profit or loss against last year: the chance is the same."""
    losses, errors = np.array([[0.3, 0.1]]), np.array([[0.2, 0.3]])
    members, known = np.array([[0.0, 0.2], [0.2, -0.1]]), np.full((2, 2), 0.125)
    unit, start = np.array([scale, 1.0]), np.array([shift, 0.0])

    plain = chance_of_joining(
        estimates(losses.tolist(), errors.tolist()),
        estimates(members.tolist(), known.tolist()),
        whole_count=0,
    )
    other = chance_of_joining(
        estimates(((losses + start) * unit).tolist(), (errors * unit).tolist()),
        estimates(((members + start) * unit).tolist(), (known * unit).tolist()),
        whole_count=0,
    )

    assert other == pytest.approx(plain, abs=1e-6)


def test_more_members_never_help() -> None:
    """Each can only take from the chance."""
    dice = np.random.default_rng(3)
    members, errors = dice.normal(size=(8, 2)).tolist(), np.full((8, 2), 0.25).tolist()
    trial = estimates([[0.0, 0.0]], [[0.5, 0.5]])

    chances = [
        chance_of_joining(trial, estimates(members[:k], errors[:k]), whole_count=0)
        for k in range(1, 9)
    ]

    assert chances == sorted(chances, reverse=True)
    assert chances[0] > chances[-1] > 0


@pytest.mark.parametrize(
    ("trial", "front"),
    [
        pytest.param([NAN, 0.1], [0.1, 0.1], id="no error of one objective"),
        pytest.param([0.1, 0.1], [0.1, NAN], id="no error of the only member"),
    ],
)
def test_what_is_unknown_stops_nobody(trial: list[float], front: list[float]) -> None:
    """A trial as bad as can be goes on, since nobody told how sure that is."""
    bad, good = estimates([[9.0, 9.0]], [trial], count=10), estimates([[0.0, 0.0]], [front])

    assert chance_of_joining(bad, good, whole_count=0) == 1.0


def test_a_broken_constraint_counts_without_any_other_error() -> None:
    """However good it is otherwise, it will not join."""
    trial = estimates([[0.0]], [[NAN]], violations=(0.5,), violation_errors=(0.1,))
    front = estimates([[1.0]], [[0.1]], violations=(-1,), violation_errors=(0.1,))

    assert chance_of_joining(trial, front, whole_count=0) == pytest.approx(norm.cdf(-5), rel=1e-9)


def test_a_constraint_without_an_error_is_taken_as_kept() -> None:
    """A lone value beyond the bound may be chance."""
    trial = estimates([[0.0]], [[0.1]], violations=(0.5,), violation_errors=(NAN,))
    front = estimates([[9.0]], [[0.1]], violations=(-1,), violation_errors=(0.1,))

    assert chance_of_joining(trial, front, whole_count=0) == pytest.approx(1.0)


def test_a_whole_member_needs_no_error() -> None:
    """Its mean over all examples is known, whatever it would have been on others."""
    trial, front = estimates([[1.0]], [[0.1]], count=50), estimates([[0.0]], [[NAN]], count=100)

    assert chance_of_joining(trial, front, whole_count=100) == pytest.approx(0, abs=1e-9)


def test_twenty_wrong_answers_do_not_prove_that_all_are() -> None:
    """0 of 20 where the best has 4 of 100: its spread of 0.196 per question stands in."""
    trial, front = (
        estimates([[0.0]], [[0.0]], count=20),
        estimates([[-0.04]], [[0.0196]], count=100),
    )

    chance = chance_of_joining(trial, front, whole_count=100)

    open_error = 0.196 / sqrt(20) * sqrt(0.8)
    assert chance == pytest.approx(norm.cdf(-0.04 / open_error), abs=1e-3)


@pytest.mark.parametrize(
    ("loss", "chance"),
    [
        pytest.param(0.5, 1.0, id="better"),
        pytest.param(1.0, 1.0, id="equal, which is no worse"),
        pytest.param(1.5, 0.0, id="worse"),
    ],
)
def test_exact_metrics_are_compared_as_they_are(loss: float, chance: float) -> None:
    """A metric that never varies has an error of 0 for everyone."""
    trial, front = estimates([[loss]], [[0.0]], count=5), estimates([[1.0]], [[0.0]], count=9)

    assert chance_of_joining(trial, front, whole_count=0) == chance


def test_of_the_trials_stopped_few_would_have_joined() -> None:
    """Looked at after every tenth of 200 questions, stopped below 0.2: at most one in five."""
    dice = np.random.default_rng(12)
    front = estimates([[-0.6]], [[0.0]], count=200)
    stopped: list[bool] = []
    for skill in dice.uniform(0.4, 0.7, size=400):
        right = dice.random(200) < skill
        looks = (_look(right, n, front) for n in range(20, 200, 10))
        if any(chance < 0.2 for chance in looks):
            stopped.append(bool(right.mean() > 0.6))

    assert len(stopped) > 150
    assert np.mean(stopped) < 0.2


def _look(right: np.ndarray, n: int, front: Estimates) -> float:
    seen = right[:n]
    error = float(seen.std(ddof=1)) / sqrt(n)
    trial = estimates([[-float(seen.mean())]], [[error]], count=n)
    return chance_of_joining(trial, front, whole_count=len(right))
