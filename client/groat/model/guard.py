"""The guard's answers: a verdict with every number it came from."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from groat.model.money import BudgetStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """How careful the guard is.

    Attributes:
        hold_quantile: Without a declared ``max_trial_spend``, a running trial
            holds this quantile of its predicted spend; between 0.5 and 0.99.
    """

    hold_quantile: float = 0.9


class Verdict(enum.Enum):
    """What an ask may do."""

    PROCEED = "proceed"
    WAIT = "wait"
    STOP = "stop"


class Reason(enum.Enum):
    """Why the verdict is what it is."""

    WITHIN_BUDGET = "within_budget"
    BUDGET_EXHAUSTED = "budget_exhausted"
    BUDGET_HELD = "budget_held"
    SPACE_EXHAUSTED = "space_exhausted"
    TRIAL_LIMIT = "trial_limit"
    DEADLINE = "deadline"
    CONCURRENCY_LIMIT = "concurrency_limit"
    AWAITING_RESULTS = "awaiting_results"
    AWAITING_TRIALS = "awaiting_trials"
    COMPUTING = "computing"
    STUDY_NOT_ACTIVE = "study_not_active"
    SPEND_UNKNOWN = "spend_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict with its numbers, stored as it is.

    Attributes:
        explanation: One or two sentences with the numbers and the way out.
    """

    decision_id: str
    verdict: Verdict
    reason: Reason
    explanation: str
    budget_status: BudgetStatus
    time: datetime
