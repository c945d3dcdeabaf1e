"""Choosing from the front: each preference against a plain search, and what noise does to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import tradeoffs
from groat import model
from groat.errors import InvalidArgument
from groat.model import Certainty
from groat_server import front
from groat_server.tradeoff import Evaluated, select

QUALITY = model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE)
PRICE = model.Metric(id="price", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE)
METRICS = (QUALITY, PRICE)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def evaluated(
    number: int, quality: float, price: float, *, error: float | None = None, key: str = ""
) -> Evaluated:
    """Make a measured trial."""
    metrics = (
        model.MetricValue(metric_id="quality", value=quality, standard_error=error),
        model.MetricValue(metric_id="price", value=price),
    )
    trial = model.Trial(
        study_id="s",
        number=number,
        configuration={"k": number},
        configuration_id=key or str(number),
        origin=model.Origin.ALGORITHM,
        state=model.TrialState.SUCCEEDED,
        spend=model.Spend(total=model.Money(number)),
        create_time=NOW,
        outcome=model.Succeeded(measurement=model.Measurement(metrics=metrics)),
    )
    return Evaluated(trial=trial, configuration_id=trial.configuration_id)


numbers = st.floats(0.01, 1.0)
studies = st.lists(st.tuples(numbers, numbers), min_size=1, max_size=25)


def of(pairs: list[tuple[float, float]]) -> list[Evaluated]:
    """Make a study's trials of quality and price."""
    return [evaluated(i, quality, price) for i, (quality, price) in enumerate(pairs)]


def losses(pairs: list[tuple[float, float]]) -> np.ndarray:
    """Both smaller is better."""
    return np.array([(-quality, price) for quality, price in pairs])


@settings(deadline=None)
@given(pairs=studies, least=numbers)
def test_limits_choose_the_best_of_those_inside(
    pairs: list[tuple[float, float]], least: float
) -> None:
    """The cheapest with quality of at least so much, as a plain search finds it."""
    tradeoff = select(METRICS, of(pairs), model.Limits("price", {"quality": least}))

    inside = [price for quality, price in pairs if quality >= least]
    chosen = pairs[tradeoff.points[0].trial.number]
    if inside:
        assert tradeoff.certainty is Certainty.CERTAIN
        assert chosen[0] >= least
        assert chosen[1] == min(inside)
    else:
        assert tradeoff.certainty is Certainty.INFEASIBLE
        assert chosen[0] == max(quality for quality, _ in pairs)


@settings(deadline=None)
@given(pairs=studies, worth=st.floats(0.1, 10))
def test_money_chooses_the_largest_net_value(
    pairs: list[tuple[float, float]], worth: float
) -> None:
    """Quality at its value, less the price."""
    preference = model.MoneyValue({"quality": worth, "price": -1.0})

    chosen = pairs[select(METRICS, of(pairs), preference).points[0].trial.number]

    best = max(worth * quality - price for quality, price in pairs)
    assert worth * chosen[0] - chosen[1] == pytest.approx(best)


@settings(deadline=None)
@given(pairs=studies, weight=st.floats(0.01, 0.99))
def test_weights_choose_the_least_of_the_worst(
    pairs: list[tuple[float, float]], weight: float
) -> None:
    """On the front, scaled by the front's own span."""
    preference = model.Weights({"quality": weight, "price": 1 - weight})

    chosen = select(METRICS, of(pairs), preference).points[0].trial.number

    rows = losses(pairs)
    member = front.non_dominated(rows)
    low, high = rows[member].min(axis=0), rows[member].max(axis=0)
    scaled = (rows - low) / np.where(high > low, high - low, 1) * [weight, 1 - weight]
    scores = scaled.max(axis=1) + 1e-3 * scaled.sum(axis=1)
    assert member[chosen]
    assert scores[chosen] == pytest.approx(scores[member].min())


@settings(deadline=None)
@given(pairs=studies)
def test_the_knee_is_farthest_below_the_line_of_the_extremes(
    pairs: list[tuple[float, float]],
) -> None:
    """Measured as a distance to the line through the two ends."""
    chosen = select(METRICS, of(pairs), model.Knee()).points[0].trial.number

    rows = losses(pairs)
    member = front.non_dominated(rows)
    low, high = rows[member].min(axis=0), rows[member].max(axis=0)
    scaled = (rows - low) / np.where(high > low, high - low, 1)
    distance = (1 - scaled.sum(axis=1)) / np.sqrt(2)
    assert member[chosen]
    assert distance[chosen] == pytest.approx(distance[member].max())


