"""Suggestions computed between asks: when they are there, and when they are handed out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from groat import model
from groat_server.algorithms.base import Suggestion
from groat_server.sampler import Request, Sampler
from groat_server.storage.sql import SqlStore
from tests.contracts.doors import EngineDoor
from tests.contracts.service import QUALITY, SPEED, told

_LONG_S = 60.0
_DESIGN = 4

SPACE = model.SearchSpace(
    parameters=tuple(
        model.Parameter(id=name, domain=model.FloatDomain(min=0.0, max=1.0)) for name in "abc"
    )
)
SPEC = model.StudySpec(
    search_space=SPACE,
    metrics=(QUALITY, SPEED),
    algorithm=model.Algorithm(kind=model.Bayesian(initial_trial_count=_DESIGN), seed=5),
)


class Watched(Sampler):
    """A sampler that keeps what it was asked, and tells when it is idle."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[Request] = []
        self._open = 0
        self._lock = threading.Lock()

    async def suggest(self, request: Request) -> Sequence[Suggestion]:
        with self._lock:
            self.requests.append(request)
            self._open += 1
        try:
            return await super().suggest(request)
        finally:
            with self._lock:
                self._open -= 1

    @property
    def is_idle(self) -> bool:
        return not self._open


@pytest.fixture(scope="module")
def sampler() -> Iterator[Watched]:
    made = Watched()
    yield made
    made.close()


@pytest.fixture
def door(sampler: Watched) -> Iterator[EngineDoor]:
    sampler.requests.clear()
    made = EngineDoor(SqlStore.open("sqlite://"), sampler)
    yield made
    _settled(sampler)
    made.close()


def test_an_ask_after_a_pause_finds_its_suggestion_computed(
    door: EngineDoor, sampler: Watched
) -> None:
    door.create("s", SPEC)
    for _ in range(_DESIGN + 1):
        _work(door)
    count = _settled(sampler)
    [trial] = door.ask("s").trials
    assert trial.generator == "bayesian"
    assert len(sampler.requests) == count
    assert sampler.requests[-1].history.numbers.tolist() == list(range(_DESIGN + 1))


def test_one_worker_gets_what_it_would_get_without(door: EngineDoor, sampler: Watched) -> None:
    plain = EngineDoor(SqlStore.open("sqlite://"), sampler, computes_ahead=False)
    try:
        asked = list[list[model.Configuration]]()
        for one in (door, plain):
            one.create("s", SPEC)
            asked.append([_work(one).configuration for _ in range(_DESIGN + 3)])
    finally:
        plain.close()
    assert asked[0] == asked[1]


def test_nothing_is_computed_for_a_lone_worker_that_runs_its_trial(
    door: EngineDoor, sampler: Watched
) -> None:
    door.create("s", SPEC)
    for _ in range(_DESIGN + 1):
        _work(door)
    door.ask("s")
    count = _settled(sampler)
    time.sleep(0.5)
    assert len(sampler.requests) == count


def test_beside_many_others_one_unheard_result_is_accepted(
    door: EngineDoor, sampler: Watched
) -> None:
    running = _busy(door, sampler, 8)
    count = len(sampler.requests)
    assert sampler.requests[-1].pending.numbers.tolist() == [one.number for one in running]
    _tell(door, running[0])
    [trial] = door.ask("s").trials
    assert trial.generator == "bayesian"
    assert len(sampler.requests) == count, "served from what was ready"
    known = [one.configuration for one in running]
    assert trial.configuration not in known
    _settled(sampler)
    _until(lambda: len(sampler.requests) > count)
    newest = sampler.requests[-1]
    assert running[0].number in newest.history.numbers
    assert trial.number in newest.pending.numbers


def test_two_unheard_results_beside_eight_trials_are_too_many(
    door: EngineDoor, sampler: Watched
) -> None:
    running = _busy(door, sampler, 8)
    _tell(door, running[0])
    _tell(door, running[1])
    [trial] = door.ask("s").trials
    heard = [
        one.history.numbers.tolist()
        for one in sampler.requests
        if trial.number not in one.pending.numbers
    ]
    assert {running[0].number, running[1].number} <= set(heard[-1])


def test_whoever_tells_a_whole_batch_is_given_what_knows_all_of_it(
    door: EngineDoor, sampler: Watched
) -> None:
    running = _busy(door, sampler, 8)
    for one in running:
        _tell(door, one)
    [trial] = door.ask("s").trials
    made = [one for one in sampler.requests if trial.number not in one.pending.numbers][-1]
    assert {one.number for one in running} <= set(made.history.numbers.tolist())


def test_a_trial_that_somebody_else_began_is_known_to_what_is_handed_out(
    door: EngineDoor, sampler: Watched
) -> None:
    running = _busy(door, sampler, 8)
    queued = door.create_trial("s", model.TrialDraft(configuration={"a": 0.5, "b": 0.5, "c": 0.5}))
    first, second = door.ask("s", 2).trials
    assert first.number == queued.number
    assert second.number not in {one.number for one in running}
    assert queued.number in sampler.requests[-1].pending.numbers


def test_a_changed_declaration_voids_what_was_computed(door: EngineDoor, sampler: Watched) -> None:
    door.create("s", SPEC)
    for _ in range(_DESIGN + 1):
        _work(door)
    count = _settled(sampler)
    extra = model.Parameter(id="d", domain=model.FloatDomain(min=0.0, max=1.0), default_value=0.5)
    space = model.SearchSpace(parameters=(*SPACE.parameters, extra))
    door.update("s", model.StudyPatch(search_space=space))
    [trial] = door.ask("s").trials
    assert "d" in trial.configuration
    assert len(sampler.requests) == count + 1


def test_a_light_algorithm_is_asked_only_when_somebody_asks(
    door: EngineDoor, sampler: Watched
) -> None:
    door.create("s", replace(SPEC, algorithm=model.Algorithm(kind=model.RandomSearch(), seed=5)))
    _work(door)
    _work(door)
    time.sleep(0.3)
    assert len(sampler.requests) == 2


def _busy(door: EngineDoor, sampler: Watched, workers: int) -> list[model.Trial]:
    """Have so many trials running, and the next suggestion ready."""
    door.create("s", SPEC)
    for _ in range(_DESIGN + 1):
        _work(door)
    running = [door.ask("s").trials[0] for _ in range(workers)]
    _until(lambda: sampler.requests[-1].pending.numbers.tolist() == [o.number for o in running])
    _settled(sampler)
    return running


def _work(door: EngineDoor) -> model.Trial:
    [trial] = door.ask("s").trials
    _tell(door, trial)
    return trial


def _tell(door: EngineDoor, trial: model.Trial) -> None:
    a, b, c = (float(trial.configuration[name]) for name in "abc")  # pyright: ignore[reportArgumentType]
    door.tell(trial, told(a * b + c, 1.0 - a + (c - 0.3) ** 2))


def _settled(sampler: Watched) -> int:
    """Wait until nothing is computed and what was is stored; return how much was asked."""
    time.sleep(0.4)
    _until(lambda: sampler.is_idle)
    time.sleep(0.2)
    return len(sampler.requests)


def _until(happens: Callable[[], bool]) -> None:
    end = time.monotonic() + _LONG_S
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)
