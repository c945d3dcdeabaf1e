"""Programs of the documentation do what the text around them says, against a real server."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import groat
from groat.model import TrialState
from tests.running import RunningServer

DOCUMENT = Path(__file__).parents[2] / "docs" / "algorithms.md"
QUESTIONS = range(300)


class Bounded(groat.Client):
    """Gives every study that a program creates an end."""

    def create_study(self, study_id: str, **declared: Any) -> groat.Study:
        budget = groat.Budget(max_trials=40)
        return super().create_study(study_id, **declared, budget=budget)


@pytest.fixture
def client(server: RunningServer) -> Iterator[Bounded]:
    with Bounded(server.address) as one:
        yield one


def evaluate(k: int, size: str, *, examples: Sequence[int] = QUESTIONS) -> tuple[float, float]:
    """The small model is both worse and dearer, by far more than chance could hide."""
    noise = random.Random(f"{k} {size} {len(examples)}").gauss(0, 0.5 / len(examples) ** 0.5)
    is_small = size == "small"
    return k / 20 - 3 * is_small + noise, k / 20 + 3 * is_small


def program(heading: str) -> str:
    """The first program below a heading."""
    (found,) = re.findall(rf"## {heading}\n.*?```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return found


def run(heading: str, client: groat.Client, **more: Any) -> groat.Study:
    """Run a program of the documentation after the lines that all of them begin with."""
    known = {
        "groat": groat,
        "client": client,
        "space": [groat.integer("k", 1, 20), groat.choice("model", ["small", "large"])],
        "metrics": [groat.maximize("quality"), groat.minimize("price")],
        "evaluate": evaluate,
        "QUESTIONS": QUESTIONS,
        **more,
    }
    exec(program(heading), known)  # noqa: S102 - it is our own documentation
    return known["study"]


def test_the_program_on_early_stopping_stops_trials(client: Bounded) -> None:
    """Without standard errors in its final tells it never would."""
    study = run("Early stopping", client)

    states = [trial.state for trial in study.trials()]
    assert TrialState.EARLY_STOPPED in states
    assert TrialState.SUCCEEDED in states


def test_the_program_on_halving_evaluates_the_baseline_on_all_examples(client: Bounded) -> None:
    """Its example count is 0, which is no number of questions."""
    space = [
        groat.integer("k", 1, 20, default=5),
        groat.choice("model", ["small", "large"], default="small"),
    ]

    study = run("successive_halving", client, space=space)

    baseline = study.trial(0)
    assert baseline.example_count == 0
    assert baseline.measurement is not None
    assert baseline.measurement.example_count == len(QUESTIONS)
