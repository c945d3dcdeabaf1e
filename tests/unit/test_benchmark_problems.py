"""The benchmark's problems: formulas against values worked by hand, fronts against their own."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from botorch.test_functions.multi_objective import VehicleSafety

from benchmarks import cube, engineering, mixed_rag, peers, problems, results, runs
from groat import model

STORED = {
    name: json.loads((problems.DATA / f"{name}.json").read_text())["front"]
    for name in [*problems.MADE_UP, "re34"]
}


def configurations(space: model.SearchSpace, count: int) -> list[dict[str, model.Value]]:
    points = np.random.default_rng(7).random((count, cube.width(space)))
    return [cube.decode(space, point) for point in points]


def true_front(name: str) -> np.ndarray:
    """Many points of a problem's front, in closed form or as stored."""
    grid = np.linspace(0, 1, 1000)
    corners = np.stack(np.meshgrid(np.linspace(0, 1, 250), np.linspace(0, 1, 250)), axis=-1)
    fronts = {
        "zdt1": lambda: np.column_stack([grid, 1 - np.sqrt(grid)]),
        "dtlz2": lambda: problems.dtlz2(
            np.column_stack([corners.reshape(-1, 2), np.full((62_500, 4), 0.5)])
        ),
        "zdt3": lambda: on_zdt3(
            np.concatenate([np.linspace(*segment, 2000) for segment in problems.ZDT3_SEGMENTS])
        ),
        "re21": lambda: engineering.truss_front(1000),
    }
    return fronts[name]() if name in fronts else stored_front(name)


def on_zdt3(first: np.ndarray) -> np.ndarray:
    """The losses where all parameters but the first are 0."""
    return problems.zdt3(np.column_stack([first, np.zeros((len(first), 5))]))


def stored_front(name: str) -> np.ndarray:
    problem = problems.look_up(name)
    return np.array([problem.losses(problem.truth(c)) for c in STORED[name]])


def test_zdt1_is_one_minus_root_on_its_front() -> None:
    """With all other parameters at 0 the second loss is 1 - sqrt(first)."""
    losses = problems.zdt1(np.array([[0.25, 0, 0, 0, 0, 0]]))

    np.testing.assert_allclose(losses, [[0.25, 0.5]])


def test_zdt1_off_its_front_by_hand() -> None:
    """With all other parameters at 1 the slack is 10, so f2 = 10 (1 - sqrt(0.4 / 10))."""
    losses = problems.zdt1(np.array([[0.4, 1, 1, 1, 1, 1]]))

    np.testing.assert_allclose(losses, [[0.4, 8.0]])


def test_zdt3_on_its_front_by_hand() -> None:
    """At a quarter the sine is 1: the second loss is 1 - sqrt(1/4) - 1/4."""
    np.testing.assert_allclose(on_zdt3(np.array([0.25])), [[0.25, 0.25]])


def test_zdt3_off_its_front_by_hand() -> None:
    """With all other parameters at 1 the slack is 10: f2 = 10 (1 - sqrt(0.025) - 0.025)."""
    losses = problems.zdt3(np.array([[0.25, 1, 1, 1, 1, 1]]))

    np.testing.assert_allclose(losses, [[0.25, 9.75 - math.sqrt(2.5)]])


def test_each_segment_of_zdt3_starts_where_the_last_one_is_beaten() -> None:
    """A gap of the front ends where the second loss is back at its least so far."""
    starts, ends = np.array(problems.ZDT3_SEGMENTS).T

    np.testing.assert_allclose(on_zdt3(starts[1:])[:, 1], on_zdt3(ends[:-1])[:, 1], atol=1e-9)


def test_the_best_of_zdt3_is_the_area_over_the_least_so_far() -> None:
    """The integral over the segments agrees with a sum over a fine grid without them."""
    grid = np.linspace(0, 1, 1_000_001)
    least = np.minimum.accumulate(on_zdt3(grid)[:, 1])

    area = np.trapezoid(1.1 - least, grid) + 0.1 * (1.1 - least[-1])

    assert problems.zdt3_best(1.1) == pytest.approx(area, abs=1e-6)


def test_dtlz2_front_is_the_unit_sphere() -> None:
    """With the distance parameters at one half every point is at distance 1."""
    points = np.random.default_rng(0).random((50, 6))
    points[:, 2:] = 0.5

    np.testing.assert_allclose(np.linalg.norm(problems.dtlz2(points), axis=1), 1.0)


def test_dtlz2_off_its_front_by_hand() -> None:
    """Four distance parameters at 1 give radius 2; both angles at 0 point along f1."""
    losses = problems.dtlz2(np.array([[0, 0, 1, 1, 1, 1]]))

    np.testing.assert_allclose(losses, [[2.0, 0.0, 0.0]])


def test_re21_least_volume_by_hand() -> None:
    """All bars thin: 200 (2 + 2 + 2^(1/4) + 1) of volume, 0.01 (2 + 2 - 2 + 2) of displacement."""
    losses = engineering.truss(np.array([[1, math.sqrt(2), math.sqrt(2), 1]]))

    np.testing.assert_allclose(losses, [[200 * (5 + 2**0.25), 0.04]])


