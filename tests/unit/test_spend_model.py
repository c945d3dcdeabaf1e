"""What the guard learns about spends: from a declaration, from trials, and from both."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import guard_spends
from groat import model
from groat_server.guard.regression import Regression
from groat_server.guard.spend_model import MOST_LOG_NANOS, Observed, SpendModel
from groat_server.space import Space
from groat_server.spending import spend_features

DECLARED = math.log(1e9)
SHARES = (0.01, 0.05, 0.25, 0.49, 0.5, 0.51, 0.75, 0.95, 0.99)


def told(
    features: object, logs: object, *, bounds: tuple[int, ...] = (), offset: float = 0.0
) -> Observed:
    """Trials with such features that spent so much; those at `bounds` only a lower bound."""
    rows = np.array(features, dtype=float)
    return Observed(
        features=rows,
        offsets=np.full(len(rows), offset),
        logs=np.array(logs, dtype=float),
        is_lower_bound=np.isin(np.arange(len(rows)), bounds),
    )


def nothing(features: int = 2) -> Observed:
    """No trial at all."""
    return told(np.empty((0, features)), [])


def fitted(observed: Observed, declared_spread: float | None = 2.3) -> SpendModel:
    """A model, for sure."""
    found = SpendModel.fit(observed, declared_spread=declared_spread)
    assert found is not None
    return found


def simulated(n: int, p: int = 3, seed: int = 0) -> Observed:
    """Spends that the features explain up to a scatter of a tenth."""
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-1, 1, (n, p))
    return told(rows, 20 + rows[:, 0] + rng.normal(0, 0.1, n))


def median(spends: SpendModel, *features: float, offset: float = 0.0) -> float:
    """The log spend of one trial, as likely as not."""
    return math.log(spends.quantile(np.array([features]), np.array([offset]), 0.5)[0])


def width(spends: SpendModel, *features: float) -> float:
    """The factor between the ends of the 90 % interval of one trial."""
    low, high = (spends.quantile(np.array([features]), np.zeros(1), q)[0] for q in (0.05, 0.95))
    return high / low


def test_nothing_declared_and_nothing_told_is_no_model() -> None:
    """An unknown spend stays unknown; the guard runs a pilot then."""
    assert SpendModel.fit(nothing(), declared_spread=None) is None


def test_before_any_trial_the_declaration_is_the_forecast() -> None:
    """Half of the chance lies below what was declared, whatever the features are."""
    assert median(fitted(nothing()), 1.0, -1.0, offset=DECLARED) == pytest.approx(DECLARED)


def test_a_vaguer_declaration_is_a_wider_interval() -> None:
    """The spread that a person declares is what the first holds are made of."""
    widths = [width(fitted(nothing(), spread), 0.0, 0.0) for spread in (1.2, 2.3, 5.0)]

    assert widths == sorted(widths)
    assert widths[0] < 0.5 * widths[2]


@pytest.mark.parametrize("factor", [2.0, 100.0, 10_000.0])
def test_a_common_error_of_the_declaration_is_learnt(factor: float) -> None:
    """A price per thousand tokens for one per million is found out within six trials."""
    rng = np.random.default_rng(1)
    rows = rng.uniform(-1, 1, (6, 4))
    logs = DECLARED + math.log(factor) + rng.normal(0, 0.1, 6)

    spends = fitted(told(rows, logs, offset=DECLARED))

    seen = median(spends, 0.0, 0.0, 0.0, 0.0, offset=DECLARED)
    assert seen == pytest.approx(DECLARED + math.log(factor), abs=0.35)


def test_a_feature_that_doubles_spends_is_learnt() -> None:
    """Where one label is dearer than was declared, forecasts of that label rise alone."""
    rows = np.tile(np.eye(2), (20, 1))
    spends = fitted(told(rows, rows[:, 1] * math.log(2)))

    assert median(spends, 0.0, 1.0) - median(spends, 1.0, 0.0) == pytest.approx(0.69, abs=0.05)


def test_a_label_never_tried_stays_unsure() -> None:
    """Forty trials that agree say nothing of a label that none of them had."""
    spends = fitted(told(np.tile([[1.0, 0.0]], (40, 1)), np.full(40, 3.0)), None)

    assert width(spends, 0.0, 1.0) > 20 * width(spends, 1.0, 0.0)


@pytest.mark.parametrize("p", [3, 60])
def test_the_dual_form_is_the_plain_one(p: int) -> None:
    """More features than trials are solved by another matrix, to the same prediction."""
    rng = np.random.default_rng(2)
    rows, values = rng.uniform(-1, 1, (20, p)), rng.normal(0, 1, 20)
    known = Regression.of(rows, values, sigma=0.5, reaches={1.0: 1.0})
    k = int(np.argmax(known.chances))

    inverse = np.linalg.inv(rows.T @ rows / known.sigmas[k] ** 2 + np.eye(p))
    variances = (rows @ inverse * rows).sum(axis=1) + known.sigmas[k] ** 2
    means = rows @ inverse @ rows.T @ values / known.sigmas[k] ** 2

    np.testing.assert_allclose(known.predicted(rows).means[:, k], means, atol=1e-8)
    np.testing.assert_allclose(known.predicted(rows).sds[:, k] ** 2, variances, rtol=1e-8)


def test_surprises_are_those_of_leaving_one_out() -> None:
    """The short formula agrees with truly fitting without the row."""
    rng = np.random.default_rng(3)
    rows, values = rng.uniform(-1, 1, (12, 2)), rng.normal(0, 1, 12)
    options = {"sigma": 0.5, "reaches": {1.0: 1.0}}
    others = Regression.of(rows[1:], values[1:], **options)
    center, sd = others.predicted(rows[:1]).moments()

    surprises = Regression.of(rows, values, **options).surprises(rows, values)

    assert surprises[0] == pytest.approx((values[0] - center[0]) / sd[0], rel=1e-3)


def test_a_lower_bound_below_the_forecast_counts_nothing() -> None:
    """A trial that failed at once does not make trials look cheap."""
    whole = told(np.zeros((5, 1)), np.full(5, 20.0))
    failed = told(np.zeros((6, 1)), [*np.full(5, 20.0), 12.0], bounds=(5,))

    assert median(fitted(failed, None), 0.0) == median(fitted(whole, None), 0.0)


def test_a_lower_bound_above_the_forecast_counts() -> None:
    """A trial that had spent more than others before it failed would have spent more still."""
    whole = told(np.zeros((5, 1)), np.full(5, 20.0))
    failed = told(np.zeros((6, 1)), [*np.full(5, 20.0), 23.0], bounds=(5,))

    assert median(fitted(failed, None), 0.0) > median(fitted(whole, None), 0.0)


def test_lower_bounds_alone_are_better_than_nothing() -> None:
    """When all trials failed, what they spent is the forecast."""
    spends = fitted(told([[0.0], [0.0]], [20.0, 20.0], bounds=(0, 1)), None)

    assert median(spends, 0.0) == pytest.approx(20.0)


def test_only_the_newest_trials_count() -> None:
    """A provider's new prices are believed once enough trials had them."""
    observed = told(np.zeros((30, 1)), [*np.full(20, 25.0), *np.full(10, 20.0)])
    spends = SpendModel.fit(observed, declared_spread=None, oldest_kept=10)

    assert spends is not None
    assert median(spends, 0.0) == pytest.approx(20.0)


