"""What the model makes of sets, orders and inactive parameters, and what it learns of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from groat import model
from groat_server.algorithms.bayesian.features import INACTIVE_LABEL, Layout, features
from groat_server.algorithms.bayesian.fitting import fit
from groat_server.algorithms.bayesian.kernel import ConfigurationKernel, discordance
from groat_server.algorithms.bayesian.surrogate import Data, Surrogate
from groat_server.space import Space
from groat_server.testing import EVERYTHING, KINDS, different_points

ITEMS = ("a", "b", "c", "d", "e", "f")


def space_of(*domains: model.Domain) -> Space:
    parameters = (model.Parameter(id=f"p{j}", domain=domain) for j, domain in enumerate(domains))
    return Space(model.SearchSpace(parameters=tuple(parameters)))


ORDER = space_of(model.PermutationDomain(items=ITEMS))
TOOLS = space_of(model.SubsetDomain(items=ITEMS))
BOTH = space_of(
    model.SubsetDomain(items=ITEMS),
    model.FloatDomain(min=0.0, max=1.0),
    model.PermutationDomain(items=ITEMS),
)


def order(*items: str) -> np.ndarray:
    """Return the features of one order, shape (1, pairs)."""
    return features(ORDER, ORDER.encode({"p0": items})[None])


def covariance(space: Space, points: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the kernel matrix at points, with random hyperparameters."""
    kernel, rng = ConfigurationKernel(Layout.of(space)), np.random.default_rng(seed)
    with torch.no_grad():
        kernel.log_length.copy_(torch.from_numpy(rng.normal(0.0, 1.0, kernel.scales)))
        inputs = torch.from_numpy(features(space, points))
        return kernel.forward(inputs, inputs).numpy()


def learnt(space: Space, points: np.ndarray, targets: np.ndarray) -> Surrogate:
    """Fit a model from scratch."""
    data = Data.standardised(features(space, points), targets, None, Layout.of(space))
    return fit(data, [None], steps=60)


@pytest.mark.parametrize("space", [*KINDS.values(), BOTH], ids=[*KINDS, "sets and orders"])
@pytest.mark.parametrize("seed", [0, 1])
def test_covariances_are_positive_semi_definite(space: Space, seed: int) -> None:
    """No kind of parameter, nor its being inactive, makes a variance negative."""
    matrix = covariance(space, different_points(space, 60), seed)

    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.linalg.eigvalsh(matrix).min() >= -1e-9


@pytest.mark.parametrize(
    ("other", "pairs_turned"),
    [
        pytest.param("abcdef", 0, id="itself"),
        pytest.param("bacdef", 1, id="neighbours swapped"),
        pytest.param("bcdefa", 5, id="first to the end"),
        pytest.param("fbcdea", 9, id="ends swapped"),
        pytest.param("fedcba", 15, id="turned round"),
    ],
)
def test_orders_differ_by_the_pairs_turned(other: str, pairs_turned: int) -> None:
    """The distance is Kendall's: of 15 pairs of six items, so many stand the other way round."""
    left, right = torch.from_numpy(order(*ITEMS)), torch.from_numpy(order(*other))

    assert discordance(left, right).item() == pairs_turned / 15


def test_kernel_of_two_orders_by_hand() -> None:
    """One pair of 15 turned, length scale 1/2: D is 4/15 in the smooth and the additive part."""
    kernel = ConfigurationKernel(Layout.of(ORDER))
    with torch.no_grad():
        kernel.log_length.fill_(np.log(0.5))
        kernel.log_additive.fill_(np.log(3.0))

    got = kernel.forward(torch.from_numpy(order(*ITEMS)), torch.from_numpy(order(*"bacdef")))

    r = np.sqrt(5 * 4 / 15)
    assert got.item() == pytest.approx((1 + r + r**2 / 3) * np.exp(-r) + 3 * np.exp(-2 / 15))


def test_names_of_items_do_not_matter() -> None:
    """Declaring the items of an order in another sequence changes no covariance."""
    turned = space_of(model.PermutationDomain(items=ITEMS[::-1]))
    points = different_points(ORDER, 20)
    others = np.array([turned.encode(ORDER.decode(point)) for point in points])

    matrix = covariance(turned, others)

    np.testing.assert_allclose(matrix, covariance(ORDER, points), rtol=1e-12)


def test_an_inactive_order_is_in_the_middle_of_all() -> None:
    """It differs from every order by a quarter of the largest distance, and not from itself."""
    active, inactive = torch.from_numpy(order(*"cadbfe")), torch.zeros((1, 15)).double()

    apart = [discordance(inactive, other).item() for other in (active, -active, inactive)]

    assert apart == [0.25, 0.25, 0.0]


