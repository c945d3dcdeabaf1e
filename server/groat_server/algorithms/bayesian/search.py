"""One step of the search: fit, weigh, choose. Everything here may import torch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groat_server import front
from groat_server.algorithms import design
from groat_server.algorithms.base import Floats, History, Pending, Problem, Suggestion
from groat_server.algorithms.bayesian.fidelity import fullest, rows_of, unknown
from groat_server.algorithms.bayesian.memory import recall
from groat_server.algorithms.bayesian.models import fit_models
from groat_server.algorithms.bayesian.step import Choice, Step

_MOST_ROWS, _LEAST_ROWS = 300, 100
_MOST_WORK = _MOST_ROWS * 32
"""Per candidate and model, in rows times columns."""

_MOST_SIZE = 1e50


def propose(
    problem: Problem, history: History, pending: Pending, count: int, rng: np.random.Generator
) -> list[Suggestion]:
    """Suggest up to ``count`` points; see `Algorithm.suggest`.

    At least two of the `fullest` trials are measured; the others do not count.
    """
    problem = replace(problem, reference=_clipped(problem.reference))
    most = max(min(_MOST_WORK // problem.space.d, _MOST_ROWS), _LEAST_ROWS)
    told = fullest(_within_range(history))
    useful = most_useful(told, most)
    memory = recall(history, pending)
    models, memory = fit_models(problem, useful, memory, len(history.numbers))
    believed = unknown(pending, history)
    step = Step(problem, useful, models, believed, turn=len(told.numbers) + len(believed))
    choices = step.best(design.Known(problem, history, pending), count, rng)
    notes = memory.notes()
    return [
        Suggestion(point=one.point, generator="bayesian", notes={**notes, **_promise(one)})
        for one in choices
    ]


def _within_range(history: History) -> History:
    """Bring what was told to where the product of six values is still a number."""
    return replace(
        history,
        losses=_clipped(history.losses),
        errors=_clipped(history.errors),
        violations=_clipped(history.violations),
        violation_errors=_clipped(history.violation_errors),
    )


def _clipped(values: Floats) -> Floats:
    large = np.clip(values, -_MOST_SIZE, _MOST_SIZE)
    return np.where(np.abs(large) < 1.0 / _MOST_SIZE, 0.0, large)


def _promise(choice: Choice) -> dict[str, str]:
    """What the guard weighs the next trials by; see `groat_server.gains`."""
    return {} if choice.gain is None else {"gain": f"{choice.gain:.3g}"}


def most_useful(history: History, most: int) -> History:
    """Choose from more trials than ``most``: the best ranked, the most recent, some from all over.

    Those that keep every constraint go before those that do not.
    Time grows with their number and with that of the columns.
    """
    n = len(history.numbers)
    if n <= most:
        return history
    worth, kept = np.full(n, np.inf), history.is_feasible
    worth[kept] = front.ranks(history.losses[kept])
    broken = history.is_measured & ~kept
    worth[broken] = n + front.ranks(history.losses[broken])
    worth[-most // 6 :] = -1
    worth[np.linspace(0, n - 1, most // 6).round().astype(np.int64)] = -1
    return rows_of(history, np.sort(np.argsort(worth, kind="stable")[:most]))
