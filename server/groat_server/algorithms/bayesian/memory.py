"""Fitted hyperparameters, carried from ask to ask as a note on the suggestion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from groat_server.algorithms.base import Floats, History, Pending

_KEY = "gp"
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Memory:
    """What the last fit found.

    Attributes:
        trials: How many trials were told when it was fitted; 0 before any fit.
        hyperparameters: One array per model, in the order of fitting.
    """

    trials: int = 0
    hyperparameters: tuple[Floats, ...] = ()

    def is_due(self, told: int) -> bool:
        """Whether the hyperparameters should be fitted again, with ``told`` trials known."""
        patience = 1 if told < 30 else 5 if told < 100 else 10
        return not self.trials or told - self.trials >= patience

    def starts(self, model: int, size: int, told: int) -> list[Floats | None]:
        """Return where to start fitting a model: from last time, at times from scratch too.

        Args:
            model: Its place in the order of fitting.
            size: How many hyperparameters it has.
            told: How many trials are known.
        """
        known = self.hyperparameters[model] if model < len(self.hyperparameters) else np.empty(0)
        if len(known) != size:
            return [None]
        # Once in ten trials a cold start, lest a poor early optimum stays for ever.
        return [known] if told // 10 == self.trials // 10 else [known, None]

    def notes(self) -> dict[str, str]:
        """Write itself down; nothing when it would be longer than 2,000 characters."""
        models = [",".join(f"{value:.2f}" for value in row) for row in self.hyperparameters]
        text = ";".join([str(self.trials), *models])
        return {_KEY: text} if len(text) <= _LONGEST else {}


def recall(history: History, pending: Pending) -> Memory:
    """Read the note of the newest trial that has one."""
    numbers = [*history.numbers.tolist(), *pending.numbers.tolist()]
    noted = zip(numbers, [*history.notes, *pending.notes], strict=True)
    for _, notes in sorted(noted, key=lambda pair: -pair[0]):
        if _KEY in notes:
            return _read(notes)
    return Memory()


def _read(notes: Mapping[str, str]) -> Memory:
    trials, *models = notes[_KEY].split(";")
    return Memory(int(trials), tuple(_numbers(model.split(",")) for model in models))


def _numbers(texts: Sequence[str]) -> Floats:
    return np.array([float(text) for text in texts], dtype=np.float64)
