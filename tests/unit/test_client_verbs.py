"""Both clients ask the same and read the same, from a server that says what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeAlias

import grpc
import pytest
from google.protobuf.message import Message

import groat
from groat import aio, model, wire
from groat.v1 import guard_pb2, service_pb2
from tests.examples import NOW, decision, priced_usage, study_spec, usage

STATUS = decision().budget_status
STUDY = model.Study(
    study_id="s",
    spec=study_spec(),
    state=model.StudyState.ACTIVE,
    budget_status=STATUS,
    last_decision=None,
    create_time=NOW,
    update_time=NOW,
    etag="1",
)
FORECAST = model.ForecastResult(
    forecast=model.Forecast(basis=model.Basis.DECLARED, affordable_trials=7), decision=decision()
)
PLAN = model.ManualPlan(method="m", procedure="p", steps=(), expected_spend=None, ranking=())
NOTHING = model.Tradeoff(
    points=(), certainty=model.Certainty.NO_TRIALS, explanation="There are no trials."
)
BILL = model.SpendReport(budget_status=STATUS, models=(), list_value=model.Money(7))
PRICED = model.PricedUsages(usage=(priced_usage(),), total=STATUS.settled)
PILOT = groat.Pilot(usage=(usage(),), example_count=3)
DECLARED: dict[str, Any] = {"space": STUDY.spec.search_space, "metrics": STUDY.spec.metrics}

Ask: TypeAlias = Callable[[Any, Any], Any]
"""Takes a client and its study."""

VERBS: dict[str, tuple[Message, Ask, Any]] = {
    "GetSpendReport": (
        wire.spend_report_to_proto(BILL),
        lambda client, study: study.spend_report(),
        BILL,
    ),
    "Forecast": (
        wire.forecast_result_to_proto(FORECAST),
        lambda client, study: study.forecast(PILOT),
        FORECAST,
    ),
    "SelectTradeoff": (
        wire.tradeoff_to_proto("s", NOTHING),
        lambda client, study: study.pick(groat.Knee()),
        NOTHING,
    ),
    "GetManualPlan": (wire.plan_to_proto(PLAN), lambda client, study: study.plan(), PLAN),
    "PriceUsage": (
        wire.priced_usages_to_proto(PRICED),
        lambda client, study: client.price([usage()]),
        PRICED,
    ),
}
"""By rpc: what the server answers, how it is asked, and what a person gets."""


class Oracle(grpc.GenericRpcHandler):
    """Answers any rpc as it was told to.

    Attributes:
        answers: Replies by rpc; of several each is given once.
        heard: Requests by rpc, as bytes.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Message]] = {"GetStudy": [wire.study_to_proto(STUDY)]}
        self.heard: dict[str, list[bytes]] = {}

    def service(self, handler_call_details: Any) -> Any:
        """Serve one unary call."""
        name = handler_call_details.method.rpartition("/")[2]

        def answer(request: bytes, _: Any) -> bytes:
            self.heard.setdefault(name, []).append(request)
            return self.answers[name].pop(0).SerializeToString()

        return grpc.unary_unary_rpc_method_handler(answer)


@pytest.fixture
def oracle() -> Oracle:
    """It knows the study, and nothing else yet."""
    return Oracle()


@pytest.fixture
def address(oracle: Oracle) -> Iterator[str]:
    """Where it listens."""
    server = grpc.server(ThreadPoolExecutor(2), handlers=[oracle])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


@pytest.mark.parametrize("rpc", VERBS)
def test_a_verb_brings_the_answer(oracle: Oracle, address: str, rpc: str) -> None:
    """As a value, with nothing of the protocol about it."""
    reply, ask, expected = VERBS[rpc]
    oracle.answers[rpc] = [reply]

    with groat.Client(address) as client:
        assert ask(client, client.study("s")) == expected


@pytest.mark.parametrize("rpc", VERBS)
async def test_a_verb_brings_the_answer_with_asyncio(
    oracle: Oracle, address: str, rpc: str
) -> None:
    """As with the blocking client."""
    reply, ask, expected = VERBS[rpc]
    oracle.answers[rpc] = [reply]

    async with aio.Client(address) as client:
        assert await ask(client, await client.study("s")) == expected


def test_what_is_only_declared_can_be_forecast(oracle: Oracle, address: str) -> None:
    """It takes what creates a study, and creates none."""
    oracle.answers["Forecast"] = [wire.forecast_result_to_proto(FORECAST)]
    declared = groat.workload(50, [groat.calls("m", input=9, output=5)])

    with groat.Client(address) as client:
        found = client.forecast(**DECLARED, workload=declared, pilot=PILOT)

    request = service_pb2.ForecastRequest.FromString(oracle.heard["Forecast"][0])
    target, pilot = wire.forecast_request_from_proto(request)
    assert (found, pilot) == (FORECAST, PILOT)
    assert isinstance(target, model.StudySpec)
    assert target.workload == declared


async def test_what_is_only_declared_can_be_forecast_with_asyncio(
    oracle: Oracle, address: str
) -> None:
    """As with the blocking client."""
    oracle.answers["Forecast"] = [wire.forecast_result_to_proto(FORECAST)]

    async with aio.Client(address) as client:
        assert await client.forecast(**DECLARED) == FORECAST


def pages(*ids: str) -> list[Message]:
    """Decisions with these ids, one a page."""
    found: list[guard_pb2.Decision] = [
        wire.decision_to_proto(decision(decision_id=name)) for name in ids
    ]
    tokens = [*map(str, range(1, len(ids))), ""]
    return [
        service_pb2.ListDecisionsResponse(decisions=[one], next_page_token=token)
        for one, token in zip(found, tokens, strict=True)
    ]


def test_decisions_come_page_by_page(oracle: Oracle, address: str) -> None:
    """However many there are, in the server's order."""
    oracle.answers["ListDecisions"] = pages("c", "b", "a")

    with groat.Client(address) as client:
        ids = [one.decision_id for one in client.study("s").decisions()]

    assert ids == ["c", "b", "a"]


async def test_decisions_come_page_by_page_with_asyncio(oracle: Oracle, address: str) -> None:
    """As with the blocking client."""
    oracle.answers["ListDecisions"] = pages("c", "b", "a")

    async with aio.Client(address) as client:
        study = await client.study("s")
        ids = [one.decision_id async for one in study.decisions()]

    assert ids == ["c", "b", "a"]


def test_advice_to_tune_by_hand_ends_the_loop(oracle: Oracle, address: str) -> None:
    """And the plan is there to be read."""
    advice = decision(
        verdict=model.Verdict.TUNE_MANUALLY, reason=model.Reason.TRIAL_TOO_EXPENSIVE, plan=PLAN
    )
    oracle.answers["Ask"] = [wire.ask_result_to_proto(model.AskResult(trials=(), decision=advice))]

    with groat.Client(address) as client:
        study = client.study("s")
        assert list(study) == []

    assert study.last_decision == advice


async def test_advice_to_tune_by_hand_ends_the_loop_with_asyncio(
    oracle: Oracle, address: str
) -> None:
    """As with the blocking client."""
    advice = decision(
        verdict=model.Verdict.TUNE_MANUALLY, reason=model.Reason.TRIAL_TOO_EXPENSIVE, plan=PLAN
    )
    oracle.answers["Ask"] = [wire.ask_result_to_proto(model.AskResult(trials=(), decision=advice))]

    async with aio.Client(address) as client:
        study = await client.study("s")
        assert [trial async for trial in study] == []

    assert study.last_decision == advice
