"""Trials on part of the examples: which of them count, and for what."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from groat_server.algorithms.base import Floats, History, Integers, Pending


def fullest(history: History) -> History:
    """Keep what was measured on most examples of each configuration, in order.

    The same examples are in the smaller measurements, too: as a second, independent one
    they would count twice. Equal numbers of examples are replicates, and all stay.
    """
    examples = _examples(history.example_counts)
    if len(np.unique(examples)) < 2:
        return history
    _, which = np.unique(history.points, axis=0, return_inverse=True)
    most = np.zeros(len(examples))
    np.maximum.at(most, which.reshape(-1), examples)
    return rows_of(history, np.flatnonzero(examples == most[which.reshape(-1)]))


def unknown(pending: Pending, history: History) -> Floats:
    """Return the pending points ``(p, d)`` of which something is to be believed.

    A configuration that goes on to more examples than it was told on is none of them:
    what it will show is predicted from what it has shown.
    """
    told = {point.tobytes(): 0.0 for point in history.points}
    for point, examples in zip(history.points, _examples(history.example_counts), strict=True):
        told[point.tobytes()] = max(told[point.tobytes()], examples)
    goes_on = [
        told.get(point.tobytes(), np.inf) < examples
        for point, examples in zip(pending.points, _examples(pending.example_counts), strict=True)
    ]
    return pending.points[~np.array(goes_on, dtype=np.bool_)]


def rows_of(history: History, rows: Integers) -> History:
    """Return some trials of a history."""
    kept: list[int] = rows.tolist()
    return replace(
        history,
        numbers=history.numbers[rows],
        points=history.points[rows],
        losses=history.losses[rows],
        errors=history.errors[rows],
        violations=history.violations[rows],
        violation_errors=history.violation_errors[rows],
        example_counts=history.example_counts[rows],
        parents=history.parents[rows],
        generators=tuple(history.generators[i] for i in kept),
        slots=tuple(history.slots[i] for i in kept),
        notes=tuple(history.notes[i] for i in kept),
    )


def _examples(counts: Integers) -> Floats:
    return np.where(counts == 0, np.inf, counts.astype(np.float64))
