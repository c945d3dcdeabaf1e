"""A study's past as the case that a plan is made for: whole configurations, what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from groat import model
from groat.model import Money, Value
from groat_server.engine.assessing import Assessing
from groat_server.engine.drafts import unborn
from groat_server.engine.planning import baseline_of, case_of, completed, is_allowed
from groat_server.guard import PlanCase
from groat_server.history import Memory
from groat_server.space import Space
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.unit.test_history import HALVING, SPEC, measured


def parameter(
    name: str,
    domain: model.Domain,
    *,
    only_with: tuple[str, Value] | None = None,
    default: Value | None = None,
) -> model.Parameter:
    """A parameter, perhaps one that is active with one value of another one only."""
    gates = (
        ()
        if only_with is None
        else (model.Condition(parameter_id=only_with[0], any_of=(only_with[1],)),)
    )
    return model.Parameter(id=name, domain=domain, active_when=gates, default_value=default)


def labels(*names: str) -> model.Domain:
    """A choice between names."""
    return model.CategoricalDomain(labels=names)


def fill(values: Mapping[str, Value], space: model.SearchSpace) -> dict[str, Value] | None:
    """Complete these values in such a space."""
    return completed(Space(space), space, values)


def baseline(only: model.Parameter) -> model.Configuration:
    """The configuration in use today, of one parameter."""
    space = model.SearchSpace(parameters=(only,))
    return baseline_of(Space(space), space)


NESTED = model.SearchSpace(
    parameters=(
        parameter("bits", model.IntDomain(min=1, max=9), only_with=("vectors", "dense"), default=4),
        parameter("vectors", labels("dense", "sparse"), only_with=("search", "ann")),
        parameter("search", labels("none", "ann", "exact"), default="ann"),
        parameter("k", model.IntDomain(min=1, max=20), default=5),
    )
)
"""Bits depend on vectors, and vectors on the search; declared the wrong way round."""


def test_nothing_given_is_filled_with_what_is_in_use() -> None:
    """Defaults, and through two conditions what they make active."""
    assert fill({}, NESTED) == {"bits": 4, "vectors": "dense", "search": "ann", "k": 5}


def test_what_a_value_switches_off_is_dropped() -> None:
    """Also what depends on it in turn."""
    whole = {"bits": 7, "vectors": "dense", "search": "none", "k": 9}

    assert fill(whole, NESTED) == {"search": "none", "k": 9}


def test_what_a_value_switches_on_is_filled() -> None:
    """With its default, or else the usual value."""
    assert fill({"search": "ann", "k": 9}, NESTED) == {
        "bits": 4, "vectors": "dense", "search": "ann", "k": 9,
    }  # fmt: skip


def test_a_given_value_is_kept_when_its_parent_is_filled_in() -> None:
    """Whoever asks for seven bits gets seven, though nobody named the vectors."""
    found = fill({"bits": 7}, NESTED)

    assert found is not None
    assert found["bits"] == 7


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"k": 21}, id="outside its domain"),
        pytest.param({"search": "nope"}, id="no label"),
        pytest.param({"k": "five"}, id="no number"),
    ],
)
def test_what_is_no_configuration_is_none(values: dict[str, Value]) -> None:
    """A plan skips what cannot be run."""
    assert fill(values, NESTED) is None


LIMITED = replace(
    NESTED,
    constraints=(
        model.LinearConstraint(coefficients={"k": 1.0, "bits": 1.0}, upper_bound=12),
        model.ForbiddenCombination(values={"search": "exact", "k": 3}),
    ),
)


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        ({"k": 8}, True),
        ({"k": 9}, False),
        ({"k": 9, "search": "none"}, True),
        ({"k": 3, "search": "exact"}, False),
        ({"k": 3, "search": "none"}, True),
    ],
)
def test_what_breaks_a_constraint_is_none(values: dict[str, Value], allowed: bool) -> None:
    """With what was filled in: eight and four bits are twelve, nine and four are too many."""
    assert (fill(values, LIMITED) is not None) is allowed


def test_constraints_decide_what_is_allowed() -> None:
    """And so does being a configuration at all."""
    space = Space(LIMITED)
    whole = {"bits": 4, "vectors": "dense", "search": "ann", "k": 8}

    assert is_allowed(space, whole)
    assert not is_allowed(space, {**whole, "k": 9})
    assert not is_allowed(space, {"k": 8})
    assert not is_allowed(space, {**whole, "search": "none"})


@pytest.mark.parametrize(
    ("domain", "usual"),
    [
        (model.FloatDomain(min=0.0, max=3.0), 1.5),
        (model.FloatDomain(min=0.0, max=1.0, step=0.1), 0.5),
        (model.FloatDomain(min=1.0, max=100.0, log_scale=True), 10.0),
        (model.IntDomain(min=1, max=20), 10),
        (model.IntDomain(min=0, max=20, step=8), 8),
        (model.IntDomain(min=64, max=4096, log_scale=True), 512),
        (labels("first", "second"), "first"),
        (model.TextDomain(variants=(model.TextVariant(id="v", text="Be brief."),)), "v"),
        (model.OrdinalDomain(levels=(1, 2, 4, 8)), 2),
        (model.BoolDomain(), False),
        (model.SubsetDomain(items=("a", "b", "c")), ()),
        (model.SubsetDomain(items=("a", "b", "c"), min_items=2, required_items=("c",)), ("a", "c")),
        (model.PermutationDomain(items=("b", "a")), ("b", "a")),
    ],
)
def test_without_a_default_the_usual_value_is_in_the_middle(
    domain: model.Domain, usual: Value
) -> None:
    """Of numbers; of names the first, of sets the smallest, of orders the declared one."""
    found = baseline(parameter("x", domain))

    assert found == {"x": pytest.approx(usual) if isinstance(usual, float) else usual}
    assert type(found["x"]) is type(usual)


def test_the_default_is_what_is_in_use() -> None:
    """Whatever the middle is."""
    found = baseline(parameter("x", model.IntDomain(min=1, max=20), default=3))

    assert found == {"x": 3}


def test_a_middle_that_breaks_a_constraint_gives_way_to_any_allowed_one() -> None:
    """A plan starts from something that can be run."""
    domain = model.IntDomain(min=1, max=20)
    limit = model.LinearConstraint(coefficients={"x": 1.0, "y": 1.0}, upper_bound=6)
    space = model.SearchSpace(
        parameters=(parameter("x", domain), parameter("y", domain)), constraints=(limit,)
    )

    assert fill({}, space) is None
    assert is_allowed(Space(space), baseline_of(Space(space), space))


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "bits": st.integers(1, 9),
            "vectors": st.sampled_from(["dense", "sparse"]),
            "search": st.sampled_from(["none", "ann", "exact"]),
            "k": st.integers(1, 9),
        },
    )
)
def test_what_is_completed_is_whole_allowed_and_stays(values: dict[str, Value]) -> None:
    """It keeps what was given where that is active, and completing it again changes nothing."""
    found = fill(values, LIMITED)
    assume(found is not None)
    assert found is not None

    assert is_allowed(Space(LIMITED), found)
    assert all(found[name] == value for name, value in values.items() if name in found)
    assert fill(found, LIMITED) == found


# The case.


@pytest.fixture
def store() -> Iterator[SqlStore]:
    store = SqlStore.open("sqlite://")
    yield store
    store.close()


def case(store: SqlStore, spec: model.StudySpec, *told: model.Trial) -> PlanCase:
    """The case of a study in which these trials were told."""
    study = store.create("s", spec, digest="d", now=examples.NOW)
    for trial in told:
        assert trial.outcome is not None
        new = examples.new_trial(
            configuration=trial.configuration, example_count=trial.example_count
        )
        with store.locked("s") as locked:
            number = locked.add(new, now=examples.NOW).number
            locked.finish(number, trial.state, trial.outcome, now=examples.NOW)
    return case_of(Assessing(Memory(store)).of(store.look(study.study_id)))


def test_told_trials_come_as_a_person_sees_them(store: SqlStore) -> None:
    """With their losses, whether they keep the limits, and whether anything beats them."""
    trials = [measured(0, 0.5, 2.0), measured(1, 0.6, 1.0), measured(2, 0.9, 1.0, tokens=101)]

    found = case(store, SPEC, *[one.trial for one in trials]).told

    assert [one.losses for one in found] == [(-0.5, 2.0), (-0.6, 1.0), (-0.9, 1.0)]
    assert [one.is_feasible for one in found] == [True, True, False]
    assert [one.is_on_front for one in found] == [False, True, False]
    assert [one.number for one in found] == [0, 1, 2]


def test_few_trials_say_nothing_about_what_matters(store: SqlStore) -> None:
    """From five on their main effects are shared out between the parameters."""
    few = [measured(number, number / 10, 1.0).trial for number in range(4)]

    assert case(store, SPEC, *few).screened == {}


def test_enough_trials_say_what_matters(store: SqlStore) -> None:
    """Here everything comes from the first parameter."""
    told = [measured(100 * number, number / 10, 1.0).trial for number in range(8)]

    found = case(store, SPEC, *told)

    assert found.screened_trials == 8
    assert found.screened["k"] == pytest.approx(1)
    assert sum(found.screened.values()) == pytest.approx(1)


def test_a_whole_trial_is_as_large_as_declared(store: SqlStore) -> None:
    """By the last rung, which is what a whole evaluation is."""
    assert case(store, HALVING).example_count == 9


@pytest.mark.parametrize(("left", "available"), [("2", "2"), ("-3", "0")])
def test_an_overdrawn_study_has_nothing_left(store: SqlStore, left: str, available: str) -> None:
    """A plan is never made with less than nothing."""
    study = unborn("s", replace(SPEC, budget=examples.budget("10")), examples.NOW)
    status = replace(study.budget_status, remaining=Money.of(left))
    seen = Assessing(Memory(store)).of_new(replace(study, budget_status=status))

    assert case_of(seen).available == Money.of(available)


def test_without_a_cap_there_is_no_limit_to_plan_with(store: SqlStore) -> None:
    """That is not the same as having nothing."""
    seen = Assessing(Memory(store)).of_new(unborn("s", SPEC, examples.NOW))

    assert case_of(seen).available is None


def test_spends_of_a_plan_are_those_expected(store: SqlStore) -> None:
    """As likely as not: what is declared, while nothing is told."""
    usage = model.Usage(category=model.SpendCategory.EXPERIMENT, quantity=Money.of("0.02"))
    work = model.Workload(example_count=50, items=(model.WorkloadItem(usage=usage),))
    spec = replace(SPEC, workload=work, price_book=model.PriceBook(as_of=examples.NOW))
    seen = Assessing(Memory(store)).of_new(unborn("s", spec, examples.NOW))
    found = case_of(seen)

    spends = [found.spend_of(found.baseline, count) for count in (0, 25)]

    assert found.example_count == 50
    assert [spend and float(round(spend.amount, 1)) for spend in spends] == [1.0, 0.5]
