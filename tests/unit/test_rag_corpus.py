"""Splitting a text into words, sentences and chunks."""

from __future__ import annotations

from itertools import pairwise

import pytest

from examples.rag_docs.corpus import Corpus, normalise, paragraphs

PAGE = "Counting\n********\n\n" + " ".join(f"word{n}" for n in range(57))


@pytest.mark.parametrize("overlap", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("size", [5, 40, 100])
def test_chunks_cover_the_text(size: int, overlap: float) -> None:
    """A word in no chunk could never be retrieved."""
    corpus = Corpus({"first": PAGE, "second": "Short page."})

    chunks = corpus.chunks(size, overlap)

    covered = {at for chunk in chunks for at in range(chunk.start, chunk.stop)}
    assert covered == set(range(len(corpus.words)))
    assert max(chunk.stop - chunk.start for chunk in chunks) <= size


def test_chunks_stay_within_a_topic() -> None:
    """A chunk across pages would carry the wrong title."""
    corpus = Corpus({"first": PAGE, "second": PAGE})
    middle = corpus.topics[0].stop

    assert not [one for one in corpus.chunks(9, 0.2) if one.start < middle < one.stop]


def test_overlap_is_the_share_repeated() -> None:
    """Half of each chunk comes again in the next one."""
    chunks = Corpus({"only": PAGE}).chunks(20, 0.5)

    assert [after.start - before.start for before, after in pairwise(chunks)] == [10] * 4


def test_repeated_page_is_dropped() -> None:
    """The reference prints whole sections twice; the copy only takes places in the context."""
    corpus = Corpus({"copy": PAGE, "original": PAGE})

    chunks = corpus.chunks(20, 0.0, dedupe=True)

    assert {chunk.stop <= corpus.topics[0].stop for chunk in chunks} == {True}


def test_overlap_is_no_repetition() -> None:
    """Overlapping chunks share positions, which must not look like repeated text."""
    corpus = Corpus({"only": PAGE})

    assert corpus.chunks(20, 0.5, dedupe=True) == corpus.chunks(20, 0.5)


def test_wrapped_hyphens_are_rejoined() -> None:
    """Python versions wrap lines at different hyphens; evidence must match all of them."""
    assert normalise("a read-\n   only  field\nhere") == "a read-only field here"


def test_drawn_lines_are_removed() -> None:
    """Borders and underlines cost tokens and say nothing."""
    page = "Title\n=====\n\n+---+---+\n| a | b |\n+---+---+\n\nend"

    assert list(paragraphs(page)) == [["Title"], ["a", "b"], ["end"]]


def test_grammar_keeps_its_bars() -> None:
    """In a grammar rule a bar means "or", even at the start of a line."""
    assert list(paragraphs('rule ::= "a"\n   | "b"')) == [["rule", "::=", '"a"', "|", '"b"']]


def test_sentences_end_at_full_stops_and_paragraphs() -> None:
    """An abbreviation ends nothing; a paragraph always does."""
    corpus = Corpus({"only": "Title\n\nOne thing, e.g. That. Another one\n\nlast"})

    texts = [corpus.text((start, stop)) for start, stop in pairwise(corpus.sentences)]

    assert texts == ["Title", "One thing, e.g. That.", "Another one", "last"]
