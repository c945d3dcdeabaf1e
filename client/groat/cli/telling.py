"""``groat tell``: what a person found by hand, a step of the plan or a whole worksheet."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from groat import model
from groat._drafts import request_ids
from groat.cli import plan, rows, words, workload_file, worksheet
from groat.cli.estimate import count, verdict
from groat.cli.output import amount, number, settings, show
from groat.cli.trials import measured
from groat.client import Client, Study
from groat.errors import GroatError


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What came of telling.

    Attributes:
        trials: New ones, in order.
        known: Numbers of those that had been told before, word for word.
        joined: Numbers that are new on the front.
        left: Numbers that are beaten now.
        hypervolume: Before and after.
        decision: What an ask would be answered now.
        plan: As it is now, where a step of it was told.
    """

    study_id: str
    trials: tuple[model.Trial, ...]
    known: tuple[int, ...]
    joined: tuple[int, ...]
    left: tuple[int, ...]
    hypervolume: tuple[float, float]
    decision: model.Decision
    plan: model.ManualPlan | None = None


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``tell``."""
    del common
    parser.add_argument("study", help="its id")
    parser.add_argument(
        "values",
        nargs="*",
        metavar="METRIC=VALUE[±SE]",
        help="what was measured, with its standard error if it is known, such as q=0.84±0.02",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--step", type=count, metavar="N", help="a step of the plan")
    what.add_argument("--parameters", metavar="JSON", help="a configuration of your own")
    what.add_argument("--worksheet", metavar="FILE", help="a plan's .csv, filled in")
    parser.add_argument("--examples", type=count, metavar="N", help="on so many")
    paid = parser.add_mutually_exclusive_group()
    paid.add_argument("--spend", metavar="AMOUNT", help="what running it took, such as 12.50")
    paid.add_argument("--usage", metavar="FILE", help="what it took, a .jsonl file of usage")
    parser.add_argument(
        "--evaluation-spend", metavar="AMOUNT", help="what grading it took, by judges or people"
    )
    parser.add_argument("--records", metavar="FILE", help="a .jsonl file of example records")
    parser.add_argument("--infeasible", metavar="REASON", help="it cannot work, and why")
    parser.add_argument(
        "--again", action="store_true", help="it is another run, even with the same result"
    )
    parser.set_defaults(run=_run)


def _run(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    if wanted.worksheet is not None:
        _refuse_beside_worksheet(wanted)
        filled = worksheet.read(study.spec, wanted.worksheet)
    else:
        filled = worksheet.Filled(drafts=[_draft(study, wanted)], places=["the trial"])
    told = send(study, filled, again=wanted.again)
    show(told, lambda: page(study.spec, told, filled), as_json=wanted.json)


def _refuse_beside_worksheet(wanted: argparse.Namespace) -> None:
    beside = ("examples", "spend", "usage", "evaluation_spend", "records", "infeasible", "again")
    given = [name for name in beside if getattr(wanted, name) not in {None, False}]
    named = [f"--{name.replace('_', '-')}" for name in given]
    if named or wanted.values:
        others = ", ".join(named) or "METRIC=VALUE"
        raise ValueError(f"a worksheet says everything itself; leave out {others}")


def _draft(study: Study, wanted: argparse.Namespace) -> model.TrialDraft:
    spec, examples = study.spec, wanted.examples
    if wanted.step is None:
        configuration = words.configuration(spec, wanted.parameters)
    else:
        step = open_step(study.id, study.plan(), wanted.step)
        configuration = dict(step.configuration or {})
        examples = examples or step.example_count or worksheet.whole(spec)
    records = workload_file.read_records(wanted.records) if wanted.records else []
    measurement = model.Measurement(
        metrics=tuple(words.values(spec, wanted.values)),
        example_count=0 if records else examples or 0,
        examples=tuple(records),
    )
    draft = model.TrialDraft(
        configuration=configuration,
        outcome=_outcome(measurement, wanted.infeasible),
        usage=_usage(spec, wanted),
    )
    return worksheet.finished(spec, draft, is_planned=wanted.step is not None)


def _outcome(
    measurement: model.Measurement, infeasible: str | None
) -> model.Succeeded | model.Infeasible:
    if infeasible is None:
        return model.Succeeded(measurement=measurement)
    is_empty = not (measurement.metrics or measurement.examples)
    return model.Infeasible(reason=infeasible, measurement=None if is_empty else measurement)


def _usage(spec: model.StudySpec, wanted: argparse.Namespace) -> tuple[model.Usage, ...]:
    told = tuple(workload_file.read_usage(wanted.usage)) if wanted.usage else ()
    amounts = (_amount(spec, text) for text in (wanted.spend, wanted.evaluation_spend))
    return (*told, *rows.paid(*amounts))


def _amount(spec: model.StudySpec, text: str | None) -> model.Money | None:
    if text is None:
        return None
    number, _, currency = text.strip().partition(" ")
    return model.Money.of(number, currency or spec.currency)


def open_step(study_id: str, current: model.ManualPlan, wanted: int) -> model.ManualStep:
    """Return a step that has a configuration and is not told yet.

    Raises:
        ValueError: It is none; says what to do instead.
    """
    step = next((one for one in current.steps if one.number == wanted), None)
    if step is None:
        known = ", ".join(str(one.number) for one in current.steps) or "none"
        raise ValueError(f"the plan of {study_id} has no step {wanted}; it has {known}")
    if step.is_done:
        problem = f"step {wanted} is done: trial {step.trial_number} told it"
        raise ValueError(f"{problem}; with --parameters its settings can be told once more")
    if step.configuration is None:
        problem = f"step {wanted} ({step.title}) has no settings yet, the steps before decide them"
        raise ValueError(f"{problem}; tell those first, or say what was run with --parameters")
    return step


def send(study: Study, filled: worksheet.Filled, *, again: bool = False) -> Told:
    """Tell drafts; what was told before, word for word, changes nothing.

    Raises:
        GroatError: One is refused; those before it are told.
    """
    status, before = study.refresh().budget_status, study.front()
    count = status.finished_trials + status.running_trials + status.waiting_trials
    # The baseline waits from the start; telling the plan's first step tells that very trial.
    queued = {one.number for one in study.trials(states=[model.TrialState.REQUESTED])}
    known = set(range(count)) - queued
    ids = request_ids(study.id, filled.drafts)
    trials: list[model.Trial] = []
    for i, draft in enumerate(filled.drafts):
        try:
            trials.append(study.create_trial(draft, request_id="" if again else ids[i]))
        except GroatError as error:
            if len(filled.drafts) == 1:
                raise
            left = f"{i} of {len(filled.drafts)} are told; telling again goes on from there"
            raise GroatError(f"{filled.places[i]}: {error} ({left})") from error
    after = study.front()
    old, new = ({trial.number for trial in front.trials} for front in (before, after))
    return Told(
        study_id=study.id,
        trials=tuple(trial for trial in trials if trial.number not in known),
        known=tuple(trial.number for trial in trials if trial.number in known),
        joined=tuple(sorted(new - old)),
        left=tuple(sorted(old - new)),
        hypervolume=(before.hypervolume, after.hypervolume),
        decision=study.forecast().decision,
        plan=study.plan() if any(draft.is_planned for draft in filled.drafts) else None,
    )


def page(spec: model.StudySpec, told: Told, filled: worksheet.Filled) -> RenderableType:
    """Draw what was told, what it did to the front, and the guard's word."""
    lines = [_trial_line(spec, trial) for trial in told.trials]
    if told.known:
        again = "; --again tells another run" if len(filled.drafts) == 1 else ""
        lines.append(f"{_trials(told.known)} said exactly this before, so nothing is new{again}")
    if not filled.drafts:
        lines.append(f"Nothing is filled in that is not told; {filled.blank} rows are blank.")
    parts: list[RenderableType] = [Text(line) for line in lines]
    if told.trials:
        parts.append(Text(_front_line(told)))
    if any(one.spend.coverage is model.Coverage.UNREPORTED for one in told.trials):
        parts.append(Text("No --spend or --usage was told, so the budget counts it as free."))
    parts += ["", verdict(told.decision)]
    current = told.plan or told.decision.plan
    step = None if current is None else plan.next_step(current)
    if current is not None and step is not None:
        parts.append(Text(f"Next is step {step.number}, {step.title}: {_how(spec, step)}"))
        parts.append(Text(plan.how_to_tell(told.study_id, spec, current)))
    return Group(*parts)


def _trial_line(spec: model.StudySpec, trial: model.Trial) -> str:
    metrics = [f"{one.id} {measured(trial, one.id)}" for one in spec.metrics]
    seen = ", ".join(one for one in metrics if not one.endswith(" -")) or trial.state.value
    what = " ".join(settings(spec, trial.configuration))
    return f"trial {trial.number}, {what}, is told: {seen}; spent {amount(trial.spend.total)}"


def _front_line(told: Told) -> str:
    joined = _trials(told.joined) if told.joined else "nothing"
    left = f", which {_trials(told.left)} left" if told.left else ""
    before, after = told.hypervolume
    # Without bounds it is measured from the front's own worst, which may have moved.
    since = f", {number(before)} before" if 0 < before <= after else ""
    return f"{joined} joined the front{left}; hypervolume {number(after)}{since}"


def _trials(numbers: Sequence[int]) -> str:
    return f"trial{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}"


def _how(spec: model.StudySpec, step: model.ManualStep) -> str:
    if step.configuration is None:
        return step.instruction
    return " ".join(settings(spec, step.configuration))
