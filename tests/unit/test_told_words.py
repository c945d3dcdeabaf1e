"""What errors may repeat of a prompt: nothing."""

from __future__ import annotations

import pytest

from groat import errors, model
from groat_server import validation
from groat_server.space import Space
from tests.contracts import service

SECRET = "You are a helpful assistant of the ministry."
TEXT = model.Parameter(
    id="prompt", domain=model.TextDomain(variants=(model.TextVariant(id="v1", text=SECRET),))
)
BESIDE = model.Parameter(
    id="k",
    domain=model.IntDomain(min=1, max=3),
    active_when=(model.Condition(parameter_id="prompt", any_of=(SECRET,)),),
)


def test_a_prompt_in_the_place_of_its_id_is_not_repeated() -> None:
    """Whoever reads the error has not been told the prompt."""
    space = Space(model.SearchSpace(parameters=(TEXT,)))

    with pytest.raises(errors.InvalidArgument) as caught:
        space.validate({"prompt": SECRET})

    assert "assistant" not in str(caught.value)


def test_a_prompt_in_a_condition_is_not_repeated() -> None:
    """Nor when a declaration is refused for it."""
    space = model.SearchSpace(parameters=(TEXT, BESIDE))

    with pytest.raises(errors.InvalidArgument) as caught:
        validation.check_spec(service.spec(search_space=space))

    assert "assistant" not in str(caught.value)
    assert caught.value.violations[0].path.endswith("active_when[0].any_of[0]")


@pytest.mark.parametrize(
    ("parameters", "constraints", "path"),
    [
        pytest.param(
            (
                model.Parameter(id="tools", domain=model.SubsetDomain(items=("a", "b"))),
                model.Parameter(
                    id="x",
                    domain=model.BoolDomain(),
                    active_when=(model.Condition(parameter_id="tools", any_of=(("a", "b"),)),),
                ),
            ),
            (),
            "study.search_space.parameters[1].active_when[0].any_of[0]",
            id="a list where an item is meant",
        ),
        pytest.param(
            (model.Parameter(id="tools", domain=model.SubsetDomain(items=("a", "b"))),),
            (model.ForbiddenCombination(values={"tools": ()}),),
            "study.search_space.constraints[0].forbidden.values[tools]",
            id="no item at all",
        ),
    ],
)
def test_a_set_is_asked_by_its_items(
    parameters: tuple[model.Parameter, ...],
    constraints: tuple[model.ParameterConstraint, ...],
    path: str,
) -> None:
    """What would mean something else than it says is refused where it stands."""
    space = model.SearchSpace(parameters=parameters, constraints=constraints)

    with pytest.raises(errors.InvalidArgument) as caught:
        validation.check_spec(service.spec(search_space=space))

    assert [violation.path for violation in caught.value.violations] == [path]
