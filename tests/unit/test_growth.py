"""How a running study's space may grow, and how its past is read afterwards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from groat import model
from groat_server.space import Space
from groat_server.validation.growth import check_growth

PATH = "study.search_space"
TEXTS = model.TextDomain(variants=(model.TextVariant(id="v1", text="one"),), growable=True)
FLOAT = model.FloatDomain(min=0.0, max=1.0)
STEPS = model.IntDomain(min=10, max=20, step=5)
LABELS = model.CategoricalDomain(labels=("a", "b"))
LEVELS = model.OrdinalDomain(levels=(1, 4, 16))
TOOLS = model.SubsetDomain(items=("search", "code"), min_items=1, max_items=2)
ORDER = model.PermutationDomain(items=("x", "y"))


def space(*domains: model.Domain, **more: model.Parameter) -> model.SearchSpace:
    parameters = [model.Parameter(id=f"p{i}", domain=domain) for i, domain in enumerate(domains)]
    return model.SearchSpace(parameters=(*parameters, *more.values()))


def faults(before: model.Domain, after: model.Domain) -> list[str]:
    return [one.path for one in check_growth(space(before), space(after), PATH)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(FLOAT, replace(FLOAT, min=-1.0, max=2.0), id="wider float"),
        pytest.param(STEPS, replace(STEPS, min=0, max=25), id="wider steps"),
        pytest.param(LABELS, replace(LABELS, labels=("b", "c", "a")), id="more labels"),
        pytest.param(LEVELS, replace(LEVELS, levels=(1, 2, 4, 16, 64)), id="more levels"),
        pytest.param(
            TEXTS,
            replace(TEXTS, variants=(*TEXTS.variants, model.TextVariant(id="v2", text="two"))),
            id="more texts",
        ),
        pytest.param(
            TOOLS,
            replace(TOOLS, items=("code", "sql", "search"), min_items=0, max_items=0),
            id="more items",
        ),
        pytest.param(ORDER, ORDER, id="the same order"),
    ],
)
def test_a_domain_may_grow(before: model.Domain, after: model.Domain) -> None:
    """Everything that was a value still is one."""
    assert faults(before, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(FLOAT, replace(FLOAT, max=0.5), id="narrower"),
        pytest.param(FLOAT, replace(FLOAT, min=0.1, log_scale=True), id="another scale"),
        pytest.param(STEPS, replace(STEPS, min=8, max=28), id="another grid"),
        pytest.param(LABELS, replace(LABELS, labels=("a", "c")), id="a label less"),
        pytest.param(LEVELS, replace(LEVELS, levels=(4, 1, 16)), id="levels change places"),
        pytest.param(
            TEXTS, replace(TEXTS, variants=(model.TextVariant(id="v1", text="1"),)), id="reworded"
        ),
        pytest.param(TOOLS, replace(TOOLS, max_items=1), id="fewer items"),
        pytest.param(TOOLS, replace(TOOLS, required_items=("code",)), id="more required"),
        pytest.param(ORDER, model.PermutationDomain(items=("x", "y", "z")), id="a longer order"),
        pytest.param(FLOAT, LABELS, id="another kind"),
    ],
)
def test_a_domain_may_not_shrink(before: model.Domain, after: model.Domain) -> None:
    """A trial of the past would have no place, or mean something else."""
    assert faults(before, after) == [f"{PATH}.parameters[0].{after.kind}"]


def test_a_pool_that_is_not_growable_stays_as_it_is() -> None:
    """Who declared a fixed pool means it."""
    fixed = replace(TEXTS, growable=False)
    more = replace(fixed, variants=(*fixed.variants, model.TextVariant(id="v2", text="two")))

    assert faults(fixed, more) == [f"{PATH}.parameters[0].text"]


def test_a_new_parameter_says_what_trials_had_before() -> None:
    """Without a default the past could not be read."""
    new = model.Parameter(id="new", domain=LABELS)
    known = replace(new, default_value="a")

    refused = list(check_growth(space(FLOAT), space(FLOAT, new=new), PATH))

    assert [one.path for one in refused] == [f"{PATH}.parameters[1].default_value"]
    assert not list(check_growth(space(FLOAT), space(FLOAT, new=known), PATH))


def test_no_constraint_comes_later() -> None:
    """Trials that wait for a worker might break it; dropping one is fine."""
    bound = model.LinearConstraint(coefficients={"p0": 1.0}, upper_bound=0.5)
    free, bounded = space(FLOAT), replace(space(FLOAT), constraints=(bound,))

    refused = list(check_growth(free, bounded, PATH))

    assert [one.path for one in refused] == [f"{PATH}.constraints[0]"]
    assert not list(check_growth(bounded, free, PATH))


def test_the_past_is_read_in_the_grown_space() -> None:
    """A trial from before has new items out, and new parameters at their defaults."""
    grown = Space(
        model.SearchSpace(
            parameters=(
                model.Parameter(
                    id="tools", domain=model.SubsetDomain(items=("search", "code", "sql"))
                ),
                model.Parameter(id="model", domain=LABELS, default_value="b"),
                model.Parameter(
                    id="depth",
                    domain=model.IntDomain(min=1, max=9),
                    active_when=(model.Condition(parameter_id="model", any_of=("a",)),),
                    default_value=3,
                ),
            )
        )
    )

    point = grown.place({"tools": ("code",)})

    assert grown.decode(point) == {"tools": ("code",), "model": "b"}
    np.testing.assert_array_equal(point, grown.canonical(point[None])[0])
