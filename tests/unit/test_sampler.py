"""Algorithms run where they disturb nobody, and a lost fit stops no study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from groat import model
from groat_server.evidence import history_of
from groat_server.sampler import Request, Sampler, problem_of
from groat_server.space import Space
from tests.contracts import service
from tests.unit.test_history import SPEC, measured, past_of


@pytest.fixture
def request_() -> Request:
    """A Bayesian ask after twelve trials, so that models must be fitted."""
    dice = np.random.default_rng(0)
    told = [measured(number, *dice.random(2)) for number in range(12)]
    history, pending = history_of(past_of(told), [])
    return Request(
        algorithm="bayesian",
        problem=problem_of(SPEC, Space(SPEC.search_space), affordable=None),
        history=history,
        pending=pending,
        count=1,
        seeds=(1, 12),
    )


@pytest.fixture
def impatient() -> Iterator[Sampler]:
    sampler = Sampler(timeout_s=0.01)
    yield sampler
    sampler.close()


async def test_a_fit_that_takes_too_long_is_replaced_by_a_sobol_point(
    impatient: Sampler, request_: Request
) -> None:
    """The worker gets something to do, marked as what it is."""
    (suggestion,) = await impatient.suggest(request_)

    assert suggestion.generator == "sobol"


async def test_a_fit_that_fails_is_replaced_by_a_sobol_point(request_: Request) -> None:
    """A defect in an algorithm, here arrays that contradict each other, stops nobody."""
    sampler = Sampler()
    broken = replace(request_.history, losses=np.zeros((3, 1)))

    (suggestion,) = await sampler.suggest(replace(request_, history=broken))
    sampler.close()

    assert suggestion.generator == "sobol"


@pytest.mark.parametrize(
    ("kind", "generator"),
    [
        (model.SuccessiveHalving(min_examples=30, max_examples=300), "sobol"),
        (model.Auto(min_examples=30, max_examples=300), "sobol"),
    ],
)
async def test_a_lost_fit_costs_no_more_examples(
    impatient: Sampler, request_: Request, kind: model.AlgorithmKind, generator: str
) -> None:
    """What takes the place of a model's point is evaluated on the first rung, as that would be."""
    spec = replace(SPEC, algorithm=model.Algorithm(kind=kind, seed=1))
    problem = problem_of(spec, Space(spec.search_space), affordable=None)
    request = replace(request_, algorithm=kind.kind, problem=problem)

    (suggestion,) = await impatient.suggest(request)

    assert (suggestion.generator, suggestion.example_count) == (generator, 30)


def test_an_objectives_bound_becomes_its_reference() -> None:
    """With the sign that losses have; NaN where the user set none."""
    quality = replace(service.QUALITY, bound=0.6)
    spec = service.spec(metrics=(quality, service.SPEED))

    problem = problem_of(spec, Space(spec.search_space), affordable=9)

    np.testing.assert_array_equal(problem.reference, [-0.6, np.nan])
    assert problem.affordable_trials == 9


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (model.Nsga2(population_size=20), {"population_size": 20}),
        (model.Bayesian(initial_trial_count=5), {"initial_trial_count": 5}),
        (model.Sobol(), {}),
    ],
)
def test_an_algorithms_own_options_reach_it(
    kind: model.AlgorithmKind, options: dict[str, int]
) -> None:
    """And nothing else does."""
    spec = service.spec(algorithm=model.Algorithm(kind=kind, seed=1))

    assert problem_of(spec, Space(spec.search_space), affordable=None).options == options