def test_re21_front_ends_at_the_published_points() -> None:
    """The ideal and nadir that Tanabe and Ishibuchi publish are the front's two ends."""
    front = engineering.truss_front(500)

    np.testing.assert_allclose(front.min(axis=0), [1237.8414230005742, 0.002761423749158419])
    np.testing.assert_allclose(front.max(axis=0), [2886.3695604236013, 0.04])


def test_no_random_truss_beats_the_exact_front() -> None:
    """The front in closed form is a bound: 20,000 random trusses add no hypervolume to it."""
    problem, front = problems.look_up("re21"), engineering.truss_front(5000)
    lower = np.array([1, math.sqrt(2), math.sqrt(2), 1])
    random = engineering.truss(lower + np.random.default_rng(1).random((20_000, 4)) * (3 - lower))

    alone = problem.normalised_hypervolume(front)
    together = problem.normalised_hypervolume(np.vstack([front, random]))

    assert together == pytest.approx(alone, abs=2e-4)


def test_re34_with_thin_parts_by_hand() -> None:
    """With every thickness at 1 each loss is the sum of its coefficients."""
    losses = engineering.vehicle(np.ones((1, 5)))

    np.testing.assert_allclose(losses, [[1661.7078225, 8.3046, 0.0708]])


def test_re34_is_the_vehicle_of_botorch() -> None:
    """BoTorch carries the same problem, typed from the same paper by others."""
    points = 1 + 2 * np.random.default_rng(0).random((1000, 5))

    theirs = VehicleSafety()(torch.from_numpy(points)).numpy()

    np.testing.assert_allclose(engineering.vehicle(points), theirs, rtol=1e-9, atol=1e-12)


def test_the_nadir_of_re34_is_the_published_one() -> None:
    """BoTorch's reference point is 1.1 times the nadir that Tanabe and Ishibuchi publish."""
    stored = json.loads((problems.DATA / "re34.json").read_text())

    np.testing.assert_allclose(1.1 * np.array(stored["nadir"]), VehicleSafety()._ref_point, 1e-5)


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("zdt1", 0.01),
        ("zdt3", 0.01),
        ("dtlz2", 0.04),
        ("re21", 0.01),
        ("re34", 0.03),
        ("mixed_rag", 0.01),
        ("agent_tools", 0.01),
        ("step_order", 0.03),
        ("priced_rag_cost", 0.01),
        ("priced_rag_latency", 0.01),
    ],
)
def test_the_true_front_has_hypervolume_one(name: str, tolerance: float) -> None:
    """The best hypervolume is that of the front; a coarse grid on a sphere falls short of it."""
    reached = problems.look_up(name).normalised_hypervolume(true_front(name))

    assert 1 - tolerance < reached <= 1.0001


def test_nothing_beyond_the_reference_counts() -> None:
    """A point that is worse than the reference in one loss adds nothing."""
    problem = problems.look_up("zdt1")

    assert problem.normalised_hypervolume(np.array([[0.0, 1.2]])) == 0.0


@pytest.mark.parametrize("name", problems.NAMES)
def test_every_configuration_has_finite_values(name: str) -> None:
    """No corner of any space divides by zero or takes the log of nothing."""
    problem = problems.look_up(name)

    losses = [problem.losses(problem.evaluate(c)) for c in configurations(problem.space, 500)]

    assert np.isfinite(losses).all()


@pytest.mark.parametrize("name", STORED)
def test_random_search_does_not_beat_the_stored_front(name: str) -> None:
    """A front that was found by long search is not improved by 5,000 random points."""
    problem = problems.look_up(name)
    found = [problem.losses(problem.truth(c)) for c in configurations(problem.space, 5_000)]

    assert problem.normalised_hypervolume(np.vstack([true_front(name), found])) <= 1.0


def test_accuracy_is_a_share() -> None:
    """Whatever the configuration, the invented accuracy stays between 0 and 1."""
    told = [mixed_rag.evaluate(c)["accuracy"] for c in configurations(mixed_rag.SPACE, 2_000)]

    assert 0 <= min(told) <= max(told) <= 1


def test_the_default_of_mixed_rag_is_active_and_in_its_domain() -> None:
    """Today's configuration has a dense retriever and no reranker, and every value is allowed."""
    default = cube.default(mixed_rag.SPACE)

    inactive = {p.id for p in mixed_rag.SPACE.parameters} - set(default)
    assert inactive == {"hybrid_weight", "rerank_depth"}
    assert all(
        is_in(p.domain, default[p.id]) for p in mixed_rag.SPACE.parameters if p.id in default
    )


def test_noise_is_the_same_for_the_same_configuration() -> None:
    """Asking twice meets the same questions, whatever the order of the parameters."""
    default = cube.default(mixed_rag.SPACE)
    shuffled = dict(reversed(default.items()))

    assert mixed_rag.evaluate_noisily(default) == mixed_rag.evaluate_noisily(shuffled)


