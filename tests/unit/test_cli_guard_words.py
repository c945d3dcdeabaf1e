"""Words of `tell` and `pick`: what they mean, and which are refused."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

import pytest

import groat
from groat import model
from groat.cli import main, pick, telling, words
from groat.errors import InvalidArgument
from tests.examples import NOW, study_spec
from tests.unit.test_cli_guard import PLAN
from tests.unit.test_cli_render import drawn

SPEC = study_spec(
    metrics=(
        groat.maximize("quality"),
        groat.minimize("price"),
        groat.tracked("words"),
        groat.minimize("money", derive=groat.money_per_example()),
    )
)


def options(**given: Any) -> argparse.Namespace:
    """What `pick` was told."""
    none = {"limit": [], "weight": [], "money": [], "optimize": None, "knee": False}
    return argparse.Namespace(**{**none, **given})


@pytest.mark.parametrize("word", ["quality=0.84±0.02", "quality=0.84+-0.02"])
def test_a_value_may_have_its_standard_error(word: str) -> None:
    """Also where a keyboard has no sign for it; values come in declared order."""
    assert words.values(SPEC, ["price=1e-3", word]) == [
        model.MetricValue(metric_id="quality", value=0.84, standard_error=0.02),
        model.MetricValue(metric_id="price", value=0.001),
    ]


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("quality", "quality: is not written as METRIC=VALUE.*among quality, price, words"),
        ("quality=", "is not written as METRIC=VALUE"),
        ("luck=1", "luck=1: is not written.*with a metric among"),
        ("quality=good", "'good' is not a number"),
        ("quality=1±", "'' is not a number"),
        ("quality=1±-2", "standard error below 0"),
        ("quality=1e999", "is too large"),
        ("money=1", "money=1: is derived by the server; leave it out"),
        ("quality=1 quality=2", "quality=2: quality stands there twice"),
    ],
)
def test_a_value_that_is_none_is_named(told: str, problem: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidArgument, match=problem):
        words.values(SPEC, told.split())


def test_a_configuration_in_json_is_read_by_its_domains() -> None:
    """Whole numbers, names, and nothing where a parameter is not active."""
    text = '{"temperature": 0, "chunk_size": "64", "retriever": "none"}'

    read = words.configuration(SPEC, text)

    assert read == {"temperature": 0.0, "chunk_size": 64, "retriever": "none"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "--parameters: is no JSON"),
        ("[1]", "--parameters: is no object"),
        ('{"tempature": 1}', "tempature: is none of temperature"),
        ('{"temperature": 2}', "temperature: 2 is not a number from"),
        ('{"temperature": 1, "chunk_size": 64, "retriever": "bm25"}', "top_k: has no value"),
    ],
)
def test_a_configuration_that_is_none_is_named(text: str, problem: str) -> None:
    """A misspelt parameter must not be told as its default."""
    with pytest.raises(InvalidArgument, match=problem):
        words.configuration(SPEC, text)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (1, "step 1 is done: trial 7 told it"),
        (3, r"step 3 \(Confirm\) has no settings yet"),
        (9, "the plan of s has no step 9; it has 1, 2, 3"),
    ],
)
def test_a_step_that_cannot_be_told_is_refused(step: int, problem: str) -> None:
    """With what to do instead."""
    with pytest.raises(ValueError, match=problem):
        telling.open_step("s", PLAN, step)


def test_an_open_step_is_the_plans() -> None:
    """The one with its number."""
    assert telling.open_step("s", PLAN, 2) is PLAN.steps[1]


@pytest.mark.parametrize("side", ["quality>=0.88", "quality=0.88", "quality >= 0.88"])
def test_a_limit_is_on_the_side_of_its_goal(side: str) -> None:
    """With one objective left, that is the one to optimize."""
    spec = study_spec(metrics=SPEC.metrics[:2])

    read = pick.preferred(spec, options(limit=[side]))

    assert read == groat.Limits(optimize="price", bounds={"quality": 0.88})


@pytest.mark.parametrize(
    ("given", "preference"),
    [
        ({"knee": True}, groat.Knee()),
        (
            {"weight": ["quality=3", "price=1"]},
            groat.Weights({"quality": 3.0, "price": 1.0}),
        ),
        (
            {"money": ["quality=0.5", "price=-1"]},
            groat.MoneyValue({"quality": 0.5, "price": -1.0}),
        ),
        (
            {"limit": ["words<=90"], "optimize": "quality"},
            groat.Limits(optimize="quality", bounds={"words": 90.0}),
        ),
        ({"optimize": "quality"}, groat.Limits(optimize="quality")),
    ],
)
def test_every_preference_has_its_words(
    given: dict[str, Any], preference: model.Preference
) -> None:
    """What the client has, the command has."""
    assert pick.preferred(SPEC, options(**given)) == preference


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "say one of --limit, --weight, --money and --knee; none was said"),
        ({"knee": True, "weight": ["quality=1"]}, "not --weight and --knee at once"),
        ({"limit": ["quality"]}, "in quotes, as in 'quality>=0.88'"),
        ({"limit": ["luck>=1"]}, "is no metric; one of quality, price, words, money"),
        ({"limit": ["quality<=1"]}, "quality is to maximize, so write >="),
        ({"limit": ["quality>=1", "quality>=2"]}, "quality has a limit already"),
        ({"limit": ["quality>=good"]}, "'good' is not a number"),
        ({"limit": ["quality>=1"]}, "say with --optimize which of price, money to optimize"),
        ({"weight": ["quality"]}, "write METRIC=NUMBER"),
        ({"weight": ["quality=1", "quality=2"]}, "names no metric, or one twice"),
    ],
)
def test_a_preference_that_is_none_is_refused(given: dict[str, Any], problem: str) -> None:
    """With the way to write it."""
    with pytest.raises((InvalidArgument, ValueError), match=problem):
        pick.preferred(SPEC, options(**given))


def tradeoff(
    settings: dict[str, model.Value], certainty: model.Certainty = model.Certainty.CERTAIN
) -> model.Tradeoff:
    """One ranked trial with such settings."""
    trial = model.Trial(
        study_id="s",
        number=4,
        configuration=settings,
        configuration_id="c",
        origin=model.Origin.ALGORITHM,
        state=model.TrialState.SUCCEEDED,
        spend=model.Spend(total=model.Money(0)),
        create_time=NOW,
    )
    point = model.RankedPoint(
        trial=trial,
        score=1.0,
        rationale="0.9 quality for 0.1.",
        probability_on_front=1.0,
        probability_chosen=0.82,
        probability_feasible=0.95,
        estimates=(model.MetricValue(metric_id="quality", value=0.9, standard_error=0.01),),
        changes=(model.MetricChange(metric_id="quality", baseline=0.75, value=0.9, relative=0.2),),
    )
    return model.Tradeoff(
        points=(point,),
        certainty=certainty,
        explanation="It is\nbetter.",
        confirmation=model.Confirmation(
            trials=(4,), example_count=50, expected_spend=groat.Money.of("1.5")
        ),
    )


def test_a_choice_can_be_evaluated_by_a_shell() -> None:
    """Whatever stands in a value; the first line is a comment, in one line."""
    lines = pick.env(
        SPEC, tradeoff({"k": 5, "tools": ("a", "b"), "f": True, "my-text": "it's $HOME"})
    )

    assert lines[0] == "# trial 4, CERTAIN: It is better."
    assert lines[1:4] == ["export K='5'", "export TOOLS='a|b'", "export F='true'"]
    assert shlex.split(lines[4]) == ["export", "MY_TEXT=it's $HOME"]


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"path": "x"}, "PATH is a shell's own; say a --prefix"),
        ({"a-b": 1, "a.b": 2}, "a-b and a.b would both be A_B"),
    ],
)
def test_a_variable_that_would_do_harm_is_refused(settings: dict[str, Any], problem: str) -> None:
    """Evaluating it would break the shell, or lose a setting."""
    with pytest.raises(ValueError, match=problem):
        pick.env(SPEC, tradeoff(settings))


def test_a_prefix_makes_names_ones_own() -> None:
    """And a digit cannot begin one."""
    assert pick.env(SPEC, tradeoff({"path": "x"}), "groat_")[1] == "export GROAT_PATH='x'"
    assert pick.env(SPEC, tradeoff({"1st": "x"}))[1] == "export _1ST='x'"


def test_a_choice_that_breaks_the_limits_sets_nothing() -> None:
    """A script must not deploy it."""
    with pytest.raises(ValueError, match="better"):
        pick.env(SPEC, tradeoff({"k": 5}, model.Certainty.INFEASIBLE))


def test_a_choice_is_shown_with_how_far_to_rely_on_it() -> None:
    """Chances, the change against the baseline, and what would settle it."""
    text = drawn(
        pick.page(SPEC, tradeoff({"top_k": 5}, model.Certainty.UNCONFIRMED), ["groat trials add s"])
    )

    for part in ("0.9 ± 0.01 (+20%)", "82%", "95%", "UNCONFIRMED", "Trial 4: 0.9 quality"):
        assert part in text
    assert "for about 1.5 USD:\n  groat trials add s" in text


def test_values_may_stand_behind_options(capsys: pytest.CaptureFixture[str]) -> None:
    """Where argparse loses them; anything else that is left over is wrong usage."""
    with pytest.raises(SystemExit, match="2"):
        main(["tell", "s", "--step", "1", "--examples", "5", "quality"])

    assert "unrecognized arguments: quality" in capsys.readouterr().err
