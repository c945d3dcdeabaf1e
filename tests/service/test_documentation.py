"""Programs of the documentation do what the text around them says, against a real server."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import groat
from groat import declare
from groat.cli import study_file
from groat.model import Origin, TrialState
from tests.running import RunningServer

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "algorithms.md"
QUESTIONS = range(300)

_KINDS = ("python", "sh", "toml", "json")
_BLOCK = re.compile(rf"```({'|'.join(_KINDS)})\n(.*?)```", re.DOTALL)
_FILE = re.compile(r"`([\w-]+\.(?:toml|jsonl))`")
_QUALITIES = {"gpt-5-nano": 0.6, "gpt-5-mini": 0.7, "gpt-5": 0.8}


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


@dataclass(frozen=True)
class Reader:
    """Does what a page says, from its first line to its last.

    Attributes:
        address: The server's.
        folder: Where the page's files are written and its commands run.
        names: What programs know, and leave behind.
        printed: What commands printed, by command.
    """

    address: str
    folder: Path
    names: dict[str, Any] = field(default_factory=dict[str, Any])
    printed: dict[str, str] = field(default_factory=dict[str, str])

    def read(self, page: str, *, kinds: Container[str] = _KINDS) -> None:
        """Run its programs and commands in order, and write its files."""
        text = (ROOT / page).read_text()
        for block in _BLOCK.finditer(text):
            kind, content = block.groups()
            if kind not in kinds:
                continue
            if kind == "python":
                here = content.replace("localhost:50051", self.address)
                exec(here, self.names)  # noqa: S102 - it is our own documentation
            elif kind == "sh":
                self.type(content)
            else:
                name = _FILE.findall(text[: block.start()])[-1]
                (self.folder / name).write_text(content)

    def type(self, commands: str) -> None:
        """Run the block's ``groat`` commands, and what a shell makes of them, in one shell."""
        bin_folder = Path(sys.executable).parent
        done = subprocess.run(
            ["/bin/sh", "-euc", commands],
            cwd=self.folder,
            env={**os.environ, "GROAT_SERVER": self.address, "PATH": f"{bin_folder}:{os.defpath}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.returncode, f"{commands}\n{done.stdout}\n{done.stderr}"
        self.printed[commands.strip()] = done.stdout


def graded(
    configuration: Mapping[str, Any], questions: Sequence[int]
) -> tuple[float, float, list[groat.Usage]]:
    """Run the guide's system: more passages and dearer models find more, up to a point."""
    model, passages, count = configuration["model"], configuration["passages"], len(questions)
    dice = random.Random(f"{sorted(configuration.items())} {questions}")
    quality = _QUALITIES[model] + 0.15 * (1 - 0.7**passages) - 0.1 * configuration["temperature"]
    error = (quality * (1 - quality) / count) ** 0.5
    used = [
        groat.tokens(model, count * (400 + 250 * passages), count * 300, request_count=count),
        groat.tokens(
            "gpt-5-mini", count * 700, count * 30, category=groat.SpendCategory.EVALUATION
        ),
        groat.human(0.2 * count * dice.uniform(0.9, 1.2), "30"),
    ]
    return min(max(dice.gauss(quality, error), 0.0), 1.0), error, used


@pytest.fixture(scope="module")
def guide(server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Somebody who has read the page on the guard."""
    names = {"evaluate": graded, "QUESTIONS": range(100)}
    reader = Reader(server.address, tmp_path_factory.mktemp("guide"), names)
    reader.read("docs/guard.md")
    yield reader
    reader.names["client"].close()


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


def test_the_page_on_the_guard_declares_the_same_twice(guide: Reader) -> None:
    """In Python and in its file."""
    _, declared = study_file.declared(str(guide.folder / "answers.toml"), "nothing was created")

    assert declared == declare.study_spec(**guide.names["declared"])


def test_the_page_on_the_guard_keeps_its_cap(guide: Reader) -> None:
    """In whole trials first, and with more money in trials that report as they go."""
    study: groat.Study = guide.names["study"]

    reported = [one for one in study.trials(full=True) if one.reports]
    assert study.refresh().state is groat.StudyState.COMPLETED
    assert study.refresh().budget_status.settled.total <= groat.Money.of(300)
    assert reported
    assert all(len(one.reports) == 5 for one in reported if one.state is TrialState.SUCCEEDED)


def test_the_page_on_the_guard_overrules_advice(guide: Reader) -> None:
    """The trials that were withheld came."""
    risky: groat.Study = guide.names["risky"]

    assert guide.names["advised"].reason is groat.Reason.TOO_FEW_AFFORDABLE_TRIALS
    assert next(trial.origin for trial in risky.trials()) is Origin.BASELINE
    assert all(trial.state is TrialState.SUCCEEDED for trial in risky.trials())


def test_the_page_on_the_guard_does_two_steps_by_hand(guide: Reader) -> None:
    """One was told on the command line, and a program ran the other."""
    tight: groat.Study = guide.names["tight"]

    done = [step for step in tight.plan().steps if step.is_done]

    assert [trial.state for trial in tight.trials()] == [TrialState.SUCCEEDED] * 2
    assert [step.trial_number for step in done] == [0, 1]
    assert "1 ✓" in guide.printed[next(one for one in guide.printed if "tell tight --step" in one)]


def test_the_page_on_choosing_queues_the_confirmation(guide: Reader) -> None:
    """And its shell knows the settings of the choice."""
    reader = Reader(guide.address, guide.folder)

    reader.read("docs/choosing.md")

    asked = reader.names["confirmation"]
    queued = list(reader.names["study"].trials(states=[TrialState.REQUESTED]))
    echoed = next(text for command, text in reader.printed.items() if "echo" in command)
    assert len(queued) == (0 if asked is None else len(asked.trials))
    assert re.fullmatch(r"gpt-5\S* with \d+ passages\n", echoed)


def test_the_programs_of_the_readme_run(server: RunningServer, tmp_path: Path) -> None:
    """Before a study, through it, and after."""
    names = {"evaluate": lambda k, heat: (0.6 + k / 60 - heat / 10, 2_000_000, 50_000)}
    reader = Reader(server.address, tmp_path, names)
    pages = _BLOCK.findall((ROOT / "README.md").read_text())
    commands = [
        line for _, text in pages for line in text.splitlines() if line.startswith("groat ")
    ]

    reader.read("README.md", kinds={"python"})
    reader.type("\n".join(commands))

    assert reader.names["study"].refresh().state is groat.StudyState.COMPLETED
    assert reader.names["before"].decision.plan is not None
    assert reader.names["after"].points
    assert len(commands) >= 3
