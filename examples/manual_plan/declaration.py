"""The demo's pipeline, judged by people: what groat is told before anything is spent."""

from __future__ import annotations

from dataclasses import replace

import groat
from examples.rag_docs.pipeline import ANSWER_TOKENS, DEFAULT, MODEL
from examples.rag_docs.settings import COMPRESS, RETRIEVERS, TEMPLATES, Settings

QUESTIONS = 143
SECONDS_AN_ANSWER = 40
USD_AN_HOUR = "21"
INPUT_TOKENS = 800
"""A guess at the prompt's length, as people make it: it is off by up to a factor of five."""

CHUNK_SIZES = (60, 120, 200)
KS = (1, 2, 4, 8, 12)


def space() -> list[groat.model.Parameter]:
    """Six of the demo's choices, each with few levels: 720 configurations."""
    return [
        groat.levels("chunk_size", CHUNK_SIZES, default=DEFAULT.chunk_size),
        groat.levels("top_k", KS, default=DEFAULT.k),
        groat.choice("retriever", RETRIEVERS, default=DEFAULT.retriever),
        groat.levels("compress", COMPRESS, default=DEFAULT.compress),
        groat.flag("stemming", default=DEFAULT.stemming),
        groat.choice("template", TEMPLATES, default=DEFAULT.template),
    ]


def metrics() -> list[groat.model.Metric]:
    """What share of the questions can be answered, as people say, and what a question costs."""
    return [
        groat.maximize("answerable", unit="share", bound=0.3),
        groat.minimize(
            "usd_per_question", unit="USD", bound=0.0012, derive=groat.money_per_example()
        ),
    ]


def workload() -> groat.Workload:
    """What a trial takes: a cheap model answers, and a person grades every answer."""
    return groat.workload(
        QUESTIONS,
        [
            groat.calls(MODEL, input=INPUT_TOKENS, output=ANSWER_TOKENS, provider="openai"),
            groat.people(minutes=SECONDS_AN_ANSWER / 60, hourly_rate=USD_AN_HOUR),
        ],
        spread=1.3,
    )


def consumed(questions: int, input_tokens: int) -> list[groat.Usage]:
    """What a trial used: the model's tokens, and the time of the person who graded."""
    output = ANSWER_TOKENS * questions
    tokens = groat.tokens(MODEL, input_tokens, output, provider="openai", request_count=questions)
    return [tokens, grading(questions)]


def grading(questions: int) -> groat.Usage:
    """The time of the person who graded so many answers."""
    return groat.human(SECONDS_AN_ANSWER * questions / 60, USD_AN_HOUR)


def settings_of(configuration: groat.model.Configuration) -> Settings:
    """Turn a configuration into the pipeline's settings; the rest stays as it is today."""
    values = dict(configuration)
    weight = 0.5 if values["retriever"] == "hybrid" else None
    changes = {**values, "k": values["top_k"], "hybrid_weight": weight}
    del changes["top_k"]
    return replace(DEFAULT, **changes)
