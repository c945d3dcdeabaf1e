"""Continuing the best: a configuration starts on few examples, and earns more.

What successive halving and Hyperband share, with `rungs`. A trial that is among the best of
its rung is continued, by a new trial, on the next rung. Everything is read from history and
pending trials, so any server can answer any ask.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from groat_server.algorithms import look_up
from groat_server.algorithms.base import (
    AwaitsResults,
    History,
    Integers,
    Pending,
    Preparable,
    Problem,
    Suggestion,
)
from groat_server.algorithms.rungs import Ladder, leading, ranking, seen

_BRACKET = "bracket"
_RETRY = "#1"
_OWN_OPTIONS = {"min_examples", "max_examples", "reduction_factor"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What tells one algorithm of this family from another.

    Attributes:
        generator: The name under which trials go on.
        ladder: Its rungs.
        shares: Brackets, each with its share of new configurations. A bracket
            is named by how many rungs its configurations can climb.
    """

    generator: str
    ladder: Ladder
    shares: Mapping[int, int]

    def bracket(self, notes: Mapping[str, str], rung: int) -> int:
        """Return a trial's bracket; one that was not planned is in the one that starts there."""
        only = next(iter(self.shares)) if len(self.shares) == 1 else self.ladder.top - rung
        return int(notes.get(_BRACKET, only))

    def notes(self, bracket: int) -> dict[str, str]:
        """Write down a trial's bracket, where there is a choice."""
        return {_BRACKET: str(bracket)} if len(self.shares) > 1 else {}

    def furthest_behind(self, started: Mapping[int, int]) -> int:
        """Return the bracket that is due the next new configuration; of equals the longest."""
        total, known = sum(self.shares.values()), sum(started.values()) + 1
        lag = {s: share * known / total - started[s] for s, share in self.shares.items()}
        return max(lag, key=lambda s: (lag[s], s))

    def started(self, history: History, pending: Pending) -> dict[int, int]:
        """Count the configurations that each bracket was given."""
        parents = [*history.parents.tolist(), *pending.parents.tolist()]
        noted = zip(parents, [*history.notes, *pending.notes], strict=True)
        given = [notes[_BRACKET] for parent, notes in noted if parent < 0 and _BRACKET in notes]
        return {s: given.count(str(s)) for s in self.shares}


def suggest(
    plan: Plan,
    problem: Problem,
    past: tuple[History, Pending],
    count: int,
    rng: np.random.Generator,
) -> list[Suggestion]:
    """Continue the trials that are due, best evaluated first; start new ones for the rest.

    Workers never wait while there are new configurations. When a finite space
    has no more, the leaders of each rung go on, too; see `Board.leaders`.

    Raises:
        AwaitsResults: Nothing is new, and what is pending may decide who goes on.

    Source:
        Li et al. (2020), A system for massively parallel hyperparameter tuning
        (ASHA), https://arxiv.org/abs/1810.05934; for several objectives
        Schmucker et al. (2021), https://arxiv.org/abs/2106.12639. Unlike there,
        broken constraints come before ranks, and all leaders of a rung go on at the end.
    """
    board = Board(plan, problem, *past)
    chosen = list(itertools.islice(board.due(), count))
    if len(chosen) == count:
        return chosen
    past = past[0], _without(past[1], chosen)
    new = _new(plan, problem, past, count - len(chosen), rng)
    chosen += new or itertools.islice(board.leaders(), count - len(chosen))
    if not chosen and board.may_change:
        raise AwaitsResults
    return chosen


def prepare() -> None:
    """Get the heaviest sampler ready, since it is not known yet which one a study has."""
    heavy = look_up("bayesian")
    if isinstance(heavy, Preparable):
        heavy.prepare()


def _without(pending: Pending, chosen: Sequence[Suggestion]) -> Pending:
    """Keep a sampler that may repeat configurations from those of the same answer."""
    points = [one.point[None] for one in chosen]
    return replace(pending, excluded=np.concatenate([pending.excluded, *points]))


