"""Study files say exactly what the model says, and no typo is passed over."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

import groat
from groat import model
from groat.cli import study_file
from groat.errors import InvalidArgument

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "study.toml"

WHOLE = """
id = "s"
display_name = "S"
labels = { team = "x" }
algorithm = { kind = "nsga2", population_size = 8, seed = 7, allow_replicates = true }
max_concurrent_trials = 4
max_attempts = 2
lease_seconds = 90

[early_stopping]
least_chance = 0.05
min_examples = 20

[budget]
max_spend = "5.5 EUR"
max_trial_spend = "0.25 EUR"
max_tokens = 5_000_000
max_trials = 9
deadline = 2026-12-24T18:00:00+01:00

[guard]
mode = "advise"
hold_quantile = 0.8
manual_trial_spend = "2 EUR"
max_consecutive_failures = 4
value = { requests_per_month = 1e4, months = 6, per_point = "0.01 EUR", metric = "q" }

[workload]
examples = 200
example_seconds = 1.5
parallel = 8
spread = 3

[[workload.items]]
provider = "p"
model_parameter = "r"
input_tokens = 900
output_tokens = 150
cached_tokens = 500
times_parameter = "k"

[[workload.items]]
model = "judge"
category = "evaluation"
input_text = "Grade this."
output_text = "5"

[[workload.items]]
minutes = 2.5
hourly_rate = "40 EUR"
rater = "anna"
times = 0.1

[[workload.items]]
amount = "0.4 EUR"
per_trial = true

[[parameters]]
id = "t"
real = [0, 1.5]
step = 0.5
default = 0.5
when = { r = ["a"] }

[[parameters]]
id = "k"
integer = [1, 100]
log = true

[[parameters]]
id = "r"
choice = ["a", "b"]

[[parameters]]
id = "f"
flag = true

[[parameters]]
id = "c"
levels = [1, 2.5]

[[parameters]]
id = "prompt"
text = { short = "Be brief.", long = "Explain." }
growable = true
default = "short"

[[parameters]]
id = "tools"
subset = ["search", "browse", "shell"]
min_items = 1
max_items = 2
required = ["search"]
default = ["search", "shell"]

[[parameters]]
id = "steps"
order = ["filter", "rank"]
default = ["rank", "filter"]

[[constraints]]
forbid = { r = "b", tools = ["shell"], f = true }

[[constraints]]
linear = { k = 1, t = -2.5 }
at_most = 90

[[metrics]]
maximize = "q"
bound = 0.5
unit = "1"

[[metrics]]
minimize = "p"
derive = "money_per_example"

[[metrics]]
at_most = "l"
bound = 2
derive = { from = "latency_per_example", aggregation = "p95" }

[[metrics]]
at_least = "v"
bound = 0.1
derive = { from = "score_per_example", score = "valid" }

[[metrics]]
tracked = "w"

