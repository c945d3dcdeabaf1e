"""Workers of two servers on one PostgreSQL never do the same work twice."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from groat import model
from groat.model import Reason, Verdict
from tests.contracts import service
from tests.contracts.channel_door import ChannelDoor
from tests.running import RunningServer

WORKERS = 5
TWELVE = model.SearchSpace(
    parameters=(
        model.Parameter(id="k", domain=model.IntDomain(min=1, max=3)),
        model.Parameter(id="rerank", domain=model.BoolDomain()),
        model.Parameter(id="model", domain=model.CategoricalDomain(labels=("small", "large"))),
    )
)


@pytest.fixture
def doors(fresh_postgres: Callable[[], str]) -> Iterator[list[ChannelDoor]]:
    """Five workers, spread over two servers."""
    url = fresh_postgres()
    with ExitStack() as stack:
        servers = [stack.enter_context(RunningServer(url)) for _ in range(2)]
        doors = [ChannelDoor(servers[i % 2].address) for i in range(WORKERS)]
        yield doors
        for door in doors:
            door.close()


def work(door: ChannelDoor, start: threading.Barrier) -> list[model.Trial]:
    """Ask and tell until the study says stop; what was done."""
    done: list[model.Trial] = []
    start.wait()
    while (answer := door.ask("s")).decision.verdict is not Verdict.STOP:
        for trial in answer.trials:
            luck = int(trial.configuration_id[:6], 16)
            door.tell(trial, service.told(math.sin(luck), 2.0 + math.cos(luck)))
            done.append(trial)
    return done


def run(doors: list[ChannelDoor], spec: model.StudySpec) -> list[model.Trial]:
    doors[0].create("s", spec)
    start = threading.Barrier(len(doors))
    with ThreadPoolExecutor(len(doors)) as pool:
        return [trial for done in pool.map(lambda d: work(d, start), doors) for trial in done]


def test_each_cell_of_a_grid_is_worked_on_once(doors: list[ChannelDoor]) -> None:
    """Twelve configurations, five workers, two servers: twelve trials, all different."""
    grid = model.Algorithm(kind=model.GridSearch(), seed=1)

    done = run(doors, service.spec(search_space=TWELVE, algorithm=grid))

    assert len(done) == len({trial.configuration_id for trial in done}) == 12
    assert doors[0].get("s").budget_status.finished_trials == 12
    assert doors[0].ask("s").decision.reason is Reason.SPACE_EXHAUSTED


def test_each_promotion_happens_once(doors: list[ChannelDoor]) -> None:
    """A configuration is evaluated once per rung, and each time from the rung below."""
    kind = model.SuccessiveHalving(min_examples=3, max_examples=27, sampler=model.Sobol())
    algorithm = model.Algorithm(kind=kind, seed=1)

    done = run(doors, service.spec(algorithm=algorithm, budget=model.Budget(max_trials=60)))

    times = Counter((trial.configuration_id, trial.example_count) for trial in done)
    parents = Counter(trial.parent for trial in done if trial.parent is not None)
    assert len(done) == 60
    assert max(times.values()) == 1
    assert max(parents.values()) == 1
    assert {trial.example_count for trial in done} == {3, 9, 27}
