"""The main job: tune a real retrieval pipeline to a front, under a cap.

``make demo``, or ``python -m examples.rag_docs.demo`` from the top of the checkout.
It starts a groat server, is its only client, and leaves its results in ``out/demo/``.
No language model is called: the prompts are built and counted, not sent.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

import groat

from . import declaration, show
from .pipeline import MODEL, Pipeline

OUT = Path("out") / "demo"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(prog="demo", description="Tune a real retrieval pipeline.")
    parser.add_argument("--cap", default="4", help="US dollars that the search may spend [4]")
    parser.add_argument("--trials", type=int, default=60, help="at most so many trials [60]")
    wanted = parser.parse_args(arguments)
    console = Console(width=max(110, Console().width))
    folder = fresh(OUT)
    with served(folder) as address, groat.Client(address) as client:
        study = client.create_study(
            "rag-docs",
            space=declaration.space(),
            metrics=declaration.metrics(),
            algorithm=groat.Algorithm(kind=groat.Bayesian(), seed=1),
            budget=groat.Budget(
                max_spend=groat.Money.of(wanted.cap),
                max_trial_spend=groat.Money.of("0.26"),
                max_trials=wanted.trials,
            ),
        )
        run(study, console)
        report(study, folder, console)
    return 0


def run(study: groat.Study, console: Console) -> None:
    """Try what groat asks for until it says stop."""
    pipeline = Pipeline()
    judge = declaration.judging(pipeline.questions)
    console.print(
        f"Tuning retrieval over Python's reference on {len(pipeline.questions)} questions.\n"
        f"No model is called: prompts are built, counted, and priced as {MODEL} would bill them."
    )
    cap = (study.spec.budget.max_spend or groat.Money(0)).amount
    with show.progress(console) as bar:
        fields = {"trial": 0, "front": 0, "volume": 0.0, "spent": "0.00", "cap": f"{cap}"}
        task = bar.add_task("tuning", total=float(cap), **fields)
        for trial in study:
            outcomes = pipeline.evaluate(declaration.settings_of(trial), pipeline.questions)
            result = trial.tell({}, examples=declaration.examples_of(outcomes), usage=[judge])
            front = study.front()
            spent = result.budget_status.settled.total.amount
            bar.update(
                task,
                completed=float(spent),
                trial=front.finished_trials,
                front=front.size,
                volume=front.hypervolume,
                spent=f"{spent:.2f}",
            )
    study.refresh()
    if study.last_decision is not None:
        console.print(f"Stopped: {study.last_decision.explanation}\n")


def report(study: groat.Study, folder: Path, console: Console) -> None:
    """Print the front, today's place beside it, and the bill; leave a picture."""
    front, trials = study.front(), list(study.trials())
    baseline = trials[0]
    console.print(show.front_table(front, baseline))
    for line in show.comparison(front, baseline):
        console.print(line, highlight=False)
    picture = folder / "front.png"
    show.draw(picture, trials, front, baseline)
    console.print()
    sys.stdout.write(show.draw_in_terminal(trials, front, baseline) + "\n")
    console.print(show.bill(study.budget_status))
    console.print(f"Picture: {picture}   Database: {folder / 'groat.db'}")


def fresh(folder: Path) -> Path:
    """Make an empty folder, so that the demo works again when run twice."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@contextmanager
def served(folder: Path) -> Generator[str]:
    """Run a groat server on a free port for as long as the block lasts."""
    command = [sys.executable, "-m", "groat_server.main", "serve", "--address", "127.0.0.1:0"]
    command += ["--store", f"sqlite:///{folder / 'groat.db'}"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    with server:
        line = server.stdout.readline() if server.stdout else ""
        if not line:
            raise SystemExit(f"the server did not start; see {folder / 'server.log'}")
        try:
            yield line.split()[-1]
        finally:
            server.terminate()


if __name__ == "__main__":
    sys.exit(main())
