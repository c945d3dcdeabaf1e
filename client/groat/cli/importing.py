"""``groat trials import``: what was evaluated elsewhere, from a file or from Optuna."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from groat import model, optuna
from groat._drafts import faults, request_ids
from groat.cli import rows
from groat.cli.output import amount, show
from groat.cli.trial_file import FORMATS
from groat.client import Client, Study
from groat.errors import GroatError, InvalidArgument, Violation

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is to be sent.

    Attributes:
        drafts: In order.
        places: Where each of them stands in its source.
        skipped: How many trials of the source are no evidence, by why.
    """

    drafts: Sequence[model.TrialDraft]
    places: Sequence[str]
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What became of a batch.

    Attributes:
        added: Trials that are new; of a dry run those that would be sent.
        known: Trials that an import before had added.
        states: The batch by state: requested, succeeded, infeasible.
        spend: What the new ones have booked.
        is_dry: Nothing was sent.
    """

    study_id: str
    added: int
    known: int
    states: Mapping[str, int]
    skipped: Mapping[str, int]
    spend: model.Money
    is_dry: bool

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in self.states.items())
        verb = "could be added to" if self.is_dry else "added to"
        words = f"{self.added} trials {verb} {self.study_id}"
        words += f", {self.known} were there already" if self.known else ""
        words += f"; in the source {states or 'none'}"
        if self.skipped:
            words += ", skipped " + ", ".join(f"{n} {why}" for why, n in self.skipped.items())
        return f"{words}; {'would book' if self.is_dry else 'booked'} {amount(self.spend)}"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``trials import``."""
    parser.add_argument("study", help="its id")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("file", nargs="?", help="a .csv or .jsonl file; - reads standard input")
    source.add_argument("--optuna", metavar="URL", help="a storage of Optuna's instead of a file")
    parser.add_argument(
        "--format", choices=list(FORMATS), help="where the file's name does not say"
    )
    parser.add_argument("--optuna-study", metavar="NAME", help="where the storage has several")
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        type=_pair,
        metavar="PLACE=METRIC",
        help="which of Optuna's objectives, from 0, is which metric",
    )
    parser.add_argument(
        "--enqueue", action="store_true", help="evaluate the configurations anew, whatever they had"
    )
    parser.add_argument("--dry-run", action="store_true", help="check everything, send nothing")
    parser.set_defaults(run=_run)


def _pair(text: str) -> tuple[int, str]:
    place, _, metric = text.partition("=")
    if not (metric and place.isdecimal()):
        problem = f"{text!r:.60} is not written as place=metric, such as 0=quality"
        raise argparse.ArgumentTypeError(problem)
    return int(place), metric


def _run(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    batch = _from_optuna(study.spec, wanted) if wanted.optuna else _from_file(study.spec, wanted)
    result = _judged(study, batch) if wanted.dry_run else _sent(study, batch)
    show(result, lambda: str(result), as_json=wanted.json)


def _from_file(spec: model.StudySpec, wanted: argparse.Namespace) -> Batch:
    if wanted.metric or wanted.optuna_study:
        raise ValueError("--metric and --optuna-study go with --optuna")
    kind = wanted.format or Path(wanted.file).suffix.removeprefix(".").lower()
    if kind not in FORMATS:
        problem = "has no name" if wanted.file == "-" else "ends in none of .csv, .jsonl"
        raise ValueError(f"{wanted.file} {problem}; say --format csv or --format jsonl")
    try:
        found = FORMATS[kind](_text(wanted.file))
        drafts = rows.drafts(spec, found, queued=wanted.enqueue)
    except InvalidArgument as error:
        raise _nothing_sent(wanted.file, error) from error
    if not found:
        raise ValueError(f"{wanted.file} has no trials in it")
    return Batch(drafts=drafts, places=[f"line {row.line}" for row in found])


def _text(path: str) -> str:
    content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidArgument.at(f"line {line}", "is not UTF-8; convert the file first") from error


def _from_optuna(spec: model.StudySpec, wanted: argparse.Namespace) -> Batch:
    found = optuna.load(wanted.optuna, wanted.optuna_study)
    twice = [place for place, n in Counter(one for one, _ in wanted.metric).items() if n > 1]
    if twice:
        which = ", ".join(map(str, twice))
        raise ValueError(f"--metric names one of Optuna's objectives twice: {which}")
    places = [f"trial {number} of Optuna's" for number in optuna.numbers(found)]
    try:
        drafts = optuna.read(found, spec, metrics=dict(wanted.metric) or None)
        drafts = _queued(spec, drafts, places) if wanted.enqueue else drafts
    except InvalidArgument as error:
        raise _nothing_sent(wanted.optuna, error) from error
    return Batch(drafts=drafts, places=places, skipped=optuna.skipped(found))


def _queued(
    spec: model.StudySpec, drafts: Iterable[model.TrialDraft], places: Sequence[str]
) -> list[model.TrialDraft]:
    queued = [replace(draft, outcome=None) for draft in drafts]
    problems = [
        Violation(f"{place}{', ' * bool(one.path)}{one.path}", one.problem)
        for place, draft in zip(places, queued, strict=True)
        for one in faults(spec, draft)
    ]
    if problems:
        raise InvalidArgument(*problems)
    return queued


def _nothing_sent(source: str, error: InvalidArgument) -> InvalidArgument:
    count = len(error.violations)
    problem = f"{count} fault{'s' * (count > 1)}, so nothing was sent"
    return InvalidArgument(Violation(source, problem), *error.violations)


def _judged(study: Study, batch: Batch) -> Summary:
    return _summary(study, batch, batch.drafts, is_dry=True)


def _sent(study: Study, batch: Batch) -> Summary:
    """Send a batch; what an import before has sent changes nothing."""
    status = study.budget_status
    before = status.finished_trials + status.running_trials + status.waiting_trials
    ids = request_ids(study.id, batch.drafts)
    new: list[model.TrialDraft] = []
    console = Console(stderr=True)
    for i, draft in enumerate(ticked(batch.drafts, console)):
        try:
            trial = study.create_trial(draft, request_id=ids[i])
        except GroatError as error:
            raise GroatError(_stuck(batch, i, error)) from error
        if trial.number >= before:
            new.append(draft)
    return _summary(study, batch, new, is_dry=False)


def _stuck(batch: Batch, i: int, error: GroatError) -> str:
    left = f"{i} of {len(batch.drafts)} are in; importing again goes on from there"
    return f"{batch.places[i]}: {error} ({left})"


def _summary(
    study: Study, batch: Batch, added: Sequence[model.TrialDraft], *, is_dry: bool
) -> Summary:
    fees = [one.quantity for draft in added for one in draft.usage]
    amounts = [fee for fee in fees if isinstance(fee, model.Money)]
    return Summary(
        study_id=study.id,
        added=len(added),
        known=len(batch.drafts) - len(added),
        states=dict(Counter(map(_state, batch.drafts))),
        skipped=batch.skipped,
        spend=model.Money.total(amounts, study.spec.currency),
        is_dry=is_dry,
    )


def _state(draft: model.TrialDraft) -> str:
    match draft.outcome:
        case None:
            return model.TrialState.REQUESTED.value
        case model.Succeeded():
            return model.TrialState.SUCCEEDED.value
        case model.Infeasible():
            return model.TrialState.INFEASIBLE.value


def ticked(items: Sequence[T], console: Console) -> Iterator[T]:
    """Yield items under a bar that a terminal shows and that leaves nothing behind."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    is_hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=is_hidden) as bar:
        yield from bar.track(items, description="sending")
