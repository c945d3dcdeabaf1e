"""What absurd amounts and odd orders of calls meet at every door: an answer, never a crash."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from groat import errors, model
from groat.model import Directive, Money, Reason
from tests.contracts.doors import Door
from tests.contracts.service_guard import declared, fee, succeeded

BILLION = str(10**9)


class ExtremesContract:
    """Numbers at the ends of what fits."""

    def test_what_people_queue_does_not_pass_the_number_of_trials(self, door: Door) -> None:
        """Three are queued beside the baseline, where two may run in all."""
        door.create("s", declared(budget=model.Budget(max_trials=2), workload=None))
        for top_k in (1, 2, 3):
            door.create_trial("s", model.TrialDraft(configuration={"model": "a", "top_k": top_k}))

        asked = door.ask("s", count=10)
        more = door.ask("s")

        assert len(asked.trials) == 2
        assert (more.trials, more.decision.reason) == ((), Reason.AWAITING_RESULTS)

    def test_the_most_that_one_entry_may_be_can_be_told_again_and_again(self, door: Door) -> None:
        """Past it the entry is refused, as books have an end, and nothing else is lost."""
        door.create("s", declared(budget=model.Budget(), workload=None))
        trial = door.ask("s").trials[0]

        for i in range(3):
            door.record("s", [fee(BILLION, f"large-{i}")])
        with pytest.raises(errors.InvalidArgument) as caught:
            door.record("s", [fee("1000000000.000000001", "too-large")])
        told = door.tell(trial, succeeded(), [fee(BILLION)])

        with pytest.raises(errors.InvalidArgument, match="books end"):
            door.record("s", [fee(BILLION, "past-the-end")])

        assert caught.value.violations[0].path == "usage[0].amount.nanos"
        assert told.disposition is model.Disposition.ACCEPTED
        assert door.get("s").budget_status.settled.total == Money.of(4 * 10**9)

    def test_without_a_cap_a_million_is_set_aside_at_most(self, door: Door) -> None:
        """However much one trial may spend; so that no sum of holds passes what fits."""
        budget = model.Budget(max_trial_spend=Money.of(10**9))
        door.create("s", declared(budget=budget, workload=None))

        trials = [*door.ask("s").trials, *door.ask("s", count=10).trials]

        assert len(trials) == 11
        assert door.get("s").budget_status.held == Money.of(11 * 10**6)
        with pytest.raises(errors.InvalidArgument, match="beyond"):
            door.create("t", declared(budget=model.Budget(max_spend=Money.of("1000000001"))))

    def test_more_tokens_than_a_number_holds_are_forecast_all_the_same(self, door: Door) -> None:
        """The asks go on as well."""
        usage = model.Usage(
            category=model.SpendCategory.EXPERIMENT,
            quantity=model.TokenCounts(input=10**12, output=10**12),
            model="ours",
        )
        workload = model.Workload(
            example_count=2**62, items=(model.WorkloadItem(usage=usage, times=1e6),)
        )
        free = tuple(
            model.Rate(model="ours", unit=unit, amount=Money(0))
            for unit in (model.Unit.INPUT_TOKEN, model.Unit.OUTPUT_TOKEN)
        )
        book = model.PriceBook(rates=free)
        spec = declared(workload=workload, price_book=book)

        found = door.forecast(spec)
        door.create("s", spec)
        asked = door.ask("s")

        assert found.forecast.trial_tokens == 2**62
        assert len(asked.trials) == 1

    def test_people_cannot_have_worked_for_longer_than_people_do(self, door: Door) -> None:
        """Sums of durations stay within bounds."""
        door.create("s", declared(workload=None))
        time = model.HumanTime(duration=timedelta(hours=100_001), hourly_rate=Money.of(0))
        human = model.Usage(
            category=model.SpendCategory.EVALUATION, quantity=time, usage_id="for ever"
        )

        with pytest.raises(errors.InvalidArgument) as caught:
            door.record("s", [human])

        assert caught.value.violations[0].path == "usage[0].human_time.duration"

    @pytest.mark.parametrize(
        "token", ["9" * 20 + ".0.0.x", "-5.-5.-5.", "1_0.0.0.x", "\u0661.0.0.x"]
    )
    def test_a_token_that_no_stream_gave_out_is_refused(self, door: Door, token: str) -> None:
        """Whatever Python would take for a number."""
        door.create("s", declared())

        with pytest.raises(errors.InvalidArgument, match="not a token of this stream"):
            door.watch("s", token, 1)

    def test_a_pilot_needs_usage_and_a_whole(self, door: Door) -> None:
        """Nothing would be free, and ten examples a whole trial."""
        ten = model.Pilot(usage=(fee("1"),), example_count=10)
        door.create("s", declared())

        with pytest.raises(errors.InvalidArgument) as empty:
            door.forecast(declared(), replace(ten, usage=()))
        with pytest.raises(errors.InvalidArgument) as boundless:
            door.forecast(declared(workload=None), ten)

        assert empty.value.violations[0].path == "pilot_usage"
        assert boundless.value.violations[0].path == "pilot_examples"

    def test_a_trial_past_its_most_is_stopped_with_every_heartbeat(self, door: Door) -> None:
        """Also where its next step would take nothing."""
        budget = model.Budget(max_spend=Money.of(100), max_trial_spend=Money.of(3))
        door.create("s", declared(budget=budget, workload=None))
        trial = door.ask("s", reports_usage=True).trials[0]
        lease_id = trial.lease.lease_id if trial.lease else ""
        seen = model.Measurement(example_count=5)

        reported = door.report(trial, seen, [fee("4", "1")], next_spend=Money(0))
        beats = [door.heartbeat("s", [(trial.number, lease_id)])[0] for _ in range(2)]

        assert reported.directive is Directive.STOP
        assert [beat.directive for beat in beats] == [Directive.STOP] * 2

    def test_the_word_after_a_tell_is_that_of_the_next_ask(self, door: Door) -> None:
        """A worker in tranches needs only half of what is likely to begin another trial."""
        policy = model.GuardPolicy(mode=model.GuardMode.ADVISE)
        door.create("s", declared("60", guard_policy=policy))
        trial = door.ask("s", reports_usage=True).trials[0]
        seen = model.Measurement(example_count=100)
        door.report(trial, seen, [fee("42", "1")], next_spend=Money(0))

        told = door.tell(trial, succeeded())
        asked = door.ask("s", reports_usage=True)

        assert told.decision is not None
        assert told.decision.reason is not Reason.BUDGET_EXHAUSTED
        assert len(asked.trials) == 1