[[rates]]
provider = "p"
model = "m"
unit = "input_token"
amount = "0.15 EUR"
per = 1_000_000
"""


def EUR(amount: str) -> groat.Money:  # noqa: N802 - as a currency is written
    """An amount of euros."""
    return groat.Money.of(amount, "EUR")


def parse(text: str) -> tuple[str, model.StudySpec]:
    """Read TOML as the command does."""
    return study_file.parse(tomllib.loads(text, parse_float=Decimal))


def test_every_key_has_its_place() -> None:
    """The whole vocabulary of a file, against the model it must become."""
    study_id, spec = parse(WHOLE)

    assert study_id == "s"
    assert spec == model.StudySpec(
        display_name="S",
        labels={"team": "x"},
        algorithm=groat.Algorithm(
            kind=groat.Nsga2(population_size=8), seed=7, allow_replicates=True
        ),
        max_concurrent_trials=4,
        max_attempts=2,
        lease_duration=timedelta(seconds=90),
        guard_policy=groat.GuardPolicy(
            mode=groat.GuardMode.ADVISE,
            hold_quantile=0.8,
            manual_trial_spend=EUR("2"),
            max_consecutive_failures=4,
            value=model.ImprovementValue(
                requests_per_month=10_000.0, months=6.0, per_point=EUR("0.01"), metric_id="q"
            ),
        ),
        workload=groat.workload(
            200,
            [
                groat.calls(
                    input=900,
                    output=150,
                    cached=500,
                    provider="p",
                    model_parameter="r",
                    times_parameter="k",
                ),
                model.WorkloadItem(
                    usage=groat.Usage(
                        category=groat.SpendCategory.EVALUATION,
                        quantity=model.RawText(input="Grade this.", output="5"),
                        model="judge",
                    )
                ),
                groat.people(2.5, EUR("40"), rater="anna", times=0.1),
                groat.fee_per(EUR("0.4"), per_trial=True),
            ],
            example_time=timedelta(seconds=1.5),
            parallel_examples=8,
            spread=3.0,
        ),
        budget=groat.Budget(
            max_spend=EUR("5.5"),
            max_trial_spend=EUR("0.25"),
            max_tokens=5_000_000,
            max_trials=9,
            deadline=datetime(2026, 12, 24, 17, tzinfo=UTC),
        ),
        search_space=model.SearchSpace(
            parameters=(
                groat.real("t", 0.0, 1.5, step=0.5, default=0.5, when={"r": ["a"]}),
                groat.integer("k", 1, 100, log=True),
                groat.choice("r", ["a", "b"]),
                groat.flag("f"),
                groat.levels("c", [1, 2.5]),
                groat.text(
                    "prompt",
                    {"short": "Be brief.", "long": "Explain."},
                    growable=True,
                    default="short",
                ),
                groat.subset(
                    "tools",
                    ["search", "browse", "shell"],
                    min_items=1,
                    max_items=2,
                    required=["search"],
                    default=["search", "shell"],
                ),
                groat.order("steps", ["filter", "rank"], default=["rank", "filter"]),
            ),
            constraints=(
                groat.forbid(r="b", tools=["shell"], f=True),
                groat.linear({"k": 1.0, "t": -2.5}, at_most=90.0),
            ),
        ),
        early_stopping=groat.EarlyStopping(least_chance=0.05, min_examples=20),
        metrics=(
            groat.maximize("q", bound=0.5, unit="1"),
            groat.minimize("p", derive=groat.money_per_example()),
            groat.at_most("l", 2.0, derive=groat.latency(groat.Aggregation.P95)),
            groat.at_least("v", 0.1, derive=groat.score("valid")),
            groat.tracked("w"),
        ),
        price_book=model.PriceBook(
            rates=(
                groat.Rate(
                    provider="p",
                    model="m",
                    unit=groat.Unit.INPUT_TOKEN,
                    amount=EUR("0.15"),
                    per=1_000_000,
                ),
            )
        ),
    )


def test_a_bare_file_has_the_models_defaults() -> None:
    """What a file leaves out is left to the model."""
    bare = model.StudySpec(search_space=model.SearchSpace(parameters=()), metrics=())

    assert parse('id = "s"') == ("s", bare)


def test_every_domain_has_a_word() -> None:
    """A kind of parameter that is added to the model must get its place in the file."""
    _, spec = parse(WHOLE)

    tried = {type(parameter.domain) for parameter in spec.search_space.parameters}
    assert tried == set(get_args(model.Domain))


def test_a_text_may_be_a_list_of_variants() -> None:
    """Where one was made from another."""
    _, spec = parse(
        """
        id = "s"
        [[parameters]]
        id = "p"
        text = [{ id = "a", text = "A" }, { id = "b", text = "B", parent = "a" }]
        """
    )

    assert spec.search_space.parameters == (
        groat.text(
            "p",
            [
                groat.TextVariant(id="a", text="A"),
                groat.TextVariant(id="b", text="B", parent_id="a"),
            ],
        ),
    )


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", "id"),
        ('id = "s"\nbugdet = 1', "bugdet"),
        ('id = "s"\n[budget]\nmax_spent = 1', "budget.max_spent"),
        ('id = "s"\n[budget]\nmax_spend = "much"', "budget.max_spend"),
        ('id = "s"\n[budget]\ndeadline = 2026-12-24T18:00:00', "budget.deadline"),
        ('id = "s"\n[[parameters]]\nid = "p"', "parameters[0]"),
        ('id = "s"\n[[parameters]]\nid = "p"\nreal = [1]', "parameters[0].real"),
        ('id = "s"\n[[parameters]]\nid = "p"\ninteger = [1, 2.5]', "parameters[0].integer[1]"),
        ('id = "s"\n[[parameters]]\nid = "p"\nflag = true\nstep = 1', "parameters[0].step"),
        ('id = "s"\n[[parameters]]\nid = "p"\ntext = { a = 1 }', "parameters[0].text.a"),
        ('id = "s"\n[[parameters]]\nid = "p"\ntext = [{ id = "a" }]', "parameters[0].text[0].text"),
        ('id = "s"\n[[parameters]]\nid = "p"\nsubset = ["a", 1]', "parameters[0].subset[1]"),
        ('id = "s"\n[[parameters]]\nid = "p"\norder = "a"', "parameters[0].order"),
        ('id = "s"\n[[parameters]]\nid = "p"\nlevels = [["a"]]', "parameters[0].levels[0]"),
        ('id = "s"\n[[constraints]]\nforbid = { k = [1] }', "constraints[0].forbid.k[0]"),
        ('id = "s"\n[[constraints]]\nlinear = { k = "a" }', "constraints[0].linear.k"),
        ('id = "s"\n[[constraints]]\nlinear = { k = 1 }', "constraints[0].at_most"),
        ('id = "s"\n[[constraints]]\nat_most = 1', "constraints[0]"),
        ('id = "s"\n[[metrics]]\nmaximize = "a"\nminimize = "b"', "metrics[0]"),
        ('id = "s"\n[[metrics]]\nmaximize = "a"\nderive = "luck"', "metrics[0].derive.from"),
        ('id = "s"\n[[rates]]\nmodel = "m"\nunit = "token"', "rates[0].unit"),
        ('id = "s"\n[[rates]]\nmodel = "m"\nunit = ["token"]', "rates[0].unit"),
    ],
)
def test_an_odd_key_or_value_is_named_with_its_path(text: str, path: str) -> None:
    """A typo in a budget must not run without one."""
    with pytest.raises(InvalidArgument, match=f"^{re.escape(path)}"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('id = "s"\nbugdet = 1', "bugdet: unknown; is budget meant? What may stand here: id, "),
        ('id = "s"\n[budget]\nmax_spent = 1', "max_spent: unknown; is max_spend meant?"),
        ('id = "s"\n[budget]\nx = 1', "x: unknown; What may stand here: max_spend, max_trial"),
        ('id = "s"\n[[parameters]]\nid = "p"\nchioce = ["a"]', "what 'chioce' was meant to be"),
        ('id = "s"\n[[metrics]]\nmaximise = "q"', "what 'maximise' was meant to be"),
        (
            'id = "s"\n[early_stopping]\nleast_chanse = 0.1',
            "early_stopping.least_chance: missing; is it what 'least_chanse' was meant to be?",
        ),
    ],
)
def test_a_misspelt_key_is_told_with_what_was_meant(text: str, problem: str) -> None:
    """And with all that may stand there, so that nobody has to look it up."""
    with pytest.raises(InvalidArgument, match=re.escape(problem)):
        parse(text)


def test_a_key_that_is_like_the_missing_one_is_not_blamed() -> None:
    """Both belong there, and only one of them is missing."""
    with pytest.raises(InvalidArgument, match=r"min_examples: missing$"):
        parse('id = "s"\nalgorithm = { kind = "hyperband", max_examples = 9 }')


def test_all_keys_that_nobody_knows_are_named() -> None:
    """One by one they would take as many tries."""
    with pytest.raises(InvalidArgument) as caught:
        parse('id = "s"\nbugdet = 1\nlable = 2')

    assert [one.path for one in caught.value.violations] == ["bugdet", "lable"]


def test_what_is_no_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    """The parser's own message says the line."""
    file = tmp_path / "study.toml"
    file.write_text("id = \n")

    with pytest.raises(InvalidArgument, match=r"study\.toml: .*line 1"):
        study_file.read(str(file))


def test_the_example_can_be_read() -> None:
    """The file that the documentation points at is a whole one."""
    study_id, spec = study_file.read(str(EXAMPLE))

    assert study_id == "support-bot"
    assert [metric.id for metric in spec.objectives] == ["quality", "price"]
    assert spec.budget.max_spend == groat.Money.of(5)
