"""Rules of deduction: what to change after which kind of failure."""

from __future__ import annotations

from dataclasses import dataclass

from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.roles import role_of
from groat_server.guard.plan.words import listed


@dataclass(frozen=True, slots=True)
class _Failure:
    """A kind of failure.

    Attributes:
        label: What a person writes beside a failed answer; empty for what shows
            in the numbers instead.
        roles: Parameters that can mend it, the likeliest first.
        needs: Only spoken of where one of these exists; else where any role does.
    """

    label: str
    rule: str
    roles: tuple[str, ...]
    needs: tuple[str, ...] = ()


_RETRIEVAL = ("top_k", "retriever", "chunk", "embedding", "rerank")
_FAILURES = (
    _Failure("not found", "What was needed was not found", _RETRIEVAL, _RETRIEVAL),
    _Failure(
        "found, but wrong",
        "What was needed was there, and the answer is wrong all the same",
        ("model", "prompt", "reasoning", "shots", "compression"),
    ),
    _Failure(
        "wrong form",
        "The answer is right but has the wrong form",
        ("prompt", "shots", "max_tokens"),
    ),
    _Failure("cut off", "The answer is cut off", ("max_tokens", "iterations"), ("max_tokens",)),
    _Failure(
        "wrong tool", "The wrong tool was called, or none", ("tools", "prompt", "model"), ("tools",)
    ),
    _Failure(
        "lost its way",
        "Agents go round in circles or stop too early",
        ("iterations", "agents", "prompt"),
        ("agents", "iterations"),
    ),
    _Failure(
        "",
        "The same question is answered right one time and wrong the next",
        ("temperature", "votes", "model"),
        ("temperature", "votes"),
    ),
    _Failure(
        "",
        "Everything is fine but too dear or too slow: go down with",
        ("model", "votes", "top_k", "compression", "iterations", "reasoning", "max_tokens"),
    ),
)


def rules_of(case: PlanCase) -> tuple[str, ...]:
    """Return the rules whose parameters exist in this space, and the one of patience."""
    roles = _ids_by_role(case)
    found = [_sentence(one, ids) for one in _FAILURES if (ids := _mending(one, roles))]
    patience = "Change one thing at a time, unless the step says otherwise; use the same examples."
    return (*found, patience)


def labels_of(case: PlanCase) -> tuple[str, ...]:
    """Return what to write beside failed answers, so that the rules can be used."""
    roles = _ids_by_role(case)
    return tuple(one.label for one in _FAILURES if one.label and _mending(one, roles))


def _ids_by_role(case: PlanCase) -> dict[str, list[str]]:
    roles = dict[str, list[str]]()
    for parameter in case.space.parameters:
        roles.setdefault(role_of(parameter).name, []).append(parameter.id)
    return roles


def _mending(failure: _Failure, roles: dict[str, list[str]]) -> list[str]:
    if not any(role in roles for role in failure.needs or failure.roles):
        return []
    return [name for role in failure.roles for name in roles.get(role, [])]


def _sentence(failure: _Failure, ids: list[str]) -> str:
    if failure.rule.endswith("with"):
        return f"{failure.rule} {listed(ids, 'or')}."
    label = f' ("{failure.label}")' if failure.label else ""
    return f"{failure.rule}{label}: try {listed(ids, 'or')}."
