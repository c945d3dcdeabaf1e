"""The parts of Bayesian search, one by one, against arithmetic and sampling."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate
from scipy.special import ndtr

from groat_server import front
from groat_server.algorithms.bayesian import candidates, goal
from groat_server.algorithms.bayesian.features import INACTIVE_LABEL, Layout, features
from groat_server.algorithms.bayesian.fitting import fit
from groat_server.algorithms.bayesian.improvement import Boxes, Improvement
from groat_server.algorithms.bayesian.memory import Memory, recall
from groat_server.algorithms.bayesian.outcomes import constraint_data, objective_data
from groat_server.algorithms.bayesian.surrogate import Data
from groat_server.algorithms.bayesian.warp import Warp, choose_warp
from groat_server.algorithms.design import Known
from groat_server.testing import MIXED, SMOOTH, different_points, problem_of, told, waiting

NAN = float("nan")
WARPS = [Warp(), Warp("log"), Warp("power", 0.6, 0.3, 3.0), Warp("power", 0.6, 0.3, -1.0)]

warps = st.sampled_from([Warp(), Warp("log")]) | st.builds(
    Warp,
    st.just("power"),
    st.floats(-5, 5),
    st.floats(0.1, 9),
    st.sampled_from([-1.5, 0, 1, 2, 3.5]),
)


@given(warps, st.floats(1e-3, 20))
def test_warps_can_be_undone(warp: Warp, loss: float) -> None:
    """The inverse of a warped loss is the loss."""
    back = warp.inverse(warp(np.array([loss])))

    np.testing.assert_allclose(back, loss, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("warp", WARPS)
def test_slopes_are_derivatives(warp: Warp) -> None:
    """The slope agrees with a difference quotient on both sides of the center."""
    losses, h = np.array([0.2, 0.59, 0.8]), 1e-6

    quotient = (warp(losses + h) - warp(losses - h)) / (2 * h)

    np.testing.assert_allclose(warp.slope(losses), quotient, rtol=1e-5)


def test_the_inverse_of_a_power_has_bounds() -> None:
    """Shares of 0.5 and a few of 0.9: a little more than has been seen is not a thousand."""
    losses = -np.append(np.full(30, 0.5) + np.linspace(0, 0.01, 30), [0.9, 0.89, 0.85])
    warp = choose_warp(losses)

    beyond = warp.inverse(warp(losses).min() - np.array([0.1, 1.0, 10.0]))

    assert warp.kind == "power"
    assert (beyond >= -1.31).all()


@pytest.mark.parametrize("sd", [0.2, 0.01])
@pytest.mark.parametrize("thresholds", [[0.3, 0.65, 0.9], [0.5], [0.9]])
@pytest.mark.parametrize("warp", WARPS)
def test_shortfalls_are_integrals_of_the_distribution(
    warp: Warp, thresholds: list[float], sd: float
) -> None:
    """E[(t - Y)+] is the integral of P(Y <= s) up to t, here by adaptive quadrature."""
    mean = float(warp(np.array(0.65)))

    def chance(s: float) -> float:
        return float(ndtr((warp(np.array(s)) - mean) / sd))

    low = 1e-9 if warp.kind == "log" else -9.0
    steep = [0.0, 0.6, 0.65, 0.7]
    expected = [integrate.quad(chance, low, t, limit=400, points=steep)[0] for t in thresholds]
    got = warp.shortfalls(np.array(thresholds), np.array([mean]), np.array([sd]))[0]
    np.testing.assert_allclose(got, expected, rtol=0.02, atol=1e-3 * sd)


@pytest.mark.parametrize(
    ("kind", "losses"),
    [
        ("identity", np.linspace(-1, 1, 30) + 5),
        ("identity", np.full(30, 3.0)),
        ("log", np.exp(np.random.default_rng(0).normal(size=60))),
        ("power", -np.exp(np.random.default_rng(0).normal(size=60))),
    ],
)
def test_the_likely_warp_is_chosen(kind: str, losses: np.ndarray) -> None:
    """Log-normal losses get the logarithm, left-skewed ones a power, even ones nothing."""
    assert choose_warp(losses).kind == kind


@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_boxes_fill_what_the_front_leaves(m: int) -> None:
    """The boxes, cut at an ideal point, add up to the whole less the hypervolume."""
    losses, reference = np.random.default_rng(m).random((12, m)), np.full(m, 0.9)

    boxes = Boxes.around(losses, reference)

    volume = np.prod(boxes.upper - np.maximum(boxes.lower, 0.0), axis=1).sum()
    assert volume == pytest.approx(0.9**m - front.hypervolume(losses, reference))


@pytest.mark.parametrize("m", [1, 2, 3])
@pytest.mark.parametrize("warp", WARPS)
def test_expected_improvement_agrees_with_sampling(m: int, warp: Warp) -> None:
    """The sum over boxes is the mean growth of the volume over sampled losses."""
    rng, reference = np.random.default_rng(m), np.full(m, 0.9)
    best, mean, sd = rng.random((6, m)), warp(rng.uniform(0.3, 0.8, m)), rng.uniform(0.1, 0.3, m)
    # A share of the box from the best losses to the reference.
    box = np.prod(reference - best.min(axis=0))

    got = Improvement(best, reference, [warp] * m).expected(list(mean[:, None]), list(sd[:, None]))

    sampled = warp.inverse(mean + sd * rng.standard_normal((4_000, m)))
    before = front.hypervolume(best, reference)
    growth = [front.hypervolume(np.vstack([best, y]), reference) - before for y in sampled]
    error = np.std(growth) / np.sqrt(len(growth))
    assert got[0] * box == pytest.approx(np.mean(growth), abs=4 * error + 1e-4)


def test_without_a_front_all_of_the_box_is_to_gain() -> None:
    """A loss surely at 0 under a reference of 1 gains the whole box, in each objective."""
    sure = [np.zeros(1)] * 2

    gained = Improvement(np.empty((0, 2)), np.ones(2), [Warp()] * 2).expected(
        sure, [np.full(1, 1e-9)] * 2
    )

    np.testing.assert_allclose(gained, 1.0)


GOOD = [[0, 4], [2, 0], [1, 4], [1, 3], [0, 3]]


@pytest.mark.parametrize(
    ("seen", "hoped", "bounds", "expected"),
    [
        pytest.param([[0, 4], [2, 0]], [2, 0], [NAN, NAN], [2.2, 4.4], id="front"),
        pytest.param([*GOOD, [9, 9]], [5, -1], [NAN, NAN], [5.5, 4.4], id="hope"),
        pytest.param([[0, 4], [9, 9], [-1, 9], [2, 0]], [2, 0], [NAN, NAN], [5.28, 9.9], id="seen"),
        pytest.param([[0, 4], [2, 0]], [2, 0], [1.5, NAN], [1.5, 4.4], id="bound"),
    ],
)
def test_reference_point_is_the_worst_of_three_corners(
    seen: list, hoped: list, bounds: list, expected: list
) -> None:
    """Front, hope and four fifths of what was seen each count, and a bound wins."""
    best = np.array([[0.0, 4.0], [2.0, 0.0]])

    reference = goal.reference_point(
        best, np.array(seen, float), np.array([hoped], float), np.array(bounds)
    )

    np.testing.assert_allclose(reference, expected)


@pytest.mark.parametrize(
    ("best", "bounds", "expected"),
    [
        pytest.param([[0, 4], [2, 0]], [NAN, NAN], [8, 16], id="typical"),
        pytest.param([[9, 4], [2, 17]], [NAN, NAN], [20, 20], id="front-outside"),
        pytest.param([], [NAN, NAN], [20, 20], id="no-front"),
        pytest.param([[0, 4], [2, 0]], [1.5, NAN], [1.5, 16], id="bound"),
        pytest.param([[3, 4], [2, 0]], [1.5, NAN], [20, 20], id="bound-not-kept"),
    ],
)
def test_the_typical_corner_is_what_most_of_the_space_keeps_under(
    best: list, bounds: list, expected: list
) -> None:
    """Four of five keep under it, a bound wins, and it holds only with a front inside."""
    everywhere = np.column_stack([np.arange(11.0), 2 * np.arange(11.0)])

    corner = goal.typical_corner(
        np.array(best, float).reshape(-1, 2), everywhere, np.full(2, 20.0), np.array(bounds)
    )

    np.testing.assert_allclose(corner, expected)


def test_without_an_allowed_point_nothing_is_typical() -> None:
    """In a space in which no random point is allowed the reference point stays."""
    far = np.full(2, 20.0)

    corner = goal.typical_corner(np.zeros((1, 2)), np.empty((0, 2)), far, np.full(2, NAN))

    np.testing.assert_allclose(corner, far)


def test_features_stretch_levels_and_mark_the_inactive() -> None:
    """Levels reach from 0 to 1, labels are numbered, inactive labels are like no other."""
    points = MIXED.canonical(
        np.array([[0.0, 0.9, 0.9, 0.2, 0.9, 0.9], [0.9, 0.99, 0.3, 0.2, 0.1, 0]])
    )

    seen = features(MIXED, points)

    np.testing.assert_array_equal(seen[:, [0, 4]], [[0, 1], [2, 0]])
    np.testing.assert_array_equal(seen[:, [1, 5]], [[0.5, 1], [1, 0]])
    assert INACTIVE_LABEL not in seen


def numbers(count: int) -> Layout:
    return Layout(count, np.zeros(count, dtype=bool))


def sine(n: int, noises: np.ndarray | None = None) -> Data:
    inputs = np.random.default_rng(0).random((n, 2))
    targets = 50 + 10 * np.sin(5 * inputs[:, 0])
    return Data.standardised(inputs, targets, noises, numbers(2))


def test_predictions_are_those_of_botorch() -> None:
    """Our short cut through the Cholesky factor gives BoTorch's own posterior."""
    surrogate, there = fit(sine(15), [None], steps=20), np.random.default_rng(1).random((6, 2))

    mean, sd = surrogate.predict(there)

    posterior = surrogate.model.posterior(torch.from_numpy(there))
    data = surrogate.data
    np.testing.assert_allclose(mean, data.center + data.scale * posterior.mean.detach()[:, 0])
    np.testing.assert_allclose(sd, data.scale * posterior.variance.detach()[:, 0].sqrt(), rtol=1e-6)


