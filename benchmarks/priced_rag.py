"""priced_rag: a made-up retrieval pipeline whose trials differ much in what they spend.

We invented it for these benchmarks. It is a formula, not a measurement. Tokens of the dearest
model are paid 50 times as much as those of the cheapest, and passages, votes and the length of
answers multiply that. The constants were chosen by hand, with a look at the shape of the fronts
and at random points, and were frozen before any optimizer was compared on it.

Here is what the tuned system is like; what a trial of it spends is in `priced_usage`.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np

from groat import model

QUESTIONS = 100
"""That a trial asks."""

PROMPT_TOKENS, EXAMPLE_TOKENS = 200, 120
RERANKER_NANOS = 50
"""Per token read: 0.05 USD per million."""


@dataclass(frozen=True, slots=True)
class Reader:
    """A language model.

    Attributes:
        skill: 0 to 1; larger is better.
        span: Tokens of context that halve what it makes of them.
        input_nanos: Billionths of a dollar per token read.
        output_nanos: The same per token written.
        wordiness: Tokens written per token asked for.
        pace: Tokens written per second; it reads a hundred times as fast.
    """

    skill: float
    span: float
    input_nanos: int
    output_nanos: int
    wordiness: float
    pace: float


READERS = {
    "nano": Reader(0.48, 2_500, 200, 1_000, 1.25, 220),
    "mini": Reader(0.58, 4_000, 400, 2_000, 1.10, 170),
    "small": Reader(0.68, 6_000, 1_000, 5_000, 1.15, 130),
    "medium": Reader(0.77, 10_000, 2_000, 10_000, 1.00, 95),
    "large": Reader(0.85, 16_000, 5_000, 25_000, 0.90, 65),
    "frontier": Reader(0.92, 30_000, 10_000, 50_000, 0.95, 45),
}

_reranks = (model.Condition(parameter_id="rerank", any_of=(True,)),)


def _parameter(
    name: str,
    domain: model.Domain,
    default: model.Value,
    when: tuple[model.Condition, ...] = (),
) -> model.Parameter:
    return model.Parameter(id=name, domain=domain, default_value=default, active_when=when)


def _whole(low: int, high: int) -> model.IntDomain:
    return model.IntDomain(min=low, max=high, log_scale=True)


SPACE = model.SearchSpace(
    parameters=(
        _parameter("model", model.CategoricalDomain(labels=tuple(READERS)), "medium"),
        _parameter("few_shot", model.OrdinalDomain(levels=(0, 1, 2, 4, 8)), 2),
        _parameter("temperature", model.FloatDomain(min=0.0, max=1.2), 0.7),
        _parameter("answer_tokens", _whole(64, 1024), 256),
        _parameter("votes", model.OrdinalDomain(levels=(1, 2, 3, 5, 8)), 1),
        _parameter("passages", _whole(1, 16), 4),
        _parameter("chunk_size", _whole(100, 800), 400),
        _parameter("rerank", model.BoolDomain(), default=False),
        _parameter("rerank_depth", _whole(10, 100), 30, _reranks),
    )
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What one question takes.

    Attributes:
        read: By the model.
        written: By the model, in all votes.
        reranked: By the reranker.
    """

    read: int
    written: float
    reranked: int


def tokens(configuration: model.Configuration) -> Tokens:
    """Return what one question takes; the context is read once for all votes."""
    chunk, wordiness = _number(configuration, "chunk_size"), _reader(configuration).wordiness
    asked = _number(configuration, "votes") * _number(configuration, "answer_tokens")
    examples = EXAMPLE_TOKENS * _number(configuration, "few_shot")
    return Tokens(
        read=int(PROMPT_TOKENS + examples + _number(configuration, "passages") * chunk),
        written=asked * wordiness,
        reranked=int(_depth(configuration) * chunk),
    )


def quality(configuration: model.Configuration) -> float:
    """Return the share of questions that are answered well, 0 to 1, without noise."""
    known = 0.1 * _reader(configuration).skill
    return known + (1 - known) * _found(configuration) * _voted(configuration)


def log_price(configuration: model.Configuration) -> float:
    """Return log10 of what 1,000 questions of production cost, in USD; no grading in it."""
    used, reader = tokens(configuration), _reader(configuration)
    nanos = used.read * reader.input_nanos + used.written * reader.output_nanos
    return math.log10(1_000 * (nanos + used.reranked * RERANKER_NANOS) / 1e9)


