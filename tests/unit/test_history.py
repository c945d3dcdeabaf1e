"""What was told, as arrays: signs, gaps, and a front that is kept up to date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from groat import model
from groat.model import Money
from groat_server import front
from groat_server.history import Past, history_of
from groat_server.space import Space
from groat_server.storage.base import FinishedTrial
from tests import examples
from tests.contracts import service

LIMIT = model.Metric(id="tokens", role=model.Role.CONSTRAINT, goal=model.Goal.MINIMIZE, bound=100)
SPEC = service.spec(metrics=(service.QUALITY, service.SPEED, LIMIT))


def finished(
    number: int, outcome: model.Outcome, state: model.TrialState, order: int | None = None
) -> FinishedTrial:
    """A trial that ended with this outcome."""
    trial = model.Trial(
        study_id="s",
        number=number,
        configuration={"k": number + 1, "retriever": "bm25"},
        configuration_id=str(number),
        origin=model.Origin.ALGORITHM,
        state=state,
        spend=model.Spend(total=Money(0)),
        create_time=examples.NOW,
        outcome=outcome,
    )
    place = number if order is None else order
    return FinishedTrial(order=place, trial=trial, settled=Money(0))


def measured(number: int, quality: float, seconds: float, tokens: float = 50) -> FinishedTrial:
    """A trial with all three metrics."""
    values = {"quality": quality, "seconds": seconds, "tokens": tokens}
    metrics = tuple(model.MetricValue(metric_id=key, value=v) for key, v in values.items())
    outcome = model.Succeeded(measurement=model.Measurement(metrics=metrics))
    return finished(number, outcome, model.TrialState.SUCCEEDED)


def past_of(news: Sequence[FinishedTrial]) -> Past:
    """The past of a study in which these finished."""
    past = Past(spec=SPEC, space=Space(SPEC.search_space))
    past.add(news)
    return past


def test_losses_are_minimised_and_violations_count_from_the_bound() -> None:
    """A maximised metric changes its sign; a kept limit is at most 0."""
    history, _ = history_of(past_of([measured(0, 0.8, 2.0, tokens=130)]), [])

    np.testing.assert_array_equal(history.losses, [[-0.8, 2.0]])
    np.testing.assert_array_equal(history.violations, [[30.0]])
    assert np.isnan(history.errors).all()


def test_infeasible_trials_are_evidence_and_failed_ones_are_not() -> None:
    """The first say where not to go; the second only that the point is known."""
    news = [
        finished(0, model.Infeasible(), model.TrialState.INFEASIBLE),
        finished(1, model.Failed(), model.TrialState.FAILED),
    ]

    history, pending = history_of(past_of(news), [])

    assert history.numbers.tolist() == [0]
    assert np.isnan(history.losses).all()
    assert len(pending.excluded) == 1


@given(st.lists(st.tuples(*[st.integers(0, 6)] * 3), max_size=30))
def test_the_front_is_what_no_feasible_trial_dominates(rows: list[tuple[int, int, int]]) -> None:
    """Kept up to date one by one, it is the front of all of them at once."""
    past = past_of([])
    for number, (quality, seconds, tokens) in enumerate(rows):
        past.add([measured(number, quality, seconds, tokens=95 + tokens)])

    feasible = [n for n, row in enumerate(rows) if 95 + row[2] <= 100]
    losses = np.array([[-rows[n][0], rows[n][1]] for n in feasible], dtype=float).reshape(-1, 2)
    best = front.non_dominated(losses)
    assert past.front == {n for n, is_best in zip(feasible, best, strict=True) if is_best}


def test_a_trial_that_changes_takes_its_old_place_off_the_front() -> None:
    """A late result may be worse than what was presumed, and lets others back."""
    past = past_of([measured(0, 0.9, 1.0), measured(1, 0.8, 2.0)])
    assert past.front == {0}

    past.add([finished(0, model.Failed(), model.TrialState.FAILED, order=2)])

    assert past.front == {1}
