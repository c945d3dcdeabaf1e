"""How many trials a space deserves: counted by hand, parameter by parameter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat_server import guard
from groat_server.guard import Sizes
from tests import examples

ABC = ("a", "b", "c")
FLOAT = model.FloatDomain(min=0.0, max=1.0)
EIGHT = model.CategoricalDomain(labels=tuple("abcdefgh"))
TEXTS = model.TextDomain(variants=tuple(model.TextVariant(id=one, text=one) for one in "abcd"))


def parameter(name: str, domain: model.Domain, *, only_with: str = "") -> model.Parameter:
    """A parameter, perhaps one that is active with ``a`` of another one only."""
    condition = model.Condition(parameter_id=only_with, any_of=("a",))
    return model.Parameter(id=name, domain=domain, active_when=(condition,) if only_with else ())


def sizes(
    *domains: model.Domain | model.Parameter, objectives: int = 2, max_trials: int | None = None
) -> Sizes:
    """Size a study of these parameters and so many objectives."""
    parameters = tuple(
        one if isinstance(one, model.Parameter) else parameter(f"p{i}", one)
        for i, one in enumerate(domains)
    )
    metrics = tuple(
        model.Metric(id=f"m{i}", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE)
        for i in range(objectives)
    )
    spec = examples.study_spec(
        search_space=model.SearchSpace(parameters=parameters),
        metrics=metrics,
        budget=model.Budget(max_trials=max_trials),
    )
    return guard.sizes_of(spec)


@pytest.mark.parametrize(
    ("domain", "bits"),
    [
        (FLOAT, 1),
        (model.IntDomain(min=1, max=4), 1),
        (model.IntDomain(min=1, max=3), 0.5),
        (model.IntDomain(min=0, max=20, step=10), 0.5),
        (model.IntDomain(min=0, max=30, step=10), 1),
        (model.OrdinalDomain(levels=(1, 2, 4)), 0.5),
        (model.OrdinalDomain(levels=(1, 2, 4, 8)), 1),
        (model.BoolDomain(), 1),
        (EIGHT, 3),
        (model.CategoricalDomain(labels=("only",)), 1),
        (TEXTS, 2),
        (model.SubsetDomain(items=tuple("abcde"), required_items=("a", "b")), 3),
        (model.SubsetDomain(items=("a",), required_items=("a",)), 1),
        (model.PermutationDomain(items=ABC), 2.584963),
    ],
)
def test_a_parameter_counts_its_bits(domain: model.Domain, bits: float) -> None:
    """Labels by their logarithm, numbers as one, few levels as half."""
    assert sizes(FLOAT, domain).dimension == pytest.approx(1 + bits)


def test_a_parameter_that_is_not_always_active_counts_half() -> None:
    """As many trials do not have it."""
    lead = parameter("lead", EIGHT)

    assert sizes(lead, parameter("x", EIGHT, only_with="lead")).dimension == 4.5


@pytest.mark.parametrize(
    ("domains", "least"),
    [
        pytest.param([FLOAT], 5, id="three of a number"),
        pytest.param([model.BoolDomain(), FLOAT], 5, id="a switch is no choice"),
        pytest.param([model.CategoricalDomain(labels=ABC), EIGHT, FLOAT], 8, id="six at most"),
        pytest.param([model.CategoricalDomain(labels=tuple("abcde")), FLOAT], 7, id="five labels"),
        pytest.param([TEXTS, FLOAT], 6, id="four texts"),
        pytest.param([model.OrdinalDomain(levels=(1, 2, 4)), FLOAT], 5, id="three levels"),
    ],
)
def test_the_least_is_a_persons_first_moves_and_two(
    domains: list[model.Domain], least: int
) -> None:
    """The configuration in use, every other level of the lead, and two beyond."""
    assert sizes(*domains).least == least
    assert sizes(*domains, objectives=1).least == least
    assert sizes(*domains, objectives=3).least == least + 1


def test_a_choice_that_is_not_always_there_does_not_lead() -> None:
    """Nobody tries all levels of something that is mostly off."""
    found = sizes(
        parameter("lead", model.CategoricalDomain(labels=("a", "b"))),
        parameter("x", EIGHT, only_with="lead"),
        FLOAT,
    )

    assert found.least == 4


@pytest.mark.parametrize(("objectives", "recommended"), [(1, 16), (2, 21), (3, 26)])
def test_enough_is_four_per_bit_and_five_per_further_objective(
    objectives: int, recommended: int
) -> None:
    """Three bits of a label and one of a number."""
    assert sizes(EIGHT, FLOAT, objectives=objectives).recommended == recommended


def test_part_of_a_trial_is_a_whole_one() -> None:
    """Log2 of three is 1.585, four times which is 6.34, and with a number 10.34."""
    found = sizes(model.CategoricalDomain(labels=ABC), FLOAT, objectives=1)

    assert found.recommended == 11


def test_enough_is_never_less_than_the_least() -> None:
    """A space of one number deserves four trials, and begins with five."""
    found = sizes(FLOAT, objectives=1)

    assert (found.least, found.recommended) == (5, 5)


@pytest.mark.parametrize(
    ("max_trials", "least", "recommended"), [(3, 3, 3), (8, 8, 8), (12, 8, 12), (99, 8, 21)]
)
def test_a_persons_own_number_bounds_both(max_trials: int, least: int, recommended: int) -> None:
    """Who wants three trials gets three, if they can be paid."""
    found = sizes(EIGHT, FLOAT, max_trials=max_trials)

    assert (found.least, found.recommended) == (least, recommended)


@pytest.mark.parametrize(
    ("domains", "count"),
    [
        ([model.BoolDomain(), model.BoolDomain()], 4),
        ([model.SubsetDomain(items=("a", "b"))], 4),
        ([model.FloatDomain(min=0.0, max=1.0, step=0.5)], 3),
        ([model.FloatDomain(min=0.0, max=0.3, step=0.1)], 4),
        ([model.IntDomain(min=0, max=10, step=5)], 3),
        ([model.PermutationDomain(items=("a", "b"))], 2),
        ([model.PermutationDomain(items=("a", "b")), model.BoolDomain()], 4),
    ],
)
def test_a_small_space_bounds_both(domains: list[model.Domain], count: int) -> None:
    """Nobody can try more configurations than there are."""
    found = sizes(*domains)

    assert found.least == found.recommended == count


@pytest.mark.parametrize(
    "domains",
    [
        pytest.param([*[model.IntDomain(min=1, max=10**9)] * 40, FLOAT], id="many numbers"),
        pytest.param([model.SubsetDomain(items=tuple(map(str, range(1_024))))], id="many items"),
        pytest.param([model.PermutationDomain(items=tuple(map(str, range(999))))], id="orders"),
    ],
)
def test_a_space_too_large_to_count_is_sized(domains: list[model.Domain]) -> None:
    """No number of configurations is too large for a float that may be infinite."""
    found = sizes(*domains)

    assert found.least == 5
    assert found.recommended > 100


DOMAINS: st.SearchStrategy[Any] = st.sampled_from(
    [FLOAT, EIGHT, TEXTS, model.BoolDomain(), model.IntDomain(min=1, max=3)]
)


@given(
    st.lists(DOMAINS, min_size=1, max_size=6),
    st.integers(1, 4),
    st.integers(1, 60),
    st.integers(0, 60),
)
def test_more_trials_are_never_less_to_hope_for(
    domains: list[model.Domain], objectives: int, limit: int, more: int
) -> None:
    """Both numbers rise with a person's limit, keep it, and stand in their order."""
    low, high = (
        sizes(*domains, objectives=objectives, max_trials=most) for most in (limit, limit + more)
    )

    assert 1 <= low.least <= low.recommended <= limit
    assert low.least <= high.least
    assert low.recommended <= high.recommended
