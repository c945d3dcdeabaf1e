"""Which design the money reaches for."""

from __future__ import annotations

import enum
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace

from groat import model
from groat_server.guard.plan.case import PlanCase
from groat_server.guard.plan.one_factor import MOST_LEVELS, lead_of, lead_values


class Method(enum.Enum):
    """How to go about it, by growing number of trials."""

    TWO_BETS = "two_bets"
    LEAD_ONLY = "lead_only"
    ONE_FACTOR = "one_factor_at_a_time"
    SCREENING = "plackett_burman"
    HALVING = "successive_halving_by_hand"
    SPACE_FILLING = "sobol_then_local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How far the money goes.

    Attributes:
        typical: Expected nanos of a whole trial: the median over the values of
            the leading parameter; ``None`` when nothing is known.
        fits: So many whole trials fit into what is left; ``inf`` without a cap.
        done: So many were told, parts of the examples counted in part.
        levels: Values of the leading parameter, today's among them.
        method: The design for all these trials.
        count: Examples of a step; 0 is all.
    """

    typical: int | None
    fits: float
    done: float
    levels: int
    method: Method
    count: int = 0

    @property
    def trials(self) -> float:
        """Whole trials, one kept for the confirmation."""
        total = self.done + self.fits
        return total if math.isinf(total) else math.floor(total + 1e-9) - 1


def sized(case: PlanCase, ranks: Sequence[model.ParameterRank]) -> Size:
    """Choose a design by how many whole trials fit, done and to come.

    Without a cap, or where a trial spends nothing, that is the shortest one
    that touches every parameter; where spends are unknown, the first one, as
    its first trial tells more. Where not even two trials and a confirmation
    fit, steps run on a part of the examples.
    """
    lead = lead_of(case, ranks)
    values = lead_values(case, lead, case.baseline)
    usual = _typical(case, lead.id, values)
    bare = Size(
        typical=usual,
        fits=_fits(case.available, usual),
        done=sum(_share(case, one.example_count) for one in case.told if one.is_measured),
        levels=min(len(values) + 1, MOST_LEVELS),
        method=Method.TWO_BETS,
    )
    if _is_part_better(case, bare):
        return _on_a_part(case, bare)
    return replace(bare, method=_method(case, bare))


def divides(case: PlanCase) -> bool:
    """Whether a third of the examples is enough to compare with."""
    return case.example_count >= 3 * case.least_examples > 0


def first_rounds(case: PlanCase) -> list[int]:
    """Return on how many examples a knock-out may begin: most first.

    A third of all, a sixth or a ninth; where it has begun, what it began with.
    """
    begun = _begun(case)
    if begun is not None:
        return [begun]
    counts = [case.example_count // part for part in (3, 6, 9)]
    return [one for one in counts if one >= case.least_examples]


def _typical(case: PlanCase, lead: str, values: Sequence[model.Value]) -> int | None:
    others = [case.changed(case.baseline, {lead: value}) for value in values]
    spends = [case.nanos(one, 0) for one in [case.baseline, *others] if one is not None]
    known = [one for one in spends if one is not None]
    return statistics.median_low(known) if known else None


def _fits(available: model.Money | None, usual: int | None) -> float:
    if available is None or usual == 0:
        return math.inf
    return 0.0 if usual is None else max(available.nanos, 0) / usual


def _share(case: PlanCase, count: int) -> float:
    return 1.0 if case.is_whole(count) or not case.example_count else count / case.example_count


def _method(case: PlanCase, size: Size) -> Method:
    """Return the design for whole trials."""
    n, d = size.trials, len(case.space.parameters)
    if case.available is not None and size.typical is None:
        return Method.TWO_BETS
    if math.isinf(n):
        return Method.ONE_FACTOR
    at_once = Method.HALVING if divides(case) else Method.SCREENING
    limits = {
        Method.TWO_BETS: 3,
        Method.LEAD_ONLY: size.levels + 2,
        Method.ONE_FACTOR: d + size.levels,
        at_once: 2 * (d + 1) + 4,
    }
    return next((method for method, limit in limits.items() if n < limit), Method.SPACE_FILLING)


def _is_part_better(case: PlanCase, size: Size) -> bool:
    can = size.typical is not None and case.example_count >= 2 * case.least_examples > 0
    return can and size.trials < 2


def _on_a_part(case: PlanCase, size: Size) -> Size:
    """Run every step on so few examples that the leading parameter can be tried."""
    whole, least = case.example_count, case.least_examples
    total = size.done + size.fits
    count = _begun(case) or _rounded(int(whole * total / (size.levels + 1)), least, whole // 2)
    evaluations = total * whole / count
    if evaluations < 1:
        return replace(size, method=Method.TWO_BETS, count=max(int(whole * total), 1))
    method = Method.TWO_BETS if evaluations < size.levels + 1 else Method.LEAD_ONLY
    return replace(size, method=method, count=count)


def _begun(case: PlanCase) -> int | None:
    """Return on how many examples today's configuration ran, where that was a part of them."""
    counts = [
        one.example_count
        for one in case.told
        if dict(one.configuration) == dict(case.baseline)
        and case.least_examples <= one.example_count < case.example_count
    ]
    return min(counts, default=None)


def _rounded(count: int, least: int, most: int) -> int:
    """Round down to tens, within bounds."""
    return min(max(count - count % 10, least), most)
