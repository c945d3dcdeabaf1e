"""A study's situation as a forecast that people read."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from groat import model
from groat.model import Coverage
from groat_server.engine.situations import Situation, Terms
from groat_server.engine.spends import money_of
from groat_server.guard import Outlook
from groat_server.history import Told

_NEWEST = 50
_LONGEST_S = 1e9
_MOST_TOKENS = 2.0**62


def forecast_of(
    study: model.Study, terms: Terms, newest: Situation, told: Sequence[Told]
) -> model.Forecast:
    """Say what trials are going to spend, and how far the money goes.

    Args:
        study: As it is now.
        terms: What its declaration comes to.
        newest: Its situation.
        told: What that was seen from, in order of finishing.
    """
    seen, currency, moment = newest.outlook, study.spec.currency, newest.moment
    unpriced = newest.unpriced
    blank = model.Forecast(
        basis=newest.basis,
        trial_tokens=_tokens(terms, told),
        affordable_trials=moment.affordable,
        least_trials=terms.sizes.least,
        recommended_trials=terms.sizes.recommended,
        coverage=Coverage.PARTIAL if unpriced else Coverage.COMPLETE,
        unpriced_models=unpriced,
    )
    if seen is None:
        return blank
    money = {
        name: money_of(getattr(seen, short), currency)
        for name, short in (
            ("trial_spend_p50", "trial_p50"),
            ("trial_spend_p90", "trial_p90"),
            ("finish_spend_p50", "finish_p50"),
            ("finish_spend_p90", "finish_p90"),
        )
    }
    gain = moment.gain
    half, nine = _finish_times(study, terms, seen, told)
    return replace(
        blank,
        **money,
        affordable_trials_p90=seen.affordable_p90,
        enough_chance=moment.chance,
        finish_time_p50=half,
        finish_time_p90=nine,
        expected_hypervolume_gain=moment.left_to_gain,
        next_gain=None if gain is None else gain.next,
        gain_per_money=None if gain is None else gain.next * model.NANO / max(seen.trial_mean, 1.0),
    )


def _tokens(terms: Terms, told: Sequence[Told]) -> int:
    used = [_tokens_of(one.trial) for one in told[-_NEWEST:]]
    used = [count for count in used if count]
    if used:
        return int(np.quantile(used, 0.9, method="higher"))
    if not len(terms.samples.tokens):
        return 0
    return int(min(np.quantile(terms.samples.tokens, 0.9), _MOST_TOKENS))


def _tokens_of(trial: model.Trial) -> int:
    return sum(one.input_tokens + one.output_tokens for one in trial.spend.categories)


def _finish_times(
    study: model.Study, terms: Terms, seen: Outlook, told: Sequence[Told]
) -> tuple[timedelta | None, timedelta | None]:
    """Return how long it takes until a limit or the recommended number of trials."""
    spec = study.spec
    more = max(terms.sizes.recommended - len(told), 0) or seen.affordable_p50
    if seen.affordable_p50 is not None and more is not None:
        more = min(more, seen.affordable_p50)
    lasted = [_seconds(one.trial) for one in told[-_NEWEST:]]
    if not lasted and spec.workload is not None and spec.workload.example_time is not None:
        rounds = -(-spec.workload.example_count // spec.workload.parallel_examples)
        lasted = [spec.workload.example_time.total_seconds() * rounds]
    if not lasted or more is None:
        return None, None
    workers = max(study.budget_status.running_trials, 1)
    rounds = -(-more // min(workers, spec.max_concurrent_trials or workers))
    return _span(rounds * statistics.median(lasted)), _span(
        rounds * float(np.quantile(lasted, 0.9))
    )


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=min(seconds, _LONGEST_S))


def _seconds(trial: model.Trial) -> float:
    end = trial.end_time or trial.create_time
    return max((end - trial.create_time).total_seconds(), 0.0)