def _new(
    plan: Plan,
    problem: Problem,
    past: tuple[History, Pending],
    count: int,
    rng: np.random.Generator,
) -> list[Suggestion]:
    """Let the sampler choose configurations and give each to a bracket."""
    started = plan.started(*past)
    suggestions = list[Suggestion]()
    sampler = look_up(problem.sampler or "auto")
    for one in sampler.suggest(_plain(problem), *seen(problem, *past), count, rng):
        bracket = plan.furthest_behind(started)
        started[bracket] += 1
        examples = plan.ladder.counts[plan.ladder.top - bracket]
        notes = {**one.notes, **plan.notes(bracket)}
        suggestions.append(replace(one, example_count=examples, notes=notes))
    return suggestions


def _plain(problem: Problem) -> Problem:
    """State the problem as one in which every trial is whole, lest "auto" choose halving again."""
    options = {key: value for key, value in problem.options.items() if key not in _OWN_OPTIONS}
    return replace(problem, options=options, sampler="")


class Board:
    """All trials by rung. It remembers what it gives out, so that nothing comes twice."""

    def __init__(self, plan: Plan, problem: Problem, history: History, pending: Pending) -> None:
        self._plan, self._ladder, self._history = plan, plan.ladder, history
        self._rungs = self._ladder.rungs(history.example_counts)
        brackets = map(plan.bracket, history.notes, self._rungs.tolist())
        self._brackets = np.array(list(brackets), dtype=np.int64)
        self._running = self._ladder.rungs(pending.example_counts).tolist()
        self._slots, self._lost = pending.slots, set(pending.lost)
        self._keys = problem.space.keys(history.points)
        self._reached = dict[bytes, int]()
        keys = [*self._keys, *problem.space.keys(pending.points)]
        for key, rung in zip(keys, [*self._rungs.tolist(), *self._running], strict=True):
            self._reached[key] = max(rung, self._reached.get(key, rung))

    @property
    def may_change(self) -> bool:
        """Whether a pending trial can make another one due, or be tried again itself."""
        can_fail = any(slot and not slot.endswith(_RETRY) for slot in self._slots)
        return can_fail or any(rung < self._ladder.top for rung in self._running)

    def due(self) -> Iterator[Suggestion]:
        """Continue the best ``1 / factor`` of each rung's told trials, highest rungs first."""
        for rung in reversed(range(self._ladder.top)):
            for bracket in sorted(self._plan.shares, reverse=True):
                rows = np.flatnonzero((self._rungs == rung) & (self._brackets == bracket))
                places = int(len(rows) / self._ladder.factor + 1e-9)
                ranked = ranking(self._history.losses[rows], self._history.violations[rows])
                why = f"It is among the best {places} of {len(rows)}"
                yield from self._continued(rows[ranked[:places]], rung, why)

    def leaders(self) -> Iterator[Suggestion]:
        """Continue whoever may be the best of a rung, lowest rungs first, when nothing is new.

        A rung has to wait until nothing is pending on it or below, since that
        may still beat its leaders. Brackets do not matter: all trials of a rung
        have seen as many examples. Whoever is clearly beaten on its own rung is not
        worth more of them.
        """
        for rung in range(self._ladder.top):
            if any(running <= rung for running in self._running):
                return
            rows = np.flatnonzero(self._rungs == rung)
            losses, violations = self._history.losses[rows], self._history.violations[rows]
            leads = leading(losses, self._history.errors[rows], violations)
            ranked = ranking(losses, violations)
            best = rows[ranked[leads[ranked]]]
            yield from self._continued(best, rung, f"None of {len(rows)} clearly beats it")

    def _continued(self, rows: Integers, rung: int, why: str) -> Iterator[Suggestion]:
        for row in rows.tolist():
            slot = self._free_slot(int(self._history.numbers[row]), rung + 1)
            if self._reached[self._keys[row]] > rung or not slot:
                continue
            self._reached[self._keys[row]] = rung + 1
            self._running.append(rung + 1)
            yield Suggestion(
                point=self._history.points[row],
                generator=self._plan.generator,
                example_count=self._ladder.counts[rung + 1],
                parent=int(self._history.numbers[row]),
                slot=slot,
                why=f"{why} on {self._ladder.counts[rung]} examples.",
                notes=self._plan.notes(int(self._brackets[row])),
            )

    def _free_slot(self, number: int, rung: int) -> str:
        """Return where a trial goes on; empty when that failed twice."""
        slot = f"rung{rung}<{number}"
        return next((s for s in (slot, slot + _RETRY) if s not in self._lost), "")
