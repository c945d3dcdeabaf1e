"""What the server says of a declaration that breaks a rule."""

from __future__ import annotations

import pytest

from groat import errors, model
from groat_server import validation
from tests.contracts import service


def refusal(**changes: object) -> dict[str, str]:
    """What is wrong with a study, by path."""
    with pytest.raises(errors.InvalidArgument) as caught:
        validation.check_spec(service.spec(**changes))
    return {one.path: one.problem for one in caught.value.violations}


TEXT = model.TextDomain(variants=(model.TextVariant(id="v1", text="Keep this secret."),))


@pytest.mark.parametrize(
    ("domain", "default", "problem"),
    [
        (model.IntDomain(min=1, max=9), 10, "10 is no value of 'p', which has whole numbers from"),
        (model.IntDomain(min=1, max=9, step=2), 2, "whole numbers from 1 to 9 in steps of 2"),
        (model.FloatDomain(min=0.0, max=1.0), "0.5", "'0.5' is no value of 'p', which has floats"),
        (model.BoolDomain(), 1, "1 is no value of 'p', which has true and false"),
        (model.CategoricalDomain(labels=("a", "b")), "c", "'c' is no value of 'p', which has 'a'"),
        (model.OrdinalDomain(levels=tuple(range(9))), 9, "6, 7, ... (9 in all)"),
        (TEXT, "Keep this secret.", "the value is no value of 'p', which has 'v1'"),
        (
            model.SubsetDomain(items=("a", "b"), max_items=1, required_items=("a",)),
            ("b",),
            "lists of 0 to 1 of 'a', 'b', each once, always with 'a'",
        ),
        (model.PermutationDomain(items=("a", "b")), ("a",), "lists of all of 'a', 'b', each once"),
    ],
)
def test_a_wrong_default_is_told_with_what_its_parameter_has(
    domain: model.Domain, default: model.Value, problem: str
) -> None:
    """Whoever reads it need not count parameters, nor look up their values."""
    parameter = model.Parameter(id="p", domain=domain, default_value=default)

    told = refusal(search_space=model.SearchSpace(parameters=(parameter,)))

    assert problem in told["study.search_space.parameters[0].default_value"]


RUNGS = model.SuccessiveHalving(min_examples=3, max_examples=30)


@pytest.mark.parametrize("least", [30, 31])
@pytest.mark.parametrize("kind", [RUNGS, model.Auto(max_examples=30)])
def test_stopping_must_begin_before_a_trial_is_whole(kind: model.AlgorithmKind, least: int) -> None:
    """Else it looks switched on, and never stops anything."""
    told = refusal(
        algorithm=model.Algorithm(kind=kind, seed=1),
        early_stopping=model.EarlyStopping(least_chance=0.05, min_examples=least),
    )

    assert list(told) == ["study.early_stopping.min_examples"]
    assert f"{least} is not below the algorithm's max_examples, 30" in told.popitem()[1]


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (RUNGS, model.EarlyStopping(least_chance=0.05, min_examples=29)),
        (RUNGS, model.EarlyStopping(min_examples=99)),
        (model.Sobol(), model.EarlyStopping(least_chance=0.05, min_examples=99)),
    ],
    ids=["below", "switched off", "no whole count"],
)
def test_stopping_that_can_be_is_accepted(
    kind: model.AlgorithmKind, rule: model.EarlyStopping
) -> None:
    """One example less than a whole evaluation is enough to judge on."""
    spec = service.spec(algorithm=model.Algorithm(kind=kind, seed=1), early_stopping=rule)

    validation.check_spec(spec)
