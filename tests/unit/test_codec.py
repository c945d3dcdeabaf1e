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


STORED = [
    (codec.OUTCOME, '{"kind":"timeout","message":"slow","type":"failed"}'),
    (codec.OUTCOME, '{"reason":"no memory","measurement":null,"type":"infeasible"}'),
    (codec.CONFIGURATION, '{"a":1,"b":1.0,"c":true,"d":"x","e":1e+22}'),
    (codec.NUMBERS, "[3,1]"),
]


@pytest.mark.parametrize(("form", "text"), STORED, ids=[text for _, text in STORED])
def test_what_was_written_once_stays_readable(form: Form[Any], text: str) -> None:
    """A renamed tag would lose every database there is: this text is in them."""
    assert form.write(form.read(text)) == text
