"""What groat is told about the pipeline: parameters, metrics, and what a trial used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

import groat

from . import settings as limits
from .pipeline import ANSWER_TOKENS, DEFAULT, MODEL, Outcome
from .questions import Question
from .settings import Settings
from .tokens import load_encoding

JUDGE = "gpt-5-nano"
"""A real run would let a cheap model grade each answer; its tokens are counted the same way."""

_GRADING = (
    "Grade the answer of an assistant. Reply with one word, right or wrong. Right means that it "
    "says what the reference answer says; further remarks do no harm.\n\nQuestion: {question}\n"
    "Reference answer: {answer}\nAnswer of the assistant: "
)


def space() -> list[groat.model.Parameter]:
    """The ten choices and the weight that only a hybrid retriever has, with today's defaults."""
    now = asdict(DEFAULT)
    return [
        groat.integer("chunk_size", *limits.CHUNK_SIZE, log=True, default=now["chunk_size"]),
        groat.real("overlap", *limits.OVERLAP, default=now["overlap"]),
        groat.integer("k", *limits.K, default=now["k"]),
        groat.choice("retriever", limits.RETRIEVERS, default=now["retriever"]),
        groat.real("hybrid_weight", *limits.HYBRID_WEIGHT, when={"retriever": ["hybrid"]}),
        groat.levels("compress", limits.COMPRESS, default=now["compress"]),
        groat.flag("stemming", default=now["stemming"]),
        groat.flag("stopwords", default=now["stopwords"]),
        groat.flag("dedupe", default=now["dedupe"]),
        groat.flag("title", default=now["title"]),
        groat.choice("template", limits.TEMPLATES, default=now["template"]),
    ]


def metrics() -> list[groat.model.Metric]:
    """Quality, money and time per question, all derived from what each question reports.

    The bounds are the worst values that would still be of use: below them the
    search wins nothing, so it spends its trials above.
    """
    quality, price, time = groat.score("answerable"), groat.money_per_example(), groat.latency()
    return [
        groat.maximize("answerable", unit="share", bound=0.5, derive=quality),
        groat.minimize("usd_per_question", unit="USD", bound=0.0012, derive=price),
        groat.minimize("cpu_seconds", unit="s", bound=0.001, derive=time),
    ]


def settings_of(trial: groat.Trial) -> Settings:
    """Turn a trial's parameters into the pipeline's settings."""
    return Settings(**trial.parameters)  # pyright: ignore[reportArgumentType] - checked inside


def examples_of(outcomes: Sequence[Outcome]) -> list[groat.ExampleRecord]:
    """Report each question with its score, its time and the tokens it would have cost."""
    return [
        groat.ExampleRecord(
            example_id=one.question_id,
            scores={"answerable": one.answerable},
            latency=timedelta(seconds=one.cpu_seconds),
            usage=(groat.tokens(MODEL, one.input_tokens, ANSWER_TOKENS, provider="openai"),),
        )
        for one in outcomes
    ]


def judging(questions: Sequence[Question]) -> groat.Usage:
    """Count what grading one answer per question would take; the same in every trial."""
    encoding = load_encoding()
    prompts = [_GRADING.format(question=q.question, answer=q.answer) for q in questions]
    count = sum(map(len, encoding.encode_ordinary_batch(prompts)))
    return groat.tokens(
        JUDGE,
        count + ANSWER_TOKENS * len(questions),
        len(questions),
        provider="openai",
        category=groat.SpendCategory.EVALUATION,
        request_count=len(questions),
    )
