"""``groat pick``: one of the front, by what a person prefers."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groat import model
from groat._fitting import number as exact
from groat.cli.estimate import count
from groat.cli.output import number, ordered, roughly, settings, show, written
from groat.cli.trials import value
from groat.client import Client, Study
from groat.errors import InvalidArgument, Violation

_LIMIT = re.compile(r"(.+?)(>=|<=|=)(.+)")
_SIDES = {">=": model.Goal.MAXIMIZE, "<=": model.Goal.MINIMIZE}
_OF_THE_SHELL = {"HOME", "IFS", "LANG", "LD_PRELOAD", "PATH", "PS1", "PWD", "SHELL", "TERM", "USER"}
_WORDS = {
    model.Certainty.CERTAIN: ("CERTAIN", "bold green"),
    model.Certainty.UNCONFIRMED: ("UNCONFIRMED", "bold yellow"),
    model.Certainty.INFEASIBLE: ("INFEASIBLE", "bold red"),
    model.Certainty.NO_TRIALS: ("NO TRIALS", "bold red"),
}


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``pick``."""
    del common
    parser.add_argument("study", help="its id")
    for name, metavar, text in (
        ("--limit", "METRIC>=VALUE", "keep it; in quotes, or as METRIC=VALUE"),
        ("--weight", "METRIC=NUMBER", "how much an objective matters"),
        ("--money", "METRIC=AMOUNT", "what one unit more is worth; negative for what costs"),
    ):
        parser.add_argument(name, action="append", default=[], metavar=metavar, help=text)
    parser.add_argument("--optimize", metavar="METRIC", help="the best of it inside the limits")
    parser.add_argument(
        "--knee", action="store_true", help="where a little less of one stops winning much"
    )
    parser.add_argument("--count", type=count, default=3, metavar="N", help="how many to rank (3)")
    parser.add_argument(
        "--confidence", type=float, default=0.9, metavar="P", help="how sure to be (0.9)"
    )
    parser.add_argument(
        "--format",
        choices=["table", "json", "env"],
        default="table",
        help="env is the choice's settings as lines for a shell",
    )
    parser.add_argument("--prefix", default="", help="of the variables' names, with env")
    parser.set_defaults(run=_run)


