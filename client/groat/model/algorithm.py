"""How to search, and when a trial is not worth going on with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Auto:
    """Let groat choose.

    Attributes:
        min_examples: The fewest examples on which a trial still says something.
        max_examples: How many examples a whole evaluation has; 0 means that
            trials are always evaluated on all of them.
    """

    min_examples: int = 0
    max_examples: int = 0
    kind: Literal["auto"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomSearch:
    """Independent uniform points."""

    kind: Literal["random"] = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sobol:
    """A scrambled low-discrepancy sequence."""

    kind: Literal["sobol"] = "sobol"


@dataclass(frozen=True, slots=True, kw_only=True)
class GridSearch:
    """Every combination, with so many values of each number; 0 means 5."""

    levels_per_number: int = 0
    kind: Literal["grid"] = "grid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nsga2:
    """Evolution by non-dominated sorting; 0 lets groat choose the size."""

    population_size: int = 0
    kind: Literal["nsga2"] = "nsga2"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneticAlgorithm:
    """Evolution by one objective; 0 lets groat choose the size."""

    population_size: int = 0
    kind: Literal["genetic"] = "genetic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bayesian:
    """Gaussian-process models and expected hypervolume improvement; 0 lets groat choose."""

    initial_trial_count: int = 0
    kind: Literal["bayesian"] = "bayesian"


SamplerKind: TypeAlias = Auto | RandomSearch | Sobol | Nsga2 | GeneticAlgorithm | Bayesian
"""What can say which configuration a halving algorithm looks at next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuccessiveHalving:
    """Many configurations on few examples, the best of them on more and more.

    Attributes:
        min_examples: Of the first rung.
        max_examples: Of the last rung: a whole evaluation.
        reduction_factor: One in so many goes on to the next rung, which has
            that many times the examples; 0 means 3.
        sampler: Chooses the configurations of the first rung.
    """

    min_examples: int
    max_examples: int
    reduction_factor: float = 0.0
    sampler: SamplerKind = field(default_factory=Auto)
    kind: Literal["successive_halving"] = "successive_halving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperband:
    """Successive halving from every rung at once; see `SuccessiveHalving`."""

    min_examples: int
    max_examples: int
    reduction_factor: float = 0.0
    sampler: SamplerKind = field(default_factory=Auto)
    kind: Literal["hyperband"] = "hyperband"


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationBased:
    """A population that trains, copies its better members and varies its settings.

    Attributes:
        population_size: 0 lets groat choose.
        interval: Steps of training from one trial to the next; each trial's
            ``example_count``. 0 leaves it to the worker how long an interval is:
            every ``example_count`` is then 0, and means one interval of its own.
        exploit_quantile: The worst so many of one copy one of the best so
            many; 0 means 0.2.
    """

    population_size: int = 0
    interval: int = 0
    exploit_quantile: float = 0.0
    kind: Literal["population_based"] = "population_based"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manual:
    """People enqueue trials; nothing is suggested unasked."""

    kind: Literal["manual"] = "manual"


AlgorithmKind: TypeAlias = (
    Auto
    | RandomSearch
    | Sobol
    | GridSearch
    | Nsga2
    | GeneticAlgorithm
    | Bayesian
    | SuccessiveHalving
    | Hyperband
    | PopulationBased
    | Manual
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """How to search.

    Attributes:
        seed: ``None`` before the study exists means drawn by the server.
        allow_replicates: Whether a configuration may be asked more than once.
    """

    kind: AlgorithmKind = field(default_factory=Auto)
    seed: int | None = None
    allow_replicates: bool = False

    @property
    def whole_example_count(self) -> int:
        """Examples of a whole evaluation; 0 where trials are always evaluated on all."""
        match self.kind:
            case Auto() | SuccessiveHalving() | Hyperband():
                return self.kind.max_examples
            case _:
                return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyStopping:
    """When a report is answered with STOP.

    It takes standard errors, of reports and of what trials on the front were told
    with: without one a report is not stopped for its value, and a member beats
    nobody. A member that the algorithm's ``max_examples`` makes whole needs none.

    Attributes:
        min_examples: Never on fewer examples than these; below the algorithm's
            ``max_examples``, where it has one.
        least_chance: Stop when the chance that the trial joins the front is
            below this; 0 never stops.
    """

    min_examples: int = 0
    least_chance: float = 0.0
