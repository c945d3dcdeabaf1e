"""The halving benchmark's table and its replay, since a claim rests on them."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from benchmarks import halving_report
from benchmarks.halving_runs import Simulation, Workload
from benchmarks.rag_table import Table


@functools.cache
def table() -> Table:
    """The first thirty configurations of the table that is kept."""
    whole = Table.load()
    return Table(
        answerable=whole.answerable[:30],
        input_tokens=whole.input_tokens[:30],
        settings=whole.settings[:30],
        origin=whole.origin,
        fingerprint="",
    )


def test_all_examples_give_the_tables_means() -> None:
    """In whatever order the questions come, the end is the same."""
    workload = Workload(table(), seed=3)

    losses = workload.losses(7, workload.examples)

    np.testing.assert_allclose(losses, [-table().answerable[7].mean(), table().usd[7].mean()])


def test_standard_errors_are_those_of_the_mean() -> None:
    """As numpy has them, over the questions so far."""
    workload = Workload(table(), seed=0)
    order = np.random.default_rng(0).permutation(workload.examples)
    first = table().answerable[4, order[:16]]

    assert workload.errors(4, 16)[0] == pytest.approx(first.std(ddof=1) / 4)


def test_evaluating_everything_costs_everything() -> None:
    """Without rungs each configuration is whole once, and the hypervolume is all of it."""
    progress = Simulation(Workload(table(), seed=0), "random", {}, seed=0).run()

    assert sorted(progress.whole) == list(range(30))
    assert progress.spent[-1] == 1.0
    for scale in halving_report.scales(table()).values():
        assert scale.curve(progress.whole)[-1] == pytest.approx(1.0)


def test_only_new_examples_count() -> None:
    """Three rungs of 16, 48 and 143: each trial pays what its parent has not."""
    rungs = {"min_examples": 16, "max_examples": 143, "reduction_factor": 3}

    progress = Simulation(Workload(table(), seed=0), "successive_halving", rungs, seed=0).run()

    first, middle, last = (progress.trials[count] for count in (16, 48, 143))
    spent = (16 * first + 32 * middle + 95 * last) / (30 * 143)
    assert progress.spent[-1] == pytest.approx(spent, abs=1e-5)
    assert first == 30
