"""Chunks that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from .corpus import Chunk
from .retrievers import Bm25, Lsa, fused, ranking
from .settings import Settings
from .terms import Floats, Ints, Postings


class Index:
    """Chunks under one analysis, with the scorers that were asked for so far.

    Args:
        chunks: What can be found.
        postings: The terms of each chunk, in the same order.
        seed: Of the random start of the latent topics.
    """

    def __init__(self, chunks: Sequence[Chunk], postings: Postings, *, seed: int) -> None:
        self._chunks = chunks
        self._postings = postings
        self._seed = seed

    def search(self, query: Ints, settings: Settings) -> list[Chunk]:
        """Return the best ``settings.k`` chunks, best first.

        A larger ``k`` only appends: the ranking does not depend on it.
        """
        best = ranking(self._scores(query, settings))[: settings.k]
        return [self._chunks[at] for at in best]

    @cached_property
    def _bm25(self) -> Bm25:
        return Bm25(self._postings)

    @cached_property
    def _lsa(self) -> Lsa:
        return Lsa(self._postings, seed=self._seed)

    def _scores(self, query: Ints, settings: Settings) -> Floats:
        if settings.hybrid_weight is not None:  # given for the hybrid, and only then
            first, second = self._bm25.scores(query), self._lsa.scores(query)
            return fused(first, second, weight=settings.hybrid_weight)
        scorer = self._bm25 if settings.retriever == "bm25" else self._lsa
        return scorer.scores(query)
