"""Keeping the best sentences."""

from __future__ import annotations

import pytest

from examples.rag_docs.compress import Compressor
from examples.rag_docs.corpus import Chunk, Corpus
from examples.rag_docs.terms import Vocabulary

PAGE = "Cats sleep all day. Dogs bark at cats. Birds sing. Fish say nothing at all."
CORPUS = Corpus({"animals": PAGE})
VOCABULARY = Vocabulary(CORPUS.words, stemming=False, stopwords=False)
COMPRESSOR = Compressor(CORPUS, VOCABULARY)
EVERYTHING = [Chunk("animals", 0, len(CORPUS.words))]


def best(chunks: list[Chunk], question: str, count: int) -> list[str]:
    passages = COMPRESSOR.best(chunks, VOCABULARY.query(question), count)
    return [passage.text for passage in passages]


def test_best_sentence_wins() -> None:
    """The one with the rarer word of the question is kept."""
    assert best(EVERYTHING, "do birds eat cats", 1) == ["Birds sing."]


def test_order_of_the_text_is_kept() -> None:
    """Sentences stay readable in the order they were written in."""
    assert best(EVERYTHING, "birds cats sleep", 2) == ["Cats sleep all day. Birds sing."]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_more_sentences_only_add(count: int) -> None:
    """What was worth keeping stays so when more may be kept."""
    fewer, more = (best(EVERYTHING, "cats bark", n)[0] for n in (count, count + 1))

    assert all(sentence in more for sentence in fewer.split(". "))


def test_shared_sentence_is_taken_once() -> None:
    """Overlapping chunks show a sentence twice; paying for it twice buys nothing."""
    halves = [Chunk("animals", 0, 8), Chunk("animals", 4, 15)]

    texts = best(halves, "dogs bark", 16)

    assert " ".join(texts).count("Dogs bark at cats.") == 1


def test_sentence_printed_twice_is_taken_once() -> None:
    """Pages repeat each other, and the second copy tells the model nothing."""
    corpus = Corpus({"first": "Dogs bark.", "second": "Dogs bark. Birds sing."})
    vocabulary = Vocabulary(corpus.words, stemming=False, stopwords=False)
    chunks = corpus.chunks(40, 0.0)

    passages = Compressor(corpus, vocabulary).best(chunks, vocabulary.query("dogs"), 16)

    assert [passage.text for passage in passages] == ["Dogs bark.", "Birds sing."]


@pytest.mark.parametrize(
    ("start", "stop", "visible"), [(0, 6, "Dogs bark"), (5, 8, "bark at cats.")]
)
def test_cut_sentence_shows_its_visible_part(start: int, stop: int, visible: str) -> None:
    """Nothing that was not retrieved may reach the prompt."""
    assert best([Chunk("animals", start, stop)], "dogs bark", 1) == [visible]


def test_everything_is_the_chunk_itself() -> None:
    """Without compression the text is untouched."""
    assert [passage.text for passage in COMPRESSOR.everything(EVERYTHING)] == [PAGE]
