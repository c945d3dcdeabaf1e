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

TRIAL_WORDS = ("state", "reason", "example_count", "spend", "evaluation_spend")


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
        InvalidArgument: With every word, else every value, else every parameter that is wrong.
    """
    pairs = [word.partition("=") for word in words]
    names = [name for name, _, _ in pairs]
    domains = {parameter.id: parameter.domain for parameter in spec.search_space.parameters}
    odd = [
        word
        for word, (name, equals, _) in zip(words, pairs, strict=True)
        if not equals or name not in domains
    ]
    if odd:
        way = f"is not written as id=value, with an id among {', '.join(domains)}"
        raise InvalidArgument(*(Violation(f"{word!r:.60}", way) for word in odd))
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


def paid(spend: model.Money | None, evaluation: model.Money | None) -> tuple[model.Usage, ...]:
    """Make usage of what an experiment took and of what grading it took; ``None``: not told.

    The two are kept apart, since what grading takes never touches an objective.
    """
    told: list[model.Usage] = [] if spend is None else [fee(spend)]
    if evaluation is not None:
        told.append(fee(evaluation, category=model.SpendCategory.EVALUATION))
    return tuple(told)


class _Reader:
    """Reads the rows of one study."""

    def __init__(self, spec: model.StudySpec, *, queued: bool) -> None:
        self._spec = spec
        self._queued = queued
        self._domains = {one.id: one.domain for one in spec.search_space.parameters}
        self._parents = {
            one.id: [condition.parameter_id for condition in one.active_when]
            for one in spec.search_space.parameters
        }
        self._meanings = _meanings(spec)

    def draft(self, cells: Mapping[str, object]) -> model.TrialDraft:
        """Make a draft of one row."""
        seen = self._placed(cells)
        configuration = _configuration(self._domains, seen)
        count = seen.take(Kind.TRIAL, "example_count", _count) or 0
        outcome = None if self._queued else self._outcome(seen, count)
        spend = None if self._queued else seen.take(Kind.TRIAL, "spend", self._money)
        grading = None if self._queued else seen.take(Kind.TRIAL, "evaluation_spend", self._money)
        draft = model.TrialDraft(
            configuration=configuration,
            outcome=outcome,
            usage=paid(spend, grading),
            example_count=count if self._queued or self._is_part(count) else 0,
        )
        for one in faults(self._spec, draft):
            if not self._follows(one.path, seen):
                seen.fault(one.path, one.problem)
        seen.end()
        return draft

    def _follows(self, name: str, seen: _Cells) -> bool:
        """Whether a fault of a whole draft may only come from a cell that could not be read."""
        if not name:
            return any(seen.is_odd(Kind.PARAMETER, one) for one in self._domains)
        metric = next((one for one in self._spec.metrics if one.id == name), None)
        words = ("state",) if metric is None or metric.derivation is None else TRIAL_WORDS
        return self._is_unsure(name, seen) or (
            metric is not None
            and (
                seen.is_odd(Kind.METRIC, name)
                or any(seen.is_odd(Kind.TRIAL, word) for word in words)
            )
        )

    def _is_unsure(self, name: str, seen: _Cells) -> bool:
        """Whether nobody knows a parameter's value, or whether it is active."""
        parents = self._parents.get(name, ())
        is_odd = seen.is_odd(Kind.PARAMETER, name)
        return is_odd or any(self._is_unsure(parent, seen) for parent in parents)

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
        twice: list[tuple[Column, str]] = []
        for name, cell in cells.items():
            meanings = self._meanings.get(name, [])
            if len(meanings) != 1:
                continue  # told by `odd_columns`
            if meanings[0] in placed:
                twice.append((meanings[0], name))
            else:
                placed[meanings[0]] = (name, cell)
        seen = _Cells(placed)
        for column, name in twice:
            seen.refuse(column, name, f"is the same as {placed[column][0]}")
        return seen

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
        if error is not None and not seen.has(Kind.METRIC, metric.id):
            column = (Kind.METRIC, metric.id)
            seen.refuse(column, f"{metric.id}.error", "is the standard error of no value")
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
        self._odd: set[Column] = set()

    def has(self, kind: Kind, name: str) -> bool:
        """Whether there is such a cell."""
        return (kind, name) in self._cells

    def is_odd(self, kind: Kind, name: str) -> bool:
        """Whether there is something that could not be read."""
        return (kind, name) in self._odd

    def take(self, kind: Kind, name: str, read: Callable[[object], T]) -> T | None:
        """Read a cell; ``None`` when it is not there or not right."""
        if not self.has(kind, name):
            return None
        title, content = self._cells[kind, name]
        try:
            return read(content)
        except ValueError as error:
            self.refuse((kind, name), title, str(error))
            return None

    def refuse(self, column: Column, title: str, problem: str) -> None:
        """Note that what is said of a column cannot be used."""
        self._odd.add(column)
        self.fault(title, problem)

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
