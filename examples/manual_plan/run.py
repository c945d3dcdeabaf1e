"""1,000 dollars of trials, 100 to spend: ``python -m examples.manual_plan.run``.

People grade the demo's retrieval pipeline, which makes a trial cost 33 dollars; the 30 trials
that its space deserves would cost 1,000. groat's first answer is to do it by hand, with a plan
that fits in the 100. This program then is the person: it follows the plan through the ``groat``
command, step by step, running each configuration on as many questions as the step says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import groat
from examples.manual_plan import declaration
from examples.rag_docs.pipeline import ANSWER_TOKENS, MODEL, Outcome, Pipeline
from examples.serving import served

STUDY = "by-hand"
_COMMAND = Path(sys.executable).with_name("groat")
_MOST_STEPS = 20


@dataclass(frozen=True)
class Person:
    """Somebody with a terminal.

    Attributes:
        server: The server's address.
        pipeline: What is tuned.
        folder: For notes.
    """

    server: str
    pipeline: Pipeline
    folder: Path

    def groat(self, *words: str) -> Any:
        """Type a ``groat`` command and read what it prints."""
        command = [str(_COMMAND), "--server", self.server, "--json", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"groat {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)

    def do(self, step: dict[str, Any]) -> None:
        """Run a step's configuration, grade the answers, and tell what came out."""
        is_confirmation = step["title"].startswith("Confirm")
        count = int(step["example_count"]) or len(self.pipeline.questions)
        questions = self.pipeline.questions[-count:] if is_confirmation else self.pipeline.questions
        settings = declaration.settings_of(step["configuration"])
        outcomes = self.pipeline.evaluate(settings, questions[:count])
        share, error = _graded(outcomes)
        usage = self.folder / f"step-{step['number']}.jsonl"
        usage.write_text(_consumed(outcomes))
        result = f"answerable={share:.6f}±{error:.6f}"
        self.groat(
            "tell", STUDY, "--step", str(step["number"]), result,
            "--examples", str(count), "--usage", str(usage),
            *(["--again"] if is_confirmation else []),
        )  # fmt: skip
        print(f"  {step['number']}. {step['title']}: {result} on {count} questions")


def _graded(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """Return the share of answerable questions, with its standard error."""
    share = sum(one.answerable for one in outcomes) / len(outcomes)
    return share, (share * (1 - share) / len(outcomes)) ** 0.5


def _consumed(outcomes: Sequence[Outcome]) -> str:
    """Write down what it took, as ``groat tell --usage`` reads it."""
    calls = {
        "provider": "openai",
        "model": MODEL,
        "input_tokens": sum(one.input_tokens for one in outcomes),
        "output_tokens": ANSWER_TOKENS * len(outcomes),
    }
    minutes = declaration.SECONDS_AN_ANSWER * len(outcomes) / 60
    person = {"minutes": minutes, "hourly_rate": f"{declaration.USD_AN_HOUR} USD"}
    return f"{json.dumps(calls)}\n{json.dumps(person)}\n"


def first_answer(client: groat.Client, cap: str) -> groat.Decision:
    """Create the study, ask for the first trial, and return what groat thinks of it."""
    study = client.create_study(
        STUDY,
        space=declaration.space(),
        metrics=declaration.metrics(),
        algorithm=groat.Algorithm(seed=1),
        budget=groat.Budget(max_spend=groat.Money.of(cap)),
        workload=declaration.workload(),
    )
    return study.ask().decision


def follow(person: Person) -> int:
    """Follow the plan to its end; returns how many steps were run."""
    for done in range(_MOST_STEPS):
        plan = person.groat("plan", STUDY)
        steps = [step for step in plan["steps"] if not step["is_done"]]
        if not steps or steps[0]["configuration"] is None:
            return done
        person.do(steps[0])
    return _MOST_STEPS


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask, be told to do it by hand, and do it."""
    parser = argparse.ArgumentParser(prog="manual_plan", description=__doc__)
    parser.add_argument("--cap", default="100", help="US dollars that may be spent [100]")
    wanted = parser.parse_args(arguments)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as address,
        groat.Client(address) as client,
    ):
        decision = first_answer(client, wanted.cap)
        print(f"{decision.verdict.name}: {decision.explanation}")
        if decision.plan is None:
            return 1
        print(f"The plan spends {decision.plan.expected_spend}. Following it:")
        follow(Person(address, Pipeline(), Path(folder)))
        _compare(client.study(STUDY))
    return 0


def _compare(study: groat.Study) -> None:
    """Print what the best by hand is like beside today's configuration."""
    trials = [trial for trial in study.trials() if trial.measurement is not None]
    today = trials[0]
    spent = study.refresh().budget_status.settled.total
    print(f"Spent {spent} of {study.spec.budget.max_spend}.")
    for trial in (today, *study.front().trials):
        values = {one.metric_id: one.value for one in trial.measurement.metrics}  # pyright: ignore[reportOptionalMemberAccess]
        print(
            f"  trial {trial.number}: {values['answerable']:.3f} answerable, "
            f"{1000 * values['usd_per_question']:.3f} USD per 1000 questions"
        )


if __name__ == "__main__":
    sys.exit(main())
