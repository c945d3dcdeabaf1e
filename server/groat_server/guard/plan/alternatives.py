"""Other classic methods by hand, each with this study's numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from groat import model
from groat_server.guard.plan import moves, words
from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.sizing import Size, divides, first_rounds
from groat_server.guard.words import about, counted

_MOST_TRIALS = 50
_CONTENDERS = 9
_KEPT = 4


def alternatives(
    case: PlanCase, ranks: Sequence[model.ParameterRank], size: Size
) -> tuple[model.ManualMethod, ...]:
    """Return one short paragraph per method, with what it would spend here."""
    top = [rank.parameter_id for rank in ranks[:2]]
    cost = _Cost(case, size)
    texts = {
        "grid": _grid(case, top, cost),
        "random": _random(cost),
        "bayesian": _bayesian(cost),
        "evolutionary": _evolutionary(top, cost),
        "successive_halving": _halving(case, cost),
        "population_based": _population(case),
    }
    return tuple(model.ManualMethod(method=key, text=text) for key, text in texts.items())


class _Cost:
    """What so many whole trials spend, in words."""

    def __init__(self, case: PlanCase, size: Size) -> None:
        self._typical = size.typical
        available = case.available
        amount = available or case.spend_of(case.baseline, 0)
        self._currency = "USD" if amount is None else amount.currency
        self._left = None if available is None else available.nanos
        fits = _MOST_TRIALS if math.isinf(size.fits) else math.floor(size.fits + 1e-9)
        self.trials = min(fits, _MOST_TRIALS)

    def of(self, trials: float) -> str:
        """Return ``; about 12 USD`` and whether that is more than is left."""
        if self._typical is None:
            return ""
        spend = math.ceil(trials * self._typical)
        over = self._left is not None and spend > self._left
        more = ", more than is left" if over else ""
        return f" (about {about(spend, self._currency)}{more})"


def _grid(case: PlanCase, top: Sequence[str], cost: _Cost) -> str:
    known = {one.id: one for one in case.space.parameters}
    values = [
        1 + min(len(moves.moves(case, known[name], case.baseline[name])), 2)
        for name in top
        if name in case.baseline
    ]
    cells = math.prod(values)
    return (
        f"Make a table of two or three values of {words.listed(top)}: "
        f"{counted(cells, 'trial')}{cost.of(cells)}. Move its centre to the best cell, and stop "
        "when the best cell is not at the edge."
    )


def _random(cost: _Cost) -> str:
    number = max(cost.trials - 1, 1)
    return (
        f"Draw {counted(number, 'configuration')} at random{cost.of(number)}, run the cheapest "
        "first, and stop early when three in a row are worse in everything than one you have."
    )


def _bayesian(cost: _Cost) -> str:
    return (
        "Write down a few candidates; beside each one your guess of its result, how unsure you "
        "are, and what it spends. Run the one with the most (guess + doubt) for its money, correct "
        f"the other guesses, and repeat, {counted(max(cost.trials - 1, 1), 'time')} at most."
    )


def _evolutionary(top: Sequence[str], cost: _Cost) -> str:
    rounds = max((cost.trials - _KEPT) // 2, 0)
    reach = (
        f"after these {_KEPT} the money reaches for about {counted(rounds, 'round')} of two"
        if rounds
        else f"the money hardly reaches beyond these {_KEPT}"
    )
    return (
        f"Keep the {_KEPT} best that do not beat each other; take {top[0]} from one and the rest "
        f"from another, change one more thing, and replace the worst if the child is better; "
        f"{reach}."
    )


def _halving(case: PlanCase, cost: _Cost) -> str:
    if not divides(case):
        return (
            "Needs three times as many examples as a comparison takes "
            f"({case.least_examples}); with fewer it picks by luck."
        )
    few = first_rounds(case)[-1]
    share = few / case.example_count
    more = min(3 * few, case.example_count)
    spend = _CONTENDERS * share + 3 * more / case.example_count + 1
    return (
        f"Run {_CONTENDERS} configurations on {few:,} examples, the best three on {more:,}, the "
        f"winner on all {case.example_count:,}{cost.of(spend)}; "
        f"{_CONTENDERS} whole trials would be{cost.of(_CONTENDERS).replace(' (', ' ').rstrip(')')}."
    )


def _population(case: PlanCase) -> str:
    every = max(case.least_examples // 2, 10)
    return (
        f"For what can be edited while it runs, such as a prompt: run {_KEPT} versions side by "
        f"side; every {every} examples the worst one copies the best one's settings and changes "
        "one thing."
    )
