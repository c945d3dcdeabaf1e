"""Comparing configurations of the retrieval example."""

from __future__ import annotations

import pytest

from examples.rag_docs.pipeline import DEFAULT, Outcome
from examples.rag_docs.survey import Row, unbeaten, usd_per_1k


def row(answerable: float, usd: float) -> Row:
    return Row(
        settings=DEFAULT, answerable=answerable, input_tokens=0.0, usd_per_1k=usd, cpu_ms=1.0
    )


def outcome(tokens: int) -> Outcome:
    return Outcome(question_id="", answerable=0, input_tokens=tokens, cpu_seconds=0.0, prompt="")


def test_front_by_hand() -> None:
    """Dearer and worse is beaten; an equal twin is not."""
    good, cheap, twin, beaten = row(0.9, 2.0), row(0.5, 1.0), row(0.5, 1.0), row(0.5, 1.5)

    assert unbeaten([good, cheap, twin, beaten]) == [cheap, twin, good]


def test_money_counts_input_and_assumed_output() -> None:
    """Doubling the input leaves the assumed answers' share as it is."""
    nothing, some, twice = (usd_per_1k([outcome(tokens)]) for tokens in (0, 1000, 2000))

    assert nothing > 0
    assert twice - nothing == pytest.approx(2 * (some - nothing))