def test_items_of_an_inactive_set_are_like_no_other() -> None:
    """Neither in nor out: a set that is not there is like no set that is, not even the empty."""
    tools = model.Parameter(
        id="tools",
        domain=model.SubsetDomain(items=("a", "b")),
        active_when=(model.Condition(parameter_id="on", any_of=(True,)),),
    )
    on = model.Parameter(id="on", domain=model.BoolDomain())
    space = Space(model.SearchSpace(parameters=(on, tools)))
    chosen = [{"on": True, "tools": ()}, {"on": True, "tools": ("b",)}, {"on": False}]

    seen = features(space, np.array([space.encode(one) for one in chosen]))

    np.testing.assert_array_equal(seen[:, 1:], [[0, 0], [0, 1], [INACTIVE_LABEL] * 2])


def test_length_scales_are_counted_by_what_is_measured() -> None:
    """One per number, label or item of a set, one for all of an order."""
    layout = Layout.of(BOTH)

    assert (layout.parameters, layout.scales, layout.runs) == (3, 6 + 1 + 1, (slice(7, 22),))
    assert features(BOTH, different_points(BOTH, 3)).shape == (3, 22)
    # An order of four has one in place of four, and a choice of three has one more.
    assert Layout.of(EVERYTHING).scales == EVERYTHING.d - 3 + 1


def test_a_choice_has_its_place_in_the_list_too() -> None:
    """Three labels or more are numbered, and stand evenly from 0 to 1; inactive is the middle."""
    models = model.Parameter(
        id="model",
        domain=model.CategoricalDomain(labels=("nano", "mini", "large")),
        active_when=(model.Condition(parameter_id="on", any_of=(True,)),),
    )
    on = model.Parameter(id="on", domain=model.BoolDomain())
    space = Space(model.SearchSpace(parameters=(on, models)))
    chosen = [{"on": True, "model": "mini"}, {"on": True, "model": "large"}, {"on": False}]

    seen = features(space, np.array([space.encode(one) for one in chosen]))

    np.testing.assert_array_equal(seen[:, 1:], [[1, 0.5], [2, 1], [INACTIVE_LABEL, 0.5]])
    assert Layout.of(space).is_label.tolist() == [True, True, False]


def test_neighbours_in_a_list_of_models_are_learnt_from() -> None:
    """A label never tried is expected between its neighbours, where quality rises with the list."""
    labels = ("a", "b", "c", "d", "e", "f", "g", "h")
    space = space_of(model.CategoricalDomain(labels=labels), model.FloatDomain(min=0.0, max=1.0))
    points = different_points(space, 60)
    rank = np.floor(points[:, 0] * 8)
    points, rank = points[rank != 5], rank[rank != 5]

    fitted = learnt(space, points, rank + points[:, 1])
    (mean,), _ = fitted.predict(features(space, np.array([[5.5 / 8, 0.5]])))

    assert mean == pytest.approx(5.5, abs=0.2)


def test_labels_in_no_order_are_still_told_apart() -> None:
    """Where a label stands in the list means nothing here, and does no harm."""
    space = space_of(
        model.CategoricalDomain(labels=("a", "b", "c", "d", "e", "f")),
        model.FloatDomain(min=0.0, max=1.0),
    )
    points = different_points(space, 60)
    worth = np.array([3.0, 0.0, 4.0, 1.0, 5.0, 2.0])[np.floor(points[:, 0] * 6).astype(int)]

    fitted = learnt(space, points[::2], worth[::2] + points[::2, 1])
    mean, _ = fitted.predict(features(space, points[1::2]))

    np.testing.assert_allclose(mean, worth[1::2] + points[1::2, 1], atol=0.1)


def test_a_tools_own_effect_is_learnt_from_few_trials() -> None:
    """Of 15 sets, where one tool decides and one harms a little, the model knows all 64."""
    points = different_points(TOOLS, 15)
    everything = np.array(list(TOOLS.points(np.random.default_rng(0))))

    def quality(sets: np.ndarray) -> np.ndarray:
        return 2.0 * (sets[:, 2] > 0.5) - 0.5 * (sets[:, 4] > 0.5)

    mean, _ = learnt(TOOLS, points, quality(points)).predict(features(TOOLS, everything))

    assert np.abs(mean - quality(everything)).max() < 0.01


def test_what_must_come_before_what_is_learnt() -> None:
    """Of 25 orders, where two precedences count, the model explains 375 others."""
    points = different_points(ORDER, 400)

    def quality(orders: np.ndarray) -> np.ndarray:
        return 1.0 * (orders[:, 0] < orders[:, 3]) + 0.5 * (orders[:, 4] < orders[:, 1])

    model_of_25 = learnt(ORDER, points[:25], quality(points[:25]))
    mean, _ = model_of_25.predict(features(ORDER, points[25:]))

    left = np.mean((mean - quality(points[25:])) ** 2) / quality(points[25:]).var()
    # Measured: 0.0004.
    assert left < 0.05
