"""Early stopping: the chance that a running trial still joins the front.

Everything is minimised. Rows are trials. No clock and no dice: the same numbers
give the same chance on every server.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr
from scipy.stats import qmc

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

_DRAWS = 1_024
_SEED = 20_011


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimates:
    """Means over examples, and how well they are known.

    Attributes:
        losses: Shape ``(n, m)``; NaN where unknown.
        errors: Shape ``(n, m)``. Standard errors of the losses; NaN where unknown.
        violations: Shape ``(n, c)``. At most 0 where the constraint is kept.
        violation_errors: Shape ``(n, c)``. Standard errors of the violations.
        example_counts: Shape ``(n,)``. How many examples the means are of; 0
            where nobody knows.
    """

    losses: Floats
    errors: Floats
    violations: Floats
    violation_errors: Floats
    example_counts: Integers


def chance_of_joining(trial: Estimates, front: Estimates, *, whole_count: int) -> float:
    """Say how likely a trial, once on all its examples, joins the front.

    It joins when it keeps every constraint and no member dominates it. With
    ``x`` and ``r`` for the trial's losses and what is open of them, ``y_i`` and
    ``s_i`` for a member's, all independent normals, and ``v``, ``e`` for violations::

        prod_k Phi(-v_k / e_k)  *  E_X [ prod_i (1 - prod_j Phi((X_j - y_ij) / s_ij)) ]
        X_j ~ N(x_j, r_j ** 2)

    The mean over ``X`` is taken at 1,024 fixed quasi-random points, which is good
    to about 0.005. What is open after ``n`` of ``N`` examples is the standard
    error times ``sqrt(1 - n / N)``: nothing at the end, and all of it where
    ``N`` is unknown. An error of 0 on some examples only is luck where the
    front's errors are not 0, as when none of 20 questions is answered right;
    then the front's largest spread per example stands in for the trial's.

    Whatever is unknown counts in the trial's favour: a constraint without an
    error is kept, an objective without one beats the front, a member without
    one beats nobody.

    Trials that answer the same questions are alike: what is hard for one is hard
    for the other. Their difference is then known better than independence says,
    so stops come later than they could. That needs examples in random order:
    when the first ones are the hardest, every trial looks worse than it is.

    Looking often needs no correction: as a prediction from all that is known,
    the chance has no drift, so that among trials stopped below a chance ``a``
    at most ``a`` would have joined, as far as the normals hold.

    Args:
        trial: One row.
        front: The members, any number of rows, with the trial's ``m`` and ``c``.
        whole_count: ``N``, the examples of a whole evaluation; 0 is unknown.

    Returns:
        From 0 to 1; 1 where nothing is known.

    Source:
        The finite-population correction of a sampled mean: Cochran (1977),
        Sampling Techniques, section 2.6. The same variance predicts the final
        mean from ``n`` of ``N`` independent draws.
    """
    shares = _open_shares(trial.example_counts, whole_count)
    violation_errors = shares[0] * _errors_of(
        trial, trial.violation_errors, front, front.violation_errors
    )
    kept = _chance_of_keeping(trial.violations[0], violation_errors)
    errors = shares[0] * _errors_of(trial, trial.errors, front, front.errors)
    if not np.isfinite(trial.losses[0] + errors).all():
        return kept
    draws = trial.losses[0] + errors * _normals(len(errors))
    front_shares = _open_shares(front.example_counts, whole_count)[:, None]
    # A member that is whole is what it is, even if nobody told its error.
    front_errors = np.where(front_shares > 0, front_shares * front.errors, 0.0)
    unbeaten = np.ones(len(draws))
    for losses, one in zip(front.losses, front_errors, strict=True):
        unbeaten *= 1 - _chance_of_dominating(losses, one, draws)
    return kept * float(unbeaten.mean())


def _open_shares(example_counts: Integers, whole_count: int) -> Floats:
    """Return which share of each row's errors is still open, shape ``(n,)``."""
    seen = example_counts / whole_count if whole_count else np.zeros(len(example_counts))
    return np.sqrt(np.maximum(1 - seen, 0.0))


def _errors_of(trial: Estimates, own: Floats, front: Estimates, of_front: Floats) -> Floats:
    """Return the trial's errors, those of 0 replaced by the front's at as many examples.

    Args:
        trial: Says on how many examples.
        own: Shape ``(1, k)``.
        front: Says on how many examples.
        of_front: Shape ``(n, k)``.

    Returns:
        Shape ``(k,)``.
    """
    counts, n = front.example_counts, trial.example_counts[0]
    growth = np.sqrt(np.where((counts > 0) & (n > 0), counts / max(n, 1), 1.0))
    largest: Floats = np.nan_to_num(of_front * growth[:, None]).max(axis=0, initial=0.0)
    return np.where(own[0] == 0, largest, own[0])


def _chance_of_keeping(violations: Floats, errors: Floats) -> float:
    known = np.isfinite(violations + errors)
    return float(_chances_at_most(0.0, violations[known], errors[known]).prod())


def _chance_of_dominating(losses: Floats, errors: Floats, draws: Floats) -> Floats:
    """How likely one member dominates each draw, shape ``(draws,)``; NaN errors never do."""
    if not np.isfinite(losses + errors).all():
        return np.zeros(len(draws))
    no_worse: Floats = _chances_at_most(draws, losses, errors).prod(axis=1)
    # Only where nothing is open are two rows ever equal, and equals do not dominate.
    return np.where((draws != losses).any(axis=1), no_worse, 0.0)


def _chances_at_most(limits: Floats | float, means: Floats, errors: Floats) -> Floats:
    """How likely normals are at most ``limits``; those of no error are their means."""
    gaps = np.asarray(limits - means, dtype=float)
    scaled = np.divide(gaps, errors, out=np.zeros_like(gaps), where=errors > 0)
    chances: Floats = np.where(errors > 0, ndtr(scaled), gaps >= 0)
    return chances


@functools.lru_cache
def _normals(m: int) -> Floats:
    """Return the same points for everyone, shape ``(1024, m)``."""
    dice = np.random.default_rng(_SEED)
    return qmc.MultivariateNormalQMC(np.zeros(m), rng=dice).random(_DRAWS)
