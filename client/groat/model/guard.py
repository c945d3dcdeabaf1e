"""The guard's answers: a verdict with every number it came from."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from groat.model.money import BudgetStatus, Coverage, Money
from groat.model.plan import ManualPlan


class GuardMode(enum.Enum):
    """What the advice to stop or to tune by hand does to an ask: withhold trials, or nothing."""

    ENFORCE = "enforce"
    ADVISE = "advise"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementValue:
    """What a better system is worth.

    An objective in money per example counts at its face value beside it.

    Attributes:
        per_point: Per request, for 0.01 of ``metric_id``.
        metric_id: An objective.
    """

    requests_per_month: float
    months: float
    per_point: Money
    metric_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """How careful the guard is.

    Attributes:
        mode: Whether TUNE_MANUALLY withholds trials until a person acknowledges
            it, or only says so. Caps hold all the same.
        hold_quantile: A trial of a worker that does not report as it goes holds
            this quantile of its predicted spend, unless ``max_trial_spend`` is
            declared; between 0.5 and 0.99.
        manual_trial_spend: A trial dearer than this asks for a person's thought.
        value: Without it, trials are weighed against what is left to gain.
        max_consecutive_failures: FAILED trials in a row that stop the study.
    """

    mode: GuardMode = GuardMode.ENFORCE
    hold_quantile: float = 0.95
    manual_trial_spend: Money | None = None
    value: ImprovementValue | None = None
    max_consecutive_failures: int = 10


class Verdict(enum.Enum):
    """What an ask may do."""

    PROCEED = "proceed"
    WAIT = "wait"
    STOP = "stop"
    TUNE_MANUALLY = "tune_manually"


class Reason(enum.Enum):
    """Why the verdict is what it is."""

    WITHIN_BUDGET = "within_budget"
    FEW_TRIALS = "few_trials"
    PILOT = "pilot"
    BUDGET_EXHAUSTED = "budget_exhausted"
    BUDGET_HELD = "budget_held"
    TRIAL_TOO_EXPENSIVE = "trial_too_expensive"
    TOO_FEW_AFFORDABLE_TRIALS = "too_few_affordable_trials"
    NOT_WORTH_ITS_SPEND = "not_worth_its_spend"
    CONVERGED = "converged"
    SPACE_EXHAUSTED = "space_exhausted"
    TRIAL_LIMIT = "trial_limit"
    DEADLINE = "deadline"
    CONCURRENCY_LIMIT = "concurrency_limit"
    AWAITING_RESULTS = "awaiting_results"
    AWAITING_TRIALS = "awaiting_trials"
    COMPUTING = "computing"
    STUDY_NOT_ACTIVE = "study_not_active"
    TOO_MANY_FAILURES = "too_many_failures"
    SPEND_UNKNOWN = "spend_unknown"


class Basis(enum.Enum):
    """What a forecast rests on."""

    NOTHING = "nothing"
    DECLARED = "declared"
    PILOT = "pilot"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What trials are going to spend, and how far the money goes.

    Attributes:
        trial_spend_p50: As likely as not to be enough for a typical trial;
            ``None`` when nothing is known.
        trial_spend_p90: Enough nine times in ten.
        trial_tokens: Nine trials in ten take at most as many; 0 is unknown.
        affordable_trials: Further ones, as likely as not; ``None`` when nothing
            bounds them.
        affordable_trials_p90: Further ones, nine times in ten at least.
        least_trials: In all. With fewer, a person does as well by hand.
        recommended_trials: In all; enough for this space.
        enough_chance: The chance that ``least_trials`` can be paid.
        finish_spend_p50: Of the whole study, run until a limit or the
            recommended number of trials, whichever comes first.
        finish_time_p50: Until then, from now on.
        expected_hypervolume_gain: Of the affordable trials together, relative
            to what is reached.
        next_gain: Of one more trial, relative.
        gain_per_money: ``next_gain`` per unit of currency.
        coverage: PARTIAL when some of the workload has no price: spends are then
            lower bounds.
    """

    basis: Basis
    trial_spend_p50: Money | None = None
    trial_spend_p90: Money | None = None
    trial_tokens: int = 0
    affordable_trials: int | None = None
    affordable_trials_p90: int | None = None
    least_trials: int = 0
    recommended_trials: int = 0
    enough_chance: float | None = None
    finish_spend_p50: Money | None = None
    finish_spend_p90: Money | None = None
    finish_time_p50: timedelta | None = None
    finish_time_p90: timedelta | None = None
    expected_hypervolume_gain: float | None = None
    next_gain: float | None = None
    gain_per_money: float | None = None
    coverage: Coverage = Coverage.COMPLETE
    unpriced_models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A verdict with its numbers, stored as it is.

    Attributes:
        decision_id: Empty for one that is not stored.
        explanation: One or two sentences with the numbers and the way out.
        plan: With TUNE_MANUALLY.
    """

    decision_id: str
    verdict: Verdict
    reason: Reason
    explanation: str
    budget_status: BudgetStatus
    time: datetime
    forecast: Forecast | None = None
    plan: ManualPlan | None = None
