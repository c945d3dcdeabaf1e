"""What a parameter is for, read off its id, and what is generally known of its kind.

Source: the order of importance is that of published grids over retrieval pipelines (choose the
model first, arXiv 2505.03452) and of 60 simulated ones, where it agrees with the true total
effects to a rank correlation of 0.5.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from groat import model

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Role:
    """What is believed of parameters with such a name.

    Attributes:
        words: Any of them in the id gives the role; ``"top k"`` are two in a row.
        weight: How much it matters, beside 1 for the model.
        why: The same for a person.
        direction: 1 when more of it helps quality, -1 when less does, 0 unknown.
        is_dear: More of it costs more.
    """

    name: str
    words: tuple[str, ...]
    weight: float
    why: str
    direction: int = 0
    is_dear: bool = False


_ROLES = (
    Role("temperature", ("temperature", "temp", "top p", "topp"), 0.25,
         "it moves style more than substance", -1),
    Role("embedding", ("embedding", "embeddings", "embed", "embedder", "encoder"), 0.5,
         "it decides what counts as similar"),
    Role("top_k", ("top k", "topk", "k", "passages", "documents", "docs", "hits"), 0.6,
         "more passages find more answers, and cost more to read", 1, is_dear=True),
    Role("rerank", ("rerank", "reranker", "reranking", "ranker"), 0.5,
         "it puts the right passages first", 1, is_dear=True),
    Role("chunk", ("chunk", "chunks", "chunking", "overlap", "splitter"), 0.5,
         "it decides what a passage is"),
    Role("retriever", ("retriever", "retrieval", "search", "index", "store"), 0.6,
         "what is not found cannot be answered"),
    Role("votes", ("votes", "vote", "samples", "consistency", "ensemble", "candidates"), 0.45,
         "several answers are steadier than one, and cost as many times more", 1, is_dear=True),
    Role("shots", ("shots", "shot", "fewshot", "demos", "demonstrations"), 0.5,
         "examples in the prompt show what is wanted", 1, is_dear=True),
    Role("reasoning", ("reasoning", "effort", "thinking", "thought", "cot"), 0.6,
         "thinking longer solves harder questions, and costs output", 1, is_dear=True),
    Role("iterations", ("iterations", "iteration", "rounds", "turns", "retries", "loops", "depth",
                        "reflections", "revisions", "max steps"), 0.45,
         "more rounds mend more mistakes, and each one costs", 1, is_dear=True),
    Role("compression", ("compress", "compression", "summary", "summarize", "context", "history",
                         "memory", "window"), 0.4,
         "it decides how much the model has to read"),
    Role("model", ("model", "models", "llm", "engine"), 1.0,
         "the model usually matters most, for quality and for money"),
    Role("prompt", ("prompt", "prompts", "instruction", "instructions", "template", "persona",
                    "system"), 0.7,
         "wording often decides what the model does with what it knows"),
    Role("max_tokens", ("tokens", "length"), 0.35,
         "it cuts answers off, and bounds what they cost", 1, is_dear=True),
    Role("tools", ("tools", "tool", "functions"), 0.5,
         "a missing tool cannot be called, a needless one distracts", 1, is_dear=True),
    Role("agents", ("agents", "agent", "roles", "workflow", "topology", "planner", "team",
                    "steps"), 0.55,
         "who does what shapes quality, and every agent costs calls", 1, is_dear=True),
    Role("threshold", ("threshold", "cutoff"), 0.35,
         "it trades what is missed for what is noise"),
    Role("plumbing", ("seed", "batch", "timeout", "concurrency", "workers", "cache"), 0.1,
         "it seldom changes an answer"),
)  # fmt: skip

_KINDS = {
    "text": Role("", (), 0.6, "texts often matter"),
    "categorical": Role("", (), 0.5, "choices usually matter more than numbers"),
    "subset": Role("", (), 0.45, "what is in and out usually matters", 1),
    "ordinal": Role("", (), 0.4, "levels in an order matter middlingly"),
    "int": Role("", (), 0.35, "numbers usually matter less than choices"),
    "float": Role("", (), 0.3, "numbers usually matter less than choices"),
    "bool": Role("", (), 0.3, "a switch has two settings only"),
    "permutation": Role("", (), 0.3, "an order usually matters less than what is in it"),
}


def role_of(parameter: model.Parameter) -> Role:
    """Return what is believed of a parameter: by the words of its id, else by its kind."""
    words = [word.lower() for word in _WORD.findall(parameter.id)]
    text = f" {' '.join(words)} "
    named = (role for role in _ROLES if any(f" {word} " in text for word in role.words))
    return next(named, _KINDS[parameter.domain.kind])
