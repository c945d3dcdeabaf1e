"""The ten choices that a retrieval pipeline leaves open, and their limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Retriever = Literal["bm25", "lsa", "hybrid"]
Template = Literal["bare", "standard"]

CHUNK_SIZE: Final = (40, 400)
OVERLAP: Final = (0.0, 0.5)
K: Final = (1, 12)
HYBRID_WEIGHT: Final = (0.0, 1.0)
RETRIEVERS: Final[tuple[Retriever, ...]] = ("bm25", "lsa", "hybrid")
COMPRESS: Final = (0, 4, 8, 16)
TEMPLATES: Final[tuple[Template, ...]] = ("bare", "standard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One way to run the pipeline.

    Attributes:
        chunk_size: Words per chunk; best searched on a log scale.
        overlap: Share of a chunk that the next one repeats.
        k: Chunks that are retrieved for a question.
        retriever: By shared words, by latent topics, or both rankings fused.
        hybrid_weight: Share of the latent topics in the fusion. Must be given
            for ``"hybrid"`` and must be absent for the others.
        compress: Sentences kept of what was retrieved; 0 keeps everything.
        stemming: Compare words without their endings.
        stopwords: Leave out very common words when comparing.
        dedupe: Drop chunks that repeat text found elsewhere.
        title: Put the topic's title in front of each chunk, in the index too.
        template: The question alone behind the passages, or with instructions.

    Raises:
        ValueError: A value is outside its limits, or of the wrong type.
    """

    chunk_size: int
    overlap: float
    k: int
    retriever: Retriever
    hybrid_weight: float | None = None
    compress: int = 0
    stemming: bool = False
    stopwords: bool = False
    dedupe: bool = False
    title: bool = False
    template: Template = "standard"

    def __post_init__(self) -> None:
        _check_whole("chunk_size", self.chunk_size, CHUNK_SIZE)
        _check_range("overlap", self.overlap, OVERLAP)
        _check_whole("k", self.k, K)
        _check_choice("retriever", self.retriever, RETRIEVERS)
        _check_choice("compress", self.compress, COMPRESS)
        _check_choice("template", self.template, TEMPLATES)
        for name in ("stemming", "stopwords", "dedupe", "title"):
            _check_choice(name, getattr(self, name), (False, True))
        self._check_weight()

    def _check_weight(self) -> None:
        if self.retriever == "hybrid":
            _check_range("hybrid_weight", self.hybrid_weight, HYBRID_WEIGHT)
        elif self.hybrid_weight is not None:
            raise ValueError(f"hybrid_weight means nothing for {self.retriever}; leave it out")


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    # The type is compared too, since True == 1 and 4.0 == 4 would pass else.
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        raise ValueError(f"{name} is {value!r}; it must be one of {choices}")


def _check_whole(name: str, value: object, limits: tuple[int, int]) -> None:
    if type(value) is not int:
        raise ValueError(f"{name} is {value!r}; it must be a whole number")
    _check_range(name, value, limits)


def _check_range(name: str, value: object, limits: tuple[float, float]) -> None:
    low, high = limits
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return
    raise ValueError(f"{name} is {value!r}; it must be a number from {low} to {high}")


# What the usual first tutorial builds: chunks of about a thousand characters with
# a little overlap, the four best by one retriever, all of it sent, nothing tuned.
DEFAULT: Final = Settings(chunk_size=200, overlap=0.15, k=4, retriever="bm25")
