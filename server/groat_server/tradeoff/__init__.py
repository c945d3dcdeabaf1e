"""Choosing one of the front: by what a person prefers, and how sure that is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from groat import model
from groat.model import Certainty
from groat_server.tradeoff import preferences, words
from groat_server.tradeoff.beliefs import Beliefs, Evaluated, beliefs_of
from groat_server.tradeoff.choice import Choice, choose

__all__ = ["Evaluated", "select"]

MORE_EXAMPLES = 3
"""A confirmation is run on so many times the examples of a trial: it has to decide."""

_MOST_CONFIGURATIONS = 1_000


def select(  # noqa: PLR0913 - a choice has many sides, all but three with a default
    metrics: Sequence[model.Metric],
    evaluated: Sequence[Evaluated],
    preference: model.Preference,
    *,
    count: int = 3,
    confidence: float = 0.9,
    baseline: str = "",
    spend_of: Callable[[model.Trial], model.Money | None] = lambda _: None,
    whole_examples: int = 0,
    left: model.Money | None = None,
    seed: int = 0,
) -> model.Tradeoff:
    """Rank configurations by a preference.

    Args:
        metrics: The study's.
        evaluated: Its measured whole trials; of very many, the newest count.
        preference: What a person wants.
        count: How many points to return.
        confidence: Of keeping the limits; between 0 and 1.
        baseline: Configuration id of the one in use today; empty for none.
        spend_of: What running a trial's configuration again spends.
        whole_examples: Of a whole trial; 0 is unknown.
        left: Of the study's cap; ``None`` when there is none.
        seed: Of the draws.

    Raises:
        InvalidArgument: The preference names what is not there, or a number is
            out of bounds.
    """
    preferences.check(metrics, preference)
    if not evaluated:
        nothing = "No whole trial is measured yet, so there is nothing to choose from."
        return model.Tradeoff(points=(), certainty=Certainty.NO_TRIALS, explanation=nothing)
    beliefs = beliefs_of(metrics, evaluated[-_MOST_CONFIGURATIONS:], seed)
    preferences.check(beliefs.metrics, preference)
    choice = choose(beliefs, preference, confidence)
    confirmation = _confirmation(beliefs, choice, spend_of, whole_examples)
    price = _price(confirmation.expected_spend if confirmation else None, left)
    chances = beliefs.on_front(beliefs.constraints)
    return model.Tradeoff(
        points=tuple(
            replace(
                _point(beliefs, choice, preference, place, baseline),
                probability_on_front=float(chances[choice.order[place]]),
            )
            for place in range(min(count, len(choice.order)))
        ),
        certainty=choice.certainty,
        explanation=words.explanation(beliefs, choice, preference, price),
        confirmation=confirmation,
    )


def _price(spend: model.Money | None, left: model.Money | None) -> str:
    if spend is None:
        return "an unknown amount"
    about = f"about {float(spend.amount):.3g} {spend.currency}"
    if left is None or spend <= left:
        return about
    rest = f"{max(float(left.amount), 0.0):.3g} {left.currency}"
    return f"{about} (more than the {rest} left: raise max_spend first)"


def _point(
    beliefs: Beliefs,
    choice: Choice,
    preference: model.Preference,
    place: int,
    baseline: str,
) -> model.RankedPoint:
    row = int(choice.order[place])
    has_limits = isinstance(preference, model.Limits) or bool(beliefs.constraints)
    return model.RankedPoint(
        trial=beliefs.trials[row],
        score=float(choice.scores[row]),
        rationale=words.rationale(beliefs, choice, preference, place),
        probability_on_front=0.0,
        probability_chosen=float(choice.chosen[row]),
        probability_feasible=float(choice.feasible[row]) if has_limits else None,
        estimates=tuple(
            model.MetricValue(
                metric_id=metric.id,
                value=words.value_of(beliefs, row, j),
                standard_error=float(beliefs.errors[row, j]),
            )
            for j, metric in enumerate(beliefs.metrics)
        ),
        changes=_changes(beliefs, row, baseline),
    )


def _changes(beliefs: Beliefs, row: int, baseline: str) -> tuple[model.MetricChange, ...]:
    if baseline not in beliefs.keys:
        return ()
    today = beliefs.keys.index(baseline)
    pairs = [
        (metric.id, words.value_of(beliefs, today, j), words.value_of(beliefs, row, j))
        for j, metric in enumerate(beliefs.metrics)
    ]
    return tuple(
        model.MetricChange(
            metric_id=name,
            baseline=before,
            value=after,
            relative=(after - before) / abs(before) if before else 0.0,
        )
        for name, before, after in pairs
    )


def _confirmation(
    beliefs: Beliefs,
    choice: Choice,
    spend_of: Callable[[model.Trial], model.Money | None],
    whole_examples: int,
) -> model.Confirmation | None:
    if not choice.confirm:
        return None
    trials = [beliefs.trials[row] for row in choice.confirm]
    spends = [spend_of(trial) for trial in trials]
    known = [spend for spend in spends if spend is not None]
    times = MORE_EXAMPLES if whole_examples else 1
    total = (
        model.Money(sum(one.nanos for one in known) * times, known[0].currency)
        if (len(known) == len(spends))
        else None
    )
    return model.Confirmation(
        trials=tuple(trial.number for trial in trials),
        example_count=whole_examples * times,
        expected_spend=total,
    )
