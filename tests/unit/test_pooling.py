"""What a trial ran, with what those ran that it goes on from: money by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from groat import model
from groat.model import Aggregation, Money, SpendCategory
from groat.model import Source as From
from groat_server import derivation
from groat_server.pooling import Evaluation, pool
from groat_server.storage.base import BookedUsage
from tests import examples


def paid(amount: str, example_id: str = "") -> BookedUsage:
    """Booked EXPERIMENT usage that is worth so much."""
    value = Money.of(amount)
    usage = model.Usage(category=SpendCategory.EXPERIMENT, quantity=value)
    priced = model.PricedUsage(
        usage=usage, provenance=model.Provenance.REPORTED, spend=value, list_value=value
    )
    return BookedUsage(usage_id="", priced=priced, example_id=example_id)


def ran(ids: str, *usage: BookedUsage, count: int = 0, seconds: float = 1) -> Evaluation:
    """A trial with a record per letter, or with a count alone."""
    latency = timedelta(seconds=seconds)
    records = tuple(model.ExampleRecord(example_id=one, latency=latency) for one in ids)
    return Evaluation(
        measurement=model.Measurement(examples=records, example_count=count), usage=usage
    )


def derived(
    own: Evaluation,
    *earlier: Evaluation,
    source: From = From.MONEY_PER_EXAMPLE,
    aggregation: Aggregation = Aggregation.MEAN,
) -> float | None:
    """The value of a study's only metric."""
    how = model.Derivation(source=source, aggregation=aggregation)
    metric = model.Metric(
        id="m", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE, derivation=how
    )
    spec = examples.study_spec(metrics=(metric,))
    found = derivation.derive(spec, own.measurement, own.usage, earlier).measurement.value("m")
    return None if found is None else found.value


def test_new_examples_come_to_the_parents_by_hand() -> None:
    """1 and 3 dollars before, 2 and 6 now: 12 over 4 examples."""
    parent = ran("ab", paid("1", "a"), paid("3", "b"))

    assert derived(ran("cd", paid("2", "c"), paid("6", "d")), parent) == 3.0


def test_an_example_told_again_counts_once_with_its_newer_usage() -> None:
    """Of b only the 5 dollars count: 1 and 5 and 3 over 3 examples."""
    parent = ran("ab", paid("1", "a"), paid("99", "b"))

    assert derived(ran("bc", paid("5", "b"), paid("3", "c")), parent) == 3.0


def test_a_newer_record_replaces_the_older() -> None:
    """A took 9 seconds at first and takes 1 now; b took 9 and was not run again."""
    parent = ran("ab", seconds=9)

    assert derived(ran("a", seconds=1), parent, source=From.LATENCY_PER_EXAMPLE) == 5.0


def test_the_chain_of_parents_counts() -> None:
    """Three rungs of one, one and two examples: 1 and 2 and 9 over 4."""
    first, second = ran("a", paid("1", "a")), ran("b", paid("2", "b"))

    assert derived(ran("cd", paid("9", "c")), second, first) == 3.0


def test_counts_without_records_add_up() -> None:
    """40 dollars for 20 new examples, 10 for the 30 before: 50 over 50."""
    assert derived(ran("", paid("40"), count=20), ran("", paid("10"), count=30)) == 1.0


def test_a_trial_without_records_adds_to_a_parent_with_some() -> None:
    """6 dollars for 4 new examples, 1 and 1 for a and b: 8 over 6."""
    parent = ran("ab", paid("1", "a"), paid("1", "b"))

    assert derived(ran("", paid("6"), count=4), parent) == pytest.approx(8 / 6)


def test_usage_of_a_whole_trial_is_left_out_when_all_of_it_was_told_again() -> None:
    """The worker ran everything anew: 9 over 3, and nothing of the parent's 99."""
    parent = ran("ab", paid("99"))

    assert derived(ran("abc", paid("9")), parent) == 3.0


def test_usage_of_a_whole_trial_stays_for_what_was_not_told_again() -> None:
    """4 for a and b stays, as b is still its: 4 and 5 over a, b, c."""
    parent = ran("ab", paid("4"))

    assert derived(ran("ac", paid("5")), parent) == 3.0


def test_judges_of_a_parent_are_no_usage_of_the_system() -> None:
    """Only EXPERIMENT usage is pooled."""
    judge = examples.booked_usage("judge", "50", category=SpendCategory.EVALUATION)
    parent = ran("a", paid("1", "a"), judge)

    assert derived(ran("b", paid("3", "b")), parent) == 2.0


def test_a_trial_that_tells_no_usage_has_no_price() -> None:
    """The parent's usage over all examples would make it look cheap."""
    assert derived(ran("b"), ran("a", paid("1", "a"))) is None


def test_a_trial_that_tells_no_records_has_none() -> None:
    """A latency of the parent's examples alone says nothing of the new ones."""
    own, parent = ran("", count=2), ran("ab", seconds=9)

    assert derived(own, parent, source=From.LATENCY_PER_EXAMPLE) is None


def test_a_percentile_is_of_all_records() -> None:
    """Of 1, 2 and 9 dollars the middle one, though the trial itself ran only one."""
    parent = ran("ab", paid("1", "a"), paid("9", "b"))

    assert derived(ran("c", paid("2", "c")), parent, aggregation=Aggregation.P50) == 2.0


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_count_may_be_the_trials_own_or_of_all(count: int) -> None:
    """Beside records both are true: one example was run, and the values are of three."""
    parent = ran("ab", paid("1", "a"), paid("3", "b"))

    assert derived(ran("c", paid("5", "c"), count=count), parent) == 3.0


def test_an_unknown_count_stays_unknown() -> None:
    """What the parent ran does not tell how many examples came to it."""
    assert pool(ran("", paid("1")), [ran("ab")]).example_count == 0


def test_the_own_examples_come_back_alone() -> None:
    """What is stored with a trial is what it ran; the parent's records are with the parent."""
    own = ran("c", paid("2", "c"))

    found = derivation.derive(examples.study_spec(), own.measurement, own.usage, [ran("ab")])

    assert found.measurement.examples == own.measurement.examples
    assert found.example_count == 3