def test_surprises_widen_an_interval() -> None:
    """One trial in twelve that spent fifty times the others is not called impossible."""
    calm = fitted(told(np.zeros((12, 1)), np.full(12, 20.0)), None)
    wild = fitted(told(np.zeros((12, 1)), [*np.full(11, 20.0), 24.0]), None)

    assert wild.quantile(np.zeros((1, 1)), np.zeros(1), 0.95)[0] > math.exp(23.9)
    assert calm.quantile(np.zeros((1, 1)), np.zeros(1), 0.95)[0] < math.exp(20.6)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(5, 30)), max_size=15), st.floats(1.1, 20))
def test_quantiles_never_cross(trials: list[tuple[float, float]], spread: float) -> None:
    """More certainty never costs less, and every quantile is a number."""
    observed = told([[x] for x, _ in trials] or np.empty((0, 1)), [y for _, y in trials])
    spends = fitted(observed, spread)

    ends = [spends.quantile(np.array([[0.5]]), np.zeros(1), q)[0] for q in SHARES]

    assert all(np.isfinite(ends))
    assert all(low <= high * (1 + 1e-6) for low, high in itertools.pairwise(ends))


def test_no_forecast_passes_what_64_bits_hold() -> None:
    """A spend beyond all money is cut, not infinite."""
    spends = fitted(nothing(1))

    most = spends.quantile(np.zeros((1, 1)), np.array([1e3]), 0.5)[0]

    assert most == spends.mean(np.zeros((1, 1)), np.array([1e3]))[0] == math.exp(MOST_LOG_NANOS)


