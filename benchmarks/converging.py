"""What stopping early saves, and what it costs: ``python -m benchmarks.converging``.

The manual plan's study (people grade the demo's pipeline, 33 USD a trial) with money enough.
The guard stops it when it has converged; then a person resumes it and spends the whole cap.
Everything runs through the product's engine; the configurations' results were measured once,
see `benchmarks.rag_grid`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import machine, rag_grid
from examples.manual_plan import declaration
from groat import model
from groat_server import front
from groat_server.engine import AskOrder, Engine, WorkOrder
from groat_server.sampler import Sampler
from groat_server.storage.sql import SqlStore

RESULTS = Path(__file__).parent / "results" / "converging.json"
REFERENCE = np.array([-0.3, 0.0012])
CAP = "3000"
_START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One study.

    Attributes:
        first: The first ask's verdict.
        reason: Why it stopped.
        trials, spent: Until then; dollars.
        volume: Hypervolume then, relative to the whole table's.
        all_trials, all_spent, all_volume: The same for the whole cap.
    """

    seed: int
    first: str
    reason: str
    trials: int
    spent: float
    volume: float
    all_trials: int
    all_spent: float
    all_volume: float

    @property
    def kept(self) -> float:
        """The share of the whole cap's hypervolume that was there at the stop."""
        return self.volume / self.all_volume


class Table:
    """The measured results by configuration."""

    def __init__(self) -> None:
        self._answerable, self._tokens = rag_grid.load()
        known = rag_grid.configurations()
        self._rows = {tuple(one[name] for name in rag_grid.NAMES): i for i, one in enumerate(known)}

    def result(
        self, configuration: model.Configuration
    ) -> tuple[model.Measurement, list[model.Usage]]:
        """Return what a worker tells of a configuration."""
        row = self._rows[tuple(configuration[name] for name in rag_grid.NAMES)]
        share, count = float(self._answerable[row].mean()), self._answerable.shape[1]
        error = float(np.sqrt(share * (1 - share) / count))
        quality = model.MetricValue(metric_id="answerable", value=share, standard_error=error)
        tokens = int(self._tokens[row].sum())
        measured = model.Measurement(metrics=(quality,), example_count=count)
        return measured, declaration.consumed(count, tokens)


def spec(seed: int, cap: str = CAP) -> model.StudySpec:
    """The study of the manual plan, with another cap."""
    return model.StudySpec(
        search_space=model.SearchSpace(parameters=tuple(declaration.space())),
        metrics=tuple(declaration.metrics()),
        algorithm=model.Algorithm(seed=seed),
        budget=model.Budget(max_spend=model.Money.of(cap)),
        workload=declaration.workload(),
    )


async def study(table: Table, sampler: Sampler, seed: int, cap: str = CAP) -> Row:
    """Run one study until the guard stops it, and then until its money is spent."""
    store, losses, first = SqlStore.open("sqlite://"), [], ""
    engine = Engine(store, sampler, clock=lambda: _START, make_id=lambda: str(uuid.uuid4()))
    engine.studies.create("s", spec(seed, cap))
    stops: list[tuple[str, int, float, float]] = []
    for i in range(2_000):
        order = AskOrder(study_id="s", count=1, request_id=str(uuid.UUID(int=i + 1)))
        asked = await engine.asks.ask(order, max_wait=timedelta(seconds=60))
        first = first or f"{asked.decision.verdict.name}/{asked.decision.reason.name}"
        if not asked.trials:
            spent = asked.decision.budget_status.settled.total
            volume = front.hypervolume(np.array(losses).reshape(-1, 2), REFERENCE)
            stops.append((asked.decision.reason.name, len(losses), float(spent.amount), volume))
            if len(stops) == 2 or asked.decision.reason is model.Reason.BUDGET_EXHAUSTED:
                break
            engine.studies.resume("s")
            continue
        losses.append(_told(engine, asked.trials[0], table))
    store.close()
    reason, trials, spent, volume = stops[0]
    _, all_trials, all_spent, all_volume = stops[-1]
    return Row(
        seed=seed,
        first=first,
        reason=reason,
        trials=trials,
        spent=spent,
        volume=volume,
        all_trials=all_trials,
        all_spent=all_spent,
        all_volume=all_volume,
    )


def _told(engine: Engine, trial: model.Trial, table: Table) -> list[float]:
    assert trial.lease is not None
    measurement, usage = table.result(trial.configuration)
    order = WorkOrder(
        study_id="s", number=trial.number, lease_id=trial.lease.lease_id, usage=tuple(usage)
    )
    told = engine.work.tell(order, model.Succeeded(measurement=measurement)).trial.measurement
    assert told is not None
    values = {one.metric_id: one.value for one in told.metrics}
    return [-values["answerable"], values["usd_per_question"]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the studies and print what came of them."""
    parser = argparse.ArgumentParser(prog="converging", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--cap", default=CAP)
    wanted = parser.parse_args(arguments)
    table, sampler, rows = Table(), Sampler(workers=1), list[Row]()
    for seed in range(wanted.seeds):
        rows.append(asyncio.run(study(table, sampler, seed, wanted.cap)))
        print(rows[-1], f"kept {rows[-1].kept:.3f}", flush=True)
    sampler.close()
    kept, saved = median(row.kept for row in rows), median(row.spent for row in rows)
    print(f"median: {kept:.1%} of the hypervolume for {saved:.0f} of {wanted.cap} USD")
    if wanted.seeds >= 10 and wanted.cap == CAP:
        found = {
            "date": datetime.now(UTC).date().isoformat(),
            "machine": machine.cpu_model(),
            "commit": machine.commit(),
            "rows": [asdict(row) for row in rows],
        }
        RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
