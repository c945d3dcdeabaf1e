"""What a trial is expected to consume, on the wire."""

from __future__ import annotations

from groat import model
from groat.errors import InvalidArgument
from groat.v1 import money_pb2
from groat.wire.fields import optional, present, repeated, required
from groat.wire.money import usage_from_proto, usage_to_proto
from groat.wire.times import duration_from_proto, duration_to_proto

_USUAL = model.Workload(example_count=0)


def workload_to_proto(workload: model.Workload) -> money_pb2.Workload:
    """Write a workload."""
    return money_pb2.Workload(
        example_count=workload.example_count,
        items=map(workload_item_to_proto, workload.items),
        example_time=present(workload.example_time, duration_to_proto),
        parallel_examples=workload.parallel_examples,
        spread=workload.spread,
    )


def workload_from_proto(message: money_pb2.Workload, path: str = "") -> model.Workload:
    """Read a workload; no parallel examples are one, and no spread is the usual one."""
    return model.Workload(
        example_count=message.example_count,
        items=repeated(message, "items", workload_item_from_proto, path),
        example_time=optional(message, "example_time", duration_from_proto, path),
        parallel_examples=message.parallel_examples or _USUAL.parallel_examples,
        spread=message.spread or _USUAL.spread,
    )


def workload_item_to_proto(item: model.WorkloadItem) -> money_pb2.WorkloadItem:
    """Write one kind of call, or of work.

    Raises:
        InvalidArgument: It is needed 0 times, which the protocol reads as not said.
    """
    if not item.times:
        problem = "what is needed 0 times would be read as once; leave it out"
        raise InvalidArgument.at("workload.items.times", problem)
    return money_pb2.WorkloadItem(
        usage=usage_to_proto(item.usage),
        times=item.times,
        per_trial=item.per_trial,
        model_parameter=item.model_parameter,
        times_parameter=item.times_parameter,
    )


def workload_item_from_proto(message: money_pb2.WorkloadItem, path: str = "") -> model.WorkloadItem:
    """Read one kind of call, or of work; no times are once."""
    return model.WorkloadItem(
        usage=required(message, "usage", usage_from_proto, path),
        times=message.times or 1.0,
        per_trial=message.per_trial,
        model_parameter=message.model_parameter,
        times_parameter=message.times_parameter,
    )
