"""The benchmark of hypervolume per dollar: its money, its stops and its sums."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import cube, peers, priced_rag, priced_usage, problems, spend_report, spend_runs
from benchmarks.problems import Problem
from benchmarks.runs import Log, Run
from benchmarks.spend_rows import Row
from groat import model

TODAY = cube.default(priced_rag.SPACE)
DOLLAR = 10**9


def configurations(count: int) -> list[dict[str, model.Value]]:
    points = np.random.default_rng(5).random((count, cube.width(priced_rag.SPACE)))
    return [cube.decode(priced_rag.SPACE, point) for point in points]


def row(optimizer: str, *, seed: int = 0, **reached: tuple[float, float]) -> Row:
    """A search of which each trial's dollars so far and hypervolume are given."""
    pairs = list(reached.values())
    return Row(
        problem="priced_rag_cost",
        fingerprint="",
        optimizer=optimizer,
        version="",
        seed=seed,
        curve=tuple(hypervolume for _, hypervolume in pairs),
        spent=tuple(round(dollars * DOLLAR) for dollars, _ in pairs),
        ended="",
        cpu_s=0.0,
        wall_s=0.0,
        commit="",
        date="",
    )


def priced() -> Problem:
    return problems.look_up("priced_rag_cost")


def test_todays_trial_by_hand() -> None:
    """200 + 2 x 120 + 4 x 400 tokens in at 2 USD a million, 256 out at 10, a judge beside it."""
    answering = 2_040 * 2_000 + 256 * 10_000
    judging = 800 * 800 + 60 * 3_200

    assert priced_usage.spend(TODAY) == 100 * (answering + judging)


def test_a_reranker_and_votes_by_hand() -> None:
    """30 passages of 400 tokens are read at 0.05 USD a million; three votes write thrice."""
    changed = {**TODAY, "rerank": True, "rerank_depth": 30, "votes": 3}

    more = priced_usage.spend(changed) - priced_usage.spend(TODAY)

    assert more == 100 * (30 * 400 * 50 + 2 * 256 * 10_000)


def test_the_price_of_production_has_no_grading_in_it() -> None:
    """The objective is of the tuned system alone: today's answers without the judge's part."""
    nanos = 2_040 * 2_000 + 256 * 10_000

    told = priced().evaluate(TODAY)["log_price"]

    assert told == pytest.approx(math.log10(1_000 * nanos / DOLLAR))


def test_trials_differ_fifty_fold_in_what_they_spend() -> None:
    """Between the cheapest and the dearest twentieth, and still more between the ends."""
    spends = [priced_usage.spend(one) / DOLLAR for one in configurations(4_000)]

    low, high = np.percentile(spends, [5, 95])

    assert 40 < high / low < 80
    assert 0.09 < min(spends) < max(spends) < 57


def test_the_rates_are_fifty_fold_apart() -> None:
    """What the study is told agrees with what trials are paid by."""
    amounts = {
        rate.model: rate.amount.nanos / rate.per
        for rate in priced_usage.RATES
        if rate.unit is model.Unit.OUTPUT_TOKEN
    }

    assert amounts["frontier"] == 50 * amounts["nano"] == 50_000


def test_declared_tokens_are_off_by_at_most_the_factor_said() -> None:
    """The user's guess of a judge's prompt, over many users, fills the range and keeps it."""
    guesses: list[float] = []
    for seed in range(200):
        judged = priced_usage.workload(seed).items[-1].usage.quantity
        assert isinstance(judged, model.TokenCounts)
        guesses.append((judged.input or 0) / 800)

    assert 1 / 1.66 < min(guesses) < 0.65
    assert 1.55 < max(guesses) < 1.66


def test_noise_is_that_of_a_hundred_questions() -> None:
    """Over many configurations the luck, in units of its own spread, has standard deviation 1."""
    tried = configurations(3_000)
    truths = np.array([priced_rag.quality(one) for one in tried])
    told = np.array([priced().evaluate(one)["quality"] for one in tried])

    luck = (told - truths) / np.sqrt(truths * (1 - truths) / 100)

    assert np.std(luck) == pytest.approx(1.0, abs=0.05)


def test_the_standard_error_by_hand() -> None:
    """Half of the questions right gives 0.05; all of them right gives a half over a hundred."""
    assert priced_rag.errors({"quality": 0.5}) == {"quality": pytest.approx(0.05, abs=3e-4)}
    assert priced_rag.errors({"quality": 1.0}) == {"quality": pytest.approx(0.005)}


@pytest.mark.parametrize("name", problems.PRICED)
def test_every_configuration_has_finite_values(name: str) -> None:
    """Quality is a share, and the other metric is finite, everywhere."""
    found = [problems.look_up(name).losses(problems.look_up(name).truth(c)) for c in CORNERS]

    assert np.isfinite(found).all()
    assert all(0 <= -losses[0] <= 1 for losses in found)


CORNERS = [
    *configurations(500),
    cube.decode(priced_rag.SPACE, np.zeros(9)),
    cube.decode(priced_rag.SPACE, np.ones(9)),
]


