"""What the service promises, whichever door one comes in by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from groat import errors, model
from groat.model import Disposition, Money, Reason, TrialState, Verdict
from tests.contracts.doors import Door

SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="k", domain=model.IntDomain(min=1, max=1000)),
        model.Parameter(id="retriever", domain=model.CategoricalDomain(labels=("bm25", "lsa"))),
        model.Parameter(
            id="weight",
            domain=model.FloatDomain(min=0.0, max=1.0),
            active_when=(model.Condition(parameter_id="retriever", any_of=("lsa",)),),
        ),
    )
)
QUALITY = model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE)
SPEED = model.Metric(id="seconds", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE)
PRICE = model.Metric(
    id="price",
    role=model.Role.OBJECTIVE,
    goal=model.Goal.MINIMIZE,
    derivation=model.Derivation(source=model.Source.MONEY_PER_EXAMPLE),
)


def spec(**changes: Any) -> model.StudySpec:
    """A study of three parameters and two told objectives, searched by Sobol."""
    base = model.StudySpec(
        search_space=SPACE,
        metrics=(QUALITY, SPEED),
        algorithm=model.Algorithm(kind=model.Sobol(), seed=1),
    )
    return replace(base, **changes)


def algorithm(kind: str) -> model.Algorithm:
    """An algorithm with its default options and a fixed seed."""
    kinds = {"auto": model.Auto(), "bayesian": model.Bayesian(), "sobol": model.Sobol()}
    return model.Algorithm(kind=kinds[kind], seed=1)


def told(quality: float = 0.5, seconds: float = 1.0, **changes: Any) -> model.Succeeded:
    """Both objectives, measured on ten examples."""
    values = (
        model.MetricValue(metric_id="quality", value=quality),
        model.MetricValue(metric_id="seconds", value=seconds),
    )
    measurement = model.Measurement(metrics=values, example_count=10)
    return model.Succeeded(measurement=replace(measurement, **changes))


def fee(amount: str, **changes: Any) -> model.Usage:
    """Something that costs so much."""
    usage = model.Usage(category=model.SpendCategory.EXPERIMENT, quantity=Money.of(amount))
    return replace(usage, **changes)


def only(result: model.AskResult) -> model.Trial:
    """The one trial that an ask gave."""
    (trial,) = result.trials
    return trial


class ServiceContract:
    """Subclass with a ``door`` fixture."""

    def test_an_ask_gives_a_leased_trial_with_active_parameters_only(self, door: Door) -> None:
        """What is not active has no value that a worker could use by mistake."""
        door.create("s", spec())

        trial = only(door.ask("s"))

        assert (trial.number, trial.state, trial.attempt) == (0, TrialState.RUNNING, 1)
        assert ("weight" in trial.configuration) == (trial.configuration["retriever"] == "lsa")

    def test_a_tell_reaches_the_front(self, door: Door) -> None:
        """The better of two trials is the front, and the tell says so."""
        door.create("s", spec())
        first, second = door.ask("s", 2).trials

        better = door.tell(first, told(0.9, 1.0))
        worse = door.tell(second, told(0.2, 2.0))

        assert (better.on_front, worse.on_front) == (True, False)
        assert [trial.number for trial in door.front("s").trials] == [first.number]

    def test_the_same_request_id_gets_the_same_trials(self, door: Door) -> None:
        """A client that lost the answer asks again and nothing is given out twice."""
        door.create("s", spec())
        request_id = str(uuid4())

        first = door.ask("s", 3, request_id=request_id)
        again = door.ask("s", 3, request_id=request_id)

        assert [t.number for t in again.trials] == [t.number for t in first.trials] == [0, 1, 2]
        assert [t.lease for t in again.trials] == [t.lease for t in first.trials]

    def test_a_repeated_ask_is_not_given_what_is_another_workers_by_now(self, door: Door) -> None:
        """Two workers under one lease would each think the other's result his own."""
        door.create("s", spec())
        request_id = str(uuid4())
        door.ask("s", lease_s=1, request_id=request_id)
        door.let_pass(1.1)
        found = only(door.ask("s"))

        again = door.ask("s", lease_s=1, request_id=request_id)

        assert (again.trials, again.decision.verdict) == ((), Verdict.WAIT)
        assert door.trial("s", found.number).lease == found.lease

    def test_a_request_id_belongs_to_one_order(self, door: Door) -> None:
        """Another order under the same id is a client's mistake, not a repetition."""
        door.create("s", spec())
        request_id = str(uuid4())
        door.ask("s", 1, request_id=request_id)

        with pytest.raises(errors.RequestIdReused):
            door.ask("s", 2, request_id=request_id)

    def test_the_same_outcome_again_is_a_duplicate(self, door: Door) -> None:
        """A lost acknowledgement costs nothing, also in money."""
        door.create("s", spec())
        trial = only(door.ask("s"))
        door.tell(trial, told(0.5), [fee("0.25")])

        again = door.tell(trial, told(0.5), [fee("0.25")])

        assert again.disposition is Disposition.DUPLICATE
        assert door.get("s").budget_status.settled.total == Money.of("0.25")

    def test_a_lease_tells_one_outcome_only(self, door: Door) -> None:
        """Another outcome is refused, and what was told stays as it was."""
        door.create("s", spec())
        trial = only(door.ask("s"))
        door.tell(trial, told(0.5), [fee("0.25")])
        before = door.trial("s", 0)

        with pytest.raises(errors.ConflictingOutcome):
            door.tell(trial, told(0.9), [fee("0.75", usage_id="another")])

        assert door.trial("s", 0) == before
        assert door.get("s").budget_status.settled.total == Money.of("0.25")

    def test_a_silent_workers_trial_is_given_out_again(self, door: Door) -> None:
        """The same configuration, under a new lease and a higher attempt."""
        door.create("s", spec())
        lost = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)

        found = only(door.ask("s"))

        assert (found.number, found.attempt) == (lost.number, 2)
        assert found.configuration == lost.configuration
        assert found.lease != lost.lease

    def test_a_late_result_is_kept(self, door: Door) -> None:
        """It was paid for; the one who took over is told that he is superseded."""
        door.create("s", spec())
        lost = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        found = only(door.ask("s"))

        late = door.tell(lost, told(0.8), [fee("1")])
        superseded = door.tell(found, told(0.7), [fee("2")])

        assert late.disposition is Disposition.ACCEPTED_LATE
        assert superseded.disposition is Disposition.SUPERSEDED
        assert superseded.trial.measurement == late.trial.measurement
        assert superseded.trial.spend.total == Money.of(3)

    def test_a_late_failure_leaves_the_trial_to_its_new_worker(self, door: Door) -> None:
        """It says nothing about the configuration that somebody else is trying."""
        door.create("s", spec())
        lost = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        found = only(door.ask("s"))

        assert door.tell(lost, model.Failed(message="x")).disposition is Disposition.SUPERSEDED
        assert door.tell(found, told()).disposition is Disposition.ACCEPTED

    def test_a_result_after_the_last_attempt_replaces_the_presumed_failure(
        self, door: Door
    ) -> None:
        """Nobody told that it failed."""
        door.create("s", spec(max_attempts=1))
        lost = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        door.ask("s")
        assert door.trial("s", lost.number).state is TrialState.FAILED

        late = door.tell(lost, told(0.9))

        assert late.disposition is Disposition.ACCEPTED_LATE
        assert late.on_front

    def test_a_late_failure_does_not_bury_a_later_success(self, door: Door) -> None:
        """Of two lost workers one fails and one succeeds: the success was paid for."""
        door.create("s", spec(max_attempts=2))
        first = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        second = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        door.ask("s")

        door.tell(first, model.Failed(message="x"))
        late = door.tell(second, told(0.9))

        assert (late.disposition, late.on_front) == (Disposition.ACCEPTED_LATE, True)

    def test_a_report_does_not_shorten_a_lease(self, door: Door) -> None:
        """An hour was asked for; a sign of life is no reason to take it away."""
        door.create("s", spec())
        trial = only(door.ask("s", lease_s=3_600))
        assert trial.lease is not None

        lease = door.report(trial, told().measurement).lease

        assert lease is not None
        assert lease.expire_time >= trial.lease.expire_time

    def test_a_heartbeat_keeps_a_lease(self, door: Door) -> None:
        """A worker that says so every now and then may take as long as it needs."""
        door.create("s", spec())
        trial = only(door.ask("s", lease_s=1.5))
        assert trial.lease is not None
        door.let_pass(1.0)

        (state,) = door.heartbeat("s", [(trial.number, trial.lease.lease_id)])
        door.let_pass(1.0)

        assert state.directive is model.Directive.CONTINUE
        assert only(door.ask("s")).number != trial.number

    def test_a_heartbeat_of_a_lost_lease_says_abandon(self, door: Door) -> None:
        """The trial is somebody else's by now."""
        door.create("s", spec())
        lost = only(door.ask("s", lease_s=1))
        assert lost.lease is not None
        door.let_pass(1.1)
        door.ask("s")

        (state,) = door.heartbeat("s", [(lost.number, lost.lease.lease_id)])

        assert state.directive is model.Directive.ABANDON

    def test_a_report_is_kept_and_books_what_was_spent(self, door: Door) -> None:
        """By example count, the later one in the place of the earlier; money at once."""
        door.create("s", spec())
        trial = only(door.ask("s"))
        partial = told(0.4, example_count=5).measurement

        answer = door.report(trial, partial, [fee("0.10", usage_id="first-half")])
        door.report(trial, told(0.6, example_count=5).measurement)

        assert answer.directive is model.Directive.CONTINUE
        assert answer.budget_status.settled.total == Money.of("0.10")
        (report,) = door.trial("s", trial.number).reports
        assert report.value("quality") == model.MetricValue(metric_id="quality", value=0.6)

    def test_the_baseline_is_trial_zero(self, door: Door) -> None:
        """The configuration in use today is measured before anything is proposed."""
        parameters = tuple(
            replace(parameter, default_value=value)
            for parameter, value in zip(SPACE.parameters, (5, "bm25", 0.5), strict=True)
        )
        door.create("s", spec(search_space=model.SearchSpace(parameters=parameters)))

        first = only(door.ask("s"))

        assert first.origin is model.Origin.BASELINE
        assert first.configuration == {"k": 5, "retriever": "bm25"}

    def test_an_exhausted_space_stops_the_study(self, door: Door) -> None:
        """Every configuration once, then STOP instead of a repetition."""
        space = model.SearchSpace(parameters=(model.Parameter(id="on", domain=model.BoolDomain()),))
        door.create("s", spec(search_space=space))
        both = door.ask("s", 5)
        waiting = door.ask("s")
        for trial in both.trials:
            door.tell(trial, told())

        stop = door.ask("s")

        assert {trial.configuration["on"] for trial in both.trials} == {True, False}
        assert waiting.decision.reason is Reason.AWAITING_RESULTS
        assert stop.decision.reason is Reason.SPACE_EXHAUSTED

    def test_a_trial_limit_ends_the_study_when_all_are_told(self, door: Door) -> None:
        """Until then the askers wait: a lost trial may come back."""
        door.create("s", spec(budget=model.Budget(max_trials=1)))
        trial = only(door.ask("s"))
        waiting = door.ask("s")
        door.tell(trial, told())

        stop = door.ask("s")

        assert waiting.decision.reason is Reason.AWAITING_RESULTS
        assert stop.decision.reason is Reason.TRIAL_LIMIT
        assert door.get("s").state is model.StudyState.COMPLETED

    def test_a_paused_study_takes_tells_and_gives_no_trials(self, door: Door) -> None:
        """What runs is paid for already."""
        door.create("s", spec())
        trial = only(door.ask("s"))
        door.pause("s")

        assert door.ask("s").decision.reason is Reason.STUDY_NOT_ACTIVE
        assert door.tell(trial, told()).disposition is Disposition.ACCEPTED
        door.resume("s")
        assert len(door.ask("s").trials) == 1

    def test_too_many_workers_wait(self, door: Door) -> None:
        """The limit is on running trials."""
        door.create("s", spec(max_concurrent_trials=2))

        given = door.ask("s", 3)

        assert len(given.trials) == 2
        assert given.decision.reason is Reason.CONCURRENCY_LIMIT

    def test_creating_the_same_study_twice_is_one_study(self, door: Door) -> None:
        """A client that lost the answer, or every worker of a fleet, may create it."""
        first = door.create("s", spec())

        assert door.create("s", spec()).create_time == first.create_time
        with pytest.raises(errors.AlreadyExists):
            door.create("s", spec(max_attempts=7))

    def test_a_deleted_studys_name_starts_anew(self, door: Door) -> None:
        """Nothing of the old one shines through."""
        door.create("s", spec())
        door.tell(only(door.ask("s")), told(0.9))
        door.front("s")
        door.delete("s")
        door.create("s", spec())

        assert door.front("s").trials == ()
        assert only(door.ask("s")).number == 0

    def test_trials_come_in_pages(self, door: Door) -> None:
        """Each once, in order, until an empty token."""
        door.create("s", spec())
        door.ask("s", 5)

        first = door.trials("s", page_size=3)
        rest = door.trials("s", page_size=3, page_token=first.next_page_token)

        assert [trial.number for trial in (*first.items, *rest.items)] == [0, 1, 2, 3, 4]
        assert rest.next_page_token == ""

    def test_infeasible_and_failed_trials_are_not_on_the_front(self, door: Door) -> None:
        """They are ends of their own kind, and their money still counts."""
        door.create("s", spec())
        first, second = door.ask("s", 2).trials

        door.tell(first, model.Infeasible(reason="too long for the context"), [fee("1")])
        door.tell(second, model.Failed(message="rate limit"), [fee("1")])

        assert door.front("s").trials == ()
        assert door.get("s").budget_status.settled.total == Money.of(2)
