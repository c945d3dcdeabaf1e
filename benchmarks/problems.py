"""The problems that optimizers are compared on, each with its best known front."""

from __future__ import annotations

import functools
import json
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, cast

import moocore
import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from benchmarks import agent_tools, cube, mixed_rag, step_order
from groat import model

Floats: TypeAlias = npt.NDArray[np.float64]
Evaluate: TypeAlias = Callable[[model.Configuration], dict[str, float]]

DATA = Path(__file__).parent / "data"
_TRUSS_LOWER = (1.0, math.sqrt(2), math.sqrt(2), 1.0)
_TRUSS_IDEAL = np.array([1237.8414230005742, 0.002761423749158419])
_TRUSS_NADIR = np.array([2886.3695604236013, 0.04])


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
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something to optimise.

    Attributes:
        evaluate: What a trial is told, by metric id.
        truth: What it is scored by; differs from ``evaluate`` under noise only.
        reference: Shape ``(m,)``, as losses. No optimizer is told.
        best_hypervolume: Of the best known front, beyond ``reference``.
    """

    name: str
    space: model.SearchSpace
    metrics: tuple[model.Metric, ...]
    evaluate: Evaluate
    truth: Evaluate
    reference: tuple[float, ...]
    best_hypervolume: float

    def losses(self, values: Mapping[str, float]) -> Floats:
        """Return metric values as losses, shape ``(m,)``."""
        return np.array([metric.loss(values[metric.id]) for metric in self.metrics])

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


def truss(areas: Floats) -> Floats:
    """Return volume and displacement ``(n, 2)`` of a four-bar truss, both minimised.

    Args:
        areas: Shape ``(n, 4)``. Cross sections of the bars, in units of force over stress.

    Source:
        Cheng and Li (1999), in the form of problem RE21 of Tanabe and Ishibuchi (2020).
        https://doi.org/10.1016/j.asoc.2020.106078
    """
    force, young, length = 10.0, 2e5, 200.0
    volume = length * (2 * areas[:, 0] + math.sqrt(2) * areas[:, 1])
    volume += length * (np.sqrt(areas[:, 2]) + areas[:, 3])
    compliance = 2 / areas[:, 0] + 2 * math.sqrt(2) / areas[:, 1]
    compliance += 2 / areas[:, 3] - 2 * math.sqrt(2) / areas[:, 2]
    return np.column_stack([volume, force * length / young * compliance])


def truss_front(count: int) -> Floats:
    """Return ``count`` points of RE21's exact front, shape ``(count, 2)``.

    Both losses shrink with the third bar, so it stays at its least. In the other bars
    the losses are sums of ``a x`` and ``b / x``, both convex, so each front point
    minimises a weighted sum and has ``x`` at ``sqrt(weight b / a)``, clipped to its range.
    """
    scale = np.geomspace(1 / math.sqrt(2), 3.0, count)
    bars = [scale, math.sqrt(2) * scale, np.full(count, math.sqrt(2)), math.sqrt(2) * scale]
    return truss(np.clip(np.column_stack(bars), _TRUSS_LOWER, 3.0))


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


def _re21() -> Problem:
    reference = tuple((_TRUSS_IDEAL + 1.1 * (_TRUSS_NADIR - _TRUSS_IDEAL)).tolist())
    best = moocore.hypervolume(truss_front(20_000), ref=reference)
    ranges = tuple((low, 3.0) for low in _TRUSS_LOWER)
    return _on_floats("re21", truss, ranges, reference, best)


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
    "dtlz2": _dtlz2,
    "re21": _re21,
    "mixed_rag": lambda: _made_up("mixed_rag"),
    "mixed_rag_noisy": lambda: _made_up("mixed_rag", "mixed_rag_noisy", mixed_rag.evaluate_noisily),
    "agent_tools": lambda: _made_up("agent_tools"),
    "step_order": lambda: _made_up("step_order"),
}
NAMES = tuple(_MAKERS)


@functools.cache
def look_up(name: str) -> Problem:
    """Return a problem by name.

    Raises:
        KeyError: There is no such problem; `NAMES` lists them.
    """
    return _MAKERS[name]()
