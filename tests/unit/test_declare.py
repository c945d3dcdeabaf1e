"""The short words declare exactly what the long ones would."""

from __future__ import annotations

from datetime import timedelta

import pytest

import groat
from groat import declare, model


def test_a_real_is_a_float_domain_with_all_its_options() -> None:
    """Every option has its place in the model."""
    parameter = groat.real("t", 0.1, 10, log=True, default=1.0, when={"r": ["a", "b"]})

    assert parameter == model.Parameter(
        id="t",
        domain=model.FloatDomain(min=0.1, max=10, log_scale=True),
        active_when=(model.Condition(parameter_id="r", any_of=("a", "b")),),
        default_value=1.0,
    )


@pytest.mark.parametrize(
    ("parameter", "domain"),
    [
        (groat.real("p", 0, 1, step=0.1), model.FloatDomain(min=0, max=1, step=0.1)),
        (groat.integer("p", 1, 9, step=2), model.IntDomain(min=1, max=9, step=2)),
        (groat.integer("p", 1, 9, log=True), model.IntDomain(min=1, max=9, log_scale=True)),
        (groat.flag("p"), model.BoolDomain()),
        (groat.choice("p", ["a", "b"]), model.CategoricalDomain(labels=("a", "b"))),
        (groat.levels("p", [1, 2]), model.OrdinalDomain(levels=(1, 2))),
        (
            groat.text("p", {"a": "A"}),
            model.TextDomain(variants=(model.TextVariant(id="a", text="A"),)),
        ),
        (
            groat.text("p", [groat.TextVariant(id="a", text="A", parent_id="b")], growable=True),
            model.TextDomain(
                variants=(model.TextVariant(id="a", text="A", parent_id="b"),), growable=True
            ),
        ),
        (groat.subset("p", ["a", "b"]), model.SubsetDomain(items=("a", "b"))),
        (
            groat.subset("p", ["a", "b"], min_items=1, max_items=2, required=["b"]),
            model.SubsetDomain(items=("a", "b"), min_items=1, max_items=2, required_items=("b",)),
        ),
        (groat.order("p", ["a", "b"]), model.PermutationDomain(items=("a", "b"))),
    ],
)
def test_each_word_has_its_domain(parameter: model.Parameter, domain: model.Domain) -> None:
    """And none brings a default or a condition of its own."""
    assert parameter == model.Parameter(id="p", domain=domain)


@pytest.mark.parametrize(
    "parameter",
    [
        groat.subset("p", ["a", "b"], default=["b", "a"]),
        groat.order("p", ["a", "b"], default=["b", "a"]),
    ],
)
def test_a_default_may_be_a_list(parameter: model.Parameter) -> None:
    """People write lists; the model has tuples, which nobody can change."""
    assert parameter.default_value == ("b", "a")


@pytest.mark.parametrize("default", [False, 0, 0.0, "", ()])
def test_an_empty_default_is_one(default: model.Value) -> None:
    """Only ``None`` is none."""
    assert groat.flag("p", default=default).default_value == default


def test_a_combination_is_forbidden_by_name_or_by_id() -> None:
    """An id may hold what no Python name does; a subset's items may be a list."""
    forbidden = groat.forbid({"llm.name": "small"}, tools=["shell"], k=3)

    assert forbidden == model.ForbiddenCombination(
        values={"llm.name": "small", "tools": ("shell",), "k": 3}
    )


def test_a_linear_constraint_has_factors_and_a_bound() -> None:
    """As it is read aloud: so much of this and of that is at most."""
    assert groat.linear({"k": 1, "n": -2.5}, at_most=0) == model.LinearConstraint(
        coefficients={"k": 1, "n": -2.5}, upper_bound=0
    )


@pytest.mark.parametrize(
    ("metric", "role", "goal"),
    [
        (groat.maximize("m", bound=1), model.Role.OBJECTIVE, model.Goal.MAXIMIZE),
        (groat.minimize("m", bound=1), model.Role.OBJECTIVE, model.Goal.MINIMIZE),
        (groat.at_most("m", 1), model.Role.CONSTRAINT, model.Goal.MINIMIZE),
        (groat.at_least("m", 1), model.Role.CONSTRAINT, model.Goal.MAXIMIZE),
    ],
)
def test_a_metrics_word_says_role_and_side(
    metric: model.Metric, role: model.Role, goal: model.Goal
) -> None:
    """A limit from above is kept by small values, one from below by large ones."""
    assert metric == model.Metric(id="m", role=role, goal=goal, bound=1)


