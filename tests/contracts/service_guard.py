"""What the guard promises at every door: verdicts, plans, tranches, reports, streams."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from groat import errors, model
from groat.model import Directive, Money, Reason, Verdict
from tests import examples
from tests.contracts.doors import Door

QUALITY = model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE)
SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(
            id="model",
            domain=model.CategoricalDomain(labels=tuple("abcdef")),
            default_value="a",
        ),
        model.Parameter(id="top_k", domain=model.IntDomain(min=1, max=50), default_value=5),
    )
)


def people(usd_per_example: str, **facts: Any) -> model.Workload:
    """A hundred examples, each graded for so much."""
    usage = model.Usage(category=model.SpendCategory.EVALUATION, quantity=Money.of(usd_per_example))
    items = (model.WorkloadItem(usage=usage),)
    return model.Workload(example_count=100, items=items, spread=1.2, **facts)


def declared(cap: str = "100", **changes: Any) -> model.StudySpec:
    """A study whose trials spend 25 each, under a cap."""
    usual: dict[str, Any] = {
        "search_space": SPACE,
        "metrics": (QUALITY,),
        "algorithm": model.Algorithm(kind=model.RandomSearch(), seed=1),
        "budget": model.Budget(max_spend=Money.of(cap)),
        "workload": people("0.25"),
    }
    return model.StudySpec(**usual | changes)


def succeeded(quality: float = 0.5, **facts: Any) -> model.Succeeded:
    """A result."""
    value = model.MetricValue(metric_id="quality", value=quality)
    return model.Succeeded(measurement=model.Measurement(metrics=(value,), **facts))


def fee(usd: str, usage_id: str = "") -> model.Usage:
    """Money that an evaluation took."""
    return model.Usage(
        category=model.SpendCategory.EVALUATION, quantity=Money.of(usd), usage_id=usage_id
    )


class GuardContract:
    """See `groat_server.guard`."""

    def test_the_first_ask_of_a_search_that_cannot_pay_gets_a_plan_that_can(
        self, door: Door
    ) -> None:
        """Nothing is spent, no trial is given, and the steps fit in the cap together."""
        door.create("s", declared())

        asked = door.ask("s")

        assert not asked.trials
        assert asked.decision.verdict is Verdict.TUNE_MANUALLY
        assert asked.decision.reason is Reason.TOO_FEW_AFFORDABLE_TRIALS
        assert asked.decision.plan is not None
        assert asked.decision.plan.expected_spend is not None
        assert asked.decision.plan.expected_spend <= Money.of(100)
        assert asked.decision.plan == door.plan("s")

    def test_the_same_verdict_again_is_the_same_decision(self, door: Door) -> None:
        """Whoever acknowledges it may have read any of its answers."""
        door.create("s", declared())

        first, second = door.ask("s").decision, door.ask("s").decision

        assert first.decision_id == second.decision_id != ""
        assert len(door.decisions("s").items) == 1

    def test_a_person_goes_on_in_spite_of_advice_but_never_past_the_cap(self, door: Door) -> None:
        """Acknowledged once, it is not raised again."""
        door.create("s", declared())
        refused = door.ask("s").decision

        asked = door.ask("s", acknowledge=refused.decision_id)
        door.tell(asked.trials[0], succeeded(), [fee("25")])
        trials = 1
        while door.ask("s").trials:
            trials += 1
            status = door.get("s").budget_status
            assert status.settled.total + status.held <= Money.of(100)

        assert trials <= 4
        stored = door.decisions("s").items
        assert [one.verdict for one in stored[-2:]] == [Verdict.PROCEED, Verdict.TUNE_MANUALLY]

    def test_only_advice_can_be_overruled(self, door: Door) -> None:
        """A decision that a cap has made is none of a person's."""
        door.create("s", declared("3000"))
        fine = door.ask("s").decision

        with pytest.raises(errors.InvalidArgument) as caught:
            door.ask("s", acknowledge=fine.decision_id)

        assert caught.value.violations[0].path == "acknowledged_decision_id"
        with pytest.raises(errors.NotFound):
            door.ask("s", acknowledge="nothing like it")

    def test_advice_that_is_only_said_comes_with_trials(self, door: Door) -> None:
        """Whoever wants to hear it only, hears it."""
        policy = model.GuardPolicy(mode=model.GuardMode.ADVISE)
        door.create("s", declared(guard_policy=policy))

        asked = door.ask("s")

        assert asked.decision.verdict is Verdict.TUNE_MANUALLY
        assert len(asked.trials) == 1

    def test_with_money_enough_the_search_begins_with_a_forecast(self, door: Door) -> None:
        """What it spends, how far the money goes, how many trials it takes."""
        door.create("s", declared("3000"))

        asked = door.ask("s")

        forecast = asked.decision.forecast
        assert asked.decision.verdict is Verdict.PROCEED
        assert forecast is not None
        assert forecast.basis is model.Basis.DECLARED
        assert forecast.trial_spend_p50 is not None
        assert float(forecast.trial_spend_p50.amount) == pytest.approx(25, rel=0.3)
        assert forecast.affordable_trials is not None
        assert 60 < forecast.affordable_trials < 180

    def test_what_a_person_queues_is_given_in_spite_of_advice(self, door: Door) -> None:
        """The baseline waits, the person's trial does not wait behind it."""
        door.create("s", declared())
        draft = model.TrialDraft(configuration={"model": "b", "top_k": 7}, is_planned=True)
        queued = door.create_trial("s", draft)

        asked = door.ask("s")

        assert [trial.number for trial in asked.trials] == [queued.number]
        assert queued.origin is model.Origin.MANUAL_PLAN

    def test_a_step_that_is_told_by_hand_is_a_trial_of_the_study(self, door: Door) -> None:
        """The baseline's result is the waiting baseline's, and the plan goes on from there."""
        door.create("s", declared())
        first = door.plan("s").steps[0]
        assert first.configuration is not None
        draft = model.TrialDraft(
            configuration=first.configuration,
            outcome=succeeded(0.6, example_count=first.example_count),
            usage=(fee("10"),),
            is_planned=True,
        )

        told = door.create_trial("s", draft)

        assert told.number == 0
        assert told.state is model.TrialState.SUCCEEDED
        assert door.get("s").budget_status.settled.total == Money.of(10)
        assert [one.number for one in door.front("s").trials] == [0]
        assert door.plan("s").steps[0].is_done

    def test_a_worker_that_reports_gets_its_money_in_tranches(self, door: Door) -> None:
        """More is set aside with every report, until it does not fit; then it is told to stop."""
        policy = model.GuardPolicy(mode=model.GuardMode.ADVISE)
        door.create("s", declared("60", guard_policy=policy))
        trial = door.ask("s", reports_usage=True).trials[0]
        first = door.get("s").budget_status.held
        assert Money.of(20) < first < Money.of(50)

        def step(i: int) -> model.ReportResult:
            seen = model.Measurement(example_count=20 * i)
            spent = [fee("12", f"step-{i}")]
            return door.report(trial, seen, spent, next_spend=Money.of(12))

        directives = [step(i).directive for i in range(1, 5)]
        again = door.heartbeat("s", [(trial.number, trial.lease.lease_id if trial.lease else "")])
        told = door.tell(trial, model.EarlyStopped(measurement=succeeded().measurement))

        assert directives == [Directive.CONTINUE] * 4
        assert again[0].directive is Directive.CONTINUE
        assert told.disposition is model.Disposition.ACCEPTED
        assert door.get("s").budget_status.settled.total == Money.of(48)

    def test_a_step_without_money_is_a_stop_in_reports_and_heartbeats(self, door: Door) -> None:
        """The cap would be passed by what comes next; the partial result counts."""
        policy = model.GuardPolicy(mode=model.GuardMode.ADVISE)
        door.create("s", declared("60", guard_policy=policy))
        trial = door.ask("s", reports_usage=True).trials[0]
        seen = model.Measurement(example_count=50)

        reported = door.report(trial, seen, [fee("50", "1")], next_spend=Money.of(20))
        beat = door.heartbeat("s", [(trial.number, trial.lease.lease_id if trial.lease else "")])

        assert reported.directive is Directive.STOP
        assert "10 USD" in reported.reason
        assert beat[0].directive is Directive.STOP
        told = door.tell(trial, model.EarlyStopped(measurement=succeeded().measurement))
        assert told.disposition is model.Disposition.ACCEPTED

    def test_one_trial_may_spend_so_much_and_is_stopped_there(self, door: Door) -> None:
        """Also a trial of a worker that did not say that it would report."""
        budget = model.Budget(max_trial_spend=Money.of(3))
        door.create("s", declared(budget=budget, workload=None))
        trial = door.ask("s").trials[0]
        seen = model.Measurement(example_count=1)

        directives = [door.report(trial, seen, [fee("2", str(i))]).directive for i in range(2)]

        assert directives == [Directive.CONTINUE, Directive.STOP]

    def test_failures_in_a_row_stop_a_study_until_a_person_resumes_it(self, door: Door) -> None:
        """Before they spend more; resumed, the count begins anew."""
        policy = model.GuardPolicy(max_consecutive_failures=2)
        door.create("s", declared(budget=model.Budget(), guard_policy=policy, workload=None))
        for _ in range(2):
            door.tell(door.ask("s").trials[0], model.Failed(message="broke"))

        assert door.ask("s").decision.reason is Reason.TOO_MANY_FAILURES

        door.resume("s")
        assert door.ask("s").trials

    def test_tokens_have_a_cap_of_their_own(self, door: Door) -> None:
        """Reaching it ends the study."""
        door.create("s", declared(budget=model.Budget(max_tokens=1_000), workload=None))
        used = examples.usage()
        trial = door.ask("s").trials[0]
        door.tell(trial, succeeded(), [used])

        asked = door.ask("s")

        assert door.get("s").budget_status.settled_tokens >= 1_000
        assert asked.decision.reason is Reason.BUDGET_EXHAUSTED

    def test_a_forecast_before_a_study_exists_stores_nothing(self, door: Door) -> None:
        """And names what has no price."""
        strange = model.WorkloadItem(
            usage=model.Usage(
                category=model.SpendCategory.EXPERIMENT,
                quantity=model.TokenCounts(input=10, output=10),
                model="our-own-llama",
            )
        )
        workload = people("0.25")
        both = model.Workload(example_count=100, items=(*workload.items, strange), spread=1.2)

        found = door.forecast(declared(workload=both))

        assert found.decision.decision_id == ""
        assert found.forecast.coverage is model.Coverage.PARTIAL
        assert found.forecast.unpriced_models == ("our-own-llama",)
        assert (found.decision.verdict, found.decision.reason) == (
            Verdict.STOP,
            Reason.SPEND_UNKNOWN,
        )
        assert "our-own-llama" in found.decision.explanation
        with pytest.raises(errors.InvalidArgument) as caught:
            door.create("s", declared(workload=both))
        assert caught.value.violations[0].path == "study.workload.items"
        door.create("s", declared())

    def test_a_forecast_does_not_hang_on_the_dice(self, door: Door) -> None:
        """It rests on configurations from all over the space, not on one corner of it."""
        usage = model.Usage(
            category=model.SpendCategory.EXPERIMENT,
            quantity=model.TokenCounts(input=1_000, output=300),
        )
        item = model.WorkloadItem(usage=usage, model_parameter="model", times_parameter="top_k")
        workload = model.Workload(example_count=100, items=(item,))
        models = ("gpt-5", "gpt-5-mini", "gpt-5-nano")
        domain = model.CategoricalDomain(labels=models)
        named = model.Parameter(id="model", domain=domain, default_value="gpt-5")
        space = model.SearchSpace(parameters=(named, *SPACE.parameters[1:]))
        door.create("s", declared())

        spends = [
            door.forecast(
                declared(
                    workload=workload,
                    search_space=space,
                    algorithm=model.Algorithm(kind=model.RandomSearch(), seed=seed),
                )
            ).forecast.trial_spend_p50
            for seed in range(6)
        ]

        amounts = [float(spend.amount) for spend in spends if spend is not None]
        assert len(amounts) == 6
        assert max(amounts) < 1.5 * min(amounts)

    def test_a_pilot_corrects_the_declaration(self, door: Door) -> None:
        """Ten examples for a dollar are a hundred for ten, whatever was declared."""
        pilot = model.Pilot(usage=(fee("1"),), example_count=10)

        plain, piloted = (door.forecast(declared("300"), one).forecast for one in (None, pilot))

        assert piloted.basis is model.Basis.PILOT
        assert plain.trial_spend_p50 is not None
        assert piloted.trial_spend_p50 is not None
        assert piloted.trial_spend_p50 < plain.trial_spend_p50
        door.create("s", declared())

    def test_the_bill_by_model_adds_up_to_what_is_settled(self, door: Door) -> None:
        """A cache hit is free here and costs production its price."""
        door.create("s", declared(budget=model.Budget(), workload=None))
        hit = examples.usage(cache_hit=True, usage_id="hit")
        hour = model.HumanTime(duration=timedelta(hours=1), hourly_rate=Money.of(40))
        human = model.Usage(category=model.SpendCategory.EVALUATION, quantity=hour)
        trial = door.ask("s").trials[0]
        door.tell(trial, succeeded(), [examples.usage(), hit, human, fee("2")])

        report = door.spend_report("s")

        settled = door.get("s").budget_status.settled.total
        assert Money.total(row.spend for row in report.models) == settled
        assert report.models[0].kind == "human_time"
        assert report.models[0].human_time == timedelta(hours=1)
        tokens = next(row for row in report.models if row.kind == "tokens")
        assert tokens.cache_hits == 1
        assert tokens.list_value.nanos == 2 * tokens.spend.nanos
        assert report.list_value > settled

    def test_prices_are_told_without_a_study(self, door: Door) -> None:
        """Known and unknown models alike."""
        door.create("s", declared())

        priced = door.price([fee("1"), examples.usage(provider="", model="our-own-llama")])

        assert [one.spend for one in priced.usage] == [Money.of(1), None]
        assert priced.total.coverage is model.Coverage.PARTIAL
        assert priced.total.unpriced_models == ("our-own-llama",)

    def test_who_watches_sees_what_happens_and_resumes_where_he_was(self, door: Door) -> None:
        """The study first, then what finished, the front, and the decisions."""
        policy = model.GuardPolicy(mode=model.GuardMode.ADVISE)
        door.create("s", declared(guard_policy=policy))
        (now,) = door.watch("s", "", 1)
        door.tell(door.ask("s").trials[0], succeeded(0.7), [fee("25")])

        events = door.watch("s", now.resume_token, 3)
        rest = door.watch("s", events[0].resume_token, 2)

        kinds = [type(one.event) for one in events]
        assert isinstance(now.event, model.Study)
        assert kinds == [model.Trial, model.FrontChange, model.Decision]
        assert isinstance(events[1].event, model.FrontChange)
        assert events[1].event.added == (0,)
        assert [one.event for one in rest] == [one.event for one in events[1:]]

    def test_one_of_the_front_is_chosen_by_what_a_person_prefers(self, door: Door) -> None:
        """The whole way through the door; the methods have tests of their own."""
        door.create("s", declared(budget=model.Budget(), workload=None))
        for quality in (0.5, 0.9):
            door.tell(door.ask("s").trials[0], succeeded(quality))

        chosen = door.tradeoff("s", model.Limits("quality"))

        assert chosen.points[0].trial.number == 1
        assert chosen.points[0].changes[0].baseline == 0.5
        with pytest.raises(errors.InvalidArgument):
            door.tradeoff("s", model.Weights({"taste": 1.0}))

    def test_decisions_are_listed_from_the_newest_page_by_page(self, door: Door) -> None:
        """Each change of verdict or reason once."""
        door.create("s", declared())
        refused = door.ask("s").decision
        door.ask("s", acknowledge=refused.decision_id)

        first = door.decisions("s", page_size=1)
        second = door.decisions("s", page_size=1, page_token=first.next_page_token)

        assert first.items[0].verdict is Verdict.PROCEED
        assert second.items[0].decision_id == refused.decision_id
        assert second.items[0].plan is not None
        assert not second.next_page_token
