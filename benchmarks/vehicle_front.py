"""Search the front of the vehicle problem for long, once, and store it in ``data``.

Run ``python -m benchmarks.vehicle_front``; takes some ten minutes on one core.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import moocore
import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import Problem
from pymoo.optimize import minimize
from rich.progress import track
from scipy import optimize

from benchmarks.engineering import VEHICLE_RANGES, Floats, vehicle
from benchmarks.problems import DATA

_LOW, _HIGH = VEHICLE_RANGES[0]
_SEEDS, _GENERATIONS, _POPULATION = 4, 1500, 400
_ROUNDS, _ENOUGH = 200, 250_000
_DIRECTIONS, _STORED = 3000, 400


class _Vehicle(Problem):
    """The problem for pymoo."""

    def __init__(self) -> None:
        super().__init__(n_var=5, n_obj=3, xl=_LOW, xu=_HIGH)

    def _evaluate(self, x: Floats, out: dict[str, object], *_: object, **__: object) -> None:
        out["F"] = vehicle(x)


def main() -> None:
    """Run NSGA-II from several seeds, polish the union of their fronts, store it."""
    runs = [_evolve(seed) for seed in track(range(_SEEDS))]
    points = _best(np.concatenate([*runs, _corners()]))
    points = _best(np.concatenate([points, _descended(points)]))
    losses = vehicle(points)
    ideal, nadir = losses.min(axis=0), losses.max(axis=0)
    reference = ideal + 1.1 * (nadir - ideal)
    print("per seed", [round(moocore.hypervolume(vehicle(run), ref=reference), 5) for run in runs])
    print("all and descended", moocore.hypervolume(losses, ref=reference))
    points = _filled(points, np.random.default_rng(0))
    best = moocore.hypervolume(vehicle(points), ref=reference)
    print(f"hypervolume {best:.6f} from {len(points)} points, ideal {ideal}, nadir {nadir}")
    _store(points, ideal, nadir, best)


def _evolve(seed: int) -> Floats:
    found = minimize(_Vehicle(), NSGA2(pop_size=_POPULATION), ("n_gen", _GENERATIONS), seed=seed)
    return np.asarray(found.X)


def _corners() -> Floats:
    """Return points where one loss is least and the others as small as they can be beside it."""
    weights = np.eye(3) + 1e-6
    starts = _LOW + (_HIGH - _LOW) * np.random.default_rng(0).random((40, 5))
    found = [_least(weight, start) for weight in weights for start in starts]
    return np.array(found)


def _least(weights: Floats, start: Floats) -> Floats:
    scale = np.array([30.0, 5.0, 0.2])
    best = optimize.minimize(
        lambda point: float(vehicle(point[None])[0] @ (weights / scale)),
        start,
        bounds=VEHICLE_RANGES,
        method="L-BFGS-B",
    )
    return np.clip(best.x, _LOW, _HIGH)


def _descended(points: Floats) -> Floats:
    """Move points of the front along rays towards better in all losses, as far as it goes."""
    losses = vehicle(points)
    span = np.ptp(losses, axis=0)
    rng = np.random.default_rng(1)
    chosen = rng.choice(len(points), size=min(_DIRECTIONS, len(points)), replace=False)
    rays = span * rng.dirichlet(np.ones(3), size=len(chosen))
    moved = [_along(points[i], ray) for i, ray in zip(track(chosen.tolist()), rays, strict=True)]
    return np.array(moved)


def _along(point: Floats, ray: Floats) -> Floats:
    """Return the point that gains most on ``point`` in direction ``-ray``, by SLSQP."""
    base = vehicle(point[None])[0]
    room = optimize.NonlinearConstraint(
        lambda z: (base - z[5] * ray - vehicle(z[None, :5])[0]) / ray, 0.0, np.inf
    )
    best = optimize.minimize(
        lambda z: -float(z[5]),
        np.append(point, 0.0),
        bounds=[*VEHICLE_RANGES, (-1.0, 1.0)],
        constraints=[room],
        method="SLSQP",
    )
    return np.clip(best.x[:5], _LOW, _HIGH)


def _filled(points: Floats, rng: np.random.Generator) -> Floats:
    """Change points of the front at random by less and less, and keep what is not dominated."""
    for round_number in track(range(_ROUNDS)):
        scale = 0.3 * 0.98**round_number
        moved = points[rng.integers(len(points), size=5_000)]
        moved = moved + scale * rng.standard_normal(moved.shape) * (rng.random(moved.shape) < 0.5)
        points = _best(np.concatenate([points, np.clip(moved, _LOW, _HIGH)]))
        if len(points) > _ENOUGH:
            break
    return points


def _best(points: Floats) -> Floats:
    points = np.unique(points, axis=0)
    return points[moocore.is_nondominated(vehicle(points))]


def _store(points: Floats, ideal: Floats, nadir: Floats, best: float) -> None:
    order = np.argsort(vehicle(points)[:, 1])
    thinned = points[order[np.linspace(0, len(order) - 1, _STORED).round().astype(int)]]
    stored = {
        "made_by": "python -m benchmarks.vehicle_front",
        "date": datetime.now(UTC).date().isoformat(),
        "ideal": ideal.tolist(),
        "nadir": nadir.tolist(),
        "best_hypervolume": round(best, 6),
    }
    head = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in stored.items())
    names = [f"x{i}" for i in range(1, 6)]
    lines = ",\n".join(
        f"  {json.dumps(dict(zip(names, point, strict=True)))}" for point in thinned.tolist()
    )
    (DATA / "re34.json").write_text(f'{{\n{head},\n "front": [\n{lines}\n ]\n}}\n')


if __name__ == "__main__":
    main()
