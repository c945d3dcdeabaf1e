"""Run the pipeline on questions and measure what it would send.

No model is called. `Outcome.input_tokens` counts the very prompt that would be
sent; the length of the answer is assumed to be `ANSWER_TOKENS`.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from .compress import Compressor
from .corpus import Corpus
from .index import Index
from .prompts import build_prompt
from .questions import Question, load_questions
from .settings import DEFAULT, Settings
from .terms import Vocabulary
from .tokens import load_encoding

__all__ = ["ANSWER_TOKENS", "DEFAULT", "MODEL", "Outcome", "Pipeline", "Settings"]

MODEL = "gpt-5-mini"
ANSWER_TOKENS = 60
PASSES = 3  # over all questions; each counts at its fastest, which sheds other processes' noise
KEPT_INDEXES = 4  # one for wide contexts takes some 10 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one question would have cost, and whether it could be answered.

    Attributes:
        question_id: As in `Question`.
        answerable: 1 if the evidence is in the prompt word for word, else 0.
        input_tokens: Tokens of the whole prompt, in ``o200k_base``.
        cpu_seconds: Processor time to analyse the question, retrieve, compress
            and build the prompt. Building the index and counting tokens are
            not in it.
        prompt: The text that would be sent.
    """

    question_id: str
    answerable: int
    input_tokens: int
    cpu_seconds: float
    prompt: str


class Pipeline:
    """Retrieval over one corpus under any settings.

    What settings have in common is kept between calls: the analysis of words
    for good, the last few indexes. Not safe to share between threads.

    Args:
        corpus: Where to look; by default the reference of the running Python.
        seed: Of everything random. Same seed, settings and machine: same prompts.

    Attributes:
        corpus: As given.
        questions: All questions that this corpus has the evidence for.

    Raises:
        NoEncoding: The tokenizer's table is not on this machine.
    """

    def __init__(self, corpus: Corpus | None = None, *, seed: int = 0) -> None:
        self.corpus = Corpus.installed() if corpus is None else corpus
        self.questions = load_questions(self.corpus)
        self._seed = seed
        self._encoding = load_encoding()
        self._analyses: dict[tuple[bool, bool], tuple[Vocabulary, Compressor]] = {}
        self._indexes: dict[tuple[object, ...], Index] = {}

    def evaluate(self, settings: Settings, questions: Sequence[Question]) -> list[Outcome]:
        """Measure one configuration on some questions, in their order.

        Take a share of `questions` for a cheaper, rougher measurement.
        """
        prompts = [self.prompt(settings, question.question) for question in questions]
        seconds = self._cpu_seconds(settings, questions)
        return [
            Outcome(
                question_id=question.id,
                answerable=int(question.evidence in " ".join(prompt.split())),
                input_tokens=len(self._encoding.encode_ordinary(prompt)),
                cpu_seconds=seconds[at],
                prompt=prompt,
            )
            for at, (question, prompt) in enumerate(zip(questions, prompts, strict=True))
        ]

    def prompt(self, settings: Settings, question: str) -> str:
        """Return the text that would be sent to a model for ``question``."""
        vocabulary, compressor = self._analysis(settings)
        query = vocabulary.query(question)
        chunks = self._index(settings).search(query, settings)
        if settings.compress:
            passages = compressor.best(chunks, query, settings.compress)
        else:
            passages = compressor.everything(chunks)
        return build_prompt(passages, question, template=settings.template, title=settings.title)

    def _cpu_seconds(self, settings: Settings, questions: Sequence[Question]) -> list[float]:
        """Time each question once per pass and keep its fastest.

        Whole passes and not repeats on the spot: what slows a machine down lasts
        longer than one question, so repeats in a row would all be slow.
        """
        least = [float("inf")] * len(questions)
        with _collector_paused():
            for _ in range(PASSES):
                for at, question in enumerate(questions):
                    # Of this thread only, so that clients in other threads do not count.
                    before = time.thread_time()
                    self.prompt(settings, question.question)
                    least[at] = min(least[at], time.thread_time() - before)
        return least

    def _analysis(self, settings: Settings) -> tuple[Vocabulary, Compressor]:
        stemming, stopwords = settings.stemming, settings.stopwords
        known = self._analyses.get((stemming, stopwords))
        if known is None:
            vocabulary = Vocabulary(self.corpus.words, stemming=stemming, stopwords=stopwords)
            known = vocabulary, Compressor(self.corpus, vocabulary)
            self._analyses[stemming, stopwords] = known
        return known

    def _index(self, settings: Settings) -> Index:
        key = (settings.chunk_size, settings.overlap, settings.dedupe, settings.title)
        key += (settings.stemming, settings.stopwords)
        index = self._indexes.get(key)
        if index is None:
            index = self._indexes[key] = self._build(settings)
            while len(self._indexes) > KEPT_INDEXES:
                del self._indexes[next(iter(self._indexes))]
        return index

    def _build(self, settings: Settings) -> Index:
        chunks = self.corpus.chunks(settings.chunk_size, settings.overlap, dedupe=settings.dedupe)
        vocabulary, _ = self._analysis(settings)
        spans = [(chunk.start, chunk.stop) for chunk in chunks]
        heads = [chunk.title for chunk in chunks] if settings.title else None
        return Index(chunks, vocabulary.count(spans, heads), seed=self._seed)


@contextmanager
def _collector_paused() -> Generator[None, None, None]:
    """Keep garbage collection out of the measured time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
