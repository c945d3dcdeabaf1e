"""What the commands around the budget guard print, from real values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

import groat
from groat import model
from groat.cli import decisions, estimate, main, output, plan, spend
from tests.examples import decision, study_spec
from tests.unit.test_cli_render import drawn

USD = groat.Money.of

FORECAST = model.Forecast(
    basis=model.Basis.DECLARED,
    trial_spend_p50=USD("0.123456"),
    trial_spend_p90=USD("0.4"),
    trial_tokens=120_000,
    affordable_trials=44,
    affordable_trials_p90=31,
    least_trials=8,
    recommended_trials=53,
    enough_chance=0.97,
    finish_spend_p50=USD("6.543"),
    finish_spend_p90=USD("9.99"),
    finish_time_p50=timedelta(hours=3, minutes=20, seconds=5),
    finish_time_p90=timedelta(days=1, hours=2),
)

STEPS = (
    model.ManualStep(
        number=1,
        title="Baseline",
        configuration={"retriever": "bm25", "top_k": 5},
        example_count=0,
        expected_spend=USD("0.5"),
        cumulative_spend=None,
        instruction="Run what is in use today.",
        decision_rule="All others are held against it.",
        trial_number=7,
        is_done=True,
    ),
    model.ManualStep(
        number=2,
        title="More passages",
        configuration={"retriever": "bm25", "top_k": 10},
        example_count=50,
        expected_spend=USD("0.25"),
        cumulative_spend=USD("0.25"),
        instruction="Raise top_k.",
        decision_rule="Keep it if quality rises by 2 points.",
    ),
    model.ManualStep(
        number=3,
        title="Confirm",
        configuration=None,
        example_count=0,
        expected_spend=USD("0.5"),
        cumulative_spend=USD("0.75"),
        instruction="Run the best once more.",
        decision_rule="Take it if it holds.",
    ),
)

PLAN = model.ManualPlan(
    method="one_factor_at_a_time",
    procedure="One change at a time.",
    steps=STEPS,
    expected_spend=USD("0.75"),
    ranking=(model.ParameterRank(parameter_id="top_k", importance=0.6, why="it is its name"),),
    rules=("The passage is missing: raise top_k.",),
    alternatives=(model.ManualMethod(method="grid", text="Nine cells."),),
)


def forecast_page(verdict: model.Verdict, **changes: object) -> str:
    """The page of a forecast."""
    by_hand = PLAN if verdict is model.Verdict.TUNE_MANUALLY else None
    result = model.ForecastResult(
        forecast=replace(FORECAST, **changes),
        decision=decision(verdict=verdict, explanation="About 44 trials fit.", plan=by_hand),
    )
    return drawn(
        estimate.page("prompts", study_spec(budget=groat.Budget(max_spend=USD(5))), result)
    )


def test_an_estimate_has_every_number_and_the_verdict() -> None:
    """Both quantiles of each, in few digits, and what they are held against."""
    text = forecast_page(model.Verdict.PROCEED)

    for part in ("0.123 USD", "0.4 USD", "44", "31", "6.54 USD", "9.99 USD", "3 h 20 min"):
        assert part in text
    for part in ("1 d 2 h", "120,000", "5 USD", "53", "97% that 8 can be paid", "declares"):
        assert part in text
    assert text.rstrip().endswith("PROCEED\n  About 44 trials fit.")


def test_an_estimate_that_advises_to_go_by_hand_has_the_plan() -> None:
    """The page ends with what to do."""
    text = forecast_page(model.Verdict.TUNE_MANUALLY)

    assert text.index("TUNE_MANUALLY") < text.index("one factor at a time")
    assert "Raise top_k." in text


def test_an_estimate_without_prices_is_a_lower_bound() -> None:
    """A number that leaves something out must say so."""
    text = forecast_page(
        model.Verdict.STOP, coverage=model.Coverage.PARTIAL, unpriced_models=("acme/secret",)
    )

    assert "at least 0.123 USD" in text
    assert "acme/secret" in text


def test_what_nobody_knows_is_a_hyphen() -> None:
    """And where nothing bounds the trials, that is said."""
    blank = model.Forecast(basis=model.Basis.NOTHING)

    text = drawn(estimate.numbers("s", blank))

    assert "None" not in text
    assert "at least" not in text
    assert text.count("no limit") == 2
    assert "run a pilot" in drawn(estimate.facts(study_spec(), blank))


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0 USD"),
        ("0.000123456", "0.000123 USD"),
        ("0.999999", "1 USD"),
        ("12.345", "12.3 USD"),
        ("100", "100 USD"),
        ("1343.2", "1,343 USD"),
        ("0.000000001", "0.000000001 USD"),
    ],
)
def test_expected_money_has_three_digits(amount: str, text: str) -> None:
    """More would promise what no forecast keeps."""
    assert output.roughly(USD(Decimal(amount))) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "less than a second"),
        (59.6, "1 min"),
        (3_605, "1 h 5 s"),
        (90_061, "1 d 1 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(seconds: float, text: str) -> None:
    """As people say it."""
    assert output.lasting(timedelta(seconds=seconds)) == text


def test_a_plan_shows_steps_ranking_rules_and_other_ways() -> None:
    """Done steps show their trial, open ones what to do and what to make of it."""
    text = drawn(plan.page(study_spec(), PLAN))

    for part in ("1 ✓", "trial 7", "retriever=bm25 top_k=10", "Raise top_k.", "0.75 USD"):
        assert part in text
    assert "Then: Keep it if quality rises by 2 points." in text
    assert "Run what is in use today." not in text
    for part in ("60%", "The passage is missing", "grid: Nine cells."):
        assert part in text


def test_a_plan_ends_with_the_command_that_tells_its_next_step() -> None:
    """Derived metrics are left out of it."""
    words = plan.how_to_tell("prompts", study_spec(), PLAN)

    assert words == (
        "When step 2 is run: groat tell prompts --step 2 quality=VALUE latency=VALUE --spend AMOUNT"
    )
    done = replace(PLAN, steps=STEPS[:1])
    assert plan.how_to_tell("prompts", study_spec(), done) == "Every step is done."


def test_decisions_show_why_and_their_ids() -> None:
    """An id is what an acknowledgement needs."""
    text = drawn(decisions.table([decision(), decision(verdict=model.Verdict.STOP)]))

    for part in ("PROCEED", "STOP", "within_budget", "decision-0", "2026-03-01 12:00:00 UTC"):
        assert part in text
    assert "decided nothing yet" in drawn(decisions.table([]))


def test_the_bill_says_who_was_paid() -> None:
    """Models, people and fees; the cache's answers and what has no price."""
    none = USD(0)
    rows = (
        model.ModelSpend(
            category=model.SpendCategory.EXPERIMENT,
            provider="openai",
            model="small",
            kind="tokens",
            spend=USD("1.25"),
            list_value=USD("2.5"),
            request_count=1_200,
            input_tokens=900_000,
            cache_hits=100,
            unpriced_entries=2,
        ),
        model.ModelSpend(
            category=model.SpendCategory.EVALUATION,
            provider="",
            model="",
            kind="human_time",
            spend=USD(40),
            list_value=none,
            human_time=timedelta(hours=1),
        ),
    )
    report = model.SpendReport(
        budget_status=decision().budget_status, models=rows, list_value=USD("2.5")
    )

    text = drawn(spend.models(report))

    for part in ("openai/small", "1,200, 100 from the cache", "1.25 USD, and 2 without a price"):
        assert part in text
    for part in ("people", "1 h", "40 USD", "At list prices it is worth 2.5 USD."):
        assert part in text


def test_an_estimate_needs_both_halves_of_a_pilot(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Usage says nothing without its count."""
    file = tmp_path_factory.mktemp("pilot") / "study.toml"
    file.write_text('id = "s"')

    code = main(["estimate", str(file), "--pilot-examples", "5"])

    assert (code, capsys.readouterr().err) == (
        1,
        "groat: --pilot-examples and --pilot-usage go together\n",
    )


def test_a_file_with_faults_estimates_nothing(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """All of them are named, before a server is asked."""
    file = tmp_path_factory.mktemp("fault") / "study.toml"
    file.write_text('id = "s"\n[guard]\nmod = "advise"\n')

    code = main(["estimate", str(file)])

    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert lines[0] == f"groat: {file}: 1 fault, so nothing was estimated"
    assert lines[1].startswith("groat: guard.mod: unknown; is mode meant?")
