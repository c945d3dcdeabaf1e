"""The contract of an algorithm: arrays in, arrays out, no state, no clock.

An algorithm is looked up by entry point (group ``groat.algorithms``), ours and
everyone's alike, and is called as ``suggest(problem, history, pending, count, rng)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from groat_server.space import Space

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]


class Spends(Protocol):
    """Predicts what trials spend."""

    def nanos(self, points: Floats) -> Floats:
        """Return what a whole trial of each of ``points (n, d)`` spends as likely as not, ``(n,)``.

        Canonical points; billionths of the study's currency, at least 1.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """The money of a study that has a cap.

    Attributes:
        cap: Nanos, of the whole study.
        left: Nanos that are neither settled nor held.
        share_left: Of the cap or of the trials, whichever is nearer to its end; 0 to 1.
        spends: What trials spend.
    """

    cap: float
    left: float
    share_left: float
    spends: Spends


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is searched, and how much of it can be afforded.

    Attributes:
        space: Turns points of the unit cube into configurations and back.
        objectives: Number of objectives ``m``; all losses, all minimised.
        constraints: Number of constraints ``c``.
        reference: Shape ``(m,)``. The worst loss that is still useful, per
            objective; NaN where the user set none.
        options: The algorithm's own and its sampler's, such as
            ``population_size``; 0 or absent lets it choose.
        sampler: The algorithm that chooses new configurations for one that
            only says how far each is taken; empty for others.
        max_concurrent_trials: How many may run at once; 0 is no limit.
        seed: The study's; fixes designs that must be the same at every ask.
        affordable_trials: Trials that budget and limits allow in the whole
            study, told ones included; ``None`` when nothing bounds it.
        allow_replicates: A known configuration may be suggested again.
        purse: ``None`` where no cap is set, or nobody knows yet what trials spend.
    """

    space: Space
    objectives: int
    constraints: int
    reference: Floats
    seed: int
    options: Mapping[str, float] = field(default_factory=dict[str, float])
    sampler: str = ""
    max_concurrent_trials: int = 0
    affordable_trials: int | None = None
    allow_replicates: bool = False
    purse: Purse | None = None


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
        example_counts: Shape ``(n,)``, integers. On how many examples each was to
            be evaluated; 0 is all of them.
        parents: Shape ``(n,)``, integers. The number of the trial that each
            continues; -1 for none.
        generators: Which algorithm made each trial.
        slots: What each took up in its algorithm's plan; empty for none.
        notes: What the algorithm left with each suggestion.
        keys: For a `Selective` algorithm, those of all told configurations
            (see `Space.keys`); it grows while trials are told. Else empty.
    """

    numbers: Integers
    points: Floats
    losses: Floats
    errors: Floats
    violations: Floats
    violation_errors: Floats
    example_counts: Integers
    parents: Integers
    generators: tuple[str, ...]
    slots: tuple[str, ...]
    notes: tuple[Mapping[str, str], ...]
    keys: Set[bytes] = frozenset()

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
        example_counts, parents, slots, notes: As in `History`.
        excluded: Shape ``(x, d)``, canonical. Known configurations of no other
            use, such as those of FAILED trials.
        lost: The slots of FAILED trials.
    """

    numbers: Integers
    points: Floats
    example_counts: Integers
    parents: Integers
    slots: tuple[str, ...]
    notes: tuple[Mapping[str, str], ...]
    excluded: Floats
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A point to try.

    Attributes:
        point: Shape ``(d,)``, unit cube, canonical.
        generator: Which algorithm made it, such as ``"sobol"``.
        example_count: Evaluate on this many examples; 0 is all of them.
        parent: Number of a told trial that this one continues.
        slot: Its place in the algorithm's plan, at most 64 characters. No two
            trials of a study have the same, whoever suggests them; and with
            one a known configuration may come again.
        why: One sentence on why this algorithm had the word; empty where there
            was no choice.
        notes: Small; comes back with the trial in history or pending.
    """

    point: Floats
    generator: str
    example_count: int = 0
    parent: int | None = None
    slot: str = ""
    why: str = ""
    notes: Mapping[str, str] = field(default_factory=dict[str, str])

    def because(self, why: str) -> Suggestion:
        """Return it with the reason of whoever chose its maker in front."""
        return replace(self, why=f"{why} {self.why}".strip())


class AwaitsResults(Exception):
    """There is nothing to suggest until a pending trial is told, or people enqueue one."""


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
        is suggested again (unless replicates are allowed, or to continue a
        trial), nor twice in one answer; fewer than ``count`` come only when no
        other configuration is left. The next new trial's number is one above
        the highest known.

        Raises:
            AwaitsResults: Not even one point can be suggested before more is told.
        """
        ...


@runtime_checkable
class Selective(Protocol):
    """What one that is not heavy may have beside: the fittest are all it needs to know.

    Of more trials than it remembers, its history has the fittest and the newest only,
    so that an ask costs no more after 100,000 trials.
    """

    def memory(self, problem: Problem) -> int:
        """Return how many trials are remembered at least, and fewer than twice as many."""
        ...

    def fittest(self, history: History, size: int) -> Integers:
        """Return up to ``size`` different rows of ``history``, from which to go on."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegate:
    """Who answers an ask in another's place.

    Attributes:
        name: Of the algorithm.
        why: One sentence on why it is that one.
        problem: As that one needs it stated.
    """

    name: str
    why: str
    problem: Problem


@runtime_checkable
class Delegating(Protocol):
    """What an algorithm may have beside that only chooses who answers."""

    def delegate(self, problem: Problem, *, told: int, measured: int, pending: int) -> Delegate:
        """Choose by how many trials are evidence, how many of them measured, and how many run."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One quantity as it was measured.

    Attributes:
        points: Shape ``(n, d)``, canonical.
        values: Shape ``(n,)``, finite.
        errors: Shape ``(n,)``. Standard errors of ``values``; NaN where unknown.
    """

    points: Floats
    values: Floats
    errors: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """One quantity as a model expects it.

    Attributes:
        medians: Shape ``(n,)``, in the quantity's unit.
        errors: Shape ``(n,)``. How unsure the model is of what many trials would average.
        spreads: Shape ``(n,)``. How far a single trial would stray, the errors included.
    """

    medians: Floats
    errors: Floats
    spreads: Floats


@runtime_checkable
class Explaining(Protocol):
    """What an algorithm with models may have beside: answers to what people ask."""

    def predict(self, space: Space, seen: Sequence[Seen], points: Floats) -> list[Predicted]:
        """Predict each quantity at ``points (n, d)``, canonical."""
        ...

    def importances(self, space: Space, seen: Sequence[Seen]) -> Floats:
        """Return shares of variance from 0 to 1, shape ``(quantities, parameters)``."""
        ...


@runtime_checkable
class Preparable(Protocol):
    """What a heavy algorithm may have beside: something to get ready."""

    def prepare(self) -> None:
        """Import whatever is slow; called in a worker process ahead of the first ask."""
        ...
