"""What an ask is told when it is not the budget that decides."""

from __future__ import annotations

from groat import model
from groat.model import Reason
from groat_server.guard import ruling
from groat_server.guard.ruling import Ruling


def exhausted(study: model.Study) -> Ruling:
    """Every configuration of the space has been handed out."""
    running = study.budget_status.running_trials
    if running:
        return ruling.wait(
            Reason.AWAITING_RESULTS,
            f"Every configuration is given out; {running} trials still run.",
        )
    return ruling.stop(
        Reason.SPACE_EXHAUSTED,
        f"All {study.budget_status.finished_trials} configurations of the space are tried.",
    )


def awaiting(study: model.Study) -> Ruling:
    """What comes next depends on what is not told yet, or on people."""
    if isinstance(study.spec.algorithm.kind, model.Manual):
        return ruling.wait(
            Reason.AWAITING_TRIALS,
            "People choose the trials of this study and none waits; enqueue one.",
        )
    running = study.budget_status.running_trials
    return ruling.wait(
        Reason.AWAITING_RESULTS,
        f"What comes next depends on the {running} trials that run; wait for one.",
    )


def answered(trials: int) -> Ruling:
    """A repeated ask, of whose trials so many are still its own."""
    if trials:
        return ruling.proceed(
            Reason.WITHIN_BUDGET,
            f"This request was answered before; {trials} of its trials still run.",
        )
    return ruling.wait(
        Reason.AWAITING_RESULTS,
        "The trials of this request are told or given to others; make a new request.",
    )


def computing() -> Ruling:
    """The suggestion is not ready in time."""
    return ruling.wait(
        Reason.COMPUTING,
        "The next configuration is being computed; ask again with the same request id.",
    )