def test_a_smooth_function_is_learnt() -> None:
    """From twenty points a sine is predicted to a hundredth of its height."""
    there = np.random.default_rng(1).random((50, 2))

    mean, _ = fit(sine(20), [None], steps=60).predict(there)

    assert np.abs(mean - 50 - 10 * np.sin(5 * there[:, 0])).max() < 0.2


def test_known_noise_is_taken_at_its_word() -> None:
    """Told errors of 10 leave the model unsure at its own points, errors of 0 do not."""
    sds = []
    for error in (0.0, 10.0):
        data = sine(20, noises=np.full(20, error**2))
        sds.append(fit(data, [None], steps=30).predict(data.inputs)[1].mean())

    assert sds[0] < 0.1
    assert sds[1] > 1.0


def test_believing_moves_no_mean_and_removes_doubt() -> None:
    """Where a pending point is believed the mean stays and the doubt goes."""
    surrogate, there = fit(sine(8), [None], steps=20), np.array([[0.9, 0.9]])

    believing = surrogate.believing(there)

    np.testing.assert_allclose(believing.predict(there)[0], surrogate.predict(there)[0], rtol=1e-6)
    assert believing.predict(there)[1] < 0.1 * surrogate.predict(there)[1]


def test_many_rows_are_thinned_for_fitting_only() -> None:
    """Hyperparameters come from a part of 400 rows, the posterior from all."""
    surrogate = fit(sine(400), [None], steps=5)

    assert len(surrogate.data.targets) == 400


