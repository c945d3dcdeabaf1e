"""A loop that would cost 1,000 dollars with money for 100: done by hand, as groat proposes."""

from __future__ import annotations

from pathlib import Path

import groat
from examples.manual_plan import run
from examples.rag_docs.pipeline import Pipeline
from examples.serving import served
from groat import model


def values(trial: model.Trial) -> dict[str, float]:
    """What a trial measured."""
    assert trial.measurement is not None
    return {one.metric_id: one.value for one in trial.measurement.metrics}


def test_following_the_plan_by_hand_improves_on_today_within_the_money(tmp_path: Path) -> None:
    """The very first ask says so, the plan fits, and every step goes through the command line."""
    with served(tmp_path) as address, groat.Client(address) as client:
        decision = run.first_answer(client, "100")
        assert decision.verdict is model.Verdict.TUNE_MANUALLY
        assert decision.plan is not None
        assert decision.plan.expected_spend is not None
        assert decision.plan.expected_spend <= groat.Money.of(100)

        steps = run.follow(run.Person(address, Pipeline(), tmp_path))

        study = client.study(run.STUDY)
        today, *others = [trial for trial in study.trials() if trial.measurement is not None]
        front = [values(trial) for trial in study.front().trials]
        assert steps == 1 + len(others) >= 4
        assert study.refresh().budget_status.settled.total <= groat.Money.of(100)
        assert {trial.origin for trial in others} == {model.Origin.MANUAL_PLAN}
        assert any(
            one["answerable"] >= values(today)["answerable"]
            and one["usd_per_question"] < values(today)["usd_per_question"]
            for one in front
        )
        assert max(one["answerable"] for one in front) >= values(today)["answerable"] + 0.1
