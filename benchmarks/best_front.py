"""Search an invented problem's front for long, once, and store it in ``data``.

Run ``python -m benchmarks.best_front mixed_rag``; takes about five minutes on one core.
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

from benchmarks import cube
from benchmarks.problems import DATA, MADE_UP, Floats, MadeUp

_POPULATION = 300
_STORED = dict.fromkeys(MADE_UP, 150) | {"step_order": 400}
"""Points that are kept; a front of three losses needs more of them."""


class _OnCube(ElementwiseProblem):
    """A problem over the unit cube, for pymoo."""

    def __init__(self, problem: MadeUp) -> None:
        self._problem = problem
        count = len(problem.METRICS)
        super().__init__(n_var=cube.width(problem.SPACE), n_obj=count, xl=0.0, xu=1.0)

    def _evaluate(self, x: Floats, out: dict[str, object], *_: object, **__: object) -> None:
        out["F"] = _losses(self._problem, x)


def main() -> None:
    """Run NSGA-II from several seeds, polish the union of their fronts, store it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", choices=MADE_UP)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--generations", type=int, default=800)
    chosen = parser.parse_args()
    problem, reference = MADE_UP[chosen.problem], MADE_UP[chosen.problem].REFERENCE
    runs = [_evolve(problem, seed, chosen.generations) for seed in track(range(chosen.seeds))]
    reached = [moocore.hypervolume(losses, ref=reference) for _, losses in runs]
    print("hypervolume per seed", [round(one, 5) for one in reached])
    points, losses = (np.concatenate(parts) for parts in zip(*runs, strict=True))
    front = _polish(problem, *_front(points, losses), np.random.default_rng(0))
    arguments = f"{chosen.problem} --seeds {chosen.seeds} --generations {chosen.generations}"
    _store(chosen.problem, *front, arguments)


def _evolve(problem: MadeUp, seed: int, generations: int) -> tuple[Floats, Floats]:
    algorithm = NSGA2(pop_size=_POPULATION)
    found = minimize(_OnCube(problem), algorithm, ("n_gen", generations), seed=seed)
    return np.asarray(found.X), np.asarray(found.F)


def _polish(
    problem: MadeUp, points: Floats, losses: Floats, rng: np.random.Generator, rounds: int = 800
) -> tuple[Floats, Floats]:
    """Change one to three coordinates of every front point at random, and keep what is better."""
    for round_number in track(range(rounds)):
        scale = 0.3 * 0.994**round_number
        moved = points[rng.integers(len(points), size=2000)]
        mask = rng.random(moved.shape) < 2 / moved.shape[1]
        steps = np.where(rng.random(moved.shape) < 0.2, rng.random(moved.shape), moved)
        steps = np.where(steps == moved, moved + scale * rng.standard_normal(moved.shape), steps)
        moved = np.clip(np.where(mask, steps, moved), 0, 1)
        fresh = np.array([_losses(problem, point) for point in moved])
        points, losses = _front(np.concatenate([points, moved]), np.concatenate([losses, fresh]))
    return points, losses


def _front(points: Floats, losses: Floats) -> tuple[Floats, Floats]:
    # Of equal losses one is enough; sets and orders give many.
    losses, first = np.unique(losses, axis=0, return_index=True)
    best = moocore.is_nondominated(losses)
    return points[first[best]], losses[best]


def _store(name: str, points: Floats, losses: Floats, arguments: str) -> None:
    problem = MADE_UP[name]
    best = moocore.hypervolume(losses, ref=problem.REFERENCE)
    useful = (losses < np.array(problem.REFERENCE)).all(axis=1)
    order = np.argsort(losses[useful, 1])
    thinned = order[np.linspace(0, len(order) - 1, _STORED[name]).round().astype(int)]
    front = [cube.decode(problem.SPACE, point) for point in points[useful][np.unique(thinned)]]
    print(f"hypervolume {best:.5f} from {useful.sum()} points")
    lines = ",\n".join(f"  {json.dumps(configuration)}" for configuration in front)
    command = json.dumps(f"python -m benchmarks.best_front {arguments}")
    (DATA / f"{name}.json").write_text(
        f'{{\n "made_by": {command},\n "best_hypervolume": {best:.5f},\n'
        f' "front": [\n{lines}\n ]\n}}\n'
    )


def _losses(problem: MadeUp, point: Floats) -> list[float]:
    values = problem.evaluate(cube.decode(problem.SPACE, point.tolist()))
    return [metric.loss(values[metric.id]) for metric in problem.METRICS]


if __name__ == "__main__":
    main()
