"""What the budget guard says and is asked, on the wire: defaults, refusals, and pilots."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groat import errors, model, wire
from groat.v1 import guard_pb2, money_pb2, service_pb2
from tests.strategies import values_of

ONE_CALL = money_pb2.Usage(
    category=money_pb2.SPEND_CATEGORY_EXPERIMENT, tokens=money_pb2.TokenCounts()
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values_of(model.StudySpec) | st.just("s"), values_of(model.Pilot | None))
def test_what_to_forecast_comes_back_equal(
    target: str | model.StudySpec, pilot: model.Pilot | None
) -> None:
    """A study that exists goes by its id, and no pilot stays none."""
    request = wire.forecast_request_to_proto(target, pilot)

    assert wire.forecast_request_from_proto(request) == (target, pilot)


def test_defaults_of_the_guard_are_the_models() -> None:
    """An empty policy enforces, and an item of a workload is once an example."""
    item = money_pb2.WorkloadItem(usage=ONE_CALL)
    declared = wire.workload_from_proto(money_pb2.Workload(example_count=7, items=[item]))

    usage = wire.usage_from_proto(ONE_CALL)
    assert wire.guard_policy_from_proto(guard_pb2.GuardPolicy()) == model.GuardPolicy()
    assert declared == model.Workload(example_count=7, items=(model.WorkloadItem(usage=usage),))


def test_nothing_is_sent_that_would_mean_the_opposite() -> None:
    """The protocol reads 0 as not said, which is no limit here and once there."""
    free = model.Usage(category=model.SpendCategory.EXPERIMENT, quantity=model.Money(7))

    with pytest.raises(errors.InvalidArgument, match="no limit"):
        wire.budget_to_proto(model.Budget(max_tokens=0))
    with pytest.raises(errors.InvalidArgument, match="leave it out"):
        wire.workload_item_to_proto(model.WorkloadItem(usage=free, times=0))


def test_a_choice_that_does_not_say_more_is_among_three_and_nine_in_ten() -> None:
    """Another language's client may leave both unset."""
    request = service_pb2.SelectTradeoffRequest(parent="studies/s", knee=service_pb2.Knee())

    assert wire.select_tradeoff_from_proto(request) == ("s", model.Knee(), 3, 0.9)


def test_a_choice_without_a_preference_is_refused() -> None:
    """Nothing is assumed about what a person wants."""
    with pytest.raises(errors.InvalidArgument, match="preference: missing; set one of weights"):
        wire.preference_from_proto(service_pb2.SelectTradeoffRequest())


def test_a_changed_front_names_trials() -> None:
    """A name that is none is found with its place."""
    change = service_pb2.FrontChange(added=["studies/s/trials/1", "trials/2"])

    with pytest.raises(errors.InvalidArgument, match=r"front\.added\[1\]"):
        wire.front_change_from_proto(change, "front")
