"""Two ways to score documents for a question, and how to fuse them."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
from scipy import sparse

from .terms import Floats, Ints, Postings

K1 = 1.5
B = 0.75
RANK = 96
RRF = 60
TINY = 1e-12  # of the largest squared singular value: below it is only rounding


class Scorer(Protocol):
    """Anything that says how well each document fits a question."""

    def scores(self, query: Ints) -> Floats:
        """Score all documents.

        Args:
            query: Term numbers of the question; repeats count again.

        Returns:
            Shape ``(documents,)``, no unit, larger is better.
        """
        ...


class Bm25:
    """Okapi BM25: rare shared words count most, repeats saturate.

    Source:
        Robertson and Zaragoza (2009), The Probabilistic Relevance Framework,
        section 3. https://doi.org/10.1561/1500000019
        The inverse document frequency has 1 added inside the logarithm, so that
        a term in more than half of the documents never counts against one.
    """

    def __init__(self, postings: Postings) -> None:
        frequencies = postings.frequencies
        n_documents = len(postings.lengths)
        idf = np.log1p((n_documents - frequencies + 0.5) / (frequencies + 0.5))
        relative = postings.lengths / max(float(postings.lengths.mean()), 1.0)
        slack = K1 * (1 - B + B * relative)[postings.documents]
        saturated = postings.counts * (K1 + 1) / (postings.counts + slack)
        self._weights = np.repeat(idf, frequencies) * saturated
        self._postings = postings

    def scores(self, query: Ints) -> Floats:
        """See `Scorer.scores`; a document without any shared term gets 0."""
        total = np.zeros(len(self._postings.lengths))
        starts, documents = self._postings.starts, self._postings.documents
        for term in query:
            entries = slice(starts[term], starts[term + 1])
            total[documents[entries]] += self._weights[entries]
        return total


class Lsa:
    """Latent semantic analysis: cosine in the leading directions of tf-idf.

    A stand-in for an embedding model that needs nothing but the corpus. The
    same postings and seed give the same scores.

    Source:
        Deerwester and others (1990), Indexing by Latent Semantic Analysis.
        The weights are the usual logarithmic tf-idf instead of their entropy.
    """

    def __init__(self, postings: Postings, *, seed: int = 0) -> None:
        frequencies = postings.frequencies
        n_documents = len(postings.lengths)
        self._idf = np.log((1 + n_documents) / (1 + frequencies)) + 1
        weights = (1 + np.log(postings.counts)) * np.repeat(self._idf, frequencies)
        norms = np.sqrt(np.bincount(postings.documents, weights**2, minlength=n_documents))
        weights /= np.maximum(norms, np.finfo(float).tiny)[postings.documents]
        self._terms, strengths, documents = randomised_svd(
            sparse.csr_array(
                (weights, postings.documents, postings.starts),
                shape=(len(frequencies), n_documents),
            ),
            rank=RANK,
            seed=seed,
        )
        self._documents = _unit_rows(documents * strengths)

    def scores(self, query: Ints) -> Floats:
        """See `Scorer.scores`; cosines in ``[-1, 1]``, all 0 for an empty query."""
        terms, counts = np.unique(query, return_counts=True)
        weights = (1 + np.log(counts)) * self._idf[terms]
        folded = np.einsum("t,tr->r", weights, self._terms[terms])
        folded /= max(float(np.linalg.norm(folded)), np.finfo(float).tiny)
        # einsum and not @: BLAS would wake its threads for this, and then neither the
        # processor time nor the last digit of the score would repeat.
        return np.einsum("dr,r->d", self._documents, folded)


def randomised_svd(
    matrix: sparse.csr_array, *, rank: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Approximate the leading singular triplets of a sparse matrix.

    Args:
        matrix: Shape ``(rows, columns)``.
        rank: Triplets wanted; fewer come back if the matrix has fewer.
        seed: Seeds the random start.

    Returns:
        Left vectors ``(rows, r)``, values ``(r,)`` falling, right vectors
        ``(columns, r)``.

    Source:
        Halko, Martinsson and Tropp (2011), algorithms 4.4 and 5.1.
        https://doi.org/10.1137/090771806
        Unlike the paper, bases come from small Gram matrices and not from QR.
        One threaded QR of 3300 x 104 took 0.1 to 1.5 s on two busy cores; this
        way the whole decomposition takes 0.05 to 0.1 s. Directions weaker than
        1e-6 of the strongest are lost by it; in text none of them matter.
    """
    rows, columns = cast("tuple[int, int]", matrix.shape)  # scipy carries no types
    width = min(rank + 8, rows, columns)
    basis = _orthonormal(matrix @ np.random.default_rng(seed).standard_normal((columns, width)))
    for _ in range(2):  # power steps sharpen the slowly falling spectrum of text
        basis = _orthonormal(matrix @ (matrix.T @ basis))
    projected: Floats = matrix.T @ basis
    squares, rotation = np.linalg.eigh(projected.T @ projected)  # rising
    best = np.flatnonzero(squares > squares[-1] * TINY)[::-1][:rank]
    values = np.sqrt(squares[best])
    return basis @ rotation[:, best], values, projected @ rotation[:, best] / values


def _orthonormal(block: Floats) -> Floats:
    """Return an orthonormal basis of the columns of ``block``; dependent ones go."""
    squares, rotation = np.linalg.eigh(block.T @ block)
    kept = squares > squares[-1] * TINY
    return block @ (rotation[:, kept] / np.sqrt(squares[kept]))


def ranking(scores: Floats) -> Ints:
    """Return all documents, best first; ties keep the order of the text."""
    return np.argsort(-scores, kind="stable")


def fused(first: Floats, second: Floats, *, weight: float) -> Floats:
    """Fuse two scorings by their ranks alone.

    Args:
        first: Shape ``(documents,)``.
        second: Shape ``(documents,)``; its unit may differ from the first.
        weight: Share of ``second``, from 0 to 1.

    Source:
        Cormack, Clarke and Buettcher (2009), Reciprocal Rank Fusion.
        https://doi.org/10.1145/1571941.1572114
        Unlike the paper, the two rankings may weigh differently.
    """
    return (1 - weight) / (RRF + _places(first)) + weight / (RRF + _places(second))


def _places(scores: Floats) -> Floats:
    places = np.empty(len(scores))
    places[ranking(scores)] = np.arange(1, len(scores) + 1)
    return places


def _unit_rows(rows: Floats) -> Floats:
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(norms, np.finfo(float).tiny)