def log_latency(configuration: model.Configuration) -> float:
    """Return log10 of the seconds that an answer takes; votes run at once, the slowest counts."""
    used, reader = tokens(configuration), _reader(configuration)
    votes = _number(configuration, "votes")
    writing = used.written / votes / reader.pace * (1 + 0.3 * math.log(votes))
    reading = used.read / (100 * reader.pace)
    searching = 0.15 + (0.08 + 0.008 * _depth(configuration) if _depth(configuration) else 0.0)
    return math.log10(searching + reading + writing)


@dataclass(kw_only=True)
class Variant:
    """Quality beside one thing that should be small.

    Attributes:
        REFERENCE: As losses.
        second: The other metric's value, by configuration.
    """

    METRICS: tuple[model.Metric, ...]
    REFERENCE: tuple[float, ...]
    second: Callable[[model.Configuration], float]
    SPACE: model.SearchSpace = SPACE

    def evaluate(self, configuration: model.Configuration) -> dict[str, float]:
        """Return both metrics without noise."""
        other = self.METRICS[1].id
        return {"quality": quality(configuration), other: self.second(configuration)}

    def evaluate_noisily(self, configuration: model.Configuration) -> dict[str, float]:
        """Return what 100 questions would show: each is answered well or not.

        The same configuration always meets the same luck, as it would on a fixed set of
        questions. The other metric is told exactly.
        """
        key = repr(sorted(configuration.items())).encode()
        dice = np.random.default_rng(zlib.crc32(key))
        good = int(dice.binomial(QUESTIONS, quality(configuration)))
        return self.evaluate(configuration) | {"quality": good / QUESTIONS}


def errors(told: Mapping[str, float]) -> dict[str, float]:
    """Return that of a share of 100 questions, from the share itself; never 0."""
    share = told["quality"]
    return {"quality": math.sqrt((share * (1 - share) + 0.25 / QUESTIONS) / QUESTIONS)}


def _metrics(second: str) -> tuple[model.Metric, ...]:
    return (
        model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE),
        model.Metric(id=second, role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE),
    )


BY_PRICE = Variant(METRICS=_metrics("log_price"), REFERENCE=(-0.3, 2.3), second=log_price)
"""Worst that counts: 30 % answered well, at 200 USD per 1,000 questions."""

BY_LATENCY = Variant(METRICS=_metrics("log_latency"), REFERENCE=(-0.3, 1.3), second=log_latency)
"""Worst that counts: 30 % answered well, in 20 seconds."""


def _found(configuration: model.Configuration) -> float:
    """Chance that the evidence is among the passages; chunks of 320 tokens suit best."""
    octaves = math.log2(_number(configuration, "chunk_size") / 320)
    depth, passages = _depth(configuration), _number(configuration, "passages")
    reach = 0.90 * _saturated(passages / 3.5)
    if depth:
        reach = 0.97 * _saturated(depth / 12) * _saturated(passages / 1.5)
    return math.exp(-0.5 * (octaves / 1.8) ** 2) * reach


def _saturated(amount: float) -> float:
    return 1 - math.exp(-(amount**0.8))


def _voted(configuration: model.Configuration) -> float:
    """Chance that most votes are right; voting helps those who are mostly right."""
    alone, votes = _alone(configuration), _number(configuration, "votes")
    return alone + 1.1 * alone**2 * (1 - alone) * (1 - votes**-0.6)


def _alone(configuration: model.Configuration) -> float:
    """Chance of one right answer from the evidence; votes that agree too much need heat."""
    reader, used = _reader(configuration), tokens(configuration)
    taught = 0.28 * (1 - reader.skill) * (1 - math.exp(-_number(configuration, "few_shot") / 2))
    best_heat = 0.1 + 0.6 * (1 - _number(configuration, "votes") ** -0.7)
    heat = _number(configuration, "temperature") - best_heat
    lost = 0.25 * (1.4 - reader.skill) * heat**2
    complete = 1 / (1 + (40 / _number(configuration, "answer_tokens")) ** 1.3)
    crowd = 0.5 * used.read / reader.span
    return max(reader.skill + taught - lost, 0.0) * complete / (1 + crowd)


def _depth(configuration: model.Configuration) -> float:
    """Passages that the reranker reads; never fewer than it hands on; 0 without one."""
    if not configuration["rerank"]:
        return 0.0
    return max(_number(configuration, "rerank_depth"), _number(configuration, "passages"))


def _reader(configuration: model.Configuration) -> Reader:
    return READERS[cast("str", configuration["model"])]


def _number(configuration: model.Configuration, name: str) -> float:
    return float(cast("float", configuration[name]))
