"""The blocking client and a real server: the loop, and answers that are lost on their way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

import groat
from groat import model
from groat.model import FailureKind, TrialState
from groat.v1 import service_pb2
from tests.bad_way import BadWay
from tests.running import RunningServer


@pytest.fixture
def way(server: RunningServer) -> Iterator[BadWay]:
    """The way to the server, good until a test makes it bad."""
    with BadWay(server.address) as way:
        yield way


@pytest.fixture
def client(way: BadWay) -> Iterator[groat.Client]:
    """A client with the patience that it has by default."""
    with groat.Client(way.address) as client:
        yield client


@pytest.fixture
def hasty(way: BadWay) -> Iterator[groat.Client]:
    """A client that gives up after the first try."""
    with groat.Client(way.address, patience=0.0) as client:
        yield client


def new_study(client: groat.Client, study_id: str = "", **options: Any) -> groat.Study:
    """A study of ten trials, under a name of its own unless it is given one."""
    options.setdefault("budget", groat.Budget(max_trials=10))
    return client.create_study(
        study_id or f"s-{uuid4()}",
        space=[groat.real("x", 0, 1)],
        metrics=[groat.maximize("quality")],
        algorithm=groat.RandomSearch(),
        **options,
    )


def only(study: groat.Study) -> groat.Trial:
    """Ask for one trial."""
    (trial,) = study.ask().trials
    return trial


def tell_and_crash(trial: groat.Trial) -> None:
    """Tell a trial, then run into an error."""
    trial.tell({"quality": 1})
    raise KeyError


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true within ten seconds."""
    return any(holds() or time.sleep(0.05) for _ in range(200))


# ---------- the loop ----------


def test_the_loop_ends_when_the_guard_says_stop(client: groat.Client) -> None:
    """Every trial is told once, and the study knows that it is over."""
    study = new_study(client)

    for trial in study:
        trial.tell({"quality": trial.value("x", float)}, usage=[groat.fee("0.5")])

    assert study.refresh().state is groat.StudyState.COMPLETED
    assert study.budget_status.settled.total == groat.Money.of(5)
    assert [trial.state for trial in study.trials()] == [TrialState.SUCCEEDED] * 10


def test_a_trial_left_by_break_is_failed(client: groat.Client) -> None:
    """Nobody waits a minute for a lease that nobody keeps."""
    study = new_study(client)

    for _ in study:
        break

    outcome = study.trial(0).outcome
    assert isinstance(outcome, model.Failed)
    assert outcome.kind is FailureKind.WORKER_ERROR


def test_a_trial_left_without_a_tell_is_failed(client: groat.Client) -> None:
    """A forgotten tell must not hold money until the end."""
    study = new_study(client, budget=groat.Budget(max_trials=2))

    numbers = [trial.number for trial in study]

    assert numbers == [0, 1]
    assert [trial.state for trial in study.trials()] == [TrialState.FAILED] * 2


def test_an_exception_names_itself(client: groat.Client) -> None:
    """Its type is told, not its message: that may hold a prompt."""
    study = new_study(client)

    with pytest.raises(KeyError), only(study):
        raise KeyError("secret prompt")

    assert study.trial(0).outcome == model.Failed(message="KeyError")


def test_a_told_trial_stays_told(client: groat.Client) -> None:
    """An error after the tell is not the trial's."""
    study = new_study(client)

    with pytest.raises(KeyError), only(study) as trial:
        tell_and_crash(trial)

    assert study.trial(0).state is TrialState.SUCCEEDED


def test_a_refused_tell_may_be_mended(client: groat.Client) -> None:
    """A typo in a metric's name costs nothing."""
    trial = only(new_study(client))

    with pytest.raises(groat.InvalidArgument, match="qality"):
        trial.tell({"qality": 1})
    told = trial.tell({"quality": 1})

    assert told.disposition is groat.Disposition.ACCEPTED


def test_what_a_refused_tell_consumed_is_booked_all_the_same(client: groat.Client) -> None:
    """A worker that tells nonsense again and again would else pass any cap."""
    study = new_study(client)

    with only(study) as trial, pytest.raises(groat.InvalidArgument):
        trial.tell({"quality": float("nan")}, usage=[groat.fee("0.5")])

    assert study.trial(trial.number).state is TrialState.FAILED
    assert study.refresh().budget_status.settled.total == groat.Money.of("0.5")


