"""When a study will end if it goes on as it does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from groat import model

_RECENT = 20


def predicted_end(
    budget: model.Budget, status: model.BudgetStatus, points: Sequence[model.HypervolumePoint]
) -> datetime | None:
    """Return when the first limit will be reached, at the pace of the last finished trials.

    Args:
        budget: Its deadline counts too.
        status: What is left of money and trials.
        points: In order of time; only the last 20 set the pace.

    Returns:
        ``None`` without a limit, or while fewer than two trials set no pace.
    """
    ends = [] if budget.deadline is None else [budget.deadline]
    recent = points[-_RECENT:]
    if len(recent) >= 2:
        first, last = recent[0], recent[-1]
        elapsed = last.time - first.time
        done = last.finished_trials - first.finished_trials
        spent = last.spend.nanos - first.spend.nanos
        if budget.max_trials is not None and done > 0:
            left = max(0, budget.max_trials - status.finished_trials)
            ends.append(last.time + elapsed * (left / done))
        if status.remaining is not None and spent > 0:
            left = max(0, status.remaining.nanos + status.held.nanos)
            ends.append(last.time + elapsed * (left / spent))
    return min(ends, default=None)
