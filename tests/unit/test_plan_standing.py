"""Which configuration a person goes on from."""

from __future__ import annotations

from dataclasses import replace

from groat_server.guard import HandTold
from groat_server.guard.plan.standing import Standing
from tests import plan_cases
from tests.plan_cases import told


def base_of(*trials: HandTold, count: int = 0) -> object:
    """The model of the configuration to go on from."""
    return Standing(plan_cases.case(told=trials), count).base["model"]


def test_nothing_told_leaves_todays_configuration() -> None:
    """Where nothing is known, one starts from what is in use."""
    assert base_of() == "mini"


def test_better_in_everything_becomes_the_base() -> None:
    """What is better and cheaper is kept without thinking."""
    assert base_of(told(1, 0.7, 0.02), told(2, 0.8, 0.01, model="nano")) == "nano"


def test_a_mere_exchange_leaves_todays_configuration() -> None:
    """Better but dearer is a matter of taste; then nothing is changed for the person."""
    assert base_of(told(1, 0.7, 0.01), told(2, 0.8, 0.02, model="medium")) == "mini"


def test_the_compromise_of_a_front_is_its_knee() -> None:
    """Most of the quality for little of the money beats both ends."""
    trials = (
        told(1, 0.50, 0.010),
        told(2, 0.78, 0.012, model="medium"),
        told(3, 0.80, 0.025, model="large"),
    )

    assert base_of(*trials) == "medium"


def test_runs_of_one_configuration_are_averaged() -> None:
    """A lucky run does not stay the best when its repetition is poor."""
    trials = (
        told(1, 0.70, 0.02),
        told(2, 0.80, 0.02, model="nano"),
        told(3, 0.50, 0.02, model="nano"),
    )

    assert base_of(*trials) == "mini"


def test_broken_constraints_and_failures_are_not_gone_on_from() -> None:
    """What may not be used is no base, however good."""
    broken = replace(told(2, 0.9, 0.001, model="nano"), is_feasible=False)
    failed = replace(told(3, 0.9, 0.001, model="large"), is_measured=False, losses=())

    assert base_of(told(1, 0.5, 0.02), broken, failed) == "mini"


def test_a_run_on_few_examples_is_not_compared_with_whole_ones() -> None:
    """On 33 examples anything can look good."""
    trials = (told(1, 0.7, 0.02), told(2, 0.9, 0.01, model="nano", count=33))

    assert base_of(*trials) == "mini"
    assert base_of(*trials, count=33) == "nano"


def test_a_value_is_tested_by_a_pair_that_differs_in_nothing_else() -> None:
    """A configuration with many changes does not say which of them helped."""
    trials = (told(1, 0.7, 0.02, top_k=10), told(2, 0.7, 0.02, model="nano", temperature=0.0))

    standing = Standing(plan_cases.case(told=trials), 0)

    assert standing.has_tested("top_k", 10)
    assert not standing.has_tested("model", "nano")


def test_two_runs_confirm() -> None:
    """The best is confirmed once it has been run again."""
    once = told(1, 0.7, 0.02, model="nano")

    assert not Standing(plan_cases.case(told=(once,)), 0).is_confirmed
    assert Standing(plan_cases.case(told=(once, replace(once, number=2))), 0).is_confirmed