def test_every_outcome_can_be_told(client: groat.Client) -> None:
    """Early stopped, infeasible and failed, each with what it consumed."""
    study = new_study(client)
    stopped, impossible, failed = study.ask(3).trials

    stopped.tell({"quality": (0.5, 0.1)}, early_stopped=True, usage=[groat.fee(1)])
    impossible.infeasible("too long", usage=[groat.fee(1)])
    failed.fail("no answer", kind=FailureKind.PROVIDER_ERROR, usage=[groat.fee(1)])

    outcomes = [trial.outcome for trial in study.trials()]
    assert outcomes[0] == model.EarlyStopped(
        measurement=model.Measurement(
            metrics=(model.MetricValue(metric_id="quality", value=0.5, standard_error=0.1),)
        )
    )
    assert outcomes[1] == model.Infeasible(reason="too long")
    assert outcomes[2] == model.Failed(kind=FailureKind.PROVIDER_ERROR, message="no answer")
    assert study.budget_status.settled.total == groat.Money.of(3)


def test_a_declaration_sent_again_is_the_same_study(client: groat.Client) -> None:
    """A worker may begin with the declaration, however many there are."""
    study = new_study(client, study_id="declared")

    assert new_study(client, study_id="declared").seen == study.seen
    with pytest.raises(groat.AlreadyExists):
        new_study(client, study_id="declared", display_name="another")


def test_studies_can_be_found(client: groat.Client) -> None:
    """By id and in the list; what is not there is named."""
    study = new_study(client)

    assert client.study(study.id).seen == study.seen
    assert study.id in [found.id for found in client.studies()]
    with pytest.raises(groat.NotFound, match="nowhere"):
        client.study("nowhere")


def test_a_study_can_be_changed(client: groat.Client) -> None:
    """Paused it lets asks wait, resumed it serves them, updated it counts anew."""
    study = new_study(client)

    study.pause()
    assert study.ask().decision.reason is groat.Reason.STUDY_NOT_ACTIVE
    study.resume()
    study.update(budget=groat.Budget(max_trials=1), display_name="new")

    only(study).tell({"quality": 1})
    assert study.ask().decision.reason is groat.Reason.TRIAL_LIMIT
    assert study.spec.display_name == "new"


# ---------- lost requests and answers ----------


@pytest.mark.parametrize("fault", ["refuse", "lose"])
def test_a_lost_ask_gives_the_same_trial(way: BadWay, client: groat.Client, fault: Any) -> None:
    """Both tries carry one request id, so only one trial exists."""
    study = new_study(client)
    way.faults.extend([fault, fault])

    assert only(study).number == 0
    asks = [service_pb2.AskRequest.FromString(b) for name, b in way.seen if name == "Ask"]
    assert len(asks) == 3
    assert len({ask.request_id for ask in asks}) == 1
    assert len(list(study.trials())) == 1


def test_a_lost_tell_is_told_once(way: BadWay, client: groat.Client) -> None:
    """The second arrival is a duplicate, and its usage is not booked again."""
    study = new_study(client)
    trial = only(study)
    way.faults.append("lose")

    told = trial.tell({"quality": 1}, usage=[groat.fee(1), groat.fee(1)])

    assert told.disposition is groat.Disposition.DUPLICATE
    assert study.budget_status.settled.total == groat.Money.of(2)


def test_lost_usage_is_booked_once(way: BadWay, client: groat.Client) -> None:
    """Its ids were made before the first try."""
    study = new_study(client)
    way.faults.append("lose")

    recorded = study.record_usage([groat.fee(1), groat.fee(1)])

    assert (recorded.booked, recorded.duplicates) == (0, 2)
    assert study.budget_status.settled.total == groat.Money.of(2)


def test_a_lost_create_makes_one_study(way: BadWay, client: groat.Client) -> None:
    """The second arrival finds the first's."""
    way.faults.append("lose")

    assert new_study(client).state is groat.StudyState.ACTIVE


def test_a_lost_delete_is_done(way: BadWay, client: groat.Client) -> None:
    """The second try finds nothing, which is what was wanted."""
    study = new_study(client)
    way.faults.append("lose")

    study.delete()

    with pytest.raises(groat.NotFound):
        study.refresh()


