"""The problems that optimizers are compared on, each with its best known front."""

from __future__ import annotations

import functools
import json
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeAlias, cast

import moocore
import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from benchmarks import agent_tools, cube, engineering, mixed_rag, priced_rag, step_order
from groat import model

Floats: TypeAlias = npt.NDArray[np.float64]
Errors: TypeAlias = Callable[[Mapping[str, float]], dict[str, float]]
Evaluate: TypeAlias = Callable[[model.Configuration], dict[str, float]]

DATA = Path(__file__).parent / "data"
ZDT3_SEGMENTS = (
    (0.0, 0.083001534927),
    (0.182228728029, 0.257762363388),
    (0.409313674809, 0.453882104089),
    (0.618396794439, 0.652511703805),
    (0.823331798327, 0.851832865436),
)
"""Where the first loss is on ZDT3's front: up to each new least value of the second."""


class MadeUp(Protocol):
    """A module with an invented problem; its best front is found by `best_front`."""

    SPACE: model.SearchSpace
    METRICS: tuple[model.Metric, ...]
    REFERENCE: tuple[float, ...]

    def evaluate(self, configuration: model.Configuration) -> dict[str, float]:
        """Return every metric."""
        ...


MADE_UP: dict[str, MadeUp] = {
    "mixed_rag": mixed_rag,
    "agent_tools": agent_tools,
    "step_order": step_order,
    "priced_rag_cost": priced_rag.BY_PRICE,
    "priced_rag_latency": priced_rag.BY_LATENCY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to optimise.

    Attributes:
        evaluate: What a trial is told, by metric id.
        truth: What it is scored by; differs from ``evaluate`` under noise only.
        reference: Shape ``(m,)``, as losses. No optimizer is told.
        best_hypervolume: Of the best known front, beyond ``reference``.
        errors: Standard errors of what a trial is told, where it tells them too.
    """

    name: str
    space: model.SearchSpace
    metrics: tuple[model.Metric, ...]
    evaluate: Evaluate
    truth: Evaluate
    reference: tuple[float, ...]
    best_hypervolume: float
    errors: Errors = lambda _told: {}

    def losses(self, values: Mapping[str, float]) -> Floats:
        """Return metric values as losses, shape ``(m,)``."""
        return np.array([metric.loss(values[metric.id]) for metric in self.metrics])

    def loss_errors(self, values: Mapping[str, float]) -> Floats:
        """Return standard errors of the losses, shape ``(m,)``; NaN where none is told."""
        known = self.errors(values)
        return np.array([known.get(metric.id, math.nan) for metric in self.metrics])

    def normalised_hypervolume(self, losses: Floats) -> float:
        """Return the exact hypervolume of ``losses`` ``(n, m)`` over the best known; 1 is best."""
        if len(losses) == 0:
            return 0.0
        return moocore.hypervolume(losses, ref=self.reference) / self.best_hypervolume

    def fingerprint(self) -> str:
        """Return a checksum that changes when the problem does, to tell old results apart."""
        points = qmc.Sobol(cube.width(self.space), rng=0).random(16)
        told = [self.losses(self.evaluate(cube.decode(self.space, point))) for point in points]
        facts = [*np.concatenate(told), *self.reference, self.best_hypervolume]
        return f"{zlib.crc32(' '.join(f'{fact:.6g}' for fact in facts).encode()):08x}"


def zdt1(points: Floats) -> Floats:
    """Return the losses ``(n, 2)`` of points ``(n, d)`` of the unit cube.

    Source:
        Zitzler, Deb and Thiele (2000), section 4, test function T1.
        https://doi.org/10.1162/106365600568202
    """
    first = points[:, 0]
    slack = 1 + 9 * points[:, 1:].mean(axis=1)
    return np.column_stack([first, slack * (1 - np.sqrt(first / slack))])


def zdt3(points: Floats) -> Floats:
    """Return the losses ``(n, 2)`` of points ``(n, d)`` of the unit cube.

    Source:
        Zitzler, Deb and Thiele (2000), section 4, test function T3.
        https://doi.org/10.1162/106365600568202
    """
    first = points[:, 0]
    slack = 1 + 9 * points[:, 1:].mean(axis=1)
    share = first / slack
    wave = share * np.sin(10 * math.pi * first)
    return np.column_stack([first, slack * (1 - np.sqrt(share) - wave)])


def zdt3_best(reference: float) -> float:
    """Return the hypervolume of ZDT3's exact front beyond ``(reference, reference)``.

    Over a segment it is the integral of what lies between the front and the reference, over
    the gap after it a rectangle as high as at the segment's end.
    """
    starts = [start for start, _ in ZDT3_SEGMENTS[1:]] + [reference]
    total = 0.0
    for (start, end), after in zip(ZDT3_SEGMENTS, starts, strict=True):
        lowest = 1 - math.sqrt(end) - end * math.sin(10 * math.pi * end)
        total += reference * (end - start) - (_zdt3_integral(end) - _zdt3_integral(start))
        total += (after - end) * (reference - lowest)
    return total


def _zdt3_integral(x: float) -> float:
    """Integrate ``1 - sqrt(x) - x sin(10 pi x)`` from 0."""
    pace = 10 * math.pi
    wave = math.sin(pace * x) / pace**2 - x * math.cos(pace * x) / pace
    return x - 2 / 3 * x**1.5 - wave


def dtlz2(points: Floats) -> Floats:
    """Return the losses ``(n, 3)`` of points ``(n, d)`` of the unit cube.

    Source:
        Deb, Thiele, Laumanns and Zitzler (2005), section 6.7.2.
        https://doi.org/10.1007/1-84628-137-7_6
    """
    polar, azimuth = (points[:, :2] * math.pi / 2).T
    radius = 1 + ((points[:, 2:] - 0.5) ** 2).sum(axis=1)
    directions = [
        np.cos(polar) * np.cos(azimuth),
        np.cos(polar) * np.sin(azimuth),
        np.sin(polar),
    ]
    return radius[:, None] * np.column_stack(directions)


def _on_floats(
    name: str,
    formula: Callable[[Floats], Floats],
    ranges: tuple[tuple[float, float], ...],
    reference: tuple[float, ...],
    best: float,
) -> Problem:
    """Wrap a formula over real numbers; parameters are ``x1, x2, ...``, losses ``f1, f2, ...``."""
    domains = [model.FloatDomain(min=low, max=high) for low, high in ranges]
    parameters = [model.Parameter(id=f"x{i}", domain=d) for i, d in enumerate(domains, 1)]
    names = [f"f{i}" for i in range(1, len(reference) + 1)]

    def evaluate(configuration: model.Configuration) -> dict[str, float]:
        point = np.array([[float(cast("float", configuration[p.id])) for p in parameters]])
        return dict(zip(names, formula(point)[0].tolist(), strict=True))

    return Problem(
        name=name,
        space=model.SearchSpace(parameters=tuple(parameters)),
        metrics=tuple(
            model.Metric(id=n, role=model.Role.OBJECTIVE, goal=model.Goal.MINIMIZE) for n in names
        ),
        evaluate=evaluate,
        truth=evaluate,
        reference=reference,
        best_hypervolume=best,
    )


def _zdt1() -> Problem:
    # Left of the front nothing; over it the area between the front 1 - sqrt(x) and 1.1.
    best = 1.1 * 1.1 - (1 - 2 / 3)
    return _on_floats("zdt1", zdt1, ((0.0, 1.0),) * 6, (1.1, 1.1), best)


def _dtlz2() -> Problem:
    best = 1.1**3 - math.pi / 6  # the cube without an eighth of the unit ball
    return _on_floats("dtlz2", dtlz2, ((0.0, 1.0),) * 6, (1.1, 1.1, 1.1), best)


def _zdt3() -> Problem:
    return _on_floats("zdt3", zdt3, ((0.0, 1.0),) * 6, (1.1, 1.1), zdt3_best(1.1))


def _re21() -> Problem:
    reference = _beyond(engineering.TRUSS_IDEAL, engineering.TRUSS_NADIR)
    best = moocore.hypervolume(engineering.truss_front(20_000), ref=reference)
    return _on_floats("re21", engineering.truss, engineering.TRUSS_RANGES, reference, best)


def _re34() -> Problem:
    stored = json.loads((DATA / "re34.json").read_text())
    reference = _beyond(np.array(stored["ideal"]), np.array(stored["nadir"]))
    best = stored["best_hypervolume"]
    return _on_floats("re34", engineering.vehicle, engineering.VEHICLE_RANGES, reference, best)


def _beyond(ideal: Floats, nadir: Floats) -> tuple[float, ...]:
    """Return the point a tenth of a front's range beyond its nadir."""
    return tuple((ideal + 1.1 * (nadir - ideal)).tolist())


def _priced(name: str, variant: priced_rag.Variant) -> Problem:
    noisy = _made_up(name, evaluate=variant.evaluate_noisily)
    return replace(noisy, errors=priced_rag.errors)


def _made_up(stem: str, name: str = "", evaluate: Evaluate | None = None) -> Problem:
    ours = MADE_UP[stem]
    return Problem(
        name=name or stem,
        space=ours.SPACE,
        metrics=ours.METRICS,
        evaluate=evaluate or ours.evaluate,
        truth=ours.evaluate,
        reference=ours.REFERENCE,
        best_hypervolume=json.loads((DATA / f"{stem}.json").read_text())["best_hypervolume"],
    )


_MAKERS: dict[str, Callable[[], Problem]] = {
    "zdt1": _zdt1,
    "zdt3": _zdt3,
    "dtlz2": _dtlz2,
    "re21": _re21,
    "re34": _re34,
    "mixed_rag": lambda: _made_up("mixed_rag"),
    "mixed_rag_noisy": lambda: _made_up("mixed_rag", "mixed_rag_noisy", mixed_rag.evaluate_noisily),
    "agent_tools": lambda: _made_up("agent_tools"),
    "step_order": lambda: _made_up("step_order"),
    "priced_rag_cost": lambda: _priced("priced_rag_cost", priced_rag.BY_PRICE),
    "priced_rag_latency": lambda: _priced("priced_rag_latency", priced_rag.BY_LATENCY),
}
PRICED = ("priced_rag_cost", "priced_rag_latency")
"""Problems whose trials spend money, for `spend`."""

NAMES = tuple(name for name in _MAKERS if name not in PRICED)
"""Problems that are compared per trial, for `quality`."""


@functools.cache
def look_up(name: str) -> Problem:
    """Return a problem by name.

    Raises:
        KeyError: There is no such problem; `NAMES` and `PRICED` list them.
    """
    return _MAKERS[name]()
