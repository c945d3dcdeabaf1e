"""Rows of a file as drafts of trials; ``docs/warm-start.md`` says what may stand in them."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from math import isfinite
from typing import TypeAlias, TypeVar, cast

from groat import model
from groat._drafts import faults
from groat._fitting import misplaced, number, value
from groat.cli.trial_file import Row
from groat.errors import InvalidArgument, Violation
from groat.usage import fee

T = TypeVar("T")


class Kind(enum.Enum):
    """What a column may be about."""

    PARAMETER = "parameter"
    METRIC = "metric"
    ERROR = "standard error"
    TRIAL = "word of this command"


Column: TypeAlias = tuple[Kind, str]
"""What a column is about, and whose id stands behind it."""

TRIAL_WORDS = ("state", "reason", "example_count", "spend")


def drafts(
    spec: model.StudySpec, rows: Sequence[Row], *, queued: bool = False
) -> list[model.TrialDraft]:
    """Make drafts of rows, one each.

    Args:
        spec: Of the study that they are for.
        rows: At least one.
        queued: Read parameters and example counts only, to be evaluated here.

    Raises:
        InvalidArgument: With every fault of every row.
    """
    reader = _Reader(spec, queued=queued)
    made: list[model.TrialDraft] = []
    problems = list(reader.odd_columns(rows))
    for row in rows:
        try:
            made.append(reader.draft(row.cells))
        except InvalidArgument as error:
            problems += [
                Violation(f"line {row.line}{', ' * bool(one.path)}{one.path}", one.problem)
                for one in error.violations
            ]
    if problems:
        raise InvalidArgument(*problems)
    return made


def configuration(spec: model.StudySpec, words: Sequence[str]) -> dict[str, model.Value]:
    """Make a configuration of words such as ``k=3``.

    Raises:
        InvalidArgument: With every fault; paths are ids of parameters.
    """
    pairs = [word.partition("=") for word in words]
    names = [name for name, _, _ in pairs]
    domains = {parameter.id: parameter.domain for parameter in spec.search_space.parameters}
    odd = [name for name in names if name not in domains]
    if odd or not all(equals for _, equals, _ in pairs):
        problem = f"must each be written as id=value, with an id among {', '.join(domains)}"
        raise InvalidArgument.at("parameters", problem)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidArgument.at("parameters", f"{', '.join(twice)} stands there twice")
    seen = _Cells({(Kind.PARAMETER, name): (name, text) for name, _, text in pairs if text})
    chosen = _configuration(domains, seen)
    seen.end()
    wrong = [Violation(*one) for one in misplaced(spec.search_space, chosen)]
    if wrong:
        raise InvalidArgument(*wrong)
    return chosen


class _Reader:
    """Reads the rows of one study."""

    def __init__(self, spec: model.StudySpec, *, queued: bool) -> None:
        self._spec = spec
        self._queued = queued
        self._domains = {one.id: one.domain for one in spec.search_space.parameters}
        self._meanings = _meanings(spec)

    def draft(self, cells: Mapping[str, object]) -> model.TrialDraft:
        """Make a draft of one row."""
        seen = self._placed(cells)
        configuration = _configuration(self._domains, seen)
        count = seen.take(Kind.TRIAL, "example_count", _count) or 0
        outcome = None if self._queued else self._outcome(seen, count)
        spend = None if self._queued else seen.take(Kind.TRIAL, "spend", self._money)
        seen.end()
        draft = model.TrialDraft(
            configuration=configuration,
            outcome=outcome,
            usage=() if spend is None else (fee(spend),),
            example_count=count if self._queued or self._is_part(count) else 0,
        )
        return _checked(self._spec, draft)

    def odd_columns(self, rows: Iterable[Row]) -> Iterator[Violation]:
        """Yield each column that means nothing here, or two things, where it first has a cell."""
        first: dict[str, int] = {}
        for row in rows:
            for name in row.cells:
                first.setdefault(name, row.line)
        for name, line in first.items():
            meanings = self._meanings.get(name, [])
            if len(meanings) != 1:
                problem = self._confusion(name, meanings)
                yield Violation(f"line {line}, {name}", problem)

    def _confusion(self, name: str, meanings: Sequence[Column]) -> str:
        if meanings:
            kinds = " and a ".join(kind.value for kind, _ in meanings)
            return f"is a {kinds} here; write parameters.{name} or metrics.{name}"
        known = [*self._domains, *(metric.id for metric in self._spec.metrics), *TRIAL_WORDS]
        return f"is none of {', '.join(known)}"

    def _placed(self, cells: Mapping[str, object]) -> _Cells:
        placed: dict[Column, tuple[str, object]] = {}
        problems: list[Violation] = []
        for name, cell in cells.items():
            meanings = self._meanings.get(name, [])
            if len(meanings) != 1:
                continue  # told by `odd_columns`
            if meanings[0] in placed:
                problems.append(Violation(name, f"is the same as {placed[meanings[0]][0]}"))
            placed[meanings[0]] = (name, cell)
        if problems:
            raise InvalidArgument(*problems)
        return _Cells(placed)

    def _outcome(self, seen: _Cells, count: int) -> model.Succeeded | model.Infeasible:
        is_told = seen.has(Kind.TRIAL, "state")
        state = seen.take(Kind.TRIAL, "state", _state) if is_told else model.TrialState.SUCCEEDED
        reason = seen.take(Kind.TRIAL, "reason", _text) or ""
        values = [one for metric in self._spec.metrics for one in self._measured(seen, metric)]
        measured = model.Measurement(metrics=tuple(values), example_count=count)
        if state is model.TrialState.INFEASIBLE:
            return model.Infeasible(reason=reason, measurement=measured if values else None)
        if reason and state is model.TrialState.SUCCEEDED:
            seen.fault("reason", "only a trial that is infeasible has one; set state")
        return model.Succeeded(measurement=measured)

    def _measured(self, seen: _Cells, metric: model.Metric) -> Iterator[model.MetricValue]:
        told = seen.take(Kind.METRIC, metric.id, _finite)
        error = seen.take(Kind.ERROR, metric.id, _not_negative)
        if told is None and error is not None:
            seen.fault(f"{metric.id}.error", "is the standard error of no value")
        if told is not None and metric.derivation is not None:
            seen.fault(metric.id, "is derived by the server; leave it out")
        if told is not None:
            yield model.MetricValue(metric_id=metric.id, value=told, standard_error=error)

    def _money(self, content: object) -> model.Money:
        amount, _, currency = str(content).strip().partition(" ")
        if currency not in {"", self._spec.currency}:
            raise ValueError(f"{content!r:.60} is not in {self._spec.currency}; convert it first")
        if number(amount) < 0:
            raise ValueError(f"{content!r:.60} is negative")
        return model.Money.of(amount, self._spec.currency)

    def _is_part(self, count: int) -> bool:
        """Whether so many examples are too few for the front."""
        return 0 < count < self._spec.algorithm.whole_example_count


class _Cells:
    """The cells of one row, taken one by one; what is wrong is kept for the end."""

    def __init__(self, cells: Mapping[Column, tuple[str, object]]) -> None:
        self._cells = cells
        self._faults: list[Violation] = []

    def has(self, kind: Kind, name: str) -> bool:
        """Whether there is such a cell."""
        return (kind, name) in self._cells

    def take(self, kind: Kind, name: str, read: Callable[[object], T]) -> T | None:
        """Read a cell; ``None`` when it is not there or not right."""
        if not self.has(kind, name):
            return None
        title, content = self._cells[kind, name]
        try:
            return read(content)
        except ValueError as error:
            self.fault(title, str(error))
            return None

    def fault(self, title: str, problem: str) -> None:
        """Note what is wrong."""
        self._faults.append(Violation(title, problem))

    def end(self) -> None:
        """Raise what was wrong."""
        if self._faults:
            raise InvalidArgument(*self._faults)


def _configuration(domains: Mapping[str, model.Domain], seen: _Cells) -> dict[str, model.Value]:
    read = {name: seen.take(Kind.PARAMETER, name, _by(domain)) for name, domain in domains.items()}
    return {name: chosen for name, chosen in read.items() if chosen is not None}


def _checked(spec: model.StudySpec, draft: model.TrialDraft) -> model.TrialDraft:
    problems = list(faults(spec, draft))
    if problems:
        raise InvalidArgument(*problems)
    return draft


def _meanings(spec: model.StudySpec) -> dict[str, list[Column]]:
    meanings: defaultdict[str, list[Column]] = defaultdict(list)
    for parameter in spec.search_space.parameters:
        for name in (parameter.id, f"parameters.{parameter.id}"):
            meanings[name].append((Kind.PARAMETER, parameter.id))
    for metric in spec.metrics:
        for name in (metric.id, f"metrics.{metric.id}"):
            meanings[name].append((Kind.METRIC, metric.id))
            meanings[f"{name}.error"].append((Kind.ERROR, metric.id))
    for word in TRIAL_WORDS:
        meanings[word].append((Kind.TRIAL, word))
    return meanings


def _by(domain: model.Domain) -> Callable[[object], model.Value]:
    return lambda content: value(domain, content)


def _state(content: object) -> model.TrialState:
    for state in (model.TrialState.SUCCEEDED, model.TrialState.INFEASIBLE):
        if content == state.value:
            return state
    raise ValueError(f"{content!r:.60} is neither succeeded nor infeasible; leave such rows out")


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    raise ValueError(f"{content!r:.60} is not text")


def _finite(content: object) -> float:
    read = float(number(content))
    if not isfinite(read):
        raise ValueError(f"{content!r:.60} is too large")
    return read


def _not_negative(content: object) -> float:
    read = _finite(content)
    if read < 0:
        raise ValueError(f"{content!r:.60} is negative")
    return read


def _count(content: object) -> int:
    return cast("int", value(model.IntDomain(min=0, max=2**62), content))
