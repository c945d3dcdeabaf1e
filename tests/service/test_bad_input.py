"""Bad input gets the right status and path, and changes no row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from groat import model, wire
from groat.v1 import service_pb2 as pb
from groat.v1 import service_pb2_grpc, space_pb2, study_pb2, trial_pb2
from tests.contracts import service
from tests.contracts.channel_door import ChannelDoor
from tests.running import RunningServer

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND


@pytest.fixture(scope="module")
def trial(door: ChannelDoor) -> model.Trial:
    """A running trial of a study with two objectives, one of them derived from latencies."""
    derived = model.Metric(
        id="latency",
        role=model.Role.OBJECTIVE,
        goal=model.Goal.MINIMIZE,
        derivation=model.Derivation(source=model.Source.LATENCY_PER_EXAMPLE),
    )
    door.create("bad-input", service.spec(metrics=(service.QUALITY, derived)))
    return service.only(door.ask("bad-input"))


def example(**changes: Any) -> trial_pb2.ExampleRecord:
    record = trial_pb2.ExampleRecord(example_id="e1", scores=changes.pop("scores", None))
    if changes.pop("latency", True):
        record.latency.FromMilliseconds(100)
    return record


def measured(quality: float = 0.5, **changes: Any) -> trial_pb2.Measurement:
    values = [trial_pb2.MetricValue(metric_id="quality", value=quality)]
    fields: dict[str, Any] = {"metrics": values, "examples": [example()], **changes}
    return trial_pb2.Measurement(**fields)


def with_error(error: float) -> trial_pb2.Measurement:
    value = trial_pb2.MetricValue(metric_id="quality", value=0.5, standard_error=error)
    return measured(metrics=[value])


def named(metric_id: str) -> trial_pb2.Measurement:
    extra = trial_pb2.MetricValue(metric_id=metric_id, value=1.0)
    return measured(metrics=[trial_pb2.MetricValue(metric_id="quality", value=0.5), extra])


BAD_TELLS = [
    pytest.param({"succeeded": measured(float("nan"))}, "succeeded.metrics[0].value", id="NaN"),
    pytest.param({"succeeded": measured(float("inf"))}, "succeeded.metrics[0].value", id="inf"),
    pytest.param({"succeeded": measured(metrics=[])}, "succeeded.metrics", id="missing metric"),
    pytest.param(
        {"succeeded": named("charm")}, "succeeded.metrics[1].metric_id", id="unknown metric"
    ),
    pytest.param(
        {"succeeded": named("latency")}, "succeeded.metrics[1].metric_id", id="derived metric told"
    ),
    pytest.param({"succeeded": named("quality")}, "succeeded.metrics", id="metric told twice"),
    pytest.param(
        {"succeeded": with_error(-1.0)}, "succeeded.metrics[0].standard_error", id="negative error"
    ),
    pytest.param(
        {"succeeded": measured(examples=[example(latency=False)])},
        "succeeded.examples[0].latency",
        id="no latency to derive from",
    ),
    pytest.param(
        {"succeeded": measured(examples=[example(), example()])},
        "succeeded.examples",
        id="example twice",
    ),
    pytest.param(
        {"succeeded": measured(examples=[example(scores={"s": float("nan")})])},
        "succeeded.examples[0].scores[s]",
        id="NaN score",
    ),
    pytest.param({"succeeded": measured(example_count=-1)}, "succeeded.example_count", id="count"),
    pytest.param({}, "outcome", id="no outcome"),
    pytest.param(
        {"failed": trial_pb2.Failure(kind=trial_pb2.Failure.KIND_LEASE_EXPIRED)},
        "failed.kind",
        id="a failure only the server knows",
    ),
]


@pytest.mark.parametrize(("outcome", "path"), BAD_TELLS)
def test_a_bad_tell_names_its_field_and_changes_nothing(
    outcome: dict[str, Any],
    path: str,
    server: RunningServer,
    trial: model.Trial,
    dump: Callable[[], list[str]],
) -> None:
    """Nothing is clamped, nothing half-stored, and the worker learns what to mend."""
    assert trial.lease is not None
    request = pb.TellRequest(
        name="studies/bad-input/trials/0", lease_id=trial.lease.lease_id, **outcome
    )
    before = dump()

    refusal = refused(server, "Trial", "Tell", request)

    assert (refusal.code(), paths_of(refusal)) == (INVALID, [path])
    assert dump() == before


def parameter(**changes: Any) -> study_pb2.Study:
    """A study whose one parameter is as given."""
    fields: dict[str, Any] = {"id": "k", "int": space_pb2.IntDomain(min=1, max=9), **changes}
    space = space_pb2.SearchSpace(parameters=[space_pb2.Parameter(**fields)])
    metrics = wire.study_spec_to_proto(service.spec()).metrics
    return study_pb2.Study(search_space=space, metrics=metrics)


def value(number: int) -> space_pb2.Value:
    return space_pb2.Value(int=number)


FIRST = "study.search_space.parameters[0]"
BAD_STUDIES = [
    pytest.param(parameter(id="9 lives"), f"{FIRST}.id", id="parameter id"),
    pytest.param(parameter(default_value=value(10)), f"{FIRST}.default_value", id="out of domain"),
    pytest.param(
        parameter(int=space_pb2.IntDomain(min=9, max=1)), f"{FIRST}.int.max", id="min above max"
    ),
    pytest.param(
        parameter(int=space_pb2.IntDomain(min=0, max=9, log_scale=True)),
        f"{FIRST}.int.min",
        id="logarithm of zero",
    ),
    pytest.param(
        parameter(int=None, float=space_pb2.FloatDomain(min=0, max=float("inf"))),
        f"{FIRST}.float.max",
        id="infinite bound",
    ),
    pytest.param(
        parameter(int=None, categorical=space_pb2.CategoricalDomain(labels=["a", "a"])),
        f"{FIRST}.categorical.labels",
        id="label twice",
    ),
    pytest.param(parameter(int=None), f"{FIRST}.domain", id="no domain"),
    pytest.param(
        parameter(active_when=[space_pb2.Condition(parameter_id="q", any_of=[value(1)])]),
        f"{FIRST}.active_when[0].parameter_id",
        id="condition on nothing",
    ),
    pytest.param(
        parameter(active_when=[space_pb2.Condition(parameter_id="k", any_of=[value(1)])]),
        "study.search_space.parameters",
        id="conditions in a circle",
    ),
    pytest.param(study_pb2.Study(metrics=parameter().metrics), "study.search_space", id="no space"),
    pytest.param(
        study_pb2.Study(search_space=parameter().search_space), "study.metrics", id="no objective"
    ),
]


@pytest.mark.parametrize(("study", "path"), BAD_STUDIES)
def test_a_bad_study_names_its_field_and_changes_nothing(
    study: study_pb2.Study, path: str, server: RunningServer, dump: Callable[[], list[str]]
) -> None:
    """A declaration is either whole or not there."""
    before = dump()

    refusal = refused(
        server, "Study", "CreateStudy", pb.CreateStudyRequest(study_id="worse", study=study)
    )

    assert refusal.code() is INVALID
    assert any(found.startswith(path) for found in paths_of(refusal)), paths_of(refusal)
    assert dump() == before


REQUEST_ID = str(uuid4())
BAD_NAMES = [
    pytest.param("Study", "GetStudy", pb.GetStudyRequest(name="nonsense"), INVALID, id="no name"),
    pytest.param(
        "Study", "GetStudy", pb.GetStudyRequest(name="studies/NoCaps"), INVALID, id="capitals"
    ),
    pytest.param(
        "Study", "GetStudy", pb.GetStudyRequest(name="studies/none"), NOT_FOUND, id="no study"
    ),
    pytest.param(
        "Trial",
        "GetTrial",
        pb.GetTrialRequest(name="studies/bad-input/trials/99"),
        NOT_FOUND,
        id="no trial",
    ),
    pytest.param(
        "Trial",
        "Tell",
        pb.TellRequest(name="studies/bad-input/trials/99", lease_id="x", succeeded=measured()),
        NOT_FOUND,
        id="tell of no trial",
    ),
    pytest.param(
        "Trial",
        "Tell",
        pb.TellRequest(name="studies/bad-input/trials/0", lease_id="x", succeeded=measured()),
        NOT_FOUND,
        id="tell under no lease",
    ),
    pytest.param(
        "Trial",
        "Ask",
        pb.AskRequest(parent="studies/none", request_id=REQUEST_ID),
        NOT_FOUND,
        id="ask of no study",
    ),
    pytest.param(
        "Trial",
        "Ask",
        pb.AskRequest(parent="studies/bad-input", request_id="again"),
        INVALID,
        id="no UUID",
    ),
    pytest.param(
        "Trial",
        "Ask",
        pb.AskRequest(parent="studies/bad-input", request_id=REQUEST_ID, count=101),
        INVALID,
        id="too many at once",
    ),
    pytest.param(
        "Trial",
        "ListTrials",
        pb.ListTrialsRequest(parent="studies/bad-input", page_token="'; DROP TABLE trials"),
        INVALID,
        id="no token",
    ),
    pytest.param("Study", "UpdateStudy", pb.UpdateStudyRequest(), INVALID, id="empty update"),
    pytest.param(
        "Analysis", "GetFront", pb.GetFrontRequest(parent="studies/none"), NOT_FOUND, id="no front"
    ),
]


@pytest.mark.parametrize(("service", "method", "request_", "code"), BAD_NAMES)
@pytest.mark.usefixtures("trial")
def test_a_bad_name_gets_its_status_and_changes_nothing(
    service: str,
    method: str,
    request_: object,
    code: grpc.StatusCode,
    server: RunningServer,
    dump: Callable[[], list[str]],
) -> None:
    """Never UNKNOWN, never INTERNAL."""
    before = dump()

    refusal = refused(server, service, method, request_)

    assert refusal.code() is code
    assert dump() == before


def test_bytes_that_are_no_message_are_the_callers_fault(server: RunningServer) -> None:
    """GRPC itself would call them INTERNAL."""
    with grpc.insecure_channel(server.address) as channel:
        method = channel.unary_unary("/groat.v1.TrialService/Ask")
        with pytest.raises(grpc.RpcError) as raised:
            method(b"\xff\xff\xff", timeout=10)

    assert raised.value.code() is INVALID


def test_every_error_has_one_reason(server: RunningServer) -> None:
    """Clients compare reasons, never messages."""
    refusal = refused(server, "Study", "GetStudy", pb.GetStudyRequest(name="studies/none"))

    reasons = [
        (info.reason, info.domain)
        for info in details_of(refusal, error_details_pb2.ErrorInfo())
        if isinstance(info, error_details_pb2.ErrorInfo)
    ]
    assert reasons == [("NOT_FOUND", "groat")]


def refused(server: RunningServer, service: str, method: str, request: object) -> grpc.RpcError:
    """Call, and return the refusal that must come."""
    with grpc.insecure_channel(server.address) as channel:
        stub = getattr(service_pb2_grpc, f"{service}ServiceStub")(channel)
        with pytest.raises(grpc.RpcError) as raised:
            getattr(stub, method)(request, timeout=10)
    return raised.value


def details_of(refusal: grpc.RpcError, kind: Message) -> list[Message]:
    """Unpack the details of one kind."""
    trailer: Any = refusal.trailing_metadata()
    status = status_pb2.Status.FromString(dict(trailer)["grpc-status-details-bin"])
    found: list[Message] = []
    for detail in status.details:
        one = type(kind)()
        if detail.Unpack(one):
            found.append(one)
    return found


def paths_of(refusal: grpc.RpcError) -> list[str]:
    """Return the paths of all field violations."""
    (request,) = details_of(refusal, error_details_pb2.BadRequest())
    assert isinstance(request, error_details_pb2.BadRequest)
    return [violation.field for violation in request.field_violations]