def test_the_mean_lies_above_the_median() -> None:
    """Spends are skewed, and by a lognormal's amount when much is known."""
    rng = np.random.default_rng(4)
    spends = fitted(told(np.zeros((400, 1)), rng.normal(20, 0.6, 400)), None)

    mean = math.log(spends.mean(np.zeros((1, 1)), np.zeros(1))[0])

    assert mean - median(spends, 0.0) == pytest.approx(0.6**2 / 2, abs=0.05)


@pytest.mark.parametrize("p", [3, 60])
def test_paths_have_the_forecasts_quantiles(p: int) -> None:
    """One trial of many paths spends what the model says of one trial."""
    spends = fitted(simulated(7, p))
    row, offset = np.full((1, p), 0.3), np.zeros(1)

    first = spends.paths(row, offset, count=20_000, length=1, rng=np.random.default_rng(5))

    for share in (0.1, 0.5, 0.9):
        assert (first <= spends.quantile(row, offset, share)).mean() == pytest.approx(
            share, abs=0.015
        )


def test_a_dear_path_is_dear_throughout() -> None:
    """What is unknown of all trials together does not average out over a path."""
    paths = fitted(nothing(1)).paths(
        np.zeros((1, 1)), np.zeros(1), count=500, rng=np.random.default_rng(6)
    )

    halves = np.corrcoef(np.log(paths[:, :200]).mean(axis=1), np.log(paths[:, 200:]).mean(axis=1))

    assert halves[0, 1] > 0.9


def test_the_same_seed_gives_the_same_paths() -> None:
    """A forecast can be repeated."""
    spends = fitted(simulated(5))
    rows = np.zeros((4, 3)), np.zeros(4)

    first, second = (spends.paths(*rows, rng=np.random.default_rng(7)) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_a_hundred_parameters_do_not_make_everything_possible() -> None:
    """Long rows are shortened: many small doubts are not one huge one."""
    assert width(fitted(nothing(100)), *np.ones(100)) == width(fitted(nothing(12)), *np.ones(12))


def test_intervals_hold_on_simulated_spends() -> None:
    """Every cell of the guard's target is met: coverage everywhere, width with a declaration."""
    missed = [row for row in guard_spends.rows(30, 11) if not row["is_met"]]

    assert not missed


def parameter(name: str, domain: model.Domain, **when: tuple[model.Value, ...]) -> model.Parameter:
    """One parameter, active under conditions."""
    conditions = [model.Condition(parameter_id=p, any_of=values) for p, values in when.items()]
    return model.Parameter(id=name, domain=domain, active_when=tuple(conditions))


SPACE = Space(
    model.SearchSpace(
        parameters=(
            parameter("model", model.CategoricalDomain(labels=("a", "b", "c"))),
            parameter("k", model.IntDomain(min=1, max=5)),
            parameter("steps", model.PermutationDomain(items=("x", "y"))),
            parameter("tools", model.SubsetDomain(items=("s", "t"), required_items=("s",))),
            parameter("rerank", model.BoolDomain()),
            parameter("top", model.FloatDomain(min=0.0, max=10.0), rerank=(True,)),
        )
    )
)


def features(**values: model.Value) -> list[float]:
    """The features of one configuration, changed from a plain one."""
    plain: dict[str, model.Value] = {"model": "a", "k": 1, "steps": ("x", "y"), "tools": ("s",)}
    point = SPACE.encode({**plain, "rerank": False, **values})
    return spend_features(SPACE, SPACE.canonical(point[None]))[0].tolist()


def test_features_by_hand() -> None:
    """Labels, a number at its lowest, no free tool, no reranking, and so no `top`."""
    assert features() == [1, 0, 0, -1, 0, 0, 0, 1, 0, 0]


def test_features_at_the_other_end() -> None:
    """The last label, the highest numbers, all tools: the required one says nothing."""
    rows = features(model="c", k=5, tools=("s", "t"), rerank=True, top=10.0)

    assert rows == [0, 0, 1, 1, 0, 1, 0.5, 0, 1, 1]


def test_an_order_is_no_feature() -> None:
    """The same steps in another order spend the same."""
    assert features(steps=("y", "x")) == features()
