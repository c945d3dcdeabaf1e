"""Stored JSON: exact, patient with other versions, and without anybody's text."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import model
from groat_server.storage import codec
from groat_server.storage.codec import Form
from tests import examples
from tests.strategies import values_of

STORABLE: list[tuple[Form[Any], Any]] = [
    (codec.SPEC, model.StudySpec),
    (codec.DECISION, model.Decision),
    (codec.SPEND, model.Spend),
    (codec.PRICED, model.PricedUsage),
    (codec.MEASUREMENT, model.Measurement),
    (codec.EXAMPLES, tuple[model.ExampleRecord, ...]),
    (codec.OUTCOME, model.Outcome),
    (codec.CONFIGURATION, model.Configuration),
]


def has_text(value: object) -> bool:
    """Whether raw text is anywhere in a value."""
    return "RawText(" in repr(value)


def exact(value: object) -> str:
    """A value with the types of its numbers: 1, 1.0 and True are three things.

    In UTC, which has no summer time, ``fold`` says nothing.
    """
    return repr(value).replace(", fold=1", "")


@pytest.mark.parametrize(("form", "hint"), STORABLE, ids=[str(hint) for _, hint in STORABLE])
@settings(max_examples=40)
@given(data=st.data())
def test_what_is_written_is_read_exactly(form: Form[Any], hint: Any, data: st.DataObject) -> None:
    """Every value of every stored type comes back as it went, whole floats as floats."""
    value = data.draw(values_of(hint).filter(lambda drawn: not has_text(drawn)))

    text = form.write(value)

    assert text.isascii()
    assert form.read(text) == value
    assert exact(form.read(text)) == exact(value)


def test_unknown_keys_are_ignored() -> None:
    """A newer server may have written more, at any depth."""
    plain = json.loads(codec.SPEC.write(examples.study_spec()))
    plain["from_the_future"] = [1]
    plain["search_space"]["parameters"][0]["domain"]["unit"] = "C"

    assert codec.SPEC.read(json.dumps(plain)) == examples.study_spec()


def test_missing_keys_take_their_defaults() -> None:
    """An older server may have written less."""
    plain = json.loads(codec.SPEC.write(examples.study_spec(max_attempts=9)))
    del plain["max_attempts"], plain["budget"]

    spec = codec.SPEC.read(json.dumps(plain))

    assert (spec.max_attempts, spec.budget) == (3, model.Budget())


def test_times_are_read_in_utc() -> None:
    """A time in any zone is the same moment in UTC, to the microsecond."""
    moment = datetime(2026, 3, 1, 1, 2, 3, 456_789, tzinfo=timezone(timedelta(hours=-7)))

    read = codec.DECISION.read(codec.DECISION.write(examples.decision(time=moment))).time

    assert (read, read.utcoffset()) == (moment, timedelta(0))


def test_a_naive_time_is_refused() -> None:
    """Nobody could know later which moment it was."""
    naive = examples.NOW.replace(tzinfo=None)

    with pytest.raises(TypeError):
        codec.DECISION.write(examples.decision(time=naive))


def test_a_duration_is_exact_to_the_microsecond() -> None:
    """Seconds as floats would lose some after a few years."""
    span = timedelta(days=100_000, microseconds=1)

    text = codec.MEASUREMENT.write(examples.measurement(elapsed=span))

    assert codec.MEASUREMENT.read(text).elapsed == span


@pytest.mark.parametrize("form", [codec.PRICED, codec.MEASUREMENT], ids=["usage", "record"])
def test_raw_text_is_refused(form: Form[Any]) -> None:
    """Text is counted and forgotten, so it must not reach a database."""
    priced = examples.priced_usage(quantity=model.RawText(input="secret"))
    record = model.ExampleRecord(example_id="a", usage=(priced.usage,))
    value = priced if form is codec.PRICED else examples.measurement(examples=(record,))

    with pytest.raises(TypeError, match="never stored"):
        form.write(value)


DOMAIN = Form[model.Domain](model.Domain)
CONSTRAINT = Form[model.ParameterConstraint](model.ParameterConstraint)
ALGORITHM = Form[model.AlgorithmKind](model.AlgorithmKind)

KINDS = [
    (DOMAIN, '{"min":0.0,"max":1.0,"step":null,"log_scale":false,"kind":"float"}'),
    (DOMAIN, '{"min":1,"max":9,"step":null,"log_scale":true,"kind":"int"}'),
    (DOMAIN, '{"kind":"bool"}'),
    (DOMAIN, '{"labels":["a"],"kind":"categorical"}'),
    (DOMAIN, '{"levels":[1.0,2],"kind":"ordinal"}'),
    (
        DOMAIN,
        '{"variants":[{"id":"a","text":"Be brief.","parent_id":""}],"growable":true,"kind":"text"}',
    ),
    (
        DOMAIN,
        '{"items":["a","b"],"min_items":0,"max_items":1,"required_items":["b"],"kind":"subset"}',
    ),
    (DOMAIN, '{"items":["a","b"],"kind":"permutation"}'),
    (CONSTRAINT, '{"coefficients":{"a":1.0},"upper_bound":2.0,"kind":"linear"}'),
    (CONSTRAINT, '{"values":{"a":1,"b":["x"]},"kind":"forbidden"}'),
    (ALGORITHM, '{"min_examples":0,"max_examples":9,"kind":"auto"}'),
    (ALGORITHM, '{"kind":"random"}'),
    (ALGORITHM, '{"kind":"sobol"}'),
    (ALGORITHM, '{"levels_per_number":3,"kind":"grid"}'),
    (ALGORITHM, '{"population_size":8,"kind":"nsga2"}'),
    (ALGORITHM, '{"population_size":8,"kind":"genetic"}'),
    (ALGORITHM, '{"initial_trial_count":8,"kind":"bayesian"}'),
    (
        ALGORITHM,
        '{"min_examples":1,"max_examples":9,"reduction_factor":3.0,'
        '"sampler":{"kind":"sobol"},"kind":"successive_halving"}',
    ),
    (
        ALGORITHM,
        '{"min_examples":1,"max_examples":9,"reduction_factor":0.0,'
        '"sampler":{"population_size":8,"kind":"genetic"},"kind":"hyperband"}',
    ),
    (
        ALGORITHM,
        '{"population_size":8,"interval":5,"exploit_quantile":0.25,"kind":"population_based"}',
    ),
    (ALGORITHM, '{"kind":"manual"}'),
]
STORED = [
    *KINDS,
    (codec.OUTCOME, '{"kind":"timeout","message":"slow","type":"failed"}'),
    (codec.OUTCOME, '{"reason":"no memory","measurement":null,"type":"infeasible"}'),
    (codec.CONFIGURATION, '{"a":1,"b":1.0,"c":true,"d":"x","e":1e+22,"f":["x","y"],"g":[]}'),
    (codec.NUMBERS, "[3,1]"),
]


@pytest.mark.parametrize(("form", "text"), STORED, ids=[text for _, text in STORED])
def test_what_was_written_once_stays_readable(form: Form[Any], text: str) -> None:
    """A renamed tag would lose every database there is: this text is in them."""
    assert form.write(form.read(text)) == text


def test_every_kind_has_been_written_once() -> None:
    """A kind that is added must have its text above, so that its tag stays."""
    written = {json.loads(text)["kind"] for _, text in KINDS}

    assert written == set(codec._KINDS.values())


def test_lists_are_read_as_tuples() -> None:
    """Values are compared and hashed, which lists could not be."""
    read = codec.CONFIGURATION.read('{"tools":["search","sql"],"none":[],"k":3}')

    assert read == {"tools": ("search", "sql"), "none": (), "k": 3}


OLDER: list[tuple[Form[Any], str, Any]] = [
    (ALGORITHM, '{"kind":"auto"}', model.Auto()),
    (ALGORITHM, '{"population_size":8,"kind":"nsga2"}', model.Nsga2(population_size=8)),
    (
        codec.MEASUREMENT,
        '{"metrics":[],"example_count":10,"examples":[],"elapsed":null}',
        model.Measurement(example_count=10),
    ),
    (
        codec.SPEC,
        '{"search_space":{"parameters":[{"id":"a","domain":{"kind":"bool"},"active_when":[],'
        '"default_value":true}]},"metrics":[],"algorithm":{"kind":{"kind":"auto"},"seed":7,'
        '"allow_replicates":false},"budget":{"max_spend":null,"max_trial_spend":null,'
        '"max_trials":null,"deadline":null},"guard_policy":{"hold_quantile":0.9},'
        '"price_book":{"source":"","as_of":null,"rates":[]},"display_name":"","labels":{},'
        '"max_concurrent_trials":0,"lease_duration":60000000,"max_attempts":3}',
        model.StudySpec(
            search_space=model.SearchSpace(
                parameters=(model.Parameter(id="a", domain=model.BoolDomain(), default_value=True),)
            ),
            metrics=(),
            algorithm=model.Algorithm(kind=model.Auto(), seed=7),
            guard_policy=model.GuardPolicy(hold_quantile=0.9),
        ),
    ),
]


@pytest.mark.parametrize(("form", "text", "value"), OLDER, ids=[text for _, text, _ in OLDER])
def test_what_0001_wrote_has_the_defaults_of_what_is_new(
    form: Form[Any], text: str, value: object
) -> None:
    """The first groat knew no constraints, no examples of an algorithm and no checkpoints."""
    assert form.read(text) == value