def test_an_unreachable_limit_is_answered_with_the_nearest_and_a_reason() -> None:
    """It is an answer, not an error."""
    tradeoff = select(
        METRICS, of([(0.5, 0.1), (0.7, 0.9)]), model.Limits("price", {"quality": 0.8})
    )

    assert tradeoff.certainty is Certainty.INFEASIBLE
    assert tradeoff.points[0].trial.number == 1
    assert "quality is 0.7 and 0.8 was asked for" in tradeoff.explanation
    assert "nearest to the limits" in tradeoff.points[0].rationale


def test_what_was_measured_once_amid_noise_is_to_be_confirmed() -> None:
    """Four of five look good enough, and none surely so."""
    noisy = [evaluated(i, 0.86 + 0.01 * i, 0.1 * (i + 1), error=0.03) for i in range(5)]
    preference = model.Limits("price", {"quality": 0.87})

    tradeoff = select(
        METRICS, noisy, preference, spend_of=lambda _: model.Money.of(2), whole_examples=100
    )

    assert tradeoff.certainty is Certainty.UNCONFIRMED
    assert tradeoff.confirmation is not None
    assert tradeoff.confirmation.trials
    count = len(tradeoff.confirmation.trials)
    assert tradeoff.confirmation.example_count == 300
    assert tradeoff.confirmation.expected_spend == model.Money.of(6 * count)
    assert "None is certain enough" in tradeoff.explanation
    assert f"about {6 * count} USD" in tradeoff.explanation


def test_a_confirmed_configuration_is_certain() -> None:
    """Both runs of a configuration count, by their errors."""
    spread = [evaluated(i, 0.5 + 0.05 * i, 0.1, error=0.01) for i in range(8)]
    both = [
        evaluated(10, 0.9, 0.5, error=0.03, key="good"),
        evaluated(11, 0.9, 0.5, error=0.01, key="good"),
    ]

    tradeoff = select(METRICS, [*spread, *both], model.Limits("price", {"quality": 0.87}))

    assert tradeoff.certainty is Certainty.CERTAIN
    (point,) = tradeoff.points[:1]
    assert point.trial.number == 11
    assert point.estimates[0].value == pytest.approx(0.9, abs=0.01)
    assert point.probability_feasible is not None
    assert point.probability_feasible > 0.95


def test_the_studys_own_constraints_always_hold() -> None:
    """What breaks one is no choice, however good."""
    limited = model.Metric(
        id="price", role=model.Role.CONSTRAINT, goal=model.Goal.MINIMIZE, bound=0.5
    )
    trials = of([(0.9, 0.8), (0.6, 0.4)])

    tradeoff = select((QUALITY, limited), trials, model.Limits("quality"))

    assert tradeoff.points[0].trial.number == 1


def test_a_choice_says_what_changes_against_today() -> None:
    """In the metric's own direction, and as a share."""
    trials = of([(0.5, 0.4), (0.8, 0.2)])

    tradeoff = select(METRICS, trials, model.Limits("price"), baseline="0")

    quality, price = tradeoff.points[0].changes
    assert (quality.baseline, quality.value) == (0.5, 0.8)
    assert quality.relative == pytest.approx(0.6)
    assert price.relative == pytest.approx(-0.5)


def test_without_errors_the_values_are_taken_as_exact_and_said_to_be() -> None:
    """Nobody should take silence for certainty."""
    tradeoff = select(METRICS, of([(0.5, 0.4)]), model.Limits("price", {"quality": 0.4}))

    assert "taken as exact" in tradeoff.explanation


def test_nothing_measured_is_nothing_to_choose_from() -> None:
    """An answer, too."""
    assert select(METRICS, [], model.Knee()).certainty is Certainty.NO_TRIALS