def test_noise_has_the_binomial_spread() -> None:
    """Over many configurations the luck, in units of its own spread, has standard deviation 1."""
    tried = configurations(mixed_rag.SPACE, 3_000)
    truths = np.array([mixed_rag.evaluate(c)["accuracy"] for c in tried])
    told = np.array([mixed_rag.evaluate_noisily(c)["accuracy"] for c in tried])

    luck = (told - truths) / np.sqrt(truths * (1 - truths) / 100)

    assert np.std(luck) == pytest.approx(1.0, abs=0.05)


def test_points_decode_into_the_domains() -> None:
    """The cube's corners and 300 random points give allowed values, of active parameters only."""
    points = np.vstack([np.zeros(13), np.ones(13), np.random.default_rng(3).random((300, 13))])
    domains = {p.id: p.domain for p in mixed_rag.SPACE.parameters}

    decoded = [cube.decode(mixed_rag.SPACE, point) for point in points]

    assert all(is_in(domains[name], value) for c in decoded for name, value in c.items())
    assert all(("rerank_depth" in c) == c["rerank"] for c in decoded)


@pytest.mark.parametrize("value", [64, 100, 2048])
def test_numbers_come_back_from_the_cube(value: int) -> None:
    """A number's place in the unit interval decodes to the number."""
    domain = model.IntDomain(min=64, max=2048, log_scale=True)

    assert cube.value_at(domain, cube.unit_of(domain, value)) == value


@pytest.mark.parametrize("name", ["scipy-sobol", "pymoo-nsga2", "optuna-nsga2", "optuna-tpe"])
def test_peers_start_from_the_configuration_in_use(name: str) -> None:
    """No peer is worse off than groat, which tries today's configuration first."""
    problem = problems.look_up("mixed_rag")
    today = problem.losses(problem.evaluate(cube.default(problem.space)))

    run = peers.PEERS[name][0](problem, 0, 24)

    assert run.losses.shape == (24, 2)
    np.testing.assert_allclose(run.losses[0], today)


@pytest.mark.parametrize("name", ["ax", "botorch-qlognehvi"])
def test_peers_with_a_model_start_from_the_configuration_in_use(name: str) -> None:
    """As above, over so few trials that nothing is fitted."""
    _skip_without(name)
    problem = problems.look_up("mixed_rag")
    today = problem.losses(problem.evaluate(cube.default(problem.space)))

    run = peers.PEERS[name][0](problem, 0, 3)

    assert run.losses.shape == (3, 2)
    np.testing.assert_allclose(run.losses[0], today)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "trials"), [("ax", 7), ("botorch-qlognehvi", 16)])
def test_peers_with_a_model_fit_it(name: str, trials: int) -> None:
    """Two trials after the start are the model's own, and no Sobol points in its place."""
    _skip_without(name)

    run = peers.PEERS[name][0](problems.look_up("zdt1"), 0, trials)

    assert run.losses.shape == (trials, 2)
    assert run.fallbacks == 0


def test_ax_is_told_of_conditions_on_one_value() -> None:
    """An embedding that two retrievers share is no branch of a tree, and is asked always."""
    _skip_without("ax")
    from benchmarks import ax_peer  # noqa: PLC0415 - only in the extra `bench`

    told = ax_peer._dependents(mixed_rag.SPACE)

    assert told == {
        "retriever": {"hybrid": ["hybrid_weight"]},
        "rerank": {True: ["rerank_depth"]},
    }


@pytest.mark.parametrize("name", problems.MADE_UP)
def test_configurations_come_back_from_the_cube(name: str) -> None:
    """The point of a configuration decodes to one with the same losses."""
    problem = problems.look_up(name)
    told = configurations(problem.space, 300)

    back = [cube.decode(problem.space, cube.encode(problem.space, c)) for c in told]

    np.testing.assert_allclose(
        [problem.losses(problem.truth(c)) for c in back],
        [problem.losses(problem.truth(c)) for c in told],
    )


def test_a_lucky_draw_is_scored_by_the_truth() -> None:
    """What looks best hides the better configuration, and only what looks best counts."""
    problem = problems.look_up("zdt1")
    run = runs.Run(
        losses=np.array([[0.5, 0.5], [0.4, 0.4]]),
        truths=np.array([[0.1, 0.1], [0.6, 0.6]]),
        cpu_s=0.0,
    )

    curve = results.curve(problem, run)

    best = problem.best_hypervolume
    np.testing.assert_allclose(curve, [1.0 / best, 0.25 / best], atol=1e-5)


def _skip_without(name: str) -> None:
    pytest.importorskip("ax" if name == "ax" else "botorch")


def is_in(domain: model.Domain, value: model.Value) -> bool:
    match domain:
        case model.FloatDomain() | model.IntDomain():
            kind = float if domain.kind == "float" else int
            return type(value) is kind and domain.min <= value <= domain.max
        case model.BoolDomain():
            return type(value) is bool
        case model.CategoricalDomain():
            return value in domain.labels
        case model.OrdinalDomain():
            return value in domain.levels
        case _:
            raise AssertionError(f"{domain.kind} is no plain kind")
