"""Questions that users ask about Python, each with the evidence for an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from .corpus import Corpus

_FILE = Path(__file__).with_name("questions.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One test item.

    Attributes:
        id: Unique and stable, such as ``"split-no-argument"``.
        question: In a user's words, not in those of the reference.
        answer: Short gold answer. Nothing here compares with it; it is kept for
            those who want to judge a real model.
        evidence: A span of the reference, word for word with white space
            normalised, that a model must see in order to answer.
    """

    id: str
    question: str
    answer: str
    evidence: str


def all_questions() -> list[Question]:
    """Read every question, whether or not this Python's reference answers it."""
    lines = _FILE.read_text(encoding="utf-8").splitlines()
    return [Question(**json.loads(line)) for line in lines]


def load_questions(corpus: Corpus) -> list[Question]:
    """Read the questions that ``corpus`` has the evidence for.

    The reference is reworded between Python versions, so a few questions drop
    out on each; a span that is not there could never be retrieved.
    """
    return [question for question in all_questions() if corpus.holds(question.evidence)]
