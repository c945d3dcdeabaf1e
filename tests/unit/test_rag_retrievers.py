"""Scoring documents for a question."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse

from examples.rag_docs.retrievers import K1, B, Bm25, Lsa, fused, randomised_svd, ranking
from examples.rag_docs.terms import Postings, Vocabulary, stem

DOCUMENTS = ["cat sat mat", "cat cat dog", "bird", "dog sat on a long long mat"]


def indexed(documents: list[str]) -> tuple[Vocabulary, Postings]:
    words = " ".join(documents).split()
    edges = np.cumsum([0, *(len(document.split()) for document in documents)]).tolist()
    vocabulary = Vocabulary(words, stemming=False, stopwords=False)
    return vocabulary, vocabulary.count(list(pairwise(edges)))


def slow_bm25(documents: list[str], query: str) -> list[float]:
    split = [document.split() for document in documents]
    mean = sum(map(len, split)) / len(split)
    scores = [0.0] * len(split)
    for term in query.split():
        holders = sum(term in words for words in split)
        idf = math.log(1 + (len(split) - holders + 0.5) / (holders + 0.5))
        for at, words in enumerate(split):
            count = words.count(term)
            slack = K1 * (1 - B + B * len(words) / mean)
            scores[at] += idf * count * (K1 + 1) / (count + slack)
    return scores


def test_bm25_by_hand() -> None:
    """Average length and one occurrence make the saturation 1, so only ln 2 is left."""
    vocabulary, postings = indexed(["cat dog", "cat bird"])

    scores = Bm25(postings).scores(vocabulary.query("dog"))

    np.testing.assert_allclose(scores, [math.log(2), 0.0])


@pytest.mark.parametrize("query", ["cat", "sat mat", "long dog long", "a bird on a mat"])
def test_bm25_agrees_with_the_obvious_loop(query: str) -> None:
    """The fast version only reorders the sums."""
    vocabulary, postings = indexed(DOCUMENTS)

    scores = Bm25(postings).scores(vocabulary.query(query))

    np.testing.assert_allclose(scores, slow_bm25(DOCUMENTS, query))


def test_unknown_words_score_nothing() -> None:
    """A question about something else must not fail."""
    vocabulary, postings = indexed(DOCUMENTS)
    query = vocabulary.query("zebra")

    np.testing.assert_array_equal(Bm25(postings).scores(query), np.zeros(4))
    np.testing.assert_array_equal(Lsa(postings).scores(query), np.zeros(4))


def test_lsa_finds_a_document_by_itself() -> None:
    """With all directions kept, the cosine of a text with itself is 1."""
    vocabulary, postings = indexed(DOCUMENTS)

    scores = Lsa(postings).scores(vocabulary.query("cat cat dog"))

    assert scores[1] == pytest.approx(1.0)
    assert int(ranking(scores)[0]) == 1


def test_lsa_repeats_with_its_seed() -> None:
    """The random start is seeded, so a trial can be repeated."""
    vocabulary, postings = indexed(DOCUMENTS)
    query = vocabulary.query("cat on mat")

    first, second = (Lsa(postings, seed=7).scores(query) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_svd_is_exact_for_low_rank() -> None:
    """A matrix of rank 3 is found whole, whatever the random start."""
    rng = np.random.default_rng(1)
    dense = rng.standard_normal((30, 3)) @ rng.standard_normal((3, 20))

    left, values, right = randomised_svd(sparse.csr_array(dense), rank=10, seed=2)

    assert values.shape == (3,)
    np.testing.assert_allclose((left * values) @ right.T, dense, atol=1e-10)


def test_ties_keep_the_order_of_the_text() -> None:
    """Without a rule for ties, runs would not repeat."""
    assert ranking(np.array([1.0, 2.0, 1.0, 2.0])).tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize(("weight", "best"), [(0.0, 0), (1.0, 2)])
def test_weight_moves_between_the_rankings(weight: float, best: int) -> None:
    """The ends of the weight are the two rankings alone."""
    first, second = np.array([9.0, 5.0, 1.0]), np.array([0.1, 0.2, 0.3])

    assert int(ranking(fused(first, second, weight=weight))[0]) == best


def test_heads_are_counted() -> None:
    """A title in front of a chunk must be findable, too."""
    vocabulary, _ = indexed(["cat", "dog"])

    postings = vocabulary.count([(0, 1), (1, 2)], ["dog", ""])

    assert Bm25(postings).scores(vocabulary.query("dog")).all()


@pytest.mark.parametrize(
    ("words", "common"),
    [
        pytest.param(["iterators", "iterator", "iteration", "iterated"], "iter", id="iter"),
        pytest.param(["stopping", "stopped", "stops"], "stop", id="stop"),
        pytest.param(["dictionaries", "dictionary"], "dictionary", id="dictionary"),
        pytest.param(["class"], "class", id="no plural"),
    ],
)
def test_forms_of_a_word_share_a_stem(words: list[str], common: str) -> None:
    """That is all a stem is for."""
    assert {stem(word) for word in words} == {common}


def test_stopwords_are_left_out() -> None:
    """They are in nearly every chunk and would only cost time."""
    vocabulary = Vocabulary(["the", "cat"], stemming=False, stopwords=True)

    assert len(vocabulary) == 1
    assert vocabulary.query("What is the cat?").tolist() == [0]