@pytest.mark.parametrize("name", ["scipy-sobol", "pymoo-nsga2", "optuna-nsga2", "optuna-tpe"])
def test_a_peer_is_stopped_before_it_passes_the_cap(name: str) -> None:
    """It does what it does without a purse, and what it is told ends where the money ends."""
    cap, peer = model.Money.of(20), peers.PEERS[name][0]

    found = spend_runs.until_broke(peer, priced(), 0, cap)
    free = peer(priced(), 0, spend_runs.TRIALS)

    count = len(found.spent)
    assert found.ended == "money"
    assert found.spent[-1] <= cap.nanos
    np.testing.assert_array_equal(found.run.losses, free.losses[:count])
    np.testing.assert_array_equal(found.run.truths, free.truths[:count])


def one_dear_trial(problem: Problem, seed: int, trials: int) -> Run:
    """A peer that asks for today's configuration again and again."""
    log = Log(problem)
    for _ in range(trials):
        log.evaluate(TODAY)
    return log.run()


def test_a_cap_may_be_reached_exactly() -> None:
    """Three trials are paid with the money of three, and two with a nano less."""
    three = 3 * priced_usage.spend(TODAY)

    exact = spend_runs.until_broke(one_dear_trial, priced(), 0, model.Money(three))
    short = spend_runs.until_broke(one_dear_trial, priced(), 0, model.Money(three - 1))

    assert exact.spent[-1] == three
    assert len(short.spent) == 2


def test_a_peer_with_money_left_ends_with_its_trials() -> None:
    """The limit on trials ends a search that money does not."""
    found = spend_runs.until_broke(one_dear_trial, priced(), 0, model.Money.of(1_000))

    assert (len(found.spent), found.ended) == (spend_runs.TRIALS, "trials")


def test_what_is_reached_counts_from_the_trial_that_reached_it() -> None:
    """A trial's result is had once it is paid, not before."""
    one = row("groat-auto", a=(2.0, 0.3), b=(5.0, 0.6))

    reached = [one.reached(dollars) for dollars in (1.9, 2.0, 4.9, 5.0, 150.0)]

    assert reached == [0.0, 0.3, 0.3, 0.6, 0.6]


def test_the_best_is_sought_at_the_cap_and_its_price_beyond() -> None:
    """What a peer reaches in overtime sets no mark, and tells what the mark costs it."""
    rows = [row("groat-auto", a=(30.0, 0.6)), row("optuna-tpe", a=(100.0, 0.3), b=(200.0, 0.8))]

    assert spend_report.best_hypervolume(rows) == 0.6
    assert spend_report.ratio(rows, "groat-auto", 0.95) == (0.15, True)


def test_the_ratio_is_that_of_medians_to_the_best_peer() -> None:
    """Best is 1.0; groat is at 0.9 after 10 dollars, the better peer after 40, the other never."""
    rows = [
        row("groat-auto", a=(10.0, 0.9), b=(20.0, 1.0)),
        row("optuna-tpe", a=(40.0, 0.92), b=(100.0, 0.96)),
        row("scipy-sobol", a=(30.0, 0.8)),
    ]

    assert spend_report.ratio(rows, "groat-auto", 0.90) == (0.25, True)
    assert spend_report.ratio(rows, "groat-auto", 0.95) == (0.2, True)


def test_without_a_peer_that_gets_there_the_ratio_is_a_bound() -> None:
    """Each needs more than it spent: over the least of that, groat's dollars are an upper bound."""
    rows = [
        row("groat-auto", a=(10.0, 1.0)),
        row("optuna-tpe", a=(100.0, 0.5)),
        row("scipy-sobol", a=(50.0, 0.5)),
    ]

    assert spend_report.ratio(rows, "groat-auto", 0.90) == (0.2, False)


def test_a_median_that_never_gets_there_is_never() -> None:
    """Two of three seeds fail: the median seed does."""
    rows = [
        row("groat-auto", seed=0, a=(10.0, 0.9)),
        row("groat-auto", seed=1, a=(10.0, 0.1)),
        row("groat-auto", seed=2, a=(10.0, 0.2)),
    ]

    assert spend_report.price(rows, 0.8) == math.inf


def test_the_report_says_plainly_what_is_missed() -> None:
    """A target that does not hold is called missed, with its ratio."""
    rows = [row("groat-auto", a=(30.0, 1.0)), row("optuna-tpe", a=(40.0, 1.0))]

    text = spend_report.markdown([replace(one, date="2026-01-01") for one in rows])

    assert "90%: 0.75x the dollars of the best peer; the target of 0.2x is missed" in text


@pytest.mark.slow
def test_groat_books_what_its_trials_spend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a real server with a small cap: its guard ends the search, and the sums agree."""
    monkeypatch.setattr(spend_runs, "CAP", model.Money.of(8))

    found = spend_runs.search("groat-auto", priced(), 0)

    assert found.run.losses.shape == (len(found.spent), 2)
    assert found.said[-1] == f"{found.spent[-1] / DOLLAR:.2f} stop budget_exhausted"
