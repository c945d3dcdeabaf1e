"""A message without meaning is refused with its path; what is left out has a meaning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from groat import errors, model, wire
from groat.v1 import money_pb2, service_pb2, space_pb2, study_pb2, trial_pb2

SAMPLING = money_pb2.Usage(category=money_pb2.SPEND_CATEGORY_SAMPLING)
ONE_CALL = money_pb2.Usage(
    category=money_pb2.SPEND_CATEGORY_EXPERIMENT, tokens=money_pb2.TokenCounts()
)


def _study(**parts: Any) -> study_pb2.Study:
    return study_pb2.Study(**{"search_space": space_pb2.SearchSpace(), **parts})


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("study.search_space", study_pb2.Study()),
        (
            "study.search_space.parameters[1].domain",
            study_pb2.Study(
                search_space=space_pb2.SearchSpace(
                    parameters=[
                        space_pb2.Parameter(bool=space_pb2.BoolDomain()),
                        space_pb2.Parameter(id="k"),
                    ]
                )
            ),
        ),
        ("study.metrics[0].role", _study(metrics=[study_pb2.Metric(id="a")])),
        ("study.metrics[0].goal", _study(metrics=[{"role": 1, "goal": 77}])),
        ("study.algorithm.kind", _study(algorithm=study_pb2.Algorithm(seed=7))),
        (
            "study.algorithm.hyperband.sampler.kind",
            _study(algorithm={"hyperband": {"sampler": {"seed": 7}}}),
        ),
        (
            "study.search_space.constraints[1].kind",
            _study(search_space={"constraints": [{"linear": {}}, {}]}),
        ),
        (
            "study.search_space.constraints[0].forbidden.values[k].kind",
            _study(search_space={"constraints": [{"forbidden": {"values": {"k": {}}}}]}),
        ),
        ("study.budget.max_spend.currency", _study(budget={"max_spend": {"nanos": 7}})),
        ("study.budget.deadline", _study(budget={"deadline": {"nanos": -1}})),
        ("study.lease_duration", _study(lease_duration=Duration(seconds=-1))),
        ("study.price_book.rates[0].unit", _study(price_book={"rates": [{"per": 7}]})),
        ("study.workload.items[1].usage", _study(workload={"items": [{"usage": ONE_CALL}, {}]})),
        ("study.guard_policy.mode", _study(guard_policy={"mode": 77})),
        ("study.guard_policy.value.per_point", _study(guard_policy={"value": {"months": 7}})),
    ],
)
def test_a_fault_of_structure_is_named_with_its_path(path: str, message: study_pb2.Study) -> None:
    """Whoever sent it learns which field to mend."""
    with pytest.raises(errors.InvalidArgument) as caught:
        wire.study_spec_from_proto(message, "study")

    assert [violation.path for violation in caught.value.violations] == [path]


@pytest.mark.parametrize("outer", ["successive_halving", "hyperband"])
@pytest.mark.parametrize(
    "inner", ["grid", "successive_halving", "hyperband", "population_based", "manual"]
)
def test_only_a_sampler_can_be_inside_another_algorithm(outer: str, inner: str) -> None:
    """The others say more than the next configuration; the message lists those that do not."""
    parts: dict[str, Any] = {outer: {"sampler": {inner: {}}}}
    message = study_pb2.Algorithm(**parts)

    with pytest.raises(errors.InvalidArgument, match=f"a.{outer}.sampler.kind: {inner} .*bayesian"):
        wire.algorithm_from_proto(message, "a")


@pytest.mark.parametrize("sampler", [None, study_pb2.Algorithm()])
def test_a_sampler_that_is_not_set_is_auto(sampler: study_pb2.Algorithm | None) -> None:
    """As an algorithm that is not set."""
    halving = study_pb2.SuccessiveHalving(min_examples=1, max_examples=9, sampler=sampler)

    algorithm = wire.algorithm_from_proto(study_pb2.Algorithm(successive_halving=halving))

    assert algorithm.kind == model.SuccessiveHalving(min_examples=1, max_examples=9)


def test_a_parent_is_a_trial_of_the_same_study() -> None:
    """The model knows it by its number alone."""
    message = trial_pb2.Trial(
        name="studies/s/trials/3",
        state=trial_pb2.Trial.STATE_RUNNING,
        parent_trial="studies/other/trials/2",
    )

    with pytest.raises(errors.InvalidArgument, match="parent_trial: trial 2 of study 'other'"):
        wire.trial_from_proto(message)


def test_usage_without_quantity_or_category_is_refused() -> None:
    """A usage that says neither what nor what for could not be booked."""
    with pytest.raises(errors.InvalidArgument, match=r"usage\[3\]\.category"):
        wire.usage_from_proto(money_pb2.Usage(), "usage[3]")
    with pytest.raises(errors.InvalidArgument, match=r"usage\[3\]\.quantity: missing; set one of"):
        wire.usage_from_proto(
            money_pb2.Usage(category=money_pb2.SPEND_CATEGORY_SAMPLING), "usage[3]"
        )


def test_a_tell_without_outcome_is_refused() -> None:
    """Nothing is assumed about a trial whose outcome was not set."""
    with pytest.raises(errors.InvalidArgument, match="outcome"):
        wire.outcome_from_proto(service_pb2.TellRequest())


@pytest.mark.parametrize(
    "message",
    [
        Duration(seconds=-1),
        Duration(nanos=-1),
        Duration(nanos=1_000_000_000),
        Duration(seconds=2**62),
    ],
)
def test_an_impossible_duration_is_refused(message: Duration) -> None:
    """Negative, malformed or endless: never a crash further in."""
    with pytest.raises(errors.InvalidArgument):
        wire.duration_from_proto(message, "latency")


@pytest.mark.parametrize(
    "message",
    [Timestamp(seconds=2**62), Timestamp(seconds=-(2**62)), Timestamp(nanos=-1)],
)
def test_an_impossible_moment_is_refused(message: Timestamp) -> None:
    """Outside the years 1 to 9999, or malformed."""
    with pytest.raises(errors.InvalidArgument):
        wire.timestamp_from_proto(message, "time")


def test_finer_than_a_microsecond_is_cut_off() -> None:
    """Another language's nanoseconds are no fault; the model just does not keep them."""
    assert wire.duration_from_proto(Duration(nanos=1_999)) == timedelta(microseconds=1)
    assert wire.timestamp_from_proto(Timestamp(nanos=1_999)).microsecond == 1


