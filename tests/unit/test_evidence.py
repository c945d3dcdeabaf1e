"""What algorithms are given of a past: all of it, or the fittest and the newest of a long one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from groat import model
from groat_server import front
from groat_server.algorithms import look_up
from groat_server.algorithms.base import Delegate, History
from groat_server.evidence import Evidence, history_of
from groat_server.history import Past
from groat_server.sampler import delegate, problem_of
from groat_server.space import Space
from groat_server.storage.base import FinishedTrial
from tests.contracts import service
from tests.unit.test_history import finished, measured, past_of, trial

MEMORY = 100
COUNT = 2_000
SPEC = service.spec(
    search_space=model.SearchSpace(
        parameters=(model.Parameter(id="k", domain=model.IntDomain(min=1, max=COUNT)),)
    )
)
PROBLEM = problem_of(SPEC, Space(SPEC.search_space), affordable=None)
EVOLUTION = Delegate(name="nsga2", why="", problem=PROBLEM)


def outcomes(count: int, first: int = 0) -> list[FinishedTrial]:
    """Trials of different configurations whose qualities and times are random."""
    dice = np.random.default_rng([first, count])
    return [
        measured(number, *dice.random(2), configuration={"k": number + 1})
        for number in range(first, first + count)
    ]


def known(past: Past, running: Sequence[model.Trial] = ()) -> History:
    return Evidence().of(past, running, EVOLUTION)[0]


def test_evolution_knows_all_of_a_short_past() -> None:
    """Nothing is forgotten up to as many trials as it remembers."""
    past = past_of(outcomes(MEMORY), SPEC)

    assert known(past).numbers.tolist() == list(range(MEMORY))


def test_evolution_knows_the_front_and_the_newest_of_a_long_past() -> None:
    """Fewer than twice as many as it remembers, in order of number."""
    past = past_of(outcomes(1_234), SPEC)

    numbers = known(past).numbers

    best = {told.trial.number for told in past.front_now()}
    assert len(numbers) < 2 * MEMORY
    assert {*best, *range(1_200, 1_234)} <= set(numbers.tolist())
    assert (np.diff(numbers) > 0).all()


def test_what_it_remembers_ranks_best() -> None:
    """Whoever is forgotten is no better than the worst that is remembered."""
    past = past_of(outcomes(5 * MEMORY), SPEC)
    everyone = history_of(past, [])[0]

    ranks = front.ranks(everyone.losses)
    kept = np.isin(everyone.numbers, known(past).numbers)

    assert kept.sum() == MEMORY
    assert ranks[kept].max() <= ranks[~kept].min()


def test_a_server_that_starts_remembers_the_same() -> None:
    """Whether the past came trial by trial or at once, and after an old trial changed."""
    news, evidence = outcomes(777), Evidence()
    grown = past_of([], SPEC)
    for one in news:
        grown.add([one])
        evidence.of(grown, [], EVOLUTION)
    changed = replace(measured(3, 9.0, 0.0, configuration={"k": 4}), order=777)
    whole = past_of(news, SPEC)

    for past in (grown, whole):
        assert evidence.of(past, [], EVOLUTION)[0].numbers.tolist() == known(past).numbers.tolist()
        past.add([changed])
    later = evidence.of(grown, [], EVOLUTION)[0]

    assert later.numbers.tolist() == known(whole).numbers.tolist()
    assert later.losses[later.numbers == 3].tolist() == [[-9.0, 0.0]]


def test_what_is_forgotten_is_not_suggested_again() -> None:
    """All but three configurations are told, most of them forgotten."""
    told = [one for one in outcomes(COUNT) if one.trial.number not in (5, 700, 1_999)]
    history, pending = Evidence().of(past_of(told, SPEC), [], EVOLUTION)

    asked = look_up("nsga2").suggest(PROBLEM, history, pending, 10, np.random.default_rng(0))

    space = Space(SPEC.search_space)
    assert {space.decode(one.point)["k"] for one in asked} == {6, 701, 2_000}


def test_what_cannot_breed_is_forgotten_first() -> None:
    """INFEASIBLE trials, however new, where enough others are measured."""
    state = model.TrialState.INFEASIBLE
    broken = [
        finished(number, model.Infeasible(), state, configuration={"k": number + 1})
        for number in range(MEMORY, 2 * MEMORY)
    ]
    past = past_of([*outcomes(MEMORY), *broken], SPEC)

    assert known(past).numbers.tolist() == list(range(MEMORY))


def test_a_replicate_displaces_no_other_configuration() -> None:
    """The newest trial of each configuration is remembered before older ones of any."""
    best = [
        measured(number, 2.0, 0.0, configuration={"k": 1}) for number in range(MEMORY, 2 * MEMORY)
    ]
    past = past_of([*outcomes(MEMORY), *best], SPEC)

    numbers = known(past).numbers.tolist()

    assert numbers == [*range(1, MEMORY), 2 * MEMORY - 1]


def test_running_and_failed_trials_are_known_beside_a_long_past() -> None:
    """Those that finished meanwhile only once."""
    failed = finished(300, model.Failed(), model.TrialState.FAILED, configuration={"k": 400})
    past = past_of([*outcomes(300), failed], SPEC)
    running = [trial(number, configuration={"k": number + 1}) for number in (299, 301)]

    _, pending = Evidence().of(past, running, EVOLUTION)

    assert pending.numbers.tolist() == [301]
    assert len(pending.excluded) == 1


def test_models_are_given_everything() -> None:
    """They choose what to learn from by themselves."""
    past = past_of(outcomes(3 * MEMORY), SPEC)

    history, _ = Evidence().of(past, [], replace(EVOLUTION, name="bayesian"))

    assert len(history.numbers) == 3 * MEMORY
    assert not history.keys


def test_a_default_study_evolves_without_worker_processes() -> None:
    """After many trials the server itself answers; others answer for themselves."""
    counts = {"told": 400, "measured": 400, "pending": 0}

    long = delegate("auto", PROBLEM, **counts)

    assert (long.name, look_up(long.name).is_heavy) == ("nsga2", False)
    assert "400 trials" in long.why
    assert delegate("bayesian", PROBLEM, **counts).name == "bayesian"
