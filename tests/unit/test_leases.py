"""Which trials are kept alive, and how a worker learns that one was given away."""

from __future__ import annotations

import gc
from datetime import timedelta

from groat import model, wire
from groat._leases import Leases, Life
from groat.v1 import service_pb2

MINUTE = timedelta(minutes=1)


def reply(*states: tuple[int, model.Directive]) -> service_pb2.HeartbeatResponse:
    """What a server says about trials by their numbers."""
    return heartbeat(
        *(
            model.LeaseState(number=number, lease=None, directive=directive)
            for number, directive in states
        )
    )


def heartbeat(*states: model.LeaseState) -> service_pb2.HeartbeatResponse:
    """The answer to a heartbeat."""
    return service_pb2.HeartbeatResponse(
        leases=[wire.lease_state_to_proto("s", state) for state in states]
    )


def test_a_beat_comes_at_a_third_of_a_lease() -> None:
    """Two may get lost before a trial does."""
    assert Leases("s", MINUTE).interval == 20.0


def test_all_live_trials_share_one_beat() -> None:
    """A worker with fifty trials sends one request, not fifty."""
    leases, lives = Leases("s", MINUTE), [Life(n, f"lease-{n}") for n in range(3)]
    for life in lives:
        leases.add(life)

    (request,) = leases.beats()

    expected = ("s", [(0, "lease-0"), (1, "lease-1"), (2, "lease-2")])
    assert wire.renewals_from_proto(request) == expected


def test_more_trials_than_a_request_takes_are_split() -> None:
    """A request takes 1,000 renewals at most."""
    leases, lives = Leases("s", MINUTE), [Life(n, f"lease-{n}") for n in range(2_001)]
    for life in lives:
        leases.add(life)

    assert [len(request.renewals) for request in leases.beats()] == [1_000, 1_000, 1]


def test_the_first_trial_begins_the_beating() -> None:
    """One beats for all, until none is left; the next begins again."""
    leases, first, second = Leases("s", MINUTE), Life(1, "a"), Life(2, "b")

    assert [leases.add(first), leases.add(second)] == [True, False]
    leases.drop(first)
    leases.drop(second)
    assert leases.beats() == []
    assert leases.add(first)


def test_a_forgotten_trial_is_not_kept_alive() -> None:
    """A worker that drops its handle would otherwise hold the trial for ever."""
    leases = Leases("s", MINUTE)
    leases.add(Life(1, "a"))

    gc.collect()

    assert leases.beats() == []


def test_an_abandoned_trial_learns_it_and_beats_no_more() -> None:
    """The others go on."""
    leases, given_away, kept = Leases("s", MINUTE), Life(1, "a"), Life(2, "b")
    leases.add(given_away)
    leases.add(kept)
    (request,) = leases.beats()

    leases.settle(request, reply((1, model.Directive.ABANDON), (2, model.Directive.CONTINUE)))

    assert (given_away.is_over, kept.is_over) == (True, False)
    assert wire.renewals_from_proto(leases.beats()[0]) == ("s", [(2, "b")])


def test_a_stopped_trial_learns_why_and_stays_alive() -> None:
    """It has something to tell, so its lease is still needed."""
    leases, stopped, other = Leases("s", MINUTE), Life(1, "a"), Life(2, "b")
    leases.add(stopped)
    leases.add(other)
    (request,) = leases.beats()

    told = model.LeaseState(number=1, lease=None, directive=model.Directive.STOP, reason="no money")
    answers = [told, model.LeaseState(number=2, lease=None, directive=model.Directive.CONTINUE)]
    leases.settle(request, heartbeat(*answers))

    assert (stopped.stop_reason, other.stop_reason) == ("no money", "")
    assert wire.renewals_from_proto(leases.beats()[0]) == ("s", [(1, "a"), (2, "b")])


def test_two_handles_of_one_lease_both_learn_its_end() -> None:
    """A trial can be taken up twice, and is renewed once for both."""
    leases, first, second = Leases("s", MINUTE), Life(1, "a"), Life(1, "a")
    leases.add(first)
    leases.add(second)
    (request,) = leases.beats()

    leases.settle(request, reply((1, model.Directive.ABANDON)))

    assert (first.is_over, second.is_over) == (True, True)


def test_a_study_that_is_gone_abandons_all() -> None:
    """Nobody will take their results."""
    leases, life = Leases("s", MINUTE), Life(1, "a")
    leases.add(life)

    leases.abandon_all()

    assert life.is_over
    assert leases.beats() == []
