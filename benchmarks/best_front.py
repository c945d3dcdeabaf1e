"""Search mixed_rag's front for long, once, and store it in ``data/mixed_rag.json``.

Run ``python -m benchmarks.best_front``; takes about five minutes on one core.
"""

from __future__ import annotations

import argparse
import json

import moocore
import numpy as np
from pymoo.algorithms.moo.nsga2 import NSGA2
from pymoo.core.problem import ElementwiseProblem
from pymoo.optimize import minimize
from rich.progress import track

from benchmarks import cube, mixed_rag
from benchmarks.problems import DATA, Floats

_POPULATION = 300
_STORED = 150


class _OnCube(ElementwiseProblem):
    """mixed_rag over the unit cube, for pymoo."""

    def __init__(self) -> None:
        super().__init__(n_var=len(mixed_rag.SPACE.parameters), n_obj=2, xl=0.0, xu=1.0)

    def _evaluate(self, x: Floats, out: dict[str, object], *_: object, **__: object) -> None:
        out["F"] = _losses(x)


def main() -> None:
    """Run NSGA-II from several seeds, polish the union of their fronts, store it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--generations", type=int, default=800)
    chosen = parser.parse_args()
    runs = [_evolve(seed, chosen.generations) for seed in track(range(chosen.seeds))]
    print("hypervolume per seed", [round(_hypervolume(losses), 5) for _, losses in runs])
    points, losses = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    points, losses = _polish(*_front(points, losses), np.random.default_rng(0))
    _store(points, losses, f"--seeds {chosen.seeds} --generations {chosen.generations}")


def _evolve(seed: int, generations: int) -> tuple[Floats, Floats]:
    found = minimize(_OnCube(), NSGA2(pop_size=_POPULATION), ("n_gen", generations), seed=seed)
    return np.asarray(found.X), np.asarray(found.F)


def _polish(
    points: Floats, losses: Floats, rng: np.random.Generator, rounds: int = 800
) -> tuple[Floats, Floats]:
    """Change one to three coordinates of every front point at random, and keep what is better."""
    for round_number in track(range(rounds)):
        scale = 0.3 * 0.994**round_number
        moved = points[rng.integers(len(points), size=2000)]
        mask = rng.random(moved.shape) < 2 / moved.shape[1]
        steps = np.where(rng.random(moved.shape) < 0.2, rng.random(moved.shape), moved)
        steps = np.where(steps == moved, moved + scale * rng.standard_normal(moved.shape), steps)
        moved = np.clip(np.where(mask, steps, moved), 0, 1)
        fresh = np.array([_losses(point) for point in moved])
        points, losses = _front(np.concatenate([points, moved]), np.concatenate([losses, fresh]))
    return points, losses


def _front(points: Floats, losses: Floats) -> tuple[Floats, Floats]:
    best = moocore.is_nondominated(losses)
    return points[best], losses[best]


def _store(points: Floats, losses: Floats, arguments: str) -> None:
    best = _hypervolume(losses)
    useful = (losses < np.array(mixed_rag.REFERENCE)).all(axis=1)
    order = np.argsort(losses[useful, 1])
    thinned = order[np.linspace(0, len(order) - 1, _STORED).round().astype(int)]
    front = [cube.decode(mixed_rag.SPACE, point) for point in points[useful][thinned]]
    print(f"hypervolume {best:.5f} from {useful.sum()} points")
    lines = ",\n".join(f"  {json.dumps(configuration)}" for configuration in front)
    command = json.dumps(f"python -m benchmarks.best_front {arguments}")
    (DATA / "mixed_rag.json").write_text(
        f'{{\n "made_by": {command},\n "best_hypervolume": {best:.5f},\n'
        f' "front": [\n{lines}\n ]\n}}\n'
    )


def _hypervolume(losses: Floats) -> float:
    return moocore.hypervolume(losses, ref=mixed_rag.REFERENCE)


def _losses(point: Floats) -> list[float]:
    values = mixed_rag.evaluate(cube.decode(mixed_rag.SPACE, point.tolist()))
    return [metric.loss(values[metric.id]) for metric in mixed_rag.METRICS]


if __name__ == "__main__":
    main()
