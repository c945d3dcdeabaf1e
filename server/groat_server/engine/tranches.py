"""Money for a running trial, a tranche at a time.

A worker that reports as it goes starts with an upper quartile of what its trial
is expected to spend. Whenever less is set aside than it spends before its next
report, more is set aside; when that does not fit any more, it is told to stop,
and what it has counts.
"""

from __future__ import annotations

from groat import model
from groat_server.storage.base import Attempt, LockedStudy

_TELL = "tell what you have as early stopped"


def feed(
    locked: LockedStudy,
    attempt: Attempt,
    trial: model.Trial,
    spent_before: model.Money,
    next_spend: model.Money | None,
) -> str:
    """Set aside what a trial spends before its next report.

    Args:
        locked: Its study.
        attempt: After what was reported has been booked.
        trial: After that, too.
        spent_before: The trial's spend before that.
        next_spend: The most until the next report, as the worker says; ``None``
            takes the largest step between its reports so far.

    Returns:
        Why it must stop, with the numbers; empty when it goes on.
    """
    if attempt.batch is None:
        return _past_its_most(locked, trial)
    step = trial.spend.total - spent_before
    return extend(locked, attempt, trial, next_spend or max(step, attempt.batch))


def extend(locked: LockedStudy, attempt: Attempt, trial: model.Trial, batch: model.Money) -> str:
    """Raise the hold to ``batch``, if the cap and the trial's own most allow it.

    Returns:
        Why it must stop; empty when it goes on.
    """
    study, lease_id = locked.view().study, attempt.lease.lease_id
    budget, left = study.spec.budget, study.budget_status.remaining
    if budget.max_trial_spend is not None:
        rest = budget.max_trial_spend - trial.spend.total
        if batch > rest:
            nothing, least = (model.Money(nanos, rest.currency) for nanos in (0, 1))
            # Never as much as it takes, so that each heartbeat says stop again.
            locked.set_aside(lease_id, min(attempt.hold, max(rest, nothing)), max(batch, least))
            return (
                f"the trial has spent {trial.spend.total} of the {budget.max_trial_spend} that one "
                f"may (max_trial_spend), and its next step takes up to {batch}; {_TELL}"
            )
    if left is None:
        return ""
    if batch > attempt.hold + left:
        locked.set_aside(lease_id, attempt.hold, batch)
        return (
            f"{max(left, model.Money(0, left.currency))} of {budget.max_spend} are left, and the "
            f"trial's next step takes up to {batch} with {attempt.hold} set aside; {_TELL}"
        )
    locked.set_aside(lease_id, max(attempt.hold, batch), batch)
    return ""


def _past_its_most(locked: LockedStudy, trial: model.Trial) -> str:
    most = locked.view().study.spec.budget.max_trial_spend
    if most is None or trial.spend.total < most:
        return ""
    return (
        f"the trial has spent {trial.spend.total} of the {most} that one may "
        f"(max_trial_spend); {_TELL}"
    )
