"""The fair lock."""

from __future__ import annotations

import threading
import time

import pytest

from groat_server.storage.turns import Turn


def queue_up(turn: Turn, names: list[str], order: list[str]) -> list[threading.Thread]:
    """Let threads queue for a turn that is taken, in the order of their names."""

    def wait(name: str) -> None:
        with turn:
            order.append(name)

    threads = [threading.Thread(target=wait, args=[name]) for name in names]
    for count, thread in enumerate(threads, start=1):
        thread.start()
        while len(turn._waiting) < count:
            time.sleep(0.001)
    return threads


def test_waiters_come_in_the_order_in_which_they_asked() -> None:
    """Nobody is overtaken, so nobody starves."""
    turn, order = Turn(), list[str]()
    with turn:
        threads = queue_up(turn, ["a", "b", "c", "d"], order)
        assert turn.is_wanted

    for thread in threads:
        thread.join()

    assert order == ["a", "b", "c", "d"]
    assert not turn.is_wanted


def test_a_turn_is_free_again_after_an_error() -> None:
    """Whoever fails inside does not keep the others out."""
    turn = Turn()
    with pytest.raises(KeyError), turn:
        raise KeyError

    with turn:
        assert not turn.is_wanted


def test_asking_for_a_turn_that_one_has_is_a_mistake() -> None:
    """A plain lock would stop the thread for ever."""
    turn = Turn()

    with turn, pytest.raises(RuntimeError), turn:
        pass

    with turn:
        assert not turn.is_wanted


def test_whoever_gives_up_waiting_leaves_the_queue() -> None:
    """An interrupted thread is not waited for."""
    turn = Turn()
    with turn:
        [thread] = queue_up(turn, ["a"], [])
        [place] = turn._waiting
        turn._give_up(place)
        assert not turn.is_wanted

    with turn:
        place[1].release()
        thread.join()


def test_whoever_gives_up_a_turn_that_came_passes_it_on() -> None:
    """The interrupt may come after the turn did; the others must not wait for ever."""
    turn, order = Turn(), list[str]()
    with turn:
        threads = queue_up(turn, ["a"], order)
        turn._give_up((0, threading.Lock()))

        threads[0].join()

    assert order == ["a"]
