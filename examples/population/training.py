"""The two ways to train: as a population, and each configuration for itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import groat

from .digits import piles
from .network import Learner, Reading, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is trained; both ways take the same number of steps of gradient descent.

    Attributes:
        members: How many networks learn side by side.
        intervals: How often each of them is measured.
        steps: Steps of gradient descent in an interval.
        seed: Of the study, and of all dice in training.
    """

    members: int = 12
    intervals: int = 20
    steps: int = 15
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A network as one interval left it.

    Attributes:
        number: The trial that left it.
        parent: The trial from whose checkpoint it went on.
        size: Share of the weights that are left.
        validation: What the search is told.
        test: What nobody chooses by.
    """

    number: int
    parent: int | None
    settings: Settings
    size: float
    validation: Reading
    test: Reading

    @property
    def is_sound(self) -> bool:
        """Whether training has not diverged."""
        return math.isfinite(self.validation.loss)


def space() -> list[groat.model.Parameter]:
    """What may change from one interval to the next."""
    return [
        groat.real("learning_rate", 1e-3, 1.0, log=True),
        groat.real("noise", 0.0, 0.5),
        groat.real("smoothing", 0.0, 0.3),
        groat.real("pruning", 0.0, 0.5),
    ]


def metrics() -> list[groat.model.Metric]:
    """Read well, and be small."""
    return [
        groat.minimize("loss", unit="nat", bound=1.0),
        groat.minimize("size", unit="share of weights", bound=1.0),
    ]


def population(client: groat.Client, plan: Plan) -> groat.Study:
    """Make the study in which members copy each other; a trial is one interval."""
    kind = groat.model.PopulationBased(population_size=plan.members, interval=plan.steps)
    return client.create_study(
        "population",
        space=space(),
        metrics=metrics(),
        algorithm=groat.Algorithm(kind=kind, seed=plan.seed),
        budget=groat.Budget(max_trials=plan.members * plan.intervals),
    )


def train_population(study: groat.Study, plan: Plan, folder: Path) -> Iterator[Checkpoint]:
    """Train one interval for each trial, and leave its checkpoint in ``folder``."""
    for trial in study:
        start = Path(trial.parent_checkpoint) if trial.parent_checkpoint else None
        learner = Learner.load(start) if start else _newborn(plan, trial.number)
        settings = settings_of(trial)
        learner.practise(piles()[0], settings, trial.example_count, _dice(plan, trial.number))
        checkpoint = _looked_at(learner, trial, settings)
        path = folder / f"{trial.number}.pt"
        learner.save(path)
        _tell(trial, checkpoint, path)
        yield checkpoint


def constants(client: groat.Client, plan: Plan, kind: groat.model.AlgorithmKind) -> groat.Study:
    """Make the study of constant schedules; a trial is the whole training of one network.

    With the same seed, Sobol's configurations are those that the population begins with.
    """
    return client.create_study(
        "constants",
        space=space(),
        metrics=metrics(),
        algorithm=groat.Algorithm(kind=kind, seed=plan.seed),
        budget=groat.Budget(max_trials=plan.members),
    )


def train_constants(study: groat.Study, plan: Plan) -> Iterator[Checkpoint]:
    """Train each network with one configuration to the end; every interval may be kept."""
    for trial in study:
        learner, settings = _newborn(plan, trial.number), settings_of(trial)
        checkpoint = None
        for interval in range(plan.intervals):
            dice = _dice(plan, trial.number + interval * plan.members)
            learner.practise(piles()[0], settings, plan.steps, dice)
            checkpoint = _looked_at(learner, trial, settings)
            yield checkpoint
        if checkpoint is not None:
            _tell(trial, checkpoint)


def settings_of(trial: groat.Trial) -> Settings:
    """Turn a trial's parameters into settings."""
    return Settings(**trial.parameters)  # pyright: ignore[reportArgumentType] - all are floats


def _newborn(plan: Plan, number: int) -> Learner:
    return Learner(seed=1_000 * plan.seed + number)


def _dice(plan: Plan, number: int) -> int:
    return 100_000 * plan.seed + number


def _looked_at(learner: Learner, trial: groat.Trial, settings: Settings) -> Checkpoint:
    _, validation, test = piles()
    return Checkpoint(
        number=trial.number,
        parent=trial.parent,
        settings=settings,
        size=learner.size,
        validation=learner.read(validation),
        test=learner.read(test),
    )


def _tell(trial: groat.Trial, checkpoint: Checkpoint, path: Path | None = None) -> None:
    if checkpoint.is_sound:
        values = {"loss": checkpoint.validation.loss, "size": checkpoint.size}
        trial.tell(values, checkpoint=str(path or ""))
    else:
        trial.infeasible("training diverged")
