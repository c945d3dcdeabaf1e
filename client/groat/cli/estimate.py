"""``groat estimate``: what a study would spend and whether it pays, before it exists."""

from __future__ import annotations

import argparse

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from groat import declare, model
from groat.cli import plan, study_file, workload_file
from groat.cli.output import lasting, roughly, show
from groat.client import Client

STYLES = {
    model.Verdict.PROCEED: "bold green",
    model.Verdict.WAIT: "bold yellow",
    model.Verdict.STOP: "bold red",
    model.Verdict.TUNE_MANUALLY: "bold yellow",
}
"""How a terminal shows the guard's word."""

_AGAINST = {model.Verdict.STOP, model.Verdict.TUNE_MANUALLY}
_BASES = {
    model.Basis.NOTHING: "nothing yet: declare a [workload], or run a pilot",
    model.Basis.DECLARED: "what the study declares",
    model.Basis.PILOT: "a pilot",
    model.Basis.HISTORY: "the trials that were told",
}


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``estimate``."""
    del common
    parser.add_argument("file", help="a study file; its [workload] says what a trial takes")
    parser.add_argument(
        "--pilot-examples", type=count, metavar="N", help="so many examples were run to see"
    )
    parser.add_argument(
        "--pilot-usage", metavar="FILE", help="what they took, a .jsonl file of usage"
    )
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.set_defaults(run=_run)


def count(text: str) -> int:
    """Read how many there are of something, as an option has it."""
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r:.60} is no count, such as 20")
    return int(text)


def _run(client: Client, wanted: argparse.Namespace) -> int:
    study_id, spec = study_file.declared(wanted.file, "nothing was estimated")
    pilot = _pilot(wanted.pilot_examples, wanted.pilot_usage)
    result = _forecast(client, spec, pilot)
    show(
        {"study_id": study_id, "forecast": result.forecast, "decision": result.decision},
        lambda: page(study_id, spec, result),
        as_json=wanted.json or wanted.format == "json",
    )
    return 2 if result.decision.verdict in _AGAINST else 0


def _pilot(examples: int | None, usage: str | None) -> model.Pilot | None:
    if examples is None and usage is None:
        return None
    if examples is None or usage is None:
        raise ValueError("--pilot-examples and --pilot-usage go together")
    return model.Pilot(usage=tuple(workload_file.read_usage(usage)), example_count=examples)


def _forecast(
    client: Client, spec: model.StudySpec, pilot: model.Pilot | None
) -> model.ForecastResult:
    options: declare.StudyOptions = {
        "algorithm": spec.algorithm,
        "early_stopping": spec.early_stopping,
        "budget": spec.budget,
        "guard_policy": spec.guard_policy,
        "rates": spec.price_book.rates,
        "max_concurrent_trials": spec.max_concurrent_trials,
    }
    if spec.workload is not None:
        options["workload"] = spec.workload
    return client.forecast(space=spec.search_space, metrics=spec.metrics, pilot=pilot, **options)


def page(study_id: str, spec: model.StudySpec, result: model.ForecastResult) -> RenderableType:
    """Draw a forecast: its numbers, the verdict, and the plan where that is the way to go."""
    parts: list[RenderableType] = [
        numbers(study_id, result.forecast),
        "",
        facts(spec, result.forecast),
        "",
        verdict(result.decision),
    ]
    if result.decision.plan is not None:
        parts += ["", plan.page(spec, result.decision.plan)]
    return Group(*parts)


def verdict(decision: model.Decision) -> RenderableType:
    """Draw the guard's word and why."""
    word = Text(decision.verdict.name, style=STYLES[decision.verdict])
    if decision.reason is not model.Reason.WITHIN_BUDGET:
        word.append(f" ({decision.reason.value.replace('_', ' ')})")
    return Group(word, Padding(decision.explanation, (0, 0, 0, 2), expand=False))


def numbers(study_id: str, forecast: model.Forecast) -> Table:
    """Draw what is expected, with how far it may be off; what nobody knows is a hyphen."""
    bound = "at least " if forecast.coverage is model.Coverage.PARTIAL else ""
    drawn = Table(study_id, "as likely as not", "nine times in ten", box=None)
    rows: list[tuple[str, model.Money | None, model.Money | None]] = [
        ("a trial spends up to", forecast.trial_spend_p50, forecast.trial_spend_p90),
        ("the whole study up to", forecast.finish_spend_p50, forecast.finish_spend_p90),
    ]
    for name, half, nine in rows:
        drawn.add_row(name, *(bound * (one is not None) + roughly(one) for one in (half, nine)))
    drawn.add_row(
        "and it takes up to", lasting(forecast.finish_time_p50), lasting(forecast.finish_time_p90)
    )
    drawn.add_row(
        "trials that can be paid",
        _trials(forecast.affordable_trials),
        _trials(forecast.affordable_trials_p90),
    )
    return drawn


def _trials(trials: int | None) -> str:
    return "no limit" if trials is None else f"{trials:,}"


def facts(spec: model.StudySpec, forecast: model.Forecast) -> Table:
    """Draw what the numbers are to be held against, and what they rest on."""
    drawn = Table.grid(padding=(0, 2, 0, 1))
    if forecast.trial_tokens:
        drawn.add_row("tokens of a trial up to", f"{forecast.trial_tokens:,}")
    drawn.add_row("cap", roughly(spec.budget.max_spend))
    drawn.add_row("trials at least", f"{forecast.least_trials:,}, with fewer go by hand")
    drawn.add_row("trials recommended", f"{forecast.recommended_trials:,}")
    if forecast.enough_chance is not None:
        drawn.add_row(
            "chance", f"{forecast.enough_chance:.0%} that {forecast.least_trials:,} can be paid"
        )
    drawn.add_row("this rests on", _BASES[forecast.basis])
    if forecast.unpriced_models:
        drawn.add_row("no price for", ", ".join(forecast.unpriced_models))
    return drawn
