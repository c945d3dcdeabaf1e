"""The reference text that ships with Python, in words, sentences and chunks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pydoc_data.topics import topics

import numpy as np
from numpy.typing import NDArray

from .terms import Ints, Span

SHINGLE = 8  # words that must agree in a row before we call it the same text
REPEATED = 0.9  # share of a chunk that must occur elsewhere before it is dropped

_RULE = re.compile(r"^[\s*=~+|-]+$")  # underlines of headings, borders of tables
_CELL = re.compile(r"^\|\s|\s\|\s|\s\|$")
_BROKEN = re.compile(r"(?<=\w)-\n\s*(?=\w)")  # the text was wrapped at hyphens too
_CLOSED = re.compile(r"[.!?][\"\u201d\u2019)\]*]*$")  # the text has curly quotes
_OPENS = re.compile(r"[A-Z\"\u201c\u2018(*\[]")
_ABBREVIATIONS = frozenset({"e.g.", "i.e.", "etc.", "cf.", "vs.", "(e.g.", "(i.e."})


@dataclass(frozen=True, slots=True)
class Topic:
    """One page of the reference: its heading and the words ``[start, stop)``."""

    title: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of words ``[start, stop)`` within one topic, as it may be retrieved."""

    title: str
    start: int
    stop: int


class Corpus:
    """A text in order: words, and where topics and sentences begin.

    Attributes:
        words: All words of all topics.
        topics: Pages in the order of their keys; together they cover the words.
        sentences: Shape ``(sentences + 1,)``, first word of each, and the end.
    """

    def __init__(self, pages: Mapping[str, str]) -> None:
        words: list[str] = []
        starts: list[int] = []
        self.topics: list[Topic] = []
        for key, page in sorted(pages.items()):
            begin = len(words)
            for paragraph in paragraphs(page):
                starts.extend(len(words) + at for at in _sentence_starts(paragraph))
                words.extend(paragraph)
            title = next((line.strip() for line in page.splitlines() if line.strip()), key)
            self.topics.append(Topic(title, begin, len(words)))
        self.words = tuple(words)
        self.sentences: Ints = np.array([*starts, len(words)], dtype=np.int64)
        self._pages = "\n".join(self.text((topic.start, topic.stop)) for topic in self.topics)
        self._repeated = np.concatenate([[0], np.cumsum(_repeats(self.words))])

    @classmethod
    def installed(cls) -> Corpus:
        """Read the reference of the running Python."""
        return cls(topics)

    def text(self, span: Span) -> str:
        """Return the words ``[start, stop)`` with single spaces between them."""
        return " ".join(self.words[span[0] : span[1]])

    def holds(self, phrase: str) -> bool:
        """Say whether some topic has ``phrase`` word for word."""
        return phrase in self._pages

    def chunks(self, size: int, overlap: float, *, dedupe: bool = False) -> list[Chunk]:
        """Split every topic into chunks of ``size`` words.

        A chunk never crosses topics, so the last one of a topic may be shorter.

        Args:
            size: Words per chunk, at least 1.
            overlap: Share of a chunk that the next one repeats, below 1.
            dedupe: Leave out chunks whose text nearly all occurs earlier. What
                little is new in such a chunk is lost with it.
        """
        step = max(1, round(size * (1 - overlap)))
        spans = (
            Chunk(topic.title, start, min(start + size, topic.stop))
            for topic in self.topics
            for start in _steps(topic.start, topic.stop, size, step)
        )
        return [chunk for chunk in spans if not (dedupe and self._is_repeat(chunk))]

    def _is_repeat(self, chunk: Chunk) -> bool:
        repeated = int(self._repeated[chunk.stop] - self._repeated[chunk.start])
        return repeated >= REPEATED * (chunk.stop - chunk.start)


def normalise(text: str) -> str:
    """Undo line wrapping: hyphens rejoined, runs of white space made one space."""
    return " ".join(_BROKEN.sub("-", text).split())


def paragraphs(page: str) -> Iterator[list[str]]:
    """Yield the words of each paragraph; drawn rules and table borders are gone."""
    lines = (line.rstrip() for line in page.splitlines())
    cleaned = "\n".join("" if _RULE.match(line) else _without_cells(line) for line in lines)
    for block in re.split(r"\n\s*\n", cleaned):
        words = normalise(block).split()
        if words:
            yield words


def _without_cells(line: str) -> str:
    # Only a row of a table has a border at both ends; a grammar rule has at most one.
    bare = line.strip()
    is_row = len(bare) > 1 and bare.startswith("|") and bare.endswith("|")
    return _CELL.sub(" ", bare) if is_row else line


def _sentence_starts(words: list[str]) -> Iterator[int]:
    yield 0
    for at in range(1, len(words)):
        before = words[at - 1]
        if _CLOSED.search(before) and _OPENS.match(words[at]) and before not in _ABBREVIATIONS:
            yield at


def _steps(start: int, stop: int, size: int, step: int) -> Iterator[int]:
    yield start
    while start + size < stop:
        start += step
        yield start


def _repeats(words: tuple[str, ...]) -> NDArray[np.bool_]:
    """Mark each word at which a shingle starts or runs that occurred before.

    Overlapping chunks share *positions*, not repeats, so overlap is never
    mistaken for repetition.
    """
    ids = {word: number for number, word in enumerate(dict.fromkeys(words))}
    numbers = np.array([ids[word] for word in words], dtype=np.uint64)
    marks = np.zeros(len(words), dtype=np.bool_)
    if len(words) < SHINGLE:
        return marks
    windows = np.lib.stride_tricks.sliding_window_view(numbers, SHINGLE)
    factors = np.array([pow(1_000_003, power, 2**64) for power in range(SHINGLE)], dtype=np.uint64)
    hashes = windows @ factors  # wraps, as a hash may
    _, first, same = np.unique(hashes, return_index=True, return_inverse=True)
    for at in np.flatnonzero(first[same] != np.arange(len(windows))):
        marks[at : at + SHINGLE] = True
    return marks