def test_bad_outliers_are_drawn_in_and_good_ones_kept() -> None:
    """One failure far off does not flatten the rest; one success far off stays."""
    losses = np.append(np.linspace(-1, 1, 20), [1e3])

    gaps = []
    for sign in (1, -1):
        targets = prepared(sign * losses, np.zeros(21, dtype=np.bool_))[1]
        gaps.append(abs(targets[-1] - np.median(targets)) / np.ptp(targets[:-1]))

    assert gaps[0] < 2
    assert gaps[1] > 20


def test_what_is_on_the_front_is_believed_however_bad() -> None:
    """The dearest of models may be the best one: its price is no outlier."""
    losses = np.append(np.linspace(-1, 1, 20), [30.0])

    warp, targets = prepared(losses, losses > 20)

    np.testing.assert_array_equal(targets, warp(losses))


def prepared(losses: np.ndarray, is_kept: np.ndarray) -> tuple[Warp, np.ndarray]:
    """Return the warp, and what a model is fitted to."""
    inputs = np.zeros((len(losses), 1))
    warp, data = objective_data(inputs, losses, losses * NAN, numbers(1), is_kept)
    return warp, data.targets


def test_one_huge_violation_hides_no_other() -> None:
    """Amid violations of a half at most, one of a million is drawn in to a few."""
    violations = np.append(np.linspace(-0.5, 0.5, 20), [1e6])

    data = constraint_data(np.zeros((21, 1)), violations, violations * NAN, numbers(1))

    assert 0.5 < data.targets[-1] < 2


