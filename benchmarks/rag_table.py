"""Real scores per configuration and question, measured once and kept.

Made by ``python -m benchmarks.rag_table`` from ``examples/rag_docs``: random settings, each
of them run on every question that the running Python's reference answers. No model is
called; the tokens are those of the prompts that would have been sent. Where the table comes
from stands in the file itself, see `Table.origin`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from genai_prices import Usage, calc_price
from rich.progress import track

from examples.rag_docs.pipeline import ANSWER_TOKENS, MODEL, Pipeline
from examples.rag_docs.survey import random_settings

Floats: TypeAlias = npt.NDArray[np.float64]

PATH = Path(__file__).parent / "data" / "rag_table.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What each of ``n`` configurations does on each of ``q`` questions.

    Attributes:
        answerable: Shape ``(n, q)``, 1 where the evidence reached the prompt, else 0.
        input_tokens: Shape ``(n, q)``. Of the whole prompt.
        settings: The ``n`` configurations.
        origin: Day, Python, model, seed and so on, for people.
        fingerprint: Checksum of the file.
    """

    answerable: Floats
    input_tokens: Floats
    settings: tuple[dict[str, object], ...]
    origin: dict[str, str]
    fingerprint: str

    @classmethod
    def load(cls, path: Path = PATH) -> Table:
        """Read the table that is kept."""
        with np.load(path) as file:
            return cls(
                answerable=file["answerable"].astype(float),
                input_tokens=file["input_tokens"].astype(float),
                settings=tuple(json.loads(str(file["settings"]))),
                origin=json.loads(str(file["origin"])),
                fingerprint=hashlib.sha256(path.read_bytes()).hexdigest()[:8],
            )

    @property
    def usd(self) -> Floats:
        """Price of each question in US dollars, shape ``(n, q)``, answers as assumed."""
        million = 1_000_000
        base = _price(0, million) / million * ANSWER_TOKENS
        return self.input_tokens * _price(million, 0) / million + base


def _price(input_tokens: int, output_tokens: int) -> float:
    usage = Usage(input_tokens=input_tokens, output_tokens=output_tokens)
    return float(calc_price(usage, model_ref=MODEL, provider_id="openai").total_price)


def measure(count: int, seed: int) -> None:
    """Run ``count`` random settings on every question and write the table."""
    pipeline, rng = Pipeline(), np.random.default_rng(seed)
    chosen = [random_settings(rng) for _ in range(count)]
    rows = [pipeline.evaluate(one, pipeline.questions) for one in track(chosen, "measuring")]
    origin = {
        "made by": "python -m benchmarks.rag_table",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": str(seed),
        "reference of": f"Python {platform.python_version()}",
        "priced as": MODEL,
    }
    PATH.parent.mkdir(exist_ok=True)
    np.savez_compressed(
        PATH,
        answerable=np.array([[one.answerable for one in row] for row in rows], dtype=np.uint8),
        input_tokens=np.array([[one.input_tokens for one in row] for row in rows], dtype=np.uint16),
        questions=np.array([question.id for question in pipeline.questions]),
        settings=np.array(json.dumps([asdict(one) for one in chosen])),
        origin=np.array(json.dumps(origin)),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the table anew; the benchmark's results are then made anew as well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400, help="random configurations")
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args(arguments)
    measure(wanted.count, wanted.seed)


if __name__ == "__main__":
    main()
