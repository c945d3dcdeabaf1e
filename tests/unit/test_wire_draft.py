"""A trial that a person adds: which states and parts go together, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest

from groat import errors, model, wire
from groat.v1 import money_pb2, service_pb2, trial_pb2

MEASURED = trial_pb2.Measurement(example_count=7)
SUCCEEDED = model.Succeeded(measurement=model.Measurement(example_count=7))
JUDGE = money_pb2.Usage(
    category=money_pb2.SPEND_CATEGORY_EVALUATION,
    amount=money_pb2.Money(currency="USD", nanos=5),
)


def read(trial: Any, **parts: Any) -> model.TrialDraft:
    """What a server makes of such a request."""
    request = service_pb2.CreateTrialRequest(parent="studies/s", trial=trial, **parts)
    return wire.draft_from_proto(request)[1]


@pytest.mark.parametrize(
    ("trial", "parts", "outcome"),
    [
        pytest.param({}, {}, None, id="nothing enqueues"),
        pytest.param({"state": "STATE_REQUESTED"}, {}, None, id="requested enqueues"),
        pytest.param({}, {"final_measurement": MEASURED}, SUCCEEDED, id="measured"),
        pytest.param(
            {"state": "STATE_SUCCEEDED"},
            {"final_measurement": MEASURED},
            SUCCEEDED,
            id="measured, and says so",
        ),
        pytest.param(
            {"state": "STATE_INFEASIBLE", "infeasible_reason": "no memory"},
            {},
            model.Infeasible(reason="no memory"),
            id="did not work",
        ),
        pytest.param(
            {"state": "STATE_INFEASIBLE"},
            {"final_measurement": MEASURED},
            model.Infeasible(measurement=SUCCEEDED.measurement),
            id="did not work, and something was seen",
        ),
    ],
)
def test_state_and_measurement_say_what_is_added(
    trial: dict[str, Any],
    parts: dict[str, Any],
    outcome: model.Succeeded | model.Infeasible | None,
) -> None:
    """The six ways to add a trial."""
    assert read(trial, **parts) == model.TrialDraft(configuration={}, outcome=outcome)


@pytest.mark.parametrize(
    ("trial", "parts", "path"),
    [
        ({"state": "STATE_RUNNING"}, {}, "trial.state"),
        ({"state": "STATE_SUCCEEDED"}, {}, "trial.state"),
        ({"state": "STATE_REQUESTED"}, {"final_measurement": MEASURED}, "trial.state"),
        ({"state": "STATE_EARLY_STOPPED"}, {"final_measurement": MEASURED}, "trial.state"),
        ({"state": "STATE_FAILED"}, {}, "trial.state"),
        ({"state": 99}, {}, "trial.state"),
        ({"infeasible_reason": "no memory"}, {}, "trial.infeasible_reason"),
        ({"final_measurement": MEASURED}, {}, "trial.final_measurement"),
        ({}, {"usage": [JUDGE]}, "usage"),
        ({"parameters": {"k": {}}}, {}, "trial.parameters[k].kind"),
        ({}, {"final_measurement": {"elapsed": {"seconds": -1}}}, "final_measurement.elapsed"),
    ],
)
def test_what_does_not_go_together_is_refused(
    trial: dict[str, Any], parts: dict[str, Any], path: str
) -> None:
    """An import that is read as a queued trial would spend money on what is known already."""
    with pytest.raises(errors.InvalidArgument) as caught:
        read(trial, **parts)

    assert [violation.path for violation in caught.value.violations] == [path]


def test_a_request_without_a_trial_is_refused() -> None:
    """There is no configuration to try."""
    with pytest.raises(errors.InvalidArgument, match=r"^trial: missing"):
        wire.draft_from_proto(service_pb2.CreateTrialRequest(parent="studies/s"))


def test_study_and_request_id_come_along() -> None:
    """The id is what makes a repeated request safe."""
    draft = model.TrialDraft(configuration={"k": 3}, example_count=7)

    assert wire.draft_from_proto(wire.draft_to_proto("s", draft, "r")) == ("s", draft, "r")


def test_a_step_of_the_plan_says_so() -> None:
    """The server then knows which trials follow it; any other origin is the server's own."""
    assert read({"origin": "ORIGIN_MANUAL_PLAN"}).is_planned
    assert not read({"origin": "ORIGIN_ALGORITHM"}).is_planned


def test_what_only_the_server_says_is_passed_over() -> None:
    """A trial that was read may be sent as it is, its number and its maker included."""
    assert read({"number": 7, "generator": "sobol"}) == model.TrialDraft(configuration={})