def test_a_drawn_in_violation_stays_a_violation() -> None:
    """Even when most trials keep a constraint by far, a breach is still above 0."""
    violations = np.append(np.linspace(-10, -9, 20), [5.0])

    data = constraint_data(np.zeros((21, 1)), violations, violations * NAN, numbers(1))

    assert data.targets[-1] > 0


def test_memory_survives_its_note() -> None:
    """What is noted is read back from the newest trial, to two decimals."""
    problem, points = problem_of(SMOOTH), different_points(SMOOTH, 3)
    notes = [Memory(n, (np.array([n, 0.126]), np.array([-1.0]))).notes() for n in (1, 2)]
    history = told(problem, points[:2])
    pending = waiting(problem, points[2:], 2)

    object.__setattr__(history, "notes", ({}, notes[0]))
    object.__setattr__(pending, "notes", (notes[1],))
    found = recall(history, pending)

    assert found.trials == 2
    assert [list(row) for row in found.hyperparameters] == [[2.0, 0.13], [-1.0]]


def test_a_note_that_would_be_long_is_not_written() -> None:
    """With hundreds of hyperparameters nothing is noted, and every fit is a fresh one."""
    assert Memory(9, (np.ones(900),)).notes() == {}


@pytest.mark.parametrize(
    ("told_before", "told_now", "due"),
    [(0, 5, True), (28, 29, True), (40, 44, False), (40, 45, True)],
)
def test_fits_are_due_less_often_as_trials_grow(told_before: int, told_now: int, due: bool) -> None:
    """Each trial up to thirty, each fifth up to a hundred."""
    assert Memory(told_before).is_due(told_now) is due


def test_every_tenth_trial_starts_from_scratch_too() -> None:
    """Crossing a ten adds a cold start; a model that is new has only that."""
    memory = Memory(38, (np.ones(4),))

    assert [len(memory.starts(0, 4, now)) for now in (39, 41)] == [1, 2]
    assert memory.starts(1, 4, 39) == memory.starts(0, 5, 39) == [None]


def test_the_search_finds_the_best_of_a_mixed_space() -> None:
    """Labels, levels and floats of the best configuration are all found, and come first."""
    problem, rng = problem_of(MIXED), np.random.default_rng(0)
    target = MIXED.canonical(np.array([[0.9, 0.7, 0.33, 0.41, 0.1, 0.9]]))
    known = Known(problem, told(problem, target[:0]), waiting(problem, target[:0], 0))

    found = candidates.search(
        MIXED,
        lambda points: -np.abs(points - target).sum(axis=1),
        candidates.drawn(MIXED, rng),
        known,
        rng,
    )

    np.testing.assert_allclose(found[0], target[0], atol=0.02)


def test_the_search_leaves_out_what_is_known() -> None:
    """The best point of all is not found when it is known."""
    problem, points = problem_of(SMOOTH), different_points(SMOOTH, 1)
    known = Known(problem, told(problem, points), waiting(problem, points[:0], 1))
    rng = np.random.default_rng(0)
    pool = candidates.first_pool(SMOOTH, candidates.drawn(SMOOTH, rng), points, rng)

    found = candidates.search(SMOOTH, lambda p: -np.abs(p - points).sum(axis=1), pool, known, rng)

    assert 0 < np.abs(found[0] - points[0]).max() < 0.02
