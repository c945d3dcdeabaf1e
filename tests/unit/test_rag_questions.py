"""The question set of the retrieval example is fit to measure with."""

from __future__ import annotations

import pytest

from examples.rag_docs.corpus import Corpus
from examples.rag_docs.questions import all_questions, load_questions

QUESTIONS = all_questions()

# Reworded or not yet written in some Python from 3.10 to 3.13.
UNSTABLE = {
    "group-handler-mix",
    "group-handler-single",
    "mangled-names",
    "method-lookup-speed",
    "pdb-watch-list",
    "small-floats",
}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus.installed()


def test_evidence_is_in_the_reference(corpus: Corpus) -> None:
    """A question whose evidence is nowhere could never count as answerable."""
    dropped = {one.id for one in QUESTIONS} - {one.id for one in load_questions(corpus)}

    assert dropped <= UNSTABLE


def test_enough_questions_remain(corpus: Corpus) -> None:
    """Below some 80 questions the sampling error hides what settings differ by."""
    assert len(load_questions(corpus)) >= 80


def test_ids_are_unique() -> None:
    """Scores per question are keyed by id."""
    assert len({one.id for one in QUESTIONS}) == len(QUESTIONS)


def test_questions_are_asked_once() -> None:
    """A question asked twice would count twice."""
    assert len({one.question for one in QUESTIONS}) == len(QUESTIONS)


def test_no_question_leaks_its_evidence() -> None:
    """The prompt always holds the question, so a leak would always be answerable."""
    leaks = [one.id for one in QUESTIONS if one.evidence.casefold() in one.question.casefold()]

    assert leaks == []


def test_evidence_is_a_short_normal_span() -> None:
    """Matching is word for word, so odd white space or whole paragraphs would never match."""
    odd = [one.id for one in QUESTIONS if " ".join(one.evidence.split()) != one.evidence]
    lengths = {len(one.evidence.split()) for one in QUESTIONS}

    assert odd == []
    assert lengths <= set(range(3, 18))


def test_evidence_is_specific(corpus: Corpus) -> None:
    """Words found on many pages would be answerable by luck; sections repeat at most so often."""
    pages = [corpus.text((topic.start, topic.stop)) for topic in corpus.topics]

    hits = {one.id: sum(one.evidence in page for page in pages) for one in QUESTIONS}

    assert {name: count for name, count in hits.items() if count > 3} == {}
