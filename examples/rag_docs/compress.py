"""Keep of the retrieved chunks only the sentences that fit the question best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .corpus import Chunk, Corpus
from .retrievers import Bm25
from .terms import Floats, Ints, Span, Vocabulary


@dataclass(frozen=True, slots=True)
class Passage:
    """What one chunk contributes to the prompt."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence, or the part of it that its chunk shows."""

    chunk: int
    span: Span
    score: float


class Compressor:
    """Scores every sentence of the corpus by BM25, once per analysis."""

    def __init__(self, corpus: Corpus, vocabulary: Vocabulary) -> None:
        self._corpus = corpus
        spans = [(int(start), int(stop)) for start, stop in pairwise(corpus.sentences)]
        self._scorer = Bm25(vocabulary.count(spans))
        texts = [corpus.text(span) for span in spans]
        first = {text: number for number, text in reversed(list(enumerate(texts)))}
        self._twins = [first[text] for text in texts]

    def everything(self, chunks: Sequence[Chunk]) -> list[Passage]:
        """Return the chunks as they are, in their order."""
        return [
            Passage(chunk.title, self._corpus.text((chunk.start, chunk.stop))) for chunk in chunks
        ]

    def best(self, chunks: Sequence[Chunk], query: Ints, count: int) -> list[Passage]:
        """Return the ``count`` sentences that score best, grouped by chunk.

        A sentence that several chunks show is taken once, from where most of it
        is visible. Sentences stand in the order of their chunk; ties go to the
        chunk retrieved first. Chunks that keep nothing are left out.
        """
        candidates = self._candidates(chunks, self._scorer.scores(query))
        chosen = sorted(candidates, key=lambda candidate: -candidate.score)[:count]
        passages: list[Passage] = []
        for number, chunk in enumerate(chunks):
            spans = sorted(one.span for one in chosen if one.chunk == number)
            if spans:
                text = " ".join(self._corpus.text(span) for span in spans)
                passages.append(Passage(chunk.title, text))
        return passages

    def _candidates(self, chunks: Sequence[Chunk], scores: Floats) -> list[_Candidate]:
        found: dict[int, _Candidate] = {}
        for number, chunk in enumerate(chunks):
            for sentence, span in self._visible(chunk):
                twin = self._twins[sentence]
                known = found.get(twin)
                if known is None or _length(span) > _length(known.span):
                    found[twin] = _Candidate(number, span, float(scores[sentence]))
        return list(found.values())

    def _visible(self, chunk: Chunk) -> list[tuple[int, Span]]:
        starts = self._corpus.sentences
        first = int(np.searchsorted(starts, chunk.start, side="right")) - 1
        last = int(np.searchsorted(starts, chunk.stop, side="left"))
        return [
            (at, (max(int(starts[at]), chunk.start), min(int(starts[at + 1]), chunk.stop)))
            for at in range(first, last)
        ]


def _length(span: Span) -> int:
    return span[1] - span[0]