def test_an_ask_goes_on_where_it_was_given_up(
    way: BadWay, client: groat.Client, hasty: groat.Client
) -> None:
    """After `Unreachable` the next ask gets the trial that nobody received."""
    study = hasty.study(new_study(client).id)
    way.faults.append("lose")

    with pytest.raises(groat.Unreachable):
        study.ask()

    assert only(study).number == 0
    assert only(study).number == 1


def test_a_tell_in_doubt_is_not_overruled(
    way: BadWay, client: groat.Client, hasty: groat.Client
) -> None:
    """Leaving by `Unreachable` must not tell a failure over a result that may be there."""
    study = hasty.study(new_study(client).id)

    trial = only(study)
    way.faults.append("lose")

    with pytest.raises(groat.Unreachable), trial:
        trial.tell({"quality": 1})

    assert study.trial(0).state is TrialState.SUCCEEDED


def test_a_report_given_up_can_be_made_again(
    way: BadWay, client: groat.Client, hasty: groat.Client
) -> None:
    """The same usage keeps its id until a report is answered; after that it is new usage."""
    study = hasty.study(new_study(client).id)
    trial = only(study)
    way.faults.append("lose")

    with pytest.raises(groat.Unreachable):
        trial.report({"quality": 0.1}, usage=[groat.fee(1)])
    trial.report({"quality": 0.1}, usage=[groat.fee(1)])
    assert study.budget_status.settled.total == groat.Money.of(1)

    trial.report({"quality": 0.1}, usage=[groat.fee(1)])
    assert study.budget_status.settled.total == groat.Money.of(2)


def test_nobody_there_is_unreachable() -> None:
    """The message names the address."""
    client = groat.Client("127.0.0.1:1", timeout=0.1, patience=0.3)

    with client, pytest.raises(groat.Unreachable, match=r"127\.0\.0\.1:1"):
        client.study("s")


def test_a_closed_client_says_so(client: groat.Client) -> None:
    """Instead of a riddle from below."""
    client.close()

    with pytest.raises(groat.Unreachable, match="closed"):
        client.study("s")


# ---------- leases ----------


def test_a_trial_is_kept_alive_while_it_is_held(client: groat.Client) -> None:
    """A worker that is silent for longer than its lease has not lost its trial."""
    study = new_study(client, lease_duration=timedelta(seconds=1))
    trial = only(study)

    time.sleep(2.5)

    other = study.ask().trials[0]
    assert other.number != trial.number
    assert trial.tell({"quality": 1}).disposition is groat.Disposition.ACCEPTED
    assert not trial.is_abandoned


def test_a_dropped_trial_goes_to_another_worker(client: groat.Client) -> None:
    """Its handle is gone, so its lease runs out."""
    study = new_study(client, lease_duration=timedelta(seconds=1), max_concurrent_trials=1)
    only(study)

    assert eventually(lambda: bool(study.ask().trials))
    assert study.trial(0).attempt == 2


def test_a_trial_that_another_process_told_is_abandoned(
    server: RunningServer, client: groat.Client
) -> None:
    """A handle can be taken up elsewhere by number and lease id; the first one learns it."""
    study = new_study(client, lease_duration=timedelta(seconds=1))
    trial = only(study)

    with groat.Client(server.address) as elsewhere:
        taken = elsewhere.study(study.id).attach(trial.number, trial.lease_id)
        taken.tell({"quality": taken.value("x", float)})

    assert eventually(lambda: trial.is_abandoned)


def test_the_trials_of_a_deleted_study_are_abandoned(client: groat.Client) -> None:
    """Nobody will take their results."""
    study = new_study(client, lease_duration=timedelta(seconds=1))
    trial = only(study)

    study.delete()

    assert eventually(lambda: trial.is_abandoned)


def test_a_report_to_a_finished_trial_is_told_to_leave(client: groat.Client) -> None:
    """The directive is also in the handle, where a loop can look."""
    study = new_study(client)
    trial = only(study)
    study.attach(trial.number, trial.lease_id).fail("elsewhere")

    result = trial.report({"quality": 0.5})

    assert result.directive is model.Directive.ABANDON
    assert trial.is_abandoned