def test_a_moment_without_time_zone_is_refused() -> None:
    """It could be any of 26 hours."""
    with pytest.raises(ValueError, match="no time zone"):
        wire.timestamp_to_proto(datetime(2026, 3, 1))  # noqa: DTZ001


def test_defaults_of_the_protocol_are_the_models() -> None:
    """A field that is not set means what the protocol's comment says."""
    plain = model.StudySpec(search_space=model.SearchSpace(parameters=()), metrics=())

    assert wire.study_spec_from_proto(_study()) == plain
    assert wire.usage_from_proto(ONE_CALL).request_count == 1


def test_a_heartbeat_is_about_one_study() -> None:
    """A trial of another study is refused with its path."""
    request = wire.renewals_to_proto("s", [(1, "a"), (2, "b")])
    request.renewals[1].name = "studies/other/trials/2"

    with pytest.raises(errors.InvalidArgument, match=r"renewals\[1\]\.name"):
        wire.renewals_from_proto(request)


@pytest.mark.parametrize("paths", [[], ["budget", "metrics"]])
def test_a_mask_names_what_may_change(paths: list[str]) -> None:
    """An empty mask changes nothing and is a mistake; so is a part that is fixed for good."""
    request = service_pb2.UpdateStudyRequest(study=study_pb2.Study(name="studies/s"))
    request.update_mask.paths.extend(paths)

    with pytest.raises(errors.InvalidArgument, match="update_mask"):
        wire.patch_from_proto(request)


@pytest.mark.parametrize("part", ["search_space", "workload"])
def test_what_has_no_default_cannot_go_back_to_one(part: str) -> None:
    """A mask that names it and a study without it would mean a space of nothing."""
    request = service_pb2.UpdateStudyRequest(study=study_pb2.Study(name="studies/s"))
    request.update_mask.paths.append(part)

    with pytest.raises(errors.InvalidArgument, match=rf"study\.{part}: missing"):
        wire.patch_from_proto(request)
