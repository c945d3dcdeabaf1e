"""Verdicts before and right after the first trials, against the truth: T5.

The declaration has the right shape, and all spends differ from it by one factor that nobody
knows, which is what a pilot shows. A search may begin when the cap pays for `Sizes.least` trials
at their true mean. Caps lie between a sixth of that and six times that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.guard_house import House, money_used
from groat import model
from groat.model import Reason, Verdict
from groat_server.algorithms.base import Bools
from groat_server.engine.planning import baseline_of
from groat_server.guard import sizes_of
from groat_server.space import Space

ERRORS = (0.3, 0.5, 0.8)
"""Standard deviations of the logarithm of the declaration's error."""

SPREAD = 6.0
EXAMPLES, PILOT_EXAMPLES = 100, 10
PILOTED = 3
"""After how many trials the verdict is looked at again."""

_MODEL_SPREAD, _NOISE = 0.1, 0.12
_TOKENS, _SAMPLES = 200, 2_000
_NANOS = {"nano": 100, "mini": 160, "small": 250, "medium": 400, "large": 630, "huge": 1_000}
"""Per input token."""

SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="model", domain=model.CategoricalDomain(labels=tuple(_NANOS))),
        model.Parameter(id="prompt", domain=model.CategoricalDomain(labels=("a", "b", "c"))),
        model.Parameter(id="top_k", domain=model.IntDomain(min=1, max=20)),
        model.Parameter(id="temperature", domain=model.FloatDomain(min=0.0, max=1.0)),
    )
)
METRICS = (
    model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE),
    model.Metric(id="latency", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE),
)
RATES = tuple(
    model.Rate(model=name, unit=model.Unit.INPUT_TOKEN, amount=model.Money(nanos))
    for name, nanos in _NANOS.items()
)


def workload(error: float) -> model.Workload:
    """Return the declaration, with an honest spread for errors of that standard deviation."""
    passages = model.Usage(
        category=model.SpendCategory.EXPERIMENT,
        quantity=model.TokenCounts(input=_TOKENS, output=0),
    )
    item = model.WorkloadItem(usage=passages, model_parameter="model", times_parameter="top_k")
    return model.Workload(
        example_count=EXAMPLES, items=(item,), spread=max(math.exp(1.645 * error), 1.05)
    )


def spec(error: float, cap: float, seed: int) -> model.StudySpec:
    """Return a study with a declared workload and such a cap, in nanos."""
    return model.StudySpec(
        search_space=SPACE,
        metrics=METRICS,
        algorithm=model.Algorithm(kind=model.RandomSearch(), seed=seed),
        budget=model.Budget(max_spend=model.Money(math.ceil(cap))),
        workload=workload(error),
        price_book=model.PriceBook(rates=RATES),
    )


class Truth:
    """What trials really spend in one simulated study.

    Args:
        error: Standard deviation of the common logarithm.
        rng: The dice.
    """

    def __init__(self, error: float, rng: np.random.Generator) -> None:
        self._rng = rng
        self._common = math.exp(rng.normal(0.0, error))
        self._models = dict(zip(_NANOS, np.exp(rng.normal(0.0, _MODEL_SPREAD, 6)), strict=True))

    def expected(self, configuration: model.Configuration) -> float:
        """Return the mean spend of a whole trial, in nanos."""
        label, passages = str(configuration["model"]), configuration["top_k"]
        assert isinstance(passages, int)
        declared = _NANOS[label] * passages * _TOKENS * EXAMPLES
        return declared * self._common * self._models[label]

    def spent(self, configuration: model.Configuration, share: float = 1.0) -> int:
        """Draw what a trial, or a share of one, spends."""
        return math.ceil(
            self.expected(configuration) * share * math.exp(self._rng.normal(0, _NOISE))
        )

    def mean(self, space: Space) -> float:
        """Return the mean over the space."""
        points = space.canonical(np.random.default_rng(0).random((_SAMPLES, space.d)))
        return float(np.mean([self.expected(space.decode(point)) for point in points]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One simulated study.

    Attributes:
        room: Cap over what the least number of trials truly takes; from 1 a search may begin.
        declared: Verdict on the declaration alone.
        is_unsure: It was to pay for a pilot first.
        examples: Verdict after ten examples were run by hand and stated.
        trials: Verdicts after the first, second and third trial; the last one stands for those
            that were not given out.
    """

    room: float
    declared: bool
    is_unsure: bool
    examples: bool
    trials: tuple[bool, ...]


def judged(error: float, seed: int, house: House) -> Judged:
    """Run one; a verdict is True where it says to go on by hand, or that nothing fits."""
    rng = np.random.default_rng([seed, round(error * 10)])
    truth, space = Truth(error, rng), Space(SPACE)
    room = math.exp(rng.uniform(-math.log(SPREAD), math.log(SPREAD)))
    least = sizes_of(spec(error, 1.0, seed)).least
    wanted = spec(error, room * least * truth.mean(space), seed)
    first = house.engine.judging.forecast(wanted).decision
    used = truth.spent(baseline_of(space, SPACE), PILOT_EXAMPLES / EXAMPLES)
    pilot = model.Pilot(usage=(money_used(used),), example_count=PILOT_EXAMPLES)
    second = house.engine.judging.forecast(wanted, pilot).decision
    return Judged(
        room=room,
        declared=_by_hand(first),
        is_unsure=first.reason is Reason.PILOT,
        examples=_by_hand(second),
        trials=_after_trials(house, wanted, truth),
    )


def _after_trials(house: House, wanted: model.StudySpec, truth: Truth) -> tuple[bool, ...]:
    study_id, verdicts = house.create(wanted), list[bool]()
    for _ in range(PILOTED):
        asked = house.ask(study_id)
        if not asked.trials:
            return tuple(verdicts + [_by_hand(asked.decision)] * (PILOTED - len(verdicts)))
        trial = asked.trials[0]
        told = {"quality": 0.5, "latency": 0.5}
        decision = house.tell(study_id, trial, truth.spent(trial.configuration), told).decision
        assert decision is not None
        verdicts.append(_by_hand(decision))
    return tuple(verdicts)


def _by_hand(decision: model.Decision) -> bool:
    return decision.verdict in {Verdict.TUNE_MANUALLY, Verdict.STOP}


def wrongs(found: list[Judged]) -> dict[str, tuple[float, float]]:
    """Return, per way to decide, the shares of wrong verdicts: by hand, and automatic.

    A pilot is run only where the declaration leaves doubt.
    """
    ways: dict[str, Bools] = {}
    ways["ten examples in doubt"] = np.array(
        [one.examples if one.is_unsure else one.declared for one in found]
    )
    for count in range(PILOTED):
        ways[f"{count + 1} trials in doubt"] = np.array(
            [one.trials[count] if one.is_unsure else one.declared for one in found]
        )
    ways["ten examples always"] = np.array([one.examples for one in found])
    ways["three trials always"] = np.array([one.trials[-1] for one in found])
    enough = np.array([one.room >= 1 for one in found])
    sure = np.array([not one.is_unsure for one in found])
    declared = np.array([one.declared for one in found])
    at_once = {
        "declaration alone, doubt left out": (
            _share((declared & sure)[enough]),
            _share((~declared & sure)[~enough]),
        )
    }
    return at_once | {
        way: (_share(by_hand[enough]), _share(~by_hand[~enough])) for way, by_hand in ways.items()
    }


def _share(flags: Bools) -> float:
    return float(flags.mean()) if len(flags) else 0.0
