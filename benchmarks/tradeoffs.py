"""How often a choice from a noisy front keeps its promise: ``python -m benchmarks.tradeoffs``.

"The cheapest configuration with quality of at least 0.88", asked of 60 configurations that were
each measured on 100 questions, in studies whose truth is known. Compared: the raw means, as one
reads them off a table; groat's answer as it stands; and groat's answer after running the
confirmation that it asks for, on fresh questions. A promise is broken when the chosen
configuration's true quality is below the limit.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import machine
from groat import model
from groat_server.tradeoff import Evaluated, select

RESULTS = Path(__file__).parent / "results" / "tradeoffs.json"
LIMIT, CONFIDENCE = 0.88, 0.9
CONFIGURATIONS, QUESTIONS = 60, 100
METRICS = (
    model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE),
    model.Metric(id="price", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE),
)
WANTED = model.Limits(optimize="price", bounds={"quality": LIMIT})
_TIME = datetime(2026, 1, 1, tzinfo=UTC)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """Configurations whose quality rises with their price, and saturates."""

    quality: Floats
    price: Floats
    rng: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> World:
        """Draw a study's truth."""
        rng = np.random.default_rng(seed)
        price = np.exp(rng.uniform(0, np.log(50), CONFIGURATIONS))
        reach = 0.70 + 0.23 * (1 - np.exp(-np.log(price) / 1.6))
        quality = np.clip(reach + rng.normal(0, 0.05, CONFIGURATIONS), 0.3, 0.97)
        return cls(quality, price, rng)

    def measured(self, row: int, number: int, questions: int) -> Evaluated:
        """Run a configuration on so many fresh questions."""
        share = self.rng.binomial(questions, self.quality[row]) / questions
        # With a half on both sides: nothing is certain of a share of 0 or 1.
        smooth = (share * questions + 0.5) / (questions + 1)
        error = float(np.sqrt(smooth * (1 - smooth) / questions))
        values = (
            model.MetricValue(metric_id="quality", value=float(share), standard_error=error),
            model.MetricValue(metric_id="price", value=float(self.price[row])),
        )
        spend = model.Money(int(self.price[row] * questions * 1e7))
        trial = model.Trial(
            study_id="s",
            number=number,
            configuration={"row": row},
            configuration_id=str(row),
            origin=model.Origin.ALGORITHM,
            state=model.TrialState.SUCCEEDED,
            spend=model.Spend(total=spend),
            create_time=_TIME + timedelta(seconds=number),
            outcome=model.Succeeded(
                measurement=model.Measurement(metrics=values, example_count=questions)
            ),
        )
        return Evaluated(trial=trial, configuration_id=str(row))

    def keeps(self, row: int) -> bool:
        """Whether a configuration truly keeps the limit."""
        return bool(self.quality[row] >= LIMIT)

    @property
    def ideal(self) -> float:
        """The price of the cheapest that truly keeps the limit; infinite when none does."""
        return float(np.where(self.quality >= LIMIT, self.price, np.inf).min())


@dataclass(slots=True)
class Tally:
    """What a rule's answers come to."""

    answers: int = 0
    broken: int = 0
    badly: int = 0
    none: int = 0
    price_ratio: float = 0.0

    def add(self, world: World, row: int | None) -> None:
        """Book one answer; ``None`` is none."""
        if row is None:
            self.none += 1
            return
        self.answers += 1
        self.broken += not world.keeps(row)
        self.badly += bool(world.quality[row] < LIMIT - 0.02)
        self.price_ratio += float(world.price[row]) / world.ideal

    def row(self) -> dict[str, float]:
        """Return shares of the answers given, and of the studies without one."""
        given = max(self.answers, 1)
        return {
            "broken": self.broken / given,
            "badly": self.badly / given,
            "none": self.none / max(self.answers + self.none, 1),
            "price": self.price_ratio / given,
        }


def choose(evaluated: Sequence[Evaluated]) -> model.Tradeoff:
    """Ask groat."""
    return select(
        METRICS, evaluated, WANTED, confidence=CONFIDENCE, whole_examples=QUESTIONS, count=1
    )


def raw(evaluated: Sequence[Evaluated]) -> int | None:
    """Choose as one reads it off a table of means."""
    kept: list[tuple[float, int]] = []
    for one in evaluated:
        measured = one.trial.measurement
        quality = measured.value("quality") if measured else None
        price = measured.value("price") if measured else None
        if quality and price and quality.value >= LIMIT:
            kept.append((price.value, int(one.configuration_id)))
    return min(kept)[1] if kept else None


def certain(tradeoff: model.Tradeoff) -> int | None:
    """Return the choice, if groat calls it certain."""
    if tradeoff.certainty is not model.Certainty.CERTAIN:
        return None
    return int(tradeoff.points[0].trial.configuration_id)


def rows(studies: int, first_seed: int = 0) -> dict[str, dict[str, float]]:
    """Run so many studies."""
    tallies = {name: Tally() for name in ("raw means", "groat", "groat, confirmed")}
    for seed in range(first_seed, first_seed + studies):
        world = World.of(seed)
        if not np.isfinite(world.ideal):
            continue
        seen = [world.measured(row, row, QUESTIONS) for row in range(CONFIGURATIONS)]
        tallies["raw means"].add(world, raw(seen))
        tradeoff = choose(seen)
        tallies["groat"].add(world, certain(tradeoff))
        if tradeoff.confirmation is not None:
            seen = [*seen, *_confirmed(world, tradeoff.confirmation, len(seen))]
        tallies["groat, confirmed"].add(world, certain(choose(seen)))
    return {name: tally.row() for name, tally in tallies.items()}


def _confirmed(world: World, wanted: model.Confirmation, first: int) -> list[Evaluated]:
    return [
        world.measured(row, first + place, wanted.example_count)
        for place, row in enumerate(wanted.trials)
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print and keep the table."""
    parser = argparse.ArgumentParser(prog="tradeoffs", description=__doc__)
    parser.add_argument("--studies", type=int, default=1_000)
    wanted = parser.parse_args(arguments)
    found = rows(wanted.studies)
    for name, row in found.items():
        print(
            f"{name:18} broken {row['broken']:6.1%}  by over 2 points {row['badly']:6.1%}  "
            f"none {row['none']:6.1%}  price {row['price']:.2f} x ideal"
        )
    if wanted.studies >= 1_000:
        kept = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine.cpu_model(),
            "commit": machine.commit(),
            "studies": wanted.studies,
            "rows": found,
        }
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
