"""The default: each ask goes to the algorithm that the study calls for at that moment."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from groat_server.algorithms import design, look_up
from groat_server.algorithms.base import (
    Delegate,
    History,
    Pending,
    Preparable,
    Problem,
    Suggestion,
)
from groat_server.algorithms.bayesian.thrift import Thrift
from groat_server.algorithms.cells import count_cells

FEWEST_EXAMPLES = 16
"""Of the first rung, where the user said no number: on fewer, luck decides who goes on."""

MOST_TRIED = 50
"""Configurations that are all tried: a design and some tens of modelled trials are as many."""

MOST_MODELLED = 400
"""Told trials from which evolution takes over: models gain little more, and slow down."""

MOST_MODELLED_MANY = 200
"""The same with four objectives or more, where each model step is sampled and slow."""

MOST_COLUMNS = 128
MOST_OBJECTIVES = 6

MOST_AT_ONCE = 128
"""Pending trials up to which each is worth a model step; of more, workers would have to wait."""

FEWEST_EVOLVED = 1_000
"""Affordable trials that are ten generations of the largest population."""


class Auto:
    """Chooses per ask, by this table; the first row that holds decides.

    | when                                                        | who                  |
    |-------------------------------------------------------------|----------------------|
    | a whole evaluation has at least three times the examples of | `successive_halving` |
    | the first rung: ``max_examples`` against ``min_examples``,  |                      |
    | or else against 16 or a ninth, whichever is more            |                      |
    | at most 50 configurations, all of them affordable, and no   | `grid`               |
    | replicates allowed                                          |                      |
    | the design is not complete (see `design.starting_size`), or | `sobol`              |
    | fewer than two trials are measured                          |                      |
    | the study affords no more trials than the design has        | `sobol`              |
    | more than 128 columns, or more than 6 objectives            | `nsga2`              |
    | 400 trials told; 200 with four objectives or more           | `nsga2`              |
    | more than 128 trials pending, and at least 1,000 affordable | `nsga2`              |
    | else                                                        | `bayesian`           |

    Halving gets its new configurations by the same table from the second row on. A
    column is an axis of the search space: one per parameter, one per item of a subset or
    an order. Suggestions say who made them. As everything is read from history, changing
    over loses nothing: evolution breeds from what the models found.
    """

    is_heavy = True

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`.

        Raises:
            AwaitsResults: As the chosen one does.
        """
        chosen = self.delegate(
            problem,
            told=len(history.numbers),
            measured=int(history.is_measured.sum()),
            pending=len(pending.numbers),
        )
        found = look_up(chosen.name).suggest(chosen.problem, history, pending, count, rng)
        return [one.because(chosen.why) for one in found]

    def delegate(self, problem: Problem, *, told: int, measured: int, pending: int) -> Delegate:
        """See `Delegating.delegate`."""
        now = _Moment(problem=problem, told=told, measured=measured, pending=pending)
        reasons = ((name, reason(now)) for name, reason in _TABLE)
        name, why = next((name, why) for name, why in reasons if why)
        return Delegate(name=name, why=f"{name}: {why}.", problem=_stated(name, problem))

    def prepare(self) -> None:
        """See `Preparable.prepare`."""
        heavy = look_up("bayesian")
        if isinstance(heavy, Preparable):
            heavy.prepare()


def first_rung(problem: Problem) -> int:
    """Return on how many examples a new configuration starts; 0 is all of them."""
    whole = int(problem.options.get("max_examples") or 0)
    declared = int(problem.options.get("min_examples") or 0)
    fewest = declared or max(FEWEST_EXAMPLES, math.ceil(whole / 9))
    return fewest if whole >= 3 * fewest else 0


def _stated(name: str, problem: Problem) -> Problem:
    """State the problem as the chosen algorithm needs it."""
    options = dict(problem.options)
    if name == "successive_halving":
        options["min_examples"] = first_rung(problem)
        return replace(problem, options=options, sampler="auto")
    if name == "grid":
        options["levels_per_number"] = MOST_TRIED + 1
    return replace(problem, options=options)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """What the table looks at: how many trials are told, and how many of them measured."""

    problem: Problem
    told: int
    measured: int
    pending: int

    @property
    def affordable(self) -> float:
        """Trials in the whole study; ``inf`` where nothing bounds it."""
        bound = self.problem.affordable_trials
        return math.inf if bound is None else bound

    @property
    def most_modelled(self) -> int:
        """Told trials up to which models are worth their time."""
        return MOST_MODELLED if self.problem.objectives < 4 else MOST_MODELLED_MANY


# Each row of the table says why it holds, or nothing where it does not.


def _may_begin_small(now: _Moment) -> str:
    fewest, whole = first_rung(now.problem), now.problem.options.get("max_examples")
    return f"{fewest} of {whole:.0f} examples are enough to begin with" if fewest else ""


def _may_try_all(now: _Moment) -> str:
    space = now.problem.space
    if now.problem.allow_replicates or not space.levels.all():
        return ""
    # One level more than may be tried, so that a number cut down to these is too much.
    cells = count_cells(space, MOST_TRIED + 1)
    is_small = cells <= min(MOST_TRIED, now.affordable)
    return f"all {cells:.0f} configurations are few enough to be tried" if is_small else ""


def _is_starting(now: _Moment) -> str:
    size, known = design.starting_size(now.problem), now.told + now.pending
    is_over = known >= size and now.measured >= 2
    if is_over or Thrift.of(now.problem):
        return ""  # where trials differ in what they spend, the models' own start spends less
    if known < size:
        return f"{known} trials are known, and models come after {size}"
    return "no two trials are measured yet, too few for a model" if now.measured < 2 else ""


def _is_short(now: _Moment) -> str:
    is_short = now.affordable <= design.starting_size(now.problem)
    return f"{now.affordable:.0f} affordable trials are too few for a model" if is_short else ""


def _is_wide(now: _Moment) -> str:
    if now.problem.space.d > MOST_COLUMNS:
        return f"{now.problem.space.d} columns are too many to model"
    is_wide = now.problem.objectives > MOST_OBJECTIVES
    return f"{now.problem.objectives} objectives are too many to model" if is_wide else ""


def _is_long(now: _Moment) -> str:
    is_long = now.told >= now.most_modelled
    return f"after {now.told} trials a model gains little more and slows down" if is_long else ""


def _is_crowded(now: _Moment) -> str:
    if now.pending <= MOST_AT_ONCE or now.affordable < FEWEST_EVOLVED:
        return ""
    return f"with {now.pending} trials at once a model step for each would keep workers waiting"


def _else(now: _Moment) -> str:
    width = len(now.problem.space.parameters)
    named = f"{width} parameters are" if width > 1 else "1 parameter is"
    if now.affordable < now.most_modelled:
        few = f"{now.affordable:.0f} affordable trials are too few for evolution"
        return f"{few}, and {named} few enough to model"
    return f"{now.told} trials are few enough to model, and {named}, too"


_TABLE: tuple[tuple[str, Callable[[_Moment], str]], ...] = (
    ("successive_halving", _may_begin_small),
    ("grid", _may_try_all),
    ("sobol", _is_starting),
    ("sobol", _is_short),
    ("nsga2", _is_wide),
    ("nsga2", _is_long),
    ("nsga2", _is_crowded),
    ("bayesian", _else),
)
