"""What a trial of priced_rag spends, and what its user believes that it spends.

The amounts are those of the search: the model, the reranker, and a judge that grades every
answer. The judge is in no metric of the tuned system. Money is exact: whole nanos.
"""

from __future__ import annotations

import zlib

import numpy as np
from scipy.stats import qmc

import groat
from benchmarks import cube, priced_rag
from benchmarks.priced_rag import EXAMPLE_TOKENS, PROMPT_TOKENS, QUESTIONS, READERS, RERANKER_NANOS
from groat import model

WRONG_BY = 1.65
"""The factor by which a declared number of tokens may be off, either way."""

_JUDGE, _RERANKER = "judge", "reranker"
_JUDGE_READS, _JUDGE_WRITES = 800, 60
_PER_TOKEN = {
    **{name: (reader.input_nanos, reader.output_nanos) for name, reader in READERS.items()},
    _RERANKER: (RERANKER_NANOS, 0),
    _JUDGE: (800, 3_200),
}
"""Nanos per token read and written, by model."""

RATES = tuple(
    model.Rate(model=name, unit=unit, amount=model.Money(nanos * 1_000_000), per=1_000_000)
    for name, pair in _PER_TOKEN.items()
    for unit, nanos in zip((model.Unit.INPUT_TOKEN, model.Unit.OUTPUT_TOKEN), pair, strict=True)
)
"""The same as a study's price book has them: per million tokens."""


def used(configuration: model.Configuration) -> list[model.Usage]:
    """Return the tokens of a whole trial, by model."""
    once, name = priced_rag.tokens(configuration), str(configuration["model"])
    graded = model.SpendCategory.EVALUATION
    read, written = QUESTIONS * once.read, round(QUESTIONS * once.written)
    judged = QUESTIONS * _JUDGE_READS, QUESTIONS * _JUDGE_WRITES
    found = [
        groat.tokens(name, read, written, request_count=QUESTIONS),
        groat.tokens(_JUDGE, *judged, request_count=QUESTIONS, category=graded),
    ]
    if once.reranked:
        reranked = QUESTIONS * once.reranked
        found.append(groat.tokens(_RERANKER, reranked, 0, request_count=QUESTIONS))
    return found


def spend(configuration: model.Configuration) -> int:
    """Return what a trial spends, in nanos of a dollar."""
    return sum(_nanos(usage) for usage in used(configuration))


def _nanos(usage: model.Usage) -> int:
    counts = usage.quantity
    assert isinstance(counts, model.TokenCounts)
    reading, writing = _PER_TOKEN[usage.model]
    return (counts.input or 0) * reading + (counts.output or 0) * writing


def workload(seed: int) -> model.Workload:
    """Return what the user of one seed declares before anything is spent.

    They think of today's configuration and know what multiplies what. Each number of tokens is
    off by a factor of its own, up to `WRONG_BY` either way. How long chunks and answers are is
    left out, as an item of a workload takes one multiplier only.
    """
    dice = np.random.default_rng(seed)
    today = {parameter.id: parameter.default_value for parameter in priced_rag.SPACE.parameters}
    chunk, answer = int(str(today["chunk_size"])), int(str(today["answer_tokens"]))

    def rough(count: int) -> int:
        return round(count * WRONG_BY ** dice.uniform(-1, 1))

    own = rough(PROMPT_TOKENS + 2 * EXAMPLE_TOKENS)
    return groat.workload(
        QUESTIONS,
        [
            groat.calls(input=own, output=0, model_parameter="model"),
            groat.calls(
                input=rough(chunk), output=0, model_parameter="model", times_parameter="passages"
            ),
            groat.calls(
                input=0, output=rough(answer), model_parameter="model", times_parameter="votes"
            ),
            groat.calls(_RERANKER, input=rough(chunk), output=0, times_parameter="rerank_depth"),
            groat.judge(_JUDGE, input=rough(_JUDGE_READS), output=rough(_JUDGE_WRITES)),
        ],
    )


def fingerprint() -> str:
    """Return a checksum that changes when trials spend, or users declare, something else."""
    points = qmc.Sobol(cube.width(priced_rag.SPACE), rng=0).random(16)
    spends = [spend(cube.decode(priced_rag.SPACE, point)) for point in points]
    return f"{zlib.crc32(repr([spends, RATES, workload(0)]).encode()):08x}"
