"""The whole retrieval example, measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from examples.rag_docs.pipeline import DEFAULT, Outcome, Pipeline, Settings
from examples.rag_docs.tokens import load_encoding

HYBRID = Settings(
    chunk_size=120, overlap=0.2, k=8, retriever="hybrid", hybrid_weight=0.4, compress=8, dedupe=True
)


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline()


def answerable(outcomes: list[Outcome]) -> set[str]:
    return {one.question_id for one in outcomes if one.answerable}


@pytest.mark.parametrize("retriever", ["bm25", "lsa"])
def test_more_context_never_loses_an_answer(pipeline: Pipeline, retriever: str) -> None:
    """A larger k only appends chunks, so evidence that was there stays there."""
    results = [
        answerable(
            pipeline.evaluate(
                Settings(chunk_size=90, overlap=0.1, k=k, retriever=retriever),  # pyright: ignore[reportArgumentType]
                pipeline.questions[:70],
            )
        )
        for k in (1, 4, 12)
    ]

    assert results[0] < results[1] < results[2]


@pytest.mark.parametrize("settings", [DEFAULT, HYBRID], ids=["default", "hybrid"])
def test_same_settings_same_prompts(pipeline: Pipeline, settings: Settings) -> None:
    """Quality and money of a configuration carry no noise but the choice of questions."""
    questions = pipeline.questions[:20]

    again = Pipeline(pipeline.corpus).evaluate(settings, questions)

    assert [one.prompt for one in again] == [
        one.prompt for one in pipeline.evaluate(settings, questions)
    ]


def test_tokens_are_those_of_the_prompt(pipeline: Pipeline) -> None:
    """The money is that of the text which would be sent, all of it."""
    outcomes = pipeline.evaluate(HYBRID, pipeline.questions[:5])

    encoding = load_encoding()
    assert [one.input_tokens for one in outcomes] == [
        len(encoding.encode(one.prompt)) for one in outcomes
    ]


def test_answerable_means_evidence_in_prompt(pipeline: Pipeline) -> None:
    """The score says no more than what anyone can check in the prompt."""
    questions = pipeline.questions

    outcomes = pipeline.evaluate(DEFAULT, questions)

    assert 0 < sum(one.answerable for one in outcomes) < len(questions)
    assert [one.answerable for one in outcomes] == [
        int(question.evidence in one.prompt)
        for question, one in zip(questions, outcomes, strict=True)
    ]


def test_outcomes_follow_the_questions(pipeline: Pipeline) -> None:
    """Whoever measures a share of the questions pairs scores by place."""
    questions = pipeline.questions[7:3:-1]

    outcomes = pipeline.evaluate(DEFAULT, questions)

    assert [one.question_id for one in outcomes] == [one.id for one in questions]
    assert all(one.cpu_seconds > 0 for one in outcomes)
    assert pipeline.evaluate(DEFAULT, []) == []


@pytest.mark.parametrize("change", [{"title": True}, {"template": "standard"}], ids=str)
def test_extras_cost_tokens(pipeline: Pipeline, change: dict[str, object]) -> None:
    """Titles and instructions are paid for like everything else."""
    plain = replace(DEFAULT, template="bare")
    question = pipeline.questions[:1]

    more = replace(plain, **change)

    (cheap,), (dear,) = (pipeline.evaluate(one, question) for one in (plain, more))
    assert cheap.input_tokens < dear.input_tokens


def test_prompt_ends_with_the_question(pipeline: Pipeline) -> None:
    """Even a question that shares no word with the text gets a prompt."""
    prompt = pipeline.prompt(replace(DEFAULT, template="bare"), "Zzyzx?")

    assert prompt.endswith("\n\nZzyzx?")
