"""mixed_rag: a made-up retrieval pipeline with 13 mixed and conditional parameters.

We invented it for these benchmarks. It is a formula, not a measurement: no corpus, no
model and no price list stands behind it. It copies what makes such tuning hard: labels that
decide most, parameters that exist only beside others, optima that move when another
parameter moves, and a price that spans four orders of magnitude. The constants were chosen
by hand, with a look at the shape of the front and at random points, and were frozen before
any optimizer was compared on it.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import cast

import numpy as np

from groat import model


@dataclass(frozen=True, slots=True)
class _Reader:
    """A language model: skill in 0 to 1, attention span in tokens, USD per million tokens."""

    skill: float
    span: float
    input_price: float
    output_price: float


@dataclass(frozen=True, slots=True)
class _Style:
    """A way to prompt: its own tokens, the tokens of a full answer, the best temperature."""

    prompt: float
    answer: float
    temperature: float


_READERS = {
    "nano": _Reader(0.50, 2_500, 0.10, 0.40),
    "mini": _Reader(0.66, 5_000, 0.40, 1.60),
    "medium": _Reader(0.76, 10_000, 1.00, 4.00),
    "large": _Reader(0.85, 20_000, 2.50, 10.00),
    "frontier": _Reader(0.92, 40_000, 5.00, 25.00),
}
_STYLES = {
    "terse": _Style(120, 80, 0.15),
    "structured": _Style(260, 160, 0.15),
    "reasoned": _Style(200, 500, 0.60),
}
_KEYWORD_HIT = 0.52
_DENSE_HIT = {"small": 0.50, "base": 0.62, "large": 0.70}
_EMBEDDING_PRICE = {"small": 0.002, "base": 0.010, "large": 0.030}  # USD per 1,000 questions
_RERANK_PRICE = 0.004  # USD per 1,000 questions and passage
_KEYWORD_CHUNK, _DENSE_CHUNK = math.log2(700), math.log2(300)
_EXAMPLE_TOKENS = 150
_QUESTIONS = 100

_uses_vectors = (model.Condition(parameter_id="retriever", any_of=("dense", "hybrid")),)
_is_hybrid = (model.Condition(parameter_id="retriever", any_of=("hybrid",)),)
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
        _parameter("model", model.CategoricalDomain(labels=tuple(_READERS)), "medium"),
        _parameter("prompt_style", model.CategoricalDomain(labels=tuple(_STYLES)), "terse"),
        _parameter("few_shot", model.OrdinalDomain(levels=(0, 1, 2, 4, 8)), 0),
        _parameter("temperature", model.FloatDomain(min=0.0, max=1.5), 0.7),
        _parameter("max_output_tokens", _whole(64, 2048), 512),
        _parameter(
            "retriever", model.CategoricalDomain(labels=("bm25", "dense", "hybrid")), "dense"
        ),
        _parameter(
            "embedding", model.CategoricalDomain(labels=tuple(_DENSE_HIT)), "small", _uses_vectors
        ),
        _parameter("hybrid_weight", model.FloatDomain(min=0.0, max=1.0), 0.5, _is_hybrid),
        _parameter("chunk_size", _whole(64, 2048), 512),
        _parameter("chunk_overlap", model.OrdinalDomain(levels=(0.0, 0.1, 0.2, 0.3, 0.4)), 0.1),
        _parameter("k", _whole(1, 64), 4),
        _parameter("rerank", model.BoolDomain(), default=False),
        _parameter("rerank_depth", _whole(8, 256), 50, _reranks),
    )
)
METRICS = (
    model.Metric(id="accuracy", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE),
    model.Metric(id="log_price", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE),
)
REFERENCE = (-0.3, 1.5)
"""As losses: 30 % accuracy at 32 USD per 1,000 questions is the worst that counts."""


def evaluate(configuration: model.Configuration) -> dict[str, float]:
    """Return ``accuracy`` in 0 to 1 and ``log_price``, log10 of USD per 1,000 questions."""
    known = 0.12 * _READERS[_text(configuration, "model")].skill
    answered = _evidence(configuration) * _reading(configuration)
    return {
        "accuracy": known + (1 - known) * answered,
        "log_price": math.log10(_price(configuration)),
    }


def evaluate_noisily(configuration: model.Configuration) -> dict[str, float]:
    """Return what 100 questions would show of `evaluate`.

    The accuracy's standard error is the binomial one. The same configuration always meets
    the same luck, as it would on a fixed set of questions.
    """
    values = evaluate(configuration)
    key = repr(sorted(configuration.items())).encode()
    luck = np.random.default_rng(zlib.crc32(key)).standard_normal()
    spread = math.sqrt(values["accuracy"] * (1 - values["accuracy"]) / _QUESTIONS)
    return values | {"accuracy": values["accuracy"] + spread * luck}


def _evidence(configuration: model.Configuration) -> float:
    """Chance that what answers the question reaches the prompt."""
    k, depth = _number(configuration, "k"), _depth(configuration)
    chance = 0.45 * _hit(configuration) * _chunk_fit(configuration)
    recall = 1 - (1 - chance) ** (depth**0.6)
    kept = 1.0
    if configuration["rerank"]:  # better order, so that few passages are enough
        kept = 1 - 0.45 ** (k**0.7 / (1 + 0.08 * math.log2(depth / k)))
    overlap = _number(configuration, "chunk_overlap")
    covered = 1 - math.exp(-k * _number(configuration, "chunk_size") * (1 - overlap) / 400)
    return recall * kept * covered


def _hit(configuration: model.Configuration) -> float:
    """Strength of the search; two kinds of search find more than either."""
    weight = _weight(configuration)
    dense = _DENSE_HIT[_text(configuration, "embedding")] if weight > 0 else 0.0
    return weight * dense + (1 - weight) * _KEYWORD_HIT + 0.6 * weight * (1 - weight)


def _weight(configuration: model.Configuration) -> float:
    retriever = configuration["retriever"]
    if retriever == "hybrid":
        return _number(configuration, "hybrid_weight")
    return 1.0 if retriever == "dense" else 0.0


def _chunk_fit(configuration: model.Configuration) -> float:
    """Vectors like short passages, keywords long ones; short ones need more overlap."""
    size = math.log2(_number(configuration, "chunk_size"))
    weight = _weight(configuration)
    best_size = weight * _DENSE_CHUNK + (1 - weight) * _KEYWORD_CHUNK
    best_overlap = min(max(0.3 - 0.08 * (size - 7), 0.0), 0.4)
    gap = _number(configuration, "chunk_overlap") - best_overlap
    return math.exp(-0.5 * ((size - best_size) / 1.6) ** 2) * (1 - 2 * gap**2)


def _reading(configuration: model.Configuration) -> float:
    """Chance that the model turns the evidence into a full, right answer."""
    name, reader = _text(configuration, "prompt_style"), _READERS[_text(configuration, "model")]
    style = _STYLES[name]
    gains = {"terse": 0.0, "structured": 0.03, "reasoned": 0.33 * (reader.skill - 0.62)}
    examples = 1 - math.exp(-_number(configuration, "few_shot") / 2)
    taught = (0.24 if name == "terse" else 0.14) * (1 - reader.skill) * examples
    heat = _number(configuration, "temperature") - style.temperature
    lost = 0.12 * (1.5 - reader.skill) * heat**2
    complete = 1 / (1 + (style.answer / _number(configuration, "max_output_tokens")) ** 3)
    crowd = (0.5 if configuration["rerank"] else 1.0) * _context(configuration) / reader.span
    return (reader.skill + gains[name] + taught - lost) * complete / (1 + crowd)


def _price(configuration: model.Configuration) -> float:
    """USD per 1,000 questions."""
    style = _STYLES[_text(configuration, "prompt_style")]
    reader = _READERS[_text(configuration, "model")]
    limit = _number(configuration, "max_output_tokens")
    answer = (style.answer**-3 + limit**-3) ** (-1 / 3)  # a smooth minimum of the two
    answer *= (1 + limit / style.answer) ** 0.2  # with room to spare, models ramble
    prompt = style.prompt + _EXAMPLE_TOKENS * _number(configuration, "few_shot")
    tokens = (prompt + _context(configuration)) * reader.input_price + answer * reader.output_price
    search = 0.001
    if "embedding" in configuration:
        search += _EMBEDDING_PRICE[_text(configuration, "embedding")]
    if configuration["rerank"]:
        search += _RERANK_PRICE * _depth(configuration)
    return tokens / 1_000 + search


def _context(configuration: model.Configuration) -> float:
    return _number(configuration, "k") * _number(configuration, "chunk_size")


def _depth(configuration: model.Configuration) -> float:
    """Passages that are searched for; a reranker never sees fewer than it hands on."""
    k = _number(configuration, "k")
    return max(_number(configuration, "rerank_depth"), k) if configuration["rerank"] else k


def _number(configuration: model.Configuration, name: str) -> float:
    return float(cast("float", configuration[name]))


def _text(configuration: model.Configuration, name: str) -> str:
    return cast("str", configuration[name])
