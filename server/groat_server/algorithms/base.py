"""The contract of an algorithm: arrays in, arrays out, no state, no clock.

An algorithm is looked up by entry point (group ``groat.algorithms``), ours and
everyone's alike, and is called as ``suggest(problem, history, pending, count, rng)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from groat_server.space import Space

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is searched, and how much of it can be afforded.

    Attributes:
        space: Turns points of the unit cube into configurations and back.
        objectives: Number of objectives ``m``; all losses, all minimised.
        constraints: Number of constraints ``c``.
        reference: Shape ``(m,)``. The worst loss that is still useful, per
            objective; NaN where the user set none.
        options: The algorithm's own, such as ``population_size``; 0 or absent
            lets it choose.
        seed: The study's; fixes designs that must be the same at every ask.
        affordable_trials: Trials that budget and limits allow in the whole
            study, told ones included; ``None`` when nothing bounds it.
        allow_replicates: A known configuration may be suggested again.
    """

    space: Space
    objectives: int
    constraints: int
    reference: Floats
    seed: int
    options: Mapping[str, int] = field(default_factory=dict[str, int])
    affordable_trials: int | None = None
    allow_replicates: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything told, in order of trial number. ``n`` trials; never FAILED ones.

    Attributes:
        numbers: Shape ``(n,)``, integers. Trial numbers.
        points: Shape ``(n, d)``, unit cube, canonical (see `Space.canonical`).
        losses: Shape ``(n, m)``, smaller is better; rows of NaN where the trial
            was INFEASIBLE.
        errors: Shape ``(n, m)``. Standard errors of ``losses``; NaN where unknown.
        violations: Shape ``(n, c)``. At most 0 where the constraint is kept; NaN
            rows where the trial was INFEASIBLE.
        violation_errors: Shape ``(n, c)``. Standard errors; NaN where unknown.
        generators: Which algorithm made each trial.
        notes: What the algorithm left with each suggestion.
    """

    numbers: npt.NDArray[np.int64]
    points: Floats
    losses: Floats
    errors: Floats
    violations: Floats
    violation_errors: Floats
    generators: tuple[str, ...]
    notes: tuple[Mapping[str, str], ...]

    @property
    def is_measured(self) -> Bools:
        """Shape ``(n,)``. False where the trial was INFEASIBLE."""
        return np.asarray(np.isfinite(self.losses).all(axis=1))

    @property
    def is_feasible(self) -> Bools:
        """Shape ``(n,)``. Measured, and every constraint is kept."""
        return self.is_measured & (self.violations <= 0).all(axis=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Trials that are asked and not told, and configurations that must not come again.

    Attributes:
        numbers: Shape ``(p,)``, integers.
        points: Shape ``(p, d)``, canonical.
        notes: As in `History`.
        excluded: Shape ``(x, d)``, canonical. Known configurations of no other
            use, such as those of FAILED trials.
    """

    numbers: npt.NDArray[np.int64]
    points: Floats
    notes: tuple[Mapping[str, str], ...]
    excluded: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A point to try.

    Attributes:
        point: Shape ``(d,)``, unit cube, canonical.
        generator: Which algorithm made it, such as ``"sobol"``.
        notes: Small; comes back with the trial in history or pending.
    """

    point: Floats
    generator: str
    notes: Mapping[str, str] = field(default_factory=dict[str, str])


class Algorithm(Protocol):
    """A function of the past."""

    is_heavy: bool
    """Runs in a worker process: it fits models or imports torch. The serving process looks the
    class up, too: whatever is slow to import waits for the first ask, or for `Preparable`."""

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """Suggest up to ``count`` points.

        The same arguments give the same answer, in any process. Nothing known
        is suggested again (unless replicates are allowed), nor twice in one
        answer; fewer than ``count`` come only when no other configuration is
        left. The next new trial's number is one above the highest known.
        """
        ...


@runtime_checkable
class Preparable(Protocol):
    """What a heavy algorithm may have beside: something to get ready."""

    def prepare(self) -> None:
        """Import whatever is slow; called in a worker process ahead of the first ask."""
        ...
