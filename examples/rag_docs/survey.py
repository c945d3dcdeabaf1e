"""Try random settings, and say which nobody beats and where the default stands.

Run from the top of the checkout: ``python -m examples.rag_docs.survey``. No model
is called and nothing is spent; the amounts are what the prompts would have cost.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from genai_prices import Usage, calc_price

from . import settings as space
from .pipeline import ANSWER_TOKENS, DEFAULT, MODEL, Outcome, Pipeline, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one configuration is like, on average over the questions.

    Attributes:
        settings: The configuration.
        answerable: Share of questions whose evidence reached the prompt.
        input_tokens: Per question.
        usd_per_1k: US dollars per 1000 questions, with the assumed answers.
        cpu_ms: Milliseconds of processor time per question.
    """

    settings: Settings
    answerable: float
    input_tokens: float
    usd_per_1k: float
    cpu_ms: float

    def losses(self) -> tuple[float, float]:
        """Return what is to be small: failures and money."""
        return -self.answerable, self.usd_per_1k

    def beats(self, other: Row) -> bool:
        """Say whether this is no worse in both losses and better in one."""
        mine, theirs = self.losses(), other.losses()
        return mine != theirs and all(a <= b for a, b in zip(mine, theirs, strict=True))

    def __str__(self) -> str:
        return (
            f"{self.answerable:.3f}  {self.usd_per_1k:7.3f}  {self.input_tokens:6.0f}  "
            f"{self.cpu_ms:6.3f}  {describe(self.settings)}"
        )


def measure(pipeline: Pipeline, settings: Settings) -> Row:
    """Average one configuration over all questions of the pipeline."""
    outcomes = pipeline.evaluate(settings, pipeline.questions)
    return Row(
        settings=settings,
        answerable=float(np.mean([one.answerable for one in outcomes])),
        input_tokens=float(np.mean([one.input_tokens for one in outcomes])),
        usd_per_1k=usd_per_1k(outcomes),
        cpu_ms=1000 * float(np.mean([one.cpu_seconds for one in outcomes])),
    )


def usd_per_1k(outcomes: Sequence[Outcome]) -> float:
    """Price 1000 such questions, input as counted and output as assumed."""
    usage = Usage(
        input_tokens=sum(one.input_tokens for one in outcomes),
        output_tokens=ANSWER_TOKENS * len(outcomes),
    )
    price = calc_price(usage, model_ref=MODEL, provider_id="openai").total_price
    return float(price) * 1000 / len(outcomes)


def random_settings(rng: np.random.Generator) -> Settings:
    """Draw one configuration, chunk sizes evenly on a log scale."""
    low, high = np.log(np.array(space.CHUNK_SIZE))
    retriever = space.RETRIEVERS[rng.integers(len(space.RETRIEVERS))]
    return Settings(
        chunk_size=round(np.exp(rng.uniform(low, high))),
        overlap=float(rng.uniform(*space.OVERLAP)),
        k=int(rng.integers(space.K[0], space.K[1] + 1)),
        retriever=retriever,
        hybrid_weight=float(rng.uniform(*space.HYBRID_WEIGHT)) if retriever == "hybrid" else None,
        compress=space.COMPRESS[rng.integers(len(space.COMPRESS))],
        stemming=bool(rng.integers(2)),
        stopwords=bool(rng.integers(2)),
        dedupe=bool(rng.integers(2)),
        title=bool(rng.integers(2)),
        template=space.TEMPLATES[rng.integers(len(space.TEMPLATES))],
    )


def unbeaten(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that no other row beats, cheapest first."""
    rows = list(rows)
    front = [row for row in rows if not any(other.beats(row) for other in rows)]
    return sorted(front, key=lambda row: row.usd_per_1k)


def describe(settings: Settings) -> str:
    """Write a configuration in a few words."""
    weight = "" if settings.hybrid_weight is None else f" {settings.hybrid_weight:.2f}"
    kept = f"best {settings.compress} sentences" if settings.compress else "all text"
    switches = [
        f"+{name}"
        for name in ("stemming", "stopwords", "dedupe", "title")
        if getattr(settings, name)
    ]
    words = f"chunk {settings.chunk_size} overlap {settings.overlap:.2f} k {settings.k}"
    return " ".join(
        [f"{words} {settings.retriever}{weight}, {kept}, {settings.template}", *switches]
    )


def main() -> None:
    """Survey random settings and print the front."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="random configurations to try")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    rng = np.random.default_rng(wanted.seed)
    pipeline = Pipeline()
    default = measure(pipeline, DEFAULT)
    rows = [measure(pipeline, random_settings(rng)) for _ in range(wanted.count)]
    better = [row for row in rows if row.beats(default)]
    print(f"{len(pipeline.questions)} questions at the prices of {MODEL}; unbeaten settings:\n")
    print("answerable  $/1000  tokens  cpu ms  configuration")
    print(*unbeaten([*rows, default]), sep="\n")
    print(f"\ndefault:\n{default}")
    print(f"\nat least as good on both and better on one: {len(better)} of {len(rows)}")
    print(*unbeaten(better), sep="\n")


if __name__ == "__main__":
    main()
