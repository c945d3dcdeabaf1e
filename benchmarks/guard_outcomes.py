"""Whether a verdict is right by what comes of it, in hypervolume: T6.

Small invented problems, on which a person changes one thing at a time, the model first, with
beliefs that are only partly right; and the first trials of an automatic search, which are the
configuration in use and groat's Sobol or random points. Spends are known, so that the verdict
follows from how many trials the cap pays for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.guard_house import House, money_used
from groat import model
from groat_server import front
from groat_server.algorithms.base import Floats
from groat_server.engine.planning import baseline_of
from groat_server.evidence import history_of
from groat_server.history import Past
from groat_server.sampler import Request, problem_of, run
from groat_server.space import Space

COUNTS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12)
"""Trials that a cap pays for."""

ALGORITHMS = ("sobol", "random")
BETTER = 0.02
"""Of the best hypervolume: an automatic search that gains more than this should have been run."""

_MODELS, _PROMPTS = 6, 3
_BELIEF_NOISE, _RIGHT_WAY = 0.6, 0.7
_MANY = 4_000
EXAMPLES = 100
_HALF_CENT = 5_000_000

METRICS = (
    model.Metric(id="quality", role=model.Role.OBJECTIVE, goal=model.Goal.MAXIMIZE),
    model.Metric(id="log_price", role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE),
)


class Problem:
    """One invented pipeline with two labels and some numbers.

    Args:
        seed: Of everything that is invented.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.numbers = int(rng.choice([2, 5, 10]))
        self.space_spec = _space(self.numbers)
        self.space = Space(self.space_spec)
        self._ability = 0.35 * np.linspace(0, 1, _MODELS) + rng.normal(0, 0.08, _MODELS)
        self._prompt = rng.normal(0, 0.08, _PROMPTS)
        self.weights = rng.exponential(1.0, self.numbers) * 0.5 / self.numbers
        self.best = rng.uniform(0.1, 0.9, self.numbers)
        self._prices = rng.exponential(0.8, self.numbers) * rng.integers(0, 2, self.numbers)
        self._mixed = rng.normal(0, 0.1, (_MODELS, self.numbers))
        everything = self.losses(self._draw(rng, _MANY))
        self._reference = everything.max(axis=0)
        self._whole = front.hypervolume(everything, self._reference)

    def _draw(self, rng: np.random.Generator, count: int) -> list[model.Configuration]:
        points = self.space.canonical(rng.random((count, self.space.d)))
        return [self.space.decode(point) for point in points]

    def losses(self, tried: Sequence[model.Configuration]) -> Floats:
        """Return the losses, shape ``(n, 2)``."""
        return np.array([self._one(configuration) for configuration in tried])

    def _one(self, configuration: model.Configuration) -> tuple[float, float]:
        label = int(str(configuration["model"])[1:])
        values = np.array([configuration[f"x{i}"] for i in range(self.numbers)], dtype=float)
        quality = self._ability[label] + self._prompt[int(str(configuration["prompt"])[1:])]
        quality -= float(self.weights @ (values - self.best) ** 2) * 2
        quality += float(self._mixed[label] @ (values - 0.5)) * 0.3
        return -quality, label * math.log(2.2) + float(self._prices @ values)

    def volume(self, tried: Sequence[model.Configuration]) -> float:
        """Return their hypervolume, as a share of that of thousands of random ones."""
        losses = self.losses(tried)
        inside = losses[(losses < self._reference).all(axis=1)]
        return front.hypervolume(inside, self._reference) / self._whole if len(inside) else 0.0


def _space(numbers: int) -> model.SearchSpace:
    labels = {"model": _MODELS, "prompt": _PROMPTS}
    choices = [
        model.Parameter(
            id=name,
            domain=model.CategoricalDomain(labels=tuple(f"{name[0]}{i}" for i in range(count))),
            default_value=f"{name[0]}{(count - 1) // 2}",
        )
        for name, count in labels.items()
    ]
    floats = [
        model.Parameter(id=f"x{i}", domain=model.FloatDomain(min=0.0, max=1.0), default_value=0.5)
        for i in range(numbers)
    ]
    return model.SearchSpace(parameters=(*choices, *floats))


def by_hand(problem: Problem, count: int, rng: np.random.Generator) -> list[model.Configuration]:
    """Return what a person tries: every model, then one change after another, best guess first.

    What they take to matter goes along with what does by 0.6, and they know the better
    direction of a number seven times in ten.
    """
    base = dict(baseline_of(problem.space, problem.space_spec))
    tried: list[model.Configuration] = [dict(base)]
    models = [f"m{i}" for i in range(_MODELS)]
    tried += [{**base, "model": name} for name in models if name != base["model"]]
    base = _sensible(problem, tried[:count])
    for change in _changes(problem, rng):
        if len(tried) >= count:
            break
        tried.append(change(base))
        base = _sensible(problem, [base, tried[-1]])
    return tried[:count]


