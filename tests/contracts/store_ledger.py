"""A store's promises about money: holds, booking, prices that come later."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import uuid4

import pytest

from groat import errors, model
from groat.model import Coverage, Money, SpendCategory
from groat_server.storage.base import LockedStudy, Store
from tests import examples
from tests.contracts.store_studies import new_study
from tests.contracts.store_trials import HOLD, LATER, add, finish, lease
from tests.examples import NOW, booked_usage


def book(locked: LockedStudy, *prices: str, lease_id: str | None = "lease-0") -> None:
    """Book usage with these prices, under ids that nobody has used."""
    usages = [booked_usage(uuid4().hex, price) for price in prices]
    locked.book(usages, lease_id=lease_id, now=NOW)


class LedgerPromises:
    @pytest.fixture
    def leased(self, store: Store) -> str:
        """A study with a cap of 10 USD and one running trial, which holds 0.50 USD."""
        study = new_study(store, examples.study_spec(budget=examples.budget("10")))
        with store.locked(study) as locked:
            add(locked)
            lease(locked)
        return study

    def test_book_settles_and_lowers_the_hold(self, store: Store, leased: str) -> None:
        """Money that is spent is no longer set aside: the remainder moves by nothing."""
        with store.locked(leased) as locked:
            book(locked, "0.20")
            attempt, status = locked.attempt("lease-0"), locked.view().study.budget_status

        assert attempt is not None
        assert attempt.hold == status.held == Money.of("0.30")
        assert status.settled.total == Money.of("0.20")
        assert status.remaining == Money.of("9.50")
        assert store.look(leased).study.budget_status == status

    def test_book_never_lowers_a_hold_below_zero(self, store: Store, leased: str) -> None:
        """Whatever passes the hold is an overshoot and shows in the remainder."""
        with store.locked(leased) as locked:
            book(locked, "0.40", "0.40")
            status = locked.view().study.budget_status

        assert (status.held, status.remaining) == (Money(0), Money.of("9.20"))

    def test_book_knows_each_usage_id_once_per_study(self, store: Store, leased: str) -> None:
        """Usage sent again is counted and left out, also within one call."""
        one, two = booked_usage("one", "0.10"), booked_usage("two", "0.10")
        with store.locked(leased) as locked:
            assert locked.book([one, one], lease_id="lease-0", now=NOW) == (1, 1)
            assert locked.book([two, one], lease_id=None, now=NOW) == (1, 1)
            assert locked.book([], lease_id="lease-0", now=NOW) == (0, 0)

        assert store.look(leased).study.budget_status.settled.total == Money.of("0.20")
        assert store.trial(leased, 0).spend.total == Money.of("0.10")

    def test_book_on_the_study_belongs_to_no_trial(self, store: Store, leased: str) -> None:
        """A proposing model is paid by the study; the trial's hold is for the trial."""
        with store.locked(leased) as locked:
            book(locked, "1.25", lease_id=None)

        status = store.look(leased).study.budget_status
        assert (status.settled.total, status.held) == (Money.of("1.25"), HOLD)
        assert store.trial(leased, 0).spend == model.Spend(total=Money(0))

    def test_book_on_an_unknown_lease_is_not_found(self, store: Store, leased: str) -> None:
        """Nothing is booked on a lease that the study has not given."""
        with store.locked(leased) as locked, pytest.raises(errors.NotFound):
            locked.book([booked_usage()], lease_id="other", now=NOW)

    def test_book_after_the_tell_leaves_other_holds(self, store: Store, leased: str) -> None:
        """An attempt that has told holds nothing that could be lowered."""
        with store.locked(leased) as locked:
            add(locked)
            lease(locked, 1, "other")
            locked.close_attempt("lease-0", told="digest")
            book(locked, "0.20")

        assert store.look(leased).study.budget_status.held == HOLD

    def test_book_on_a_lapsed_attempt_lowers_its_hold(self, store: Store, leased: str) -> None:
        """Its worker may still be spending, and says so late."""
        with store.locked(leased) as locked:
            locked.lapse(now=LATER)
            book(locked, "0.20")

        assert store.look(leased).study.budget_status.held == Money.of("0.30")

    def test_spend_adds_up_by_category(self, store: Store, leased: str) -> None:
        """In enum order, with tokens; an answer from a cache used none."""
        usages = [
            booked_usage("a", "0.02", category=SpendCategory.EVALUATION),
            booked_usage("b", "0.01"),
            booked_usage("c", "0.03"),
            booked_usage("d", "0", cache_hit=True),
        ]
        with store.locked(leased) as locked:
            locked.book(usages, lease_id="lease-0", now=NOW)

        spend = store.trial(leased, 0).spend
        assert spend == model.Spend(
            total=Money.of("0.06"),
            categories=(
                model.CategorySpend(
                    category=SpendCategory.EXPERIMENT,
                    amount=Money.of("0.04"),
                    input_tokens=2000,
                    output_tokens=200,
                ),
                model.CategorySpend(
                    category=SpendCategory.EVALUATION,
                    amount=Money.of("0.02"),
                    input_tokens=1000,
                    output_tokens=100,
                ),
            ),
            coverage=Coverage.COMPLETE,
        )
        status = store.look(leased).study.budget_status
        assert (status.settled, status.settled_tokens) == (spend, 3300)

    def test_usage_without_a_price_makes_the_spend_partial(self, store: Store, leased: str) -> None:
        """Its models are named, sorted and at most 20; one of them is enough."""
        usages = [booked_usage(str(i), None, model=f"m{i:02}") for i in reversed(range(25))]
        with store.locked(leased) as locked:
            book(locked, "0.10")
            for usage in usages:
                locked.book([usage], lease_id="lease-0", now=NOW)
            book(locked, "0.20")

        settled = store.look(leased).study.budget_status.settled
        assert settled == store.trial(leased, 0).spend
        assert (settled.coverage, settled.total) == (Coverage.PARTIAL, Money.of("0.30"))
        assert settled.unpriced_models == tuple(f"openai/m{i:02}" for i in range(20))

    def test_usage_comes_back_in_the_order_of_booking(self, store: Store, leased: str) -> None:
        """As it was booked, whole, and nobody else's."""
        person = model.HumanTime(duration=timedelta(minutes=3), hourly_rate=Money.of("60"))
        usages = [
            booked_usage("z", "0.01", example_id="example"),
            booked_usage("a", None, billed=Money.of("1"), time=NOW),
            booked_usage("m", "3", quantity=person),
            booked_usage("b", "1", quantity=Money.of("1")),
        ]
        with store.locked(leased) as locked:
            locked.book(usages[:1], lease_id="lease-0", now=LATER)
            locked.book([booked_usage("study's")], lease_id=None, now=NOW)
            locked.book(usages[1:], lease_id="lease-0", now=NOW)

        with store.locked(leased) as locked:
            assert locked.usage("lease-0") == usages

    def test_unpriced_are_all_without_a_price(self, store: Store, leased: str) -> None:
        """A trial's with its number and lease, the study's with neither."""
        trials, studies = booked_usage("a", None), booked_usage("b", None)
        with store.locked(leased) as locked:
            locked.book([trials, booked_usage("c")], lease_id="lease-0", now=NOW)
            locked.book([studies], lease_id=None, now=NOW)
            unpriced = locked.unpriced()

        assert [(one.booked, one.number, one.lease_id) for one in unpriced] == [
            (trials, 0, "lease-0"),
            (studies, None, ""),
        ]

    def test_reprice_adds_prices_to_the_ledger(self, store: Store, leased: str) -> None:
        """Tokens are not counted twice, and a price that is known is not changed."""
        with store.locked(leased) as locked:
            locked.book(
                [booked_usage("a", None), booked_usage("b", None, model="odd")],
                lease_id="lease-0",
                now=NOW,
            )
            book(locked, "1")
            tokens = locked.view().study.budget_status.settled_tokens
            prices = [booked_usage("a", "0.25"), booked_usage("b", None, model="odd")]
            locked.reprice(prices)
            locked.reprice([booked_usage("a", "99")])
            status = locked.view().study.budget_status

        assert (status.settled.total, status.settled_tokens) == (Money.of("1.25"), tokens)
        assert status.settled.coverage is Coverage.PARTIAL
        assert status.settled.unpriced_models == ("openai/odd",)
        assert store.trial(leased, 0).spend == status.settled

    def test_reprice_of_all_makes_the_spend_complete(self, store: Store, leased: str) -> None:
        """Once nothing is left without a price, the ledger is whole again."""
        with store.locked(leased) as locked:
            locked.book([booked_usage("a", None)], lease_id="lease-0", now=NOW)
            locked.book([booked_usage("b", None)], lease_id=None, now=NOW)
            locked.reprice([booked_usage("a", "0.25"), booked_usage("b", "0.50")])
            assert locked.unpriced() == []
            assert locked.usage("lease-0") == [booked_usage("a", "0.25")]

        settled = store.look(leased).study.budget_status.settled
        assert (settled.coverage, settled.total) == (Coverage.COMPLETE, Money.of("0.75"))
        assert settled.unpriced_models == ()
        assert store.trial(leased, 0).spend.total == Money.of("0.25")

    def test_close_attempt_releases_the_rest_of_the_hold(self, store: Store, leased: str) -> None:
        """What was told is remembered by its digest."""
        with store.locked(leased) as locked:
            book(locked, "0.20")
            locked.close_attempt("lease-0", told="digest")
            attempt = locked.attempt("lease-0")

        assert attempt is not None
        assert (attempt.told, attempt.hold) == ("digest", Money(0))
        assert store.look(leased).study.budget_status.remaining == Money.of("9.80")

    def test_close_attempt_twice_is_refused(self, store: Store, leased: str) -> None:
        """The first outcome of a lease stands."""
        with store.locked(leased) as locked:
            locked.close_attempt("lease-0", told="digest")

            with pytest.raises(errors.NotPossibleNow):
                locked.close_attempt("lease-0", told="other")

    def test_finished_remember_the_ledger_of_their_moment(self, store: Store, leased: str) -> None:
        """What the study had settled right after each end, the trial's own usage included."""
        with store.locked(leased) as locked:
            add(locked)
            book(locked, "0.20")
            finish(locked)
            book(locked, "1", lease_id=None)
            finish(locked, 1)
            book(locked, "7", lease_id=None)

        settled = [one.settled for one in store.finished(leased, after=-1, limit=9)]
        assert settled == [Money.of("0.20"), Money.of("1.20")]

    def test_raw_text_is_never_stored(self, store: Store, leased: str) -> None:
        """Text of prompts does not reach the database, in usage or in a record."""
        text = examples.usage(quantity=model.RawText(input="secret"))
        record = model.ExampleRecord(example_id="a", usage=(text,))
        with store.locked(leased) as locked:
            with pytest.raises(TypeError):
                locked.book([booked_usage(quantity=text.quantity)], lease_id="lease-0", now=NOW)
            with pytest.raises(TypeError):
                locked.report(0, examples.measurement(examples=(record,)), now=NOW)

    @pytest.mark.parametrize("seed", range(5))
    def test_the_ledger_is_the_sum_of_its_parts(self, store: Store, seed: int) -> None:
        """Whatever is booked in whatever order, settled and held are exactly what they should."""
        dice = random.Random(seed)
        study, held, settled = new_study(store), [10**9] * 3, 0
        with store.locked(study) as locked:
            add(locked, 3)
            for number in range(3):
                locked.lease(number, examples.lease(f"lease-{number}"), Money(10**9))

        for _ in range(12):
            number, nanos = dice.randrange(3), dice.choice([0, 1, dice.randrange(10**9)])
            with store.locked(study) as locked:
                book(locked, str(Money(nanos).amount), lease_id=f"lease-{number}")
            settled += nanos
            held[number] = max(0, held[number] - nanos)

        status = store.look(study).study.budget_status
        assert (status.settled.total, status.held) == (Money(settled), Money(sum(held)))
        assert status.settled_tokens == 12 * 1100
