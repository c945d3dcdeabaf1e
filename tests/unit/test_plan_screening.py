"""Designs that change many things at once."""

from __future__ import annotations

import numpy as np
import pytest

from groat_server.guard.plan.screening import RUNS, Floats, effects, plackett_burman, spread_out


@pytest.mark.parametrize("runs", RUNS)
def test_no_two_parameters_are_mixed_up(runs: int) -> None:
    """Columns are orthogonal and balanced, exactly, in every design that is offered."""
    design = plackett_burman(runs - 1)

    assert design.shape == (runs, runs - 1)
    np.testing.assert_array_equal(design.T @ design, runs * np.eye(runs - 1))
    np.testing.assert_array_equal(design.sum(axis=0), 0)


@pytest.mark.parametrize("parameters", range(1, 24))
def test_the_first_row_changes_nothing(parameters: int) -> None:
    """Today's configuration is a row of the design, so that it is not paid twice."""
    design = plackett_burman(parameters)

    assert (design[0] == -1).all()
    assert len(design) == 4 * (parameters // 4 + 1)


def test_effects_are_found_exactly_without_noise() -> None:
    """What a change adds is the mean with it less the mean without."""
    true = np.array([0.5, -2.0, 0.0, 1.0, 0.25, 0.0, 3.0])
    design = plackett_burman(len(true))

    scores: Floats = 7.0 + (design > 0).astype(np.float64) @ true
    found = effects(design, scores)

    np.testing.assert_allclose(found, true, atol=1e-12)


def test_a_longer_look_begins_with_the_shorter() -> None:
    """When the money changes a little, rows that are told stay rows of the plan."""
    np.testing.assert_array_equal(spread_out(12, 5)[:7], spread_out(7, 5))


def test_a_broad_look_leaves_no_half_unseen() -> None:
    """Each half of each axis has its share of any eight rows from the start."""
    points = spread_out(8, 6)

    np.testing.assert_array_equal((points < 0.5).sum(axis=0), 4)