def _changes(
    problem: Problem, rng: np.random.Generator
) -> list[Callable[[model.Configuration], model.Configuration]]:
    truth = np.argsort(np.argsort(problem.weights))
    noise = rng.normal(0.0, 1.0, problem.numbers) * problem.numbers * _BELIEF_NOISE / 2
    order = np.argsort(-(truth + noise))
    ways = np.sign(problem.best - 0.5) * np.where(rng.random(problem.numbers) < _RIGHT_WAY, 1, -1)
    prompts = [_set("prompt", f"p{i}") for i in (0, 2)]
    numbers = [_set(f"x{i}", 0.5 + 0.3 * float(ways[i])) for i in order]
    back = [_set(f"x{i}", 0.5 - 0.3 * float(ways[i])) for i in order]
    return [*itertools.chain(numbers[:1], prompts, numbers[1:], back)]


def _set(name: str, value: model.Value) -> Callable[[model.Configuration], model.Configuration]:
    return lambda base: {**base, name: value}


def _sensible(problem: Problem, tried: Sequence[model.Configuration]) -> dict[str, model.Value]:
    """Return the one that is best in the middle of both goals."""
    losses = problem.losses(tried)
    span = np.array([0.35, (_MODELS - 1) * math.log(2.2)])
    return dict(tried[int(np.argmin((losses / span).sum(axis=1)))])


def automatic(problem: Problem, name: str, seed: int) -> list[model.Configuration]:
    """Return what groat tries first: the configuration in use, then an algorithm's points."""
    spec, most = _spec(problem, 1, seed), max(COUNTS)
    history, pending = history_of(Past(spec=spec, space=problem.space), [])
    asked = Request(
        algorithm=name,
        problem=problem_of(spec, problem.space, most),
        history=history,
        pending=pending,
        count=most - 1,
        seeds=(seed, 1),
    )
    base = baseline_of(problem.space, problem.space_spec)
    return [base, *(problem.space.decode(one.point) for one in run(asked))]


def outcomes(seed: int, house: House, repeats: int) -> list[dict[str, object]]:
    """Return, per algorithm and number of trials, the verdict and what both ways come to.

    Args:
        seed: Of the problem.
        house: Where verdicts are asked.
        repeats: Over so many people, and seeds of the algorithm, hypervolumes are averaged.
    """
    problem = Problem(seed)
    dice = [np.random.default_rng([seed, i]) for i in range(repeats)]
    people = _means(problem, [by_hand(problem, max(COUNTS), rng) for rng in dice])
    verdicts = [_is_by_hand(problem, count, seed, house) for count in COUNTS]
    found = list[dict[str, object]]()
    for name in ALGORITHMS:
        machine = _means(problem, [automatic(problem, name, i) for i in range(repeats)])
        found += [
            {"algorithm": name, "count": n, "by_hand": says, "people": p, "machine": m}
            for n, says, p, m in zip(COUNTS, verdicts, people, machine, strict=True)
        ]
    return found


def _means(problem: Problem, runs: Sequence[Sequence[model.Configuration]]) -> list[float]:
    """Return the mean hypervolume after each number of trials."""
    return [float(np.mean([problem.volume(one[:count]) for one in runs])) for count in COUNTS]


def _is_by_hand(problem: Problem, count: int, seed: int, house: House) -> bool:
    # Half a trial on top: the cap stands for all between one number of trials and the next.
    wanted = _spec(problem, round((count + 0.5) * EXAMPLES * _HALF_CENT), seed)
    decision = house.engine.judging.forecast(wanted).decision
    return decision.verdict is model.Verdict.TUNE_MANUALLY


def _spec(problem: Problem, cap: int, seed: int) -> model.StudySpec:
    """Return a study whose trials all spend the same, as is declared."""
    fee = model.WorkloadItem(usage=money_used(_HALF_CENT))
    return model.StudySpec(
        search_space=problem.space_spec,
        metrics=METRICS,
        algorithm=model.Algorithm(kind=model.RandomSearch(), seed=seed),
        budget=model.Budget(max_spend=model.Money(cap)),
        workload=model.Workload(example_count=EXAMPLES, items=(fee,), spread=1.05),
    )


def share_of_caps(count: int) -> float:
    """Return how often a cap pays for just so many trials, where caps are log-uniform.

    They lie where those of T5 do: from a sixth of eight trials to six times that.
    """
    low, high = 8 / 6.0, 8 * 6.0
    inside = min(count + 1.0, high) / max(float(count), low)
    return max(math.log(inside), 0.0) / math.log(high / low)
