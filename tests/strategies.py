"""Hypothesis strategies for every model value, drawn from the types of its fields."""

from __future__ import annotations

import enum
import functools
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from groat import model

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FLOATS = st.floats(allow_nan=False)
# From 1 up, as 0 stands for a default in many places of the protocol.
COUNTS = st.integers(1, 2**31 - 1)
ITEMS = st.lists(WORDS, max_size=3).map(tuple)
MONEY = st.builds(model.Money, st.integers(-(2**63), 2**63 - 1), st.sampled_from(["USD", "EUR"]))

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: COUNTS,
    float: FLOATS.filter(bool),
    str: WORDS,
    datetime: st.datetimes(timezones=st.just(UTC)),
    timedelta: st.timedeltas(timedelta(0), timedelta(days=3_652_500)),
    model.Money: MONEY,
    model.Value: st.booleans() | st.integers(-(2**63), 2**63 - 1) | FLOATS | WORDS | ITEMS,
}
_OUTCOMES: dict[model.TrialState, Any] = {
    model.TrialState.SUCCEEDED: model.Succeeded,
    model.TrialState.EARLY_STOPPED: model.EarlyStopped,
    model.TrialState.INFEASIBLE: model.Infeasible,
    model.TrialState.FAILED: model.Failed,
}


@functools.cache
def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Every value of a type."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if hint in {model.Trial, model.TrialDraft}:
        return _TRIALS if hint is model.Trial else _DRAFTS
    if is_dataclass(hint):
        return _instances(hint)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    return _composed(get_origin(hint), get_args(hint))


def _composed(origin: Any, parts: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin in {Union, types.UnionType}:
        return st.one_of([st.none() if p is types.NoneType else values_of(p) for p in parts])
    if origin is tuple:
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(WORDS, values_of(parts[1]), max_size=2)
    assert origin is Literal, f"no strategy for {origin}"
    return st.sampled_from(parts)


def _instances(kind: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    parts = {field.name: values_of(hints[field.name]) for field in fields(kind)}
    if "study_id" in parts:
        parts["study_id"] = st.from_regex("[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)
    return st.fixed_dictionaries(parts).map(lambda given: kind(**given))


@st.composite
def _trials(draw: st.DrawFn) -> model.Trial:
    trial = draw(_instances(model.Trial))
    kind = _OUTCOMES.get(trial.state)
    outcome = None if kind is None else draw(values_of(kind))
    # Notes and slot are the algorithm's own and never leave the server.
    return replace(trial, outcome=outcome, notes={}, slot="")


@st.composite
def _drafts(draw: st.DrawFn) -> model.TrialDraft:
    draft = draw(_instances(model.TrialDraft))
    # Only a trial that is imported has consumed anything.
    return draft if draft.outcome else replace(draft, usage=())


_TRIALS = _trials()
_DRAFTS = _drafts()
