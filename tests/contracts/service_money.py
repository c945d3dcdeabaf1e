"""What the service promises about money, whichever door one comes in by."""

from __future__ import annotations

from dataclasses import replace

from groat import model
from groat.model import Coverage, Money, Reason, TrialState, Verdict
from tests import examples
from tests.contracts.doors import Door
from tests.contracts.service import PRICE, QUALITY, fee, only, spec, told


class MoneyContract:
    """Subclass with a ``door`` fixture."""

    def test_a_later_rate_leaves_metrics_to_the_attempt_that_stands(self, door: Door) -> None:
        """What a superseded attempt used is spend, and says nothing about the configuration."""
        door.create("s", spec(metrics=(QUALITY, PRICE)))
        lost = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        found = only(door.ask("s"))
        quality = (model.MetricValue(metric_id="quality", value=0.5),)
        outcome = model.Succeeded(measurement=model.Measurement(metrics=quality, example_count=1))
        stands = door.tell(found, outcome, [fee("2")]).trial.measurement
        door.tell(lost, outcome, [examples.usage(provider="", model="our-own-llama")])
        units = (model.Unit.INPUT_TOKEN, model.Unit.OUTPUT_TOKEN)
        rates = [model.Rate(model="our-own-llama", unit=u, amount=Money.of(1)) for u in units]

        door.update("s", model.StudyPatch(rates=tuple(rates)))

        assert door.trial("s", found.number).measurement == stands

    def test_a_cap_is_never_passed_by_holds(self, door: Door) -> None:
        """Two trials at up to 4 fit into 10, a third does not, until one tells less."""
        budget = examples.budget("10", max_trial_spend=Money.of(4))
        door.create("s", spec(budget=budget))

        given = door.ask("s", 3)

        assert len(given.trials) == 2
        assert (given.decision.verdict, given.decision.reason) == (
            Verdict.WAIT,
            Reason.BUDGET_HELD,
        )
        assert door.get("s").budget_status.remaining == Money.of(2)

    def test_a_study_of_unknown_spend_runs_one_trial_first(self, door: Door) -> None:
        """Nothing else could promise that the cap holds."""
        door.create("s", spec(budget=examples.budget("10")))

        given = door.ask("s", 3)
        door.tell(given.trials[0], told(), [fee("0.10")])

        assert len(given.trials) == 1
        assert len(door.ask("s", 3).trials) == 3

    def test_a_spent_cap_completes_the_study_and_a_higher_one_resumes_it(self, door: Door) -> None:
        """The way out that the explanation names works."""
        budget = examples.budget("1", max_trial_spend=Money.of(1))
        door.create("s", spec(budget=budget))
        door.tell(only(door.ask("s")), told(), [fee("1")])

        stop = door.ask("s")
        door.update("s", model.StudyPatch(budget=replace(budget, max_spend=Money.of(2))))
        door.resume("s")

        assert (stop.decision.verdict, stop.decision.reason) == (
            Verdict.STOP,
            Reason.BUDGET_EXHAUSTED,
        )
        assert only(door.ask("s")).number == 1

    def test_a_lost_workers_money_stays_held(self, door: Door) -> None:
        """Nobody knows what it spent; releasing it could pass the cap unseen."""
        budget = examples.budget("2", max_trial_spend=Money.of(1))
        door.create("s", spec(budget=budget))
        door.ask("s", lease_s=1)
        door.let_pass(1.1)

        again = door.ask("s", 2)

        assert len(again.trials) == 1
        assert door.get("s").budget_status.held == Money.of(2)

    def test_usage_without_a_price_is_booked_and_stops_the_asks(self, door: Door) -> None:
        """The result is kept; the cap could not be, so nothing goes on until a rate is known."""
        door.create("s", spec(budget=examples.budget("10", max_trial_spend=Money.of(1))))
        trial = only(door.ask("s"))
        strange = examples.usage(provider="", model="our-own-llama")

        result = door.tell(trial, told(), [strange])
        stop = door.ask("s")

        assert result.trial.state is TrialState.SUCCEEDED
        assert result.budget_status.settled.coverage is Coverage.PARTIAL
        assert stop.decision.reason is Reason.SPEND_UNKNOWN
        assert "our-own-llama" in stop.decision.explanation

    def test_a_rate_that_comes_later_prices_what_was_booked(self, door: Door) -> None:
        """Spend and derived metrics are made up for, and the asks go on."""
        door.create("s", spec(metrics=(QUALITY, PRICE), budget=examples.budget("10")))
        trial = only(door.ask("s"))
        quality = model.MetricValue(metric_id="quality", value=0.5)
        measured = model.Measurement(metrics=(quality,), example_count=10)
        strange = examples.usage(provider="", model="our-own-llama")
        door.tell(trial, model.Succeeded(measurement=measured), [strange])
        rates = tuple(
            model.Rate(model="our-own-llama", unit=unit, amount=Money.of(1), per=1000)
            for unit in (model.Unit.INPUT_TOKEN, model.Unit.OUTPUT_TOKEN)
        )

        door.update("s", model.StudyPatch(rates=rates))

        (best,) = door.front("s").trials
        assert door.get("s").budget_status.settled.total == Money.of("1.1")
        assert best.measurement is not None
        assert best.measurement.value("price") == model.MetricValue(
            metric_id="price", value=0.11, standard_error=None
        )
        asked = door.ask("s")
        assert len(asked.trials) == 1, asked.decision

    def test_judges_move_no_objective(self, door: Door) -> None:
        """What grading costs says nothing about the system that is graded."""
        door.create("s", spec(metrics=(QUALITY, PRICE)))
        plain, judged = door.ask("s", 2).trials
        quality = model.MetricValue(metric_id="quality", value=0.5)
        outcome = model.Succeeded(
            measurement=model.Measurement(metrics=(quality,), example_count=10)
        )
        judge = examples.usage(category=model.SpendCategory.EVALUATION)

        one = door.tell(plain, outcome, [examples.usage()])
        two = door.tell(judged, outcome, [examples.usage(), judge])

        assert one.trial.measurement == two.trial.measurement
        assert two.trial.spend.total == one.trial.spend.total + one.trial.spend.total

    def test_hypervolume_is_told_against_spend(self, door: Door) -> None:
        """The curve that says what more money bought."""
        door.create("s", spec())
        for i, quality in enumerate((0.3, 0.6, 0.5)):
            door.tell(only(door.ask("s")), told(quality, 2.0 - i / 2), [fee("0.5")])

        points = door.history("s")

        assert [point.spend for point in points] == [Money.of("0.5"), Money.of(1), Money.of("1.5")]
        assert [point.hypervolume for point in points] == sorted(
            point.hypervolume for point in points
        )

    def test_recorded_usage_is_booked_once(self, door: Door) -> None:
        """Sampling belongs to no trial; the same id twice is one booking."""
        door.create("s", spec())
        usage = fee("0.4", category=model.SpendCategory.SAMPLING, usage_id="proposer-1")

        first = door.record("s", [usage])
        again = door.record("s", [usage])

        assert (first.booked, again.booked, again.duplicates) == (1, 0, 1)
        assert door.get("s").budget_status.settled.total == Money.of("0.4")
