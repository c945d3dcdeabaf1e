"""Every configuration of the manual plan's example, measured once and kept.

Made by ``python -m benchmarks.rag_grid`` from ``examples/manual_plan`` and the demo's
pipeline. No model is called; the tokens are those of the prompts that would have been sent.
"""

from __future__ import annotations

import itertools
import json
import platform
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.progress import track

import groat
from examples.manual_plan import declaration
from examples.rag_docs.pipeline import Pipeline
from examples.rag_docs.settings import COMPRESS, RETRIEVERS, TEMPLATES

PATH = Path(__file__).parent / "data" / "rag_grid.npz"

NAMES = ("chunk_size", "top_k", "retriever", "compress", "stemming", "template")


def configurations() -> list[groat.model.Configuration]:
    """All of them, the last parameter moving fastest."""
    levels = (
        declaration.CHUNK_SIZES,
        declaration.KS,
        RETRIEVERS,
        COMPRESS,
        (False, True),
        TEMPLATES,
    )
    return [dict(zip(NAMES, values, strict=True)) for values in itertools.product(*levels)]


def load(path: Path = PATH) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return who is answerable and input tokens, each of shape ``(configurations, questions)``."""
    with np.load(path) as file:
        return file["answerable"].astype(float), file["input_tokens"].astype(float)


def main() -> None:
    """Measure every configuration on every question."""
    pipeline = Pipeline()
    found = [
        pipeline.evaluate(declaration.settings_of(one), pipeline.questions)
        for one in track(configurations(), "measuring")
    ]
    origin = {
        "made by": "python -m benchmarks.rag_grid",
        "date": datetime.now(UTC).date().isoformat(),
        "reference of": f"Python {platform.python_version()}",
    }
    np.savez_compressed(
        PATH,
        answerable=np.array([[one.answerable for one in row] for row in found], dtype=np.uint8),
        input_tokens=np.array(
            [[one.input_tokens for one in row] for row in found], dtype=np.uint16
        ),
        origin=np.array(json.dumps(origin)),
    )


if __name__ == "__main__":
    main()