@pytest.mark.parametrize(
    ("preference", "path"),
    [
        (model.Weights({"taste": 1.0}), "weights.weights[taste]"),
        (model.Weights({"quality": 0.0}), "weights.weights"),
        (model.Weights({"quality": -1.0, "price": 1.0}), "weights.weights[quality]"),
        (model.Limits("taste"), "limits.optimize"),
        (model.Limits("price", {"quality": float("nan")}), "limits.bounds[quality]"),
        (model.MoneyValue({}), "money.money_per_unit"),
        (model.MoneyValue({"taste": 1.0}), "money.money_per_unit[taste]"),
        (model.MoneyValue({"quality": 1.0, "price": 1.0}), "money.money_per_unit[price]"),
        (model.MoneyValue({"quality": -1.0}), "money.money_per_unit[quality]"),
    ],
)
def test_a_senseless_preference_is_refused_at_its_place(
    preference: model.Preference, path: str
) -> None:
    """With what there is to choose from."""
    with pytest.raises(InvalidArgument) as caught:
        select(METRICS, of([(0.5, 0.4)]), preference)

    assert path in [violation.path for violation in caught.value.violations]


def test_chances_are_shares_of_the_same_draws() -> None:
    """One of them is chosen in every draw; the best is on the front surely."""
    noisy = [evaluated(i, 0.5 + 0.1 * i, 0.1 * i + 0.1, error=0.02) for i in range(4)]

    points = select(METRICS, noisy, model.Knee(), count=4).points

    assert sum(point.probability_chosen for point in points) == pytest.approx(1)
    assert all(0 <= point.probability_on_front <= 1 for point in points)


def test_after_a_confirmation_promises_are_kept() -> None:
    """On noisy fronts at most one in ten is broken, where raw means break most."""
    found = tradeoffs.rows(60, first_seed=50)

    assert found["raw means"]["broken"] > 0.4
    assert found["groat, confirmed"]["broken"] <= 0.1


def test_an_error_of_nothing_amid_noise_is_not_believed() -> None:
    """Ten right of ten, or an error left out: it is as noisy as the others."""
    others = [evaluated(i, 0.7 + 0.02 * i, 0.5, error=0.1) for i in range(6)]
    preference = model.Limits("price", {"quality": 0.88})

    for error in (0.0, None):
        lucky = evaluated(9, 0.95, 0.1, error=error)
        assert select(METRICS, [*others, lucky], preference).certainty is Certainty.UNCONFIRMED


def test_a_constraint_is_kept_surely_whatever_is_preferred() -> None:
    """A mean on the right side of it is not enough."""
    latency = model.Metric(
        id="price", role=model.Role.CONSTRAINT, goal=model.Goal.MINIMIZE, bound=2.0
    )
    trials = [evaluated(i, 0.5 + 0.1 * i, 1.0 + 0.3 * i) for i in range(4)]
    noisy = [
        Evaluated(trial=_noisy(one.trial), configuration_id=one.configuration_id) for one in trials
    ]

    tradeoff = select((QUALITY, latency), noisy, model.MoneyValue({"quality": 1.0}))

    assert tradeoff.points[0].trial.number < 3
    assert tradeoff.points[0].probability_feasible is not None
    assert tradeoff.points[0].probability_feasible >= 0.9


def _noisy(trial: model.Trial) -> model.Trial:
    """Give the second metric an error of 0.3."""
    assert trial.measurement is not None
    first, second = trial.measurement.metrics
    metrics = (first, replace(second, standard_error=0.3))
    return replace(trial, outcome=model.Succeeded(measurement=model.Measurement(metrics=metrics)))


def test_shrinkage_keeps_the_order_of_equally_noisy_ones() -> None:
    """Whatever the spread is taken to be, the better measured stays the better."""
    trials = [evaluated(i, q, 0.5, error=0.02) for i, q in enumerate((0.80, 0.82, 0.84, 0.81))]

    points = select(METRICS, trials, model.Limits("quality"), count=4).points

    assert [point.trial.number for point in points] == [2, 1, 3, 0]


def test_the_answer_does_not_depend_on_the_order_of_the_trials() -> None:
    """The draws belong to configurations, not to places in a list."""
    trials = [evaluated(i, 0.5 + 0.05 * i, 0.1 * i + 0.1, error=0.05) for i in range(6)]

    assert select(METRICS, trials, model.Knee()) == select(METRICS, trials[::-1], model.Knee())