def _run(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    preference = preferred(study.spec, wanted)
    chosen = study.pick(preference, count=wanted.count, confidence=wanted.confidence)
    if wanted.format == "env" and not wanted.json:
        print("\n".join(env(study.spec, chosen, wanted.prefix)))
        return
    commands = _commands(study, chosen)
    show(
        chosen,
        lambda: page(study.spec, chosen, commands),
        as_json=wanted.json or wanted.format == "json",
    )


def preferred(spec: model.StudySpec, wanted: argparse.Namespace) -> model.Preference:
    """Read what a person prefers from the options.

    Raises:
        ValueError: They say nothing, or several things.
        InvalidArgument: With every option that is wrong.
    """
    ways: dict[str, Callable[[], model.Preference]] = {}
    if wanted.limit or wanted.optimize:
        ways["--limit"] = lambda: _limits(spec, wanted.limit, wanted.optimize)
    if wanted.weight:
        ways["--weight"] = lambda: model.Weights(_pairs("--weight", wanted.weight))
    if wanted.money:
        ways["--money"] = lambda: model.MoneyValue(_pairs("--money", wanted.money))
    if wanted.knee:
        ways["--knee"] = model.Knee
    if len(ways) != 1:
        said = f"not {' and '.join(ways)} at once" if ways else "none was said"
        raise ValueError(f"say one of --limit, --weight, --money and --knee; {said}")
    (read,) = ways.values()
    return read()


def _pairs(option: str, words: Sequence[str]) -> dict[str, float]:
    read: dict[str, float] = {}
    problems: list[Violation] = []
    for word in words:
        name, _, text = word.partition("=")
        try:
            if not name or name in read:
                raise ValueError("names no metric, or one twice")  # noqa: TRY301 - told below
            read[name] = float(exact(text))
        except ValueError as error:
            problems.append(Violation(f"{option} {word:.60}", f"{error}; write METRIC=NUMBER"))
    if problems:
        raise InvalidArgument(*problems)
    return read


def _limits(spec: model.StudySpec, words: Sequence[str], optimize: str | None) -> model.Limits:
    goals = {metric.id: metric.goal for metric in spec.metrics}
    bounds: dict[str, float] = {}
    problems: list[Violation] = []
    for word in words:
        try:
            name, bound = _limit(goals, word)
            if name in bounds:
                raise ValueError(f"{name} has a limit already")  # noqa: TRY301 - told below
            bounds[name] = bound
        except ValueError as error:
            problems.append(Violation(f"--limit {word:.60}", str(error)))
    if problems:
        raise InvalidArgument(*problems)
    return model.Limits(optimize=optimize or _free(spec, bounds), bounds=bounds)


def _limit(goals: Mapping[str, model.Goal], word: str) -> tuple[str, float]:
    parts = _LIMIT.fullmatch(word)
    if parts is None:
        way = "in quotes, as in 'quality>=0.88'; a shell takes a bare > for itself"
        raise ValueError(f"is not written as METRIC>=VALUE or METRIC<=VALUE, {way}")
    name, side, text = (part.strip() for part in parts.groups())
    if name not in goals:
        raise ValueError(f"is no metric; one of {', '.join(goals)}")
    if _SIDES.get(side, goals[name]) is not goals[name]:
        right = next(one for one, goal in _SIDES.items() if goal is goals[name])
        raise ValueError(f"is the wrong side: {name} is to {goals[name].value}, so write {right}")
    return name, float(exact(text))


def _free(spec: model.StudySpec, bounds: Mapping[str, float]) -> str:
    free = [metric.id for metric in spec.objectives if metric.id not in bounds]
    if len(free) != 1:
        raise ValueError(f"say with --optimize which of {', '.join(free) or 'them'} to optimize")
    return free[0]


def page(spec: model.StudySpec, chosen: model.Tradeoff, commands: Sequence[str]) -> RenderableType:
    """Draw the choice: the ranked points, how far to rely on it, and what would settle it."""
    word, style = _WORDS[chosen.certainty]
    parts: list[RenderableType] = [table(spec, chosen)] if chosen.points else []
    parts += [Text.assemble((word, style), "  ", chosen.explanation)]
    if chosen.points:
        best = chosen.points[0]
        parts.append(Text(f"Trial {best.trial.number}: {best.rationale}"))
    if chosen.confirmation is not None and commands:
        spend = chosen.confirmation.expected_spend
        words = "" if spend is None else f", for about {roughly(spend)}"
        parts.append(Text(f"Worth running again on fresh examples{words}:"))
        parts += [Text(f"  {command}") for command in commands]
    return Group(*parts)


def table(spec: model.StudySpec, chosen: model.Tradeoff) -> Table:
    """Draw a line per point, best first, with what it is expected to measure."""
    parameters = [parameter.id for parameter in spec.search_space.parameters]
    metrics = [one.metric_id for one in chosen.points[0].estimates]
    is_limited = chosen.points[0].probability_feasible is not None
    drawn = Table("", "trial", *metrics, "best of all", "on the front")
    if is_limited:
        drawn.add_column("keeps the limits")
    for name in parameters:
        drawn.add_column(name)
    for place, point in enumerate(chosen.points, start=1):
        kept = [_chance(point.probability_feasible)] if is_limited else []
        drawn.add_row(
            str(place),
            str(point.trial.number),
            *(_expected(point, metric) for metric in metrics),
            _chance(point.probability_chosen),
            _chance(point.probability_on_front),
            *kept,
            *(value(point.trial, name) for name in parameters),
        )
    return drawn


def _expected(point: model.RankedPoint, metric_id: str) -> str:
    seen = next((one for one in point.estimates if one.metric_id == metric_id), None)
    if seen is None:
        return "-"
    error = "" if seen.standard_error is None else f" ± {number(seen.standard_error)}"
    change = next((one for one in point.changes if one.metric_id == metric_id), None)
    against = "" if change is None or not change.baseline else f" ({change.relative:+.0%})"
    return number(seen.value) + error + against


def _chance(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _commands(study: Study, chosen: model.Tradeoff) -> list[str]:
    """Return what queues the confirmation; a worker, or a person, then runs it."""
    settle = chosen.confirmation
    if settle is None:
        return []
    extra = ["--examples", str(settle.example_count)] if settle.example_count else []
    known = {point.trial.number: point.trial for point in chosen.points}
    trials = [known.get(one) or study.trial(one) for one in settle.trials]
    asked = [settings(study.spec, one.configuration) for one in trials]
    return [shlex.join(["groat", "trials", "add", study.id, *words, *extra]) for words in asked]


def env(spec: model.StudySpec, chosen: model.Tradeoff, prefix: str = "") -> list[str]:
    """Write the choice as lines that a shell can evaluate.

    Raises:
        ValueError: There is none to rely on, or two settings would share a name.
    """
    if chosen.certainty in {model.Certainty.INFEASIBLE, model.Certainty.NO_TRIALS}:
        raise ValueError(chosen.explanation)
    best = chosen.points[0].trial
    word = _WORDS[chosen.certainty][0]
    lines = [f"# trial {best.number}, {word}: {' '.join(chosen.explanation.split())}"]
    names: dict[str, str] = {}
    for parameter, setting in ordered(spec, best.configuration).items():
        name = _variable(prefix + parameter)
        if name in names:
            raise ValueError(f"{names[name]} and {parameter} would both be {name}")
        if name in _OF_THE_SHELL:
            raise ValueError(f"{name} is a shell's own; say a --prefix, such as --prefix groat_")
        names[name] = parameter
        quoted = written(setting).replace("'", "'\"'\"'")
        lines.append(f"export {name}='{quoted}'")
    return lines


def _variable(text: str) -> str:
    name = re.sub(r"[^A-Z0-9_]", "_", text.upper())
    return f"_{name}" if name[0].isdigit() else name
