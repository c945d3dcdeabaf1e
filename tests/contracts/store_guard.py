"""A store's promises to the budget guard: tranches, decisions, and what a person accepted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from groat import errors, model
from groat.model import Money, Reason, Verdict
from groat_server.storage.base import Store
from tests import examples
from tests.contracts.store_studies import new_study
from tests.contracts.store_trials import HOLD, LATER, add, finish, lease
from tests.examples import NOW

STEP = Money.of("0.20")
REASONS = (Reason.PILOT, Reason.FEW_TRIALS, Reason.WITHIN_BUDGET, Reason.BUDGET_HELD)

PLAN = model.ManualPlan(
    method="one_factor_at_a_time",
    procedure="Change one thing at a time.",
    steps=(
        model.ManualStep(
            number=1,
            title="é",
            configuration={"retriever": "none", "top_k": 3},
            example_count=10,
            expected_spend=Money.of("0.5"),
            cumulative_spend=Money.of("0.5"),
            instruction="Run it.",
            decision_rule="Keep it if it is better.",
        ),
    ),
    expected_spend=Money.of("0.5"),
    ranking=(model.ParameterRank(parameter_id="top_k", importance=1.0, why="Its name."),),
)
BY_HAND = examples.decision(
    decision_id="by-hand",
    verdict=Verdict.TUNE_MANUALLY,
    reason=Reason.TOO_FEW_AFFORDABLE_TRIALS,
    forecast=model.Forecast(
        basis=model.Basis.HISTORY, trial_spend_p50=Money.of("1"), enough_chance=0.125
    ),
    plan=PLAN,
)


def decide(store: Store, study: str, *reasons: Reason) -> None:
    """Store a decision for each of these reasons, under its value."""
    for reason in reasons:
        with store.locked(study) as locked:
            locked.decide(examples.decision(decision_id=f"d-{reason.value}", reason=reason))


def ids(store: Store, study: str, *, before: int | None = None, limit: int = 99) -> list[str]:
    """The ids of a page of decisions."""
    found = store.decisions(study, before=before, limit=limit)
    return [one.decision.decision_id for one in found]


class GuardPromises:
    @pytest.fixture
    def fed(self, store: Store) -> str:
        """A study with a cap of 10 USD and a trial that holds 0.50 USD, a step being 0.20 USD."""
        study = new_study(store, examples.study_spec(budget=examples.budget("10")))
        with store.locked(study) as locked:
            add(locked)
            locked.lease(0, examples.lease(), HOLD, STEP)
        return study

    def test_lease_keeps_the_batch(self, store: Store, fed: str) -> None:
        """Of a worker that reports as it goes; another one has none and is never starved."""
        with store.locked(fed) as locked:
            add(locked)
            lease(locked, 1, "silent")
            reports, silent = locked.attempts(0)[0], locked.attempt("silent")

        assert (reports.hold, reports.batch, reports.is_starved) == (HOLD, STEP, False)
        assert silent is not None
        assert (silent.batch, silent.is_starved) == (None, False)

    def test_set_aside_moves_the_hold_in_the_ledger(self, store: Store, fed: str) -> None:
        """Up and down, and what remains of the cap with it."""
        for amount, remaining in (("2", "8"), ("0.25", "9.75")):
            with store.locked(fed) as locked:
                locked.set_aside("lease-0", Money.of(amount), STEP)
                attempt, inside = locked.attempt("lease-0"), locked.view().study.budget_status

            assert attempt is not None
            assert (attempt.hold, attempt.batch) == (Money.of(amount), STEP)
            assert inside == store.look(fed).study.budget_status
            assert (inside.held, inside.remaining) == (Money.of(amount), Money.of(remaining))

    def test_set_aside_leaves_other_attempts_alone(self, store: Store, fed: str) -> None:
        """Their holds are theirs."""
        with store.locked(fed) as locked:
            add(locked)
            lease(locked, 1, "other")
            locked.set_aside("lease-0", Money(0), STEP)
            other = locked.attempt("other")

        assert other is not None
        assert (other.hold, other.batch) == (HOLD, None)
        assert store.look(fed).study.budget_status.held == HOLD

    def test_set_aside_after_the_tell_is_refused(self, store: Store, fed: str) -> None:
        """Its hold is released for good."""
        with store.locked(fed) as locked:
            locked.close_attempt("lease-0", told="digest")

            with pytest.raises(errors.NotPossibleNow):
                locked.set_aside("lease-0", HOLD, STEP)

        assert store.look(fed).study.budget_status.held == Money(0)

    def test_set_aside_for_an_unknown_lease_is_not_found(self, store: Store, fed: str) -> None:
        """Another study's leases are unknown here."""
        with store.locked(new_study(store)) as locked, pytest.raises(errors.NotFound):
            locked.set_aside("lease-0", HOLD, STEP)

    @pytest.mark.parametrize(
        ("hold", "is_starved"), [("0.20", False), ("0.199999999", True), ("0", True)]
    )
    def test_an_attempt_is_starved_below_its_batch(
        self, store: Store, fed: str, hold: str, is_starved: bool
    ) -> None:
        """Exactly one more step is enough."""
        with store.locked(fed) as locked:
            locked.set_aside("lease-0", Money.of(hold), STEP)

        with store.locked(fed) as locked:
            attempt = locked.attempt("lease-0")
        assert attempt is not None
        assert attempt.is_starved is is_starved

    def test_booking_starves_an_attempt(self, store: Store, fed: str) -> None:
        """What it spends leaves less than its next step takes; the step stays what it was."""
        with store.locked(fed) as locked:
            locked.book([examples.booked_usage("a", "0.40")], lease_id="lease-0", now=NOW)
            attempt = locked.attempt("lease-0")

        assert attempt is not None
        assert (attempt.hold, attempt.batch) == (Money.of("0.10"), STEP)
        assert attempt.is_starved

    def test_renew_many_says_which_attempts_are_starved(self, store: Store, fed: str) -> None:
        """A heartbeat reads no more than what it renews."""
        with store.locked(fed) as locked:
            add(locked)
            locked.lease(1, examples.lease("rich"), HOLD, STEP)
            locked.set_aside("lease-0", Money(0), STEP)

        renewed = store.renew(fed, ["lease-0", "rich"], now=LATER)

        with store.locked(fed) as locked:
            assert renewed == {name: locked.attempt(name) for name in ("lease-0", "rich")}
        assert [renewed[name].is_starved for name in ("lease-0", "rich")] == [True, False]

    def test_a_study_begins_with_nothing_accepted(self, store: Store, study: str) -> None:
        """A person has not been asked yet."""
        assert (store.look(study).accepted, store.look(study).next_order) == ({}, 0)

    def test_accept_remembers_the_reason_and_the_moment(self, store: Store, study: str) -> None:
        """Each with the place in the order of finishing that came next."""
        with store.locked(study) as locked:
            add(locked, 2)
            locked.accept(Reason.CONVERGED)
            finish(locked)
            locked.accept(Reason.TOO_MANY_FAILURES)
            inside = locked.view()

        accepted = {Reason.CONVERGED: 0, Reason.TOO_MANY_FAILURES: 1}
        assert inside.accepted == store.look(study).accepted == accepted
        assert store.look(study).next_order == 1

    def test_accept_again_moves_the_moment(self, store: Store, study: str) -> None:
        """From here on, not from then on; other reasons stay where they are."""
        with store.locked(study) as locked:
            add(locked)
            locked.accept(Reason.CONVERGED)
            locked.accept(Reason.TOO_MANY_FAILURES)
        with store.locked(study) as locked:
            finish(locked)
            locked.accept(Reason.TOO_MANY_FAILURES)

        accepted = store.look(study).accepted
        assert accepted == {Reason.CONVERGED: 0, Reason.TOO_MANY_FAILURES: 1}

    def test_decision_is_read_whole(self, store: Store, study: str) -> None:
        """With its forecast and its plan, which the study's last decision leaves out."""
        with store.locked(study) as locked:
            locked.decide(BY_HAND)
            assert locked.decision("by-hand") == BY_HAND

        assert store.look(study).study.last_decision == replace(BY_HAND, plan=None)
        assert [one.decision for one in store.decisions(study, limit=9)] == [BY_HAND]

    def test_decision_of_another_study_is_not_found(self, store: Store, study: str) -> None:
        """Nor one that was never stored."""
        with store.locked(new_study(store)) as locked:
            locked.decide(BY_HAND)

        for name in ("by-hand", "", "x" * 500):
            with store.locked(study) as locked, pytest.raises(errors.NotFound):
                locked.decision(name)

    def test_decisions_come_newest_first_in_pages(self, store: Store, study: str) -> None:
        """Whoever has read down to an entry reads on below it and misses nothing."""
        decide(store, study, *REASONS)

        first = store.decisions(study, limit=3)
        rest = ids(store, study, before=first[-1].entry, limit=3)

        pages = [one.decision.decision_id for one in first] + rest
        assert pages == [f"d-{reason.value}" for reason in reversed(REASONS)]
        entries = [one.entry for one in first]
        assert entries == sorted(set(entries), reverse=True)
        assert ids(store, study, before=0) == []

    def test_decisions_that_come_between_two_pages_move_nothing(
        self, store: Store, study: str
    ) -> None:
        """A new one is newer than all that is being read."""
        decide(store, study, *REASONS[:3])
        first = store.decisions(study, limit=1)
        decide(store, study, REASONS[3])

        rest = ids(store, study, before=first[0].entry)

        assert rest == ["d-few_trials", "d-pilot"]

    def test_a_repeated_decision_is_stored_once(self, store: Store, study: str) -> None:
        """The same verdict for the same reason: the study has its newest numbers."""
        again = examples.decision(decision_id="again", explanation="Still nothing.")
        with store.locked(study) as locked:
            locked.decide(examples.decision())
            locked.decide(again)

        assert ids(store, study) == ["decision-0"]
        assert store.look(study).study.last_decision == again

    def test_decisions_are_their_studys_own(self, store: Store, study: str) -> None:
        """Two studies may count the same entries."""
        other = new_study(store)
        decide(store, study, *REASONS[:2])
        decide(store, other, REASONS[2])

        assert ids(store, other) == ["d-within_budget"]
        assert ids(store, study) == ["d-few_trials", "d-pilot"]

    def test_usages_come_in_the_order_of_booking_in_pages(self, store: Store, fed: str) -> None:
        """A trial's with its number and lease, the study's with neither; each of them once."""
        with store.locked(fed) as locked:
            for name in ("z", "a", "m"):
                lease_id = None if name == "a" else "lease-0"
                locked.book([examples.booked_usage(name)], lease_id=lease_id, now=NOW)
            locked.book([examples.booked_usage("z")], lease_id="lease-0", now=NOW)

        first = store.usages(fed, after=-1, limit=2)
        rest = store.usages(fed, after=first[-1][0], limit=2)

        found = [(one.booked.usage_id, one.number, one.lease_id) for _, one in first + rest]
        assert found == [("z", 0, "lease-0"), ("a", None, ""), ("m", 0, "lease-0")]
        assert store.usages(fed, after=rest[-1][0], limit=2) == []

    def test_usages_are_read_back_as_they_were_booked(self, store: Store, fed: str) -> None:
        """Whole; and with the price that came later."""
        unpriced = examples.booked_usage("a", None, example_id="first")
        with store.locked(fed) as locked:
            locked.book([unpriced], lease_id="lease-0", now=NOW)
        [(entry, before)] = store.usages(fed, after=-1, limit=9)
        with store.locked(fed) as locked:
            locked.reprice([examples.booked_usage("a", "0.25", example_id="first")])
        [(same, after)] = store.usages(fed, after=-1, limit=9)

        assert (before.booked, entry) == (unpriced, same)
        assert after.booked == examples.booked_usage("a", "0.25", example_id="first")

    def test_usages_and_decisions_of_no_study_are_not_found(self, store: Store) -> None:
        """A missing study is never an empty answer."""
        for read in (
            lambda: store.usages("nowhere", after=-1, limit=1),
            lambda: store.decisions("nowhere", limit=1),
        ):
            with pytest.raises(errors.NotFound):
                read()