def test_a_tracked_metric_has_no_bound() -> None:
    """It is only stored and shown."""
    expected = model.Metric(id="m", role=model.Role.TRACKED, goal=model.Goal.MINIMIZE, unit="s")

    assert groat.tracked("m", unit="s") == expected


@pytest.mark.parametrize(
    ("derivation", "source", "aggregation", "score_id"),
    [
        (groat.money_per_example(), "money_per_example", "mean", ""),
        (groat.tokens_per_example(), "tokens_per_example", "mean", ""),
        (groat.latency(groat.Aggregation.P95), "latency_per_example", "p95", ""),
        (groat.score("faithful"), "score_per_example", "mean", "faithful"),
    ],
)
def test_each_derivation_has_its_source(
    derivation: model.Derivation, source: str, aggregation: str, score_id: str
) -> None:
    """The mean is the default of all."""
    assert derivation == model.Derivation(
        source=model.Source(source),
        aggregation=model.Aggregation(aggregation),
        score_id=score_id,
    )


def test_a_declaration_takes_plain_lists() -> None:
    """A list of parameters is a space, and an algorithm's kind is an algorithm."""
    spec = declare.study_spec(
        [groat.flag("f")],
        [groat.maximize("m")],
        algorithm=groat.Nsga2(population_size=8),
        early_stopping=groat.EarlyStopping(min_examples=5, least_chance=0.1),
        constraints=[groat.forbid(f=True)],
        rates=[groat.Rate(model="x", unit=groat.Unit.REQUEST, amount=groat.Money.of(1))],
        lease_duration=timedelta(seconds=5),
    )

    assert spec.search_space == model.SearchSpace(
        parameters=(groat.flag("f"),), constraints=(groat.forbid(f=True),)
    )
    assert spec.early_stopping == model.EarlyStopping(min_examples=5, least_chance=0.1)
    assert spec.algorithm == model.Algorithm(kind=groat.Nsga2(population_size=8))
    assert [rate.model for rate in spec.price_book.rates] == ["x"]
    assert spec.lease_duration == timedelta(seconds=5)


def test_a_space_keeps_its_own_constraints() -> None:
    """Those that are given beside it come after them."""
    space = model.SearchSpace(parameters=(groat.flag("f"),), constraints=(groat.forbid(f=True),))

    spec = declare.study_spec(space, [], constraints=[groat.forbid(f=False)])

    assert spec.search_space.constraints == (groat.forbid(f=True), groat.forbid(f=False))


def test_a_bare_declaration_has_the_models_defaults() -> None:
    """What is not said is left to the model."""
    spec = declare.study_spec(model.SearchSpace(parameters=()), [])

    assert spec == model.StudySpec(search_space=model.SearchSpace(parameters=()), metrics=())


def test_tokens_are_of_the_experiment_unless_said_otherwise() -> None:
    """Most calls run the system under test; a judge says so."""
    usage = groat.tokens("m", 100, 10, cached=40, provider="p")
    judged = groat.tokens("m", 1, None, category=groat.SpendCategory.EVALUATION)

    assert usage.category is groat.SpendCategory.EXPERIMENT
    assert usage.quantity == model.TokenCounts(input=100, output=10, cache_read_input=40)
    assert judged.category is groat.SpendCategory.EVALUATION


def test_a_fee_is_exact() -> None:
    """A decimal string stays what it is; any currency comes as money."""
    assert groat.fee("0.1").quantity == groat.Money.of("0.1")
    assert groat.fee(groat.Money.of(2, "EUR")).quantity == groat.Money.of(2, "EUR")


def test_a_persons_time_is_evaluation() -> None:
    """People grade; that is neither sampling nor the experiment."""
    usage = groat.human(90, 60, rater="ann")

    assert usage.category is groat.SpendCategory.EVALUATION
    assert usage.quantity == model.HumanTime(
        duration=timedelta(hours=1.5), hourly_rate=groat.Money.of(60), rater="ann"
    )
