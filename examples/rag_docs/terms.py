"""From words to the terms that retrieval compares, and how often each occurs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Span = tuple[int, int]

_COMMON = """
a an and any are as at be been but by can could did do does for from had has have how i if in into
is it its just may me my no not of on one only or other s should so some such than that the their
them then there these they this those to used using was we were what when where which while who why
will with would you your
"""
STOPWORDS = frozenset(_COMMON.split())
_TERM = re.compile(r"[a-z0-9]+")
_ENDINGS = ("ation", "ating", "ated", "ator", "ment", "able", "ing", "ion", "ed", "ly", "e")


def stem(term: str) -> str:
    """Cut the plural and one ending, so that "iterators" meets "iteration".

    The stem keeps at least three letters and need not be a word.
    """
    if term.endswith("ies") and len(term) > 5:
        term = term[:-3] + "y"
    elif term.endswith("s") and not term.endswith(("ss", "us", "is")) and len(term) > 3:
        term = term[:-1]
    for ending in _ENDINGS:
        if term.endswith(ending) and len(term) - len(ending) >= 3:
            term = term[: -len(ending)]
            break
    if len(term) > 3 and term[-1] == term[-2] and term[-1] in "bdgmnprt":
        return term[:-1]  # "stopp" of "stopping"
    return term


class Vocabulary:
    """The terms of one text under one analysis, numbered.

    Args:
        words: The text, one entry per word.
        stemming: Compare words without their endings.
        stopwords: Leave out very common words.
    """

    def __init__(self, words: Sequence[str], *, stemming: bool, stopwords: bool) -> None:
        self._stemming = stemming
        self._stopwords = stopwords
        self._ids: dict[str, int] = {}
        terms_of = {word: self._number(word) for word in dict.fromkeys(words)}
        self._terms = np.fromiter((t for word in words for t in terms_of[word]), np.int64)
        counts = np.fromiter((len(terms_of[word]) for word in words), np.int64, len(words))
        self._offsets = np.concatenate([[0], np.cumsum(counts)])

    def __len__(self) -> int:
        return len(self._ids)

    def query(self, text: str) -> Ints:
        """Return the known terms of ``text`` in order; repeats stay."""
        found = (self._ids.get(term) for term in self._analyse(text))
        return np.array([term for term in found if term is not None], dtype=np.int64)

    def count(self, spans: Sequence[Span], heads: Sequence[str] | None = None) -> Postings:
        """Count every term in every span of the text.

        Args:
            spans: Word positions ``[start, stop)``, one pair per document.
            heads: One extra line per document that is counted with it.
        """
        edges = self._offsets[np.array(spans, dtype=np.int64).reshape(-1, 2)]
        terms, documents = _gather(self._terms, edges)
        if heads is not None:
            queries = {head: self.query(head) for head in dict.fromkeys(heads)}
            extra = [queries[head] for head in heads]
            terms = np.concatenate([terms, *extra])
            owners = np.repeat(np.arange(len(heads)), [len(head) for head in extra])
            documents = np.concatenate([documents, owners])
        return Postings.of(terms, documents, shape=(len(self), len(spans)))

    def _analyse(self, text: str) -> Iterable[str]:
        for term in _TERM.findall(text.lower()):
            if not (self._stopwords and term in STOPWORDS):
                yield stem(term) if self._stemming else term

    def _number(self, word: str) -> list[int]:
        return [self._ids.setdefault(term, len(self._ids)) for term in self._analyse(word)]


@dataclass(frozen=True, slots=True)
class Postings:
    """For each term, the documents that hold it.

    Attributes:
        starts: Shape ``(terms + 1,)``; term ``t`` owns the entries from
            ``starts[t]`` to ``starts[t + 1]`` of the next two arrays.
        documents: Shape ``(entries,)``, rising within each term.
        counts: Shape ``(entries,)``, how often the term is in the document.
        lengths: Shape ``(documents,)``, terms per document.
    """

    starts: Ints
    documents: Ints
    counts: Floats
    lengths: Floats

    @classmethod
    def of(cls, terms: Ints, documents: Ints, *, shape: tuple[int, int]) -> Postings:
        """Build from one pair of term and document per occurrence."""
        n_terms, n_documents = shape
        keys, counts = np.unique(terms * n_documents + documents, return_counts=True)
        frequencies = np.bincount(keys // n_documents, minlength=n_terms)
        return cls(
            starts=np.concatenate([[0], np.cumsum(frequencies)]),
            documents=keys % n_documents,
            counts=counts.astype(np.float64),
            lengths=np.bincount(documents, minlength=n_documents).astype(np.float64),
        )

    @property
    def frequencies(self) -> Ints:
        """In how many documents each term occurs, shape ``(terms,)``."""
        return np.diff(self.starts)


def _gather(values: Ints, edges: Ints) -> tuple[Ints, Ints]:
    """Join ``values[start:stop]`` of all rows of ``edges``, and say whose each is."""
    lengths = edges[:, 1] - edges[:, 0]
    owners = np.repeat(np.arange(len(edges)), lengths)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return values[edges[owners, 0] + within], owners
