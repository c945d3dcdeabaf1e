"""The workload of a study file, and files of usage and examples, one a line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from groat import model
from groat.cli import section
from groat.cli.section import Section
from groat.errors import InvalidArgument, Violation

T = TypeVar("T")


def workload(folder: Path) -> Callable[[object, str], model.Workload]:
    """Return what reads a workload; files that it names are looked for in a folder."""

    def read(content: object, path: str) -> model.Workload:
        one = Section(content, path)
        seconds = one.take("example_seconds", section.real)
        parallel = one.take("parallel", section.whole)
        spread = one.take("spread", section.real)
        usual = model.Workload(example_count=0)
        declared = model.Workload(
            example_count=one.need("examples", section.whole),
            items=tuple(_item(item, folder) for item in one.sections("items")),
            example_time=None if seconds is None else timedelta(seconds=seconds),
            parallel_examples=usual.parallel_examples if parallel is None else parallel,
            spread=usual.spread if spread is None else spread,
        )
        one.end()
        return declared

    return read


def read_usage(path: str) -> list[model.Usage]:
    """Read a file with one object a line, such as a worker's own log of its calls.

    Raises:
        OSError: The file cannot be read.
        InvalidArgument: A line is no usage; all of them are named.
    """
    folder = Path(path).parent
    return _lines(path, lambda one: _line(one, folder))


def read_records(path: str) -> list[model.ExampleRecord]:
    """Read a file with one example a line.

    Raises:
        OSError: The file cannot be read.
        InvalidArgument: A line is no example record; all of them are named.
    """
    return _lines(path, _record)


def _lines(path: str, read: Callable[[Section], T]) -> list[T]:
    found: list[T] = []
    problems: list[Violation] = []
    # Not splitlines: what ends a line there may stand in a string here.
    for line, one in enumerate(Path(path).read_text(encoding="utf-8").split("\n"), start=1):
        try:
            if one.strip():
                content = json.loads(one, parse_float=Decimal)
                found.append(read(Section(content, f"line {line}")))
        except InvalidArgument as error:
            problems += error.violations
        except ValueError as error:
            problems.append(Violation(f"line {line}", f"is no JSON: {error}"))
    if problems:
        count = f"{len(problems)} fault{'s' * (len(problems) > 1)}, so nothing was sent"
        raise InvalidArgument(Violation(path, count), *problems)
    return found


def _record(one: Section) -> model.ExampleRecord:
    seconds = one.take("latency_seconds", section.real)
    record = model.ExampleRecord(
        example_id=one.need("example_id", section.text),
        scores=one.take("scores", _scores) or {},
        latency=None if seconds is None else timedelta(seconds=seconds),
    )
    one.end()
    return record


def _scores(content: object, path: str) -> dict[str, float]:
    scores = section.table(content, path)
    return {name: section.real(score, f"{path}.{name}") for name, score in scores.items()}


def _item(one: Section, folder: Path) -> model.WorkloadItem:
    parameter = one.take("model_parameter", section.text) or ""
    times = one.take("times", section.real)
    item = model.WorkloadItem(
        usage=_usage(one, folder, is_named=not parameter),
        times=1.0 if times is None else times,
        per_trial=one.take("per_trial", section.truth) or False,
        model_parameter=parameter,
        times_parameter=one.take("times_parameter", section.text) or "",
    )
    one.end()
    return item


def _line(one: Section, folder: Path) -> model.Usage:
    requests = one.take("requests", section.whole)
    usage = replace(
        _usage(one, folder, is_named=True),
        request_count=1 if requests is None else requests,
        cache_hit=one.take("cache_hit", section.truth) or False,
        billed=one.take("billed", section.money),
        usage_id=one.take("usage_id", section.text) or "",
    )
    one.end()
    return usage


def _usage(one: Section, folder: Path, *, is_named: bool) -> model.Usage:
    """Read what items and lines have in common; a call must name its model if nothing else does."""
    quantity = _QUANTITIES[one.which(*_QUANTITIES)](one, folder)
    is_call = isinstance(quantity, model.TokenCounts | model.RawText)
    is_work = isinstance(quantity, model.HumanTime)
    usual = model.SpendCategory.EVALUATION if is_work else model.SpendCategory.EXPERIMENT
    read_name = one.need if is_call and is_named else one.take
    return model.Usage(
        quantity=quantity,
        category=one.take("category", section.one_of(model.SpendCategory)) or usual,
        provider=one.take("provider", section.text) or "",
        model=read_name("model", section.text) or "",
    )


def _tokens(one: Section, folder: Path) -> model.TokenCounts:
    del folder
    # Left out, the output would not be known, and what is not known has no price.
    return model.TokenCounts(
        input=one.need("input_tokens", section.whole),
        output=one.need("output_tokens", section.whole),
        cache_read_input=one.take("cached_tokens", section.whole),
    )


def _text(one: Section, folder: Path) -> model.RawText:
    written = one.take("input_text", section.text)
    if written is None:
        written = _content(folder / one.need("input_file", section.text), one.at("input_file"))
    return model.RawText(input=written, output=one.need("output_text", section.text))


def _content(file: Path, path: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidArgument.at(path, f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidArgument.at(path, f"{file} is not UTF-8") from error


def _time(one: Section, folder: Path) -> model.HumanTime:
    del folder
    return model.HumanTime(
        duration=timedelta(minutes=one.need("minutes", section.real)),
        hourly_rate=one.need("hourly_rate", section.money),
        rater=one.take("rater", section.text) or "",
    )


def _amount(one: Section, folder: Path) -> model.Money:
    del folder
    return one.need("amount", section.money)


_QUANTITIES: dict[str, Callable[[Section, Path], model.Quantity]] = {
    "input_tokens": _tokens,
    "input_text": _text,
    "input_file": _text,
    "minutes": _time,
    "amount": _amount,
}
