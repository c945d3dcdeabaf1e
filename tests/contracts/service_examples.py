"""What the service promises about examples: stops inside a trial, and trials that go on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from groat import model
from groat.model import Directive, Disposition, Money, TrialState
from tests.contracts.doors import Door
from tests.contracts.service import PRICE, QUALITY, SPEED, fee, only, spec

POLICY = model.EarlyStopping(min_examples=10, least_chance=0.05)
ERRORS = model.Metric(id="errors", role=model.Role.CONSTRAINT, goal=model.Goal.MINIMIZE, bound=0.1)
RUNGS = model.SuccessiveHalving(
    min_examples=2, max_examples=4, reduction_factor=2, sampler=model.Sobol()
)


def value(metric: model.Metric, of: float, error: float | None = 0.05) -> model.MetricValue:
    """A value with its standard error."""
    return model.MetricValue(metric_id=metric.id, value=of, standard_error=error)


def seen(
    *values: model.MetricValue, count: int = 30, examples: tuple[model.ExampleRecord, ...] = ()
) -> model.Measurement:
    """Values on so many examples, or on as many as there are records."""
    count = 0 if examples else count
    return model.Measurement(metrics=values, example_count=count, examples=examples)


def records(*paid: tuple[str, str]) -> tuple[model.ExampleRecord, ...]:
    """A record for each example id, with what it cost."""
    return tuple(model.ExampleRecord(example_id=i, usage=(fee(amount),)) for i, amount in paid)


def many(count: int, *amounts: str) -> tuple[model.ExampleRecord, ...]:
    """So many records, with these costs in turn."""
    return records(*((f"q{i}", amounts[i % len(amounts)]) for i in range(count)))


def beside_a_good_one(
    door: Door, best: model.Succeeded | None = None, **changes: Any
) -> model.Trial:
    """A trial that runs; the front is one other, of quality 0.9 in 1 second unless given."""
    whole = seen(value(QUALITY, 0.9, 0.01), value(SPEED, 1, 0.01), count=100)
    door.create("s", spec(early_stopping=POLICY, **changes))
    first, second = door.ask("s", 2).trials
    door.tell(first, best or model.Succeeded(measurement=whole))
    return second


def price_of(trial: model.Trial) -> float | None:
    """The price that was derived for a trial."""
    found = trial.measurement.value("price") if trial.measurement else None
    return found.value if found else None


def told(quality: float, *examples: model.ExampleRecord, count: int = 0) -> model.Succeeded:
    """An outcome with its records or their count; the price is derived."""
    measurement = seen(value(QUALITY, quality), count=count, examples=examples)
    return model.Succeeded(measurement=measurement)


def two_told(door: Door, better: model.Succeeded, *usage: model.Usage, **changes: Any) -> None:
    """A study by rungs of 2 and 4 examples; of two trials that are told the first will go on."""
    halving = model.Algorithm(kind=RUNGS, seed=1)
    door.create("s", spec(**{"metrics": (QUALITY, PRICE), "algorithm": halving, **changes}))
    first, second = door.ask("s", 2).trials
    door.tell(first, better, usage)
    door.tell(second, told(0.1, *records(("a", "50"), ("b", "50"))))


class ExamplesContract:
    """Subclass with a ``door`` fixture."""

    def test_a_trial_that_will_hardly_join_the_front_is_told_to_stop(self, door: Door) -> None:
        """The reason has the numbers, and the worker keeps its lease to tell what it has."""
        trial = beside_a_good_one(door)

        answer = door.report(trial, seen(value(QUALITY, 0.2), value(SPEED, 5)))

        assert answer.directive is Directive.STOP
        assert answer.reason == (
            "chance 0 to join the front of 1 trial after 30 examples is below 0.05;"
            " tell what you have as early stopped"
        )
        assert answer.lease is not None

    def test_a_stopped_trial_is_kept_and_is_not_on_the_front(self, door: Door) -> None:
        """What it measured was paid for, and was not good enough."""
        trial = beside_a_good_one(door)
        measurement = seen(value(QUALITY, 0.2), value(SPEED, 5))
        door.report(trial, measurement)

        result = door.tell(trial, model.EarlyStopped(measurement=measurement))

        assert (result.disposition, result.on_front) == (Disposition.ACCEPTED, False)
        assert (result.trial.state, result.trial.measurement) == (
            TrialState.EARLY_STOPPED,
            measurement,
        )

    @pytest.mark.parametrize(
        "measurement",
        [
            pytest.param(seen(value(QUALITY, 0.2), value(SPEED, 5), count=9), id="too few"),
            pytest.param(seen(value(QUALITY, 0.2), value(SPEED, 5), count=0), id="unknown"),
            pytest.param(seen(value(QUALITY, 0.2, None), value(SPEED, 5)), id="no error told"),
            pytest.param(seen(value(QUALITY, 0.2)), id="an objective is still missing"),
            pytest.param(seen(value(QUALITY, 0.2), value(SPEED, 0.9)), id="best in seconds"),
            pytest.param(seen(value(QUALITY, 0.85), value(SPEED, 5)), id="as good as its error"),
        ],
    )
    def test_a_trial_goes_on_while_it_may_join(
        self, door: Door, measurement: model.Measurement
    ) -> None:
        """Nothing is stopped on less than the policy asks for, or on what nobody knows."""
        trial = beside_a_good_one(door)

        answer = door.report(trial, measurement)

        assert (answer.directive, answer.reason) == (Directive.CONTINUE, "")

    def test_without_a_front_nothing_stops(self, door: Door) -> None:
        """There is nothing yet that a trial could be worse than."""
        door.create("s", spec(early_stopping=POLICY))
        trial = only(door.ask("s"))

        answer = door.report(trial, seen(value(QUALITY, 0.0), value(SPEED, 99)))

        assert answer.directive is Directive.CONTINUE

    def test_without_a_policy_nothing_stops(self, door: Door) -> None:
        """Whoever does not ask for stops gets none; switched on, the same report gets one."""
        trial = beside_a_good_one(door)
        hopeless = seen(value(QUALITY, 0.2), value(SPEED, 5))
        door.update("s", model.StudyPatch(early_stopping=model.EarlyStopping()))
        off = door.report(trial, hopeless)

        door.update("s", model.StudyPatch(early_stopping=POLICY))

        assert off.directive is Directive.CONTINUE
        assert door.report(trial, hopeless).directive is Directive.STOP

    def test_a_trial_that_has_run_all_its_examples_is_not_stopped(self, door: Door) -> None:
        """It has nothing left to run, and is about to tell."""
        beside_a_good_one(door)
        configuration = {"k": 3, "retriever": "bm25"}
        door.create_trial("s", model.TrialDraft(configuration=configuration, example_count=30))
        trial = only(door.ask("s"))

        nearly = door.report(trial, seen(value(QUALITY, 0.2), value(SPEED, 5), count=29))
        whole = door.report(trial, seen(value(QUALITY, 0.2), value(SPEED, 5), count=30))

        assert (nearly.directive, whole.directive) == (Directive.STOP, Directive.CONTINUE)
        assert "after 29 of 30 examples" in nearly.reason

    def test_a_constraint_that_will_not_be_kept_stops_a_trial(self, door: Door) -> None:
        """However good it is otherwise, it would not be on the front."""
        best = model.Succeeded(measurement=seen(value(QUALITY, 0.5), value(ERRORS, 0)))
        trial = beside_a_good_one(door, best, metrics=(QUALITY, ERRORS))

        keeps = door.report(trial, seen(value(QUALITY, 0.99), value(ERRORS, 0.05), count=20))
        breaks = door.report(trial, seen(value(QUALITY, 0.99), value(ERRORS, 0.5)))

        assert (keeps.directive, breaks.directive) == (Directive.CONTINUE, Directive.STOP)

    @pytest.mark.parametrize(
        ("amounts", "directive"),
        [
            pytest.param(("3", "4"), Directive.STOP, id="dear"),
            pytest.param(("0.3", "0.4"), Directive.CONTINUE, id="cheap"),
        ],
    )
    def test_derived_metrics_of_a_report_count(
        self, door: Door, amounts: tuple[str, str], directive: Directive
    ) -> None:
        """Worse than the best in quality, a trial is worth going on with only if it is cheap."""
        best = told(0.9, *many(20, "1", "1.1"))
        trial = beside_a_good_one(door, best, metrics=(QUALITY, PRICE))

        answer = door.report(trial, seen(value(QUALITY, 0.3), examples=many(12, *amounts)))

        assert answer.directive is directive

    def test_what_was_reported_before_counts_in_a_report(self, door: Door) -> None:
        """Records are told again with each report, and what they used is booked once."""
        best = told(0.9, *many(20, "1", "1.1"))
        trial = beside_a_good_one(door, best, metrics=(QUALITY, PRICE))
        first = door.report(trial, seen(value(QUALITY, 0.3), examples=many(9, "2", "2.2")))

        second = door.report(trial, seen(value(QUALITY, 0.3), examples=many(10, "2", "2.2")))

        assert (first.directive, second.directive) == (Directive.CONTINUE, Directive.STOP)
        assert door.trial("s", trial.number).spend.total == Money.of(21)

    def test_a_lost_trial_is_to_be_left_not_stopped(self, door: Door) -> None:
        """It is another worker's: what this one would tell does not end it."""
        door.create("s", spec(early_stopping=POLICY))
        lost = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        door.tell(only(door.ask("s")), model.Infeasible(reason="too long"))

        answer = door.report(lost, seen(value(QUALITY, 0.2), value(SPEED, 5)))

        assert (answer.directive, answer.lease) == (Directive.ABANDON, None)

    def test_a_continued_trial_is_derived_from_all_its_examples(self, door: Door) -> None:
        """1 and 3 dollars before, 2 and 6 now are 3 each; nothing is booked twice."""
        two_told(door, told(0.9, *records(("a", "1"), ("b", "3"))))
        trial = only(door.ask("s"))

        result = door.tell(trial, told(0.8, *records(("c", "2"), ("d", "6")))).trial

        assert (trial.parent, trial.example_count) == (0, 4)
        assert price_of(result) == 3.0
        assert result.spend.total == Money.of(8)
        assert door.get("s").budget_status.settled.total == Money.of(112)

    def test_a_continued_trial_keeps_its_own_records_alone(self, door: Door) -> None:
        """Those of the parent are with the parent; what it told itself is taken as told."""
        two_told(door, told(0.9, *records(("a", "1"), ("b", "3"))))
        trial = only(door.ask("s"))

        door.tell(trial, told(0.8, *records(("c", "2"), ("d", "6"))))

        kept = door.trial("s", trial.number).measurement
        assert kept is not None
        assert [record.example_id for record in kept.examples] == ["c", "d"]
        assert kept.value("quality") == value(QUALITY, 0.8)

    def test_a_worker_that_runs_everything_again_is_counted_once(self, door: Door) -> None:
        """Records of the parent's examples replace them, with what they used now."""
        two_told(door, told(0.9, *records(("a", "1"), ("b", "3"))))
        trial = only(door.ask("s"))

        again = records(("a", "2"), ("b", "2"), ("c", "2"), ("d", "6"))

        assert price_of(door.tell(trial, told(0.8, *again)).trial) == 3.0

    def test_a_continued_trial_without_records_counts_its_parents_usage(self, door: Door) -> None:
        """4 dollars for 2 examples before, 10 for 2 new ones: 14 over 4."""
        two_told(door, told(0.9, count=2), fee("4"))
        trial = only(door.ask("s"))

        result = door.tell(trial, told(0.8, count=2), [fee("10")])

        assert price_of(result.trial) == 3.5

    def test_what_the_parents_lost_attempt_used_is_no_part_of_a_price(self, door: Door) -> None:
        """It ran the examples too, and its result does not stand."""
        halving = model.Algorithm(kind=RUNGS, seed=1)
        door.create("s", spec(metrics=(QUALITY, PRICE), algorithm=halving))
        lost = only(door.ask("s", lease_s=1))
        door.let_pass(1.1)
        found = only(door.ask("s"))
        door.report(lost, seen(count=1), [fee("77", usage_id="lost")])
        door.tell(found, told(0.9, *records(("a", "1"), ("b", "3"))))
        door.tell(only(door.ask("s")), told(0.1, *records(("a", "50"), ("b", "50"))))

        trial = only(door.ask("s"))
        result = door.tell(trial, told(0.8, *records(("c", "2"), ("d", "6"))))

        assert (trial.parent, price_of(result.trial)) == (lost.number, 3.0)

    def test_a_rate_that_comes_later_reaches_those_that_went_on(self, door: Door) -> None:
        """The parent's model had no price when its child was told: 2, 2, 1 and 1 over 4."""
        tracked = replace(PRICE, role=model.Role.TRACKED)
        strange = fee("0", quantity=model.TokenCounts(input=4000, output=0), model="our-own-llama")
        two_told(door, told(0.9, count=2), strange, metrics=(QUALITY, tracked))
        trial = only(door.ask("s"))
        before = door.tell(trial, told(0.8, count=2), [fee("2")]).trial
        units = (model.Unit.INPUT_TOKEN, model.Unit.OUTPUT_TOKEN)
        dollar = model.Rate(model="our-own-llama", unit=units[0], amount=Money.of(1), per=1000)

        door.update("s", model.StudyPatch(rates=tuple(replace(dollar, unit=u) for u in units)))

        assert (trial.parent, price_of(before)) == (0, None)
        assert price_of(door.trial("s", trial.number)) == 1.5

    def test_a_continued_trials_report_counts_what_its_parent_ran(self, door: Door) -> None:
        """Judged on four of five examples, though it has run only two of them itself."""
        five = model.Algorithm(kind=replace(RUNGS, max_examples=5), seed=1)
        policy = replace(POLICY, min_examples=2)
        dear, cheap = records(("a", "9"), ("b", "8")), records(("a", "1"), ("b", "2"))
        two_told(door, told(0.5, *dear), algorithm=five, early_stopping=policy)
        running, new = only(door.ask("s")), only(door.ask("s"))
        door.tell(new, told(0.9, *cheap))
        door.tell(only(door.ask("s")), told(0.9, *records(("c", "1"), ("d", "2"), ("e", "1"))))

        more = records(("c", "9"), ("d", "8"))
        answer = door.report(running, seen(value(QUALITY, 0.5), examples=more))

        assert (running.parent, answer.directive) == (0, Directive.STOP)
        assert "the front of 1 trial after 4 of 5 examples" in answer.reason
