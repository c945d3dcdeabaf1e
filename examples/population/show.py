"""The tables and the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import pyplot
from rich.table import Table

from .judging import best_within, lineage, mean_loss, unbeaten
from .training import Checkpoint

SIZES = (1.0, 0.3, 0.1, 0.05, 0.02)

Ways = Mapping[str, Sequence[Checkpoint]]
"""All checkpoints of each way to train, by its name."""


def comparison(ways: Ways) -> Table:
    """Say how the network that one would choose for each size does on the test digits."""
    table = Table(title="Test error (test loss) of the best network within a size", pad_edge=False)
    table.add_column("weights left", justify="right")
    for name in ways:
        table.add_column(name, justify="right")
    for size in SIZES:
        best = (best_within(checkpoints, size) for checkpoints in ways.values())
        table.add_row(f"{100 * size:.0f} %", *("-" if one is None else _told(one) for one in best))
    table.add_section()
    losses = (f"({mean_loss(checkpoints):.3f})" for checkpoints in ways.values())
    table.add_row("mean over sizes", *losses, style="bold")
    return table


def _told(one: Checkpoint) -> str:
    return f"{100 * one.test.error:.1f} % ({one.test.loss:.3f})"


def schedule(checkpoints: Sequence[Checkpoint], size: float) -> Table:
    """Show how the best network within a size came about, interval by interval."""
    best = best_within(checkpoints, size)
    path = [] if best is None else lineage(checkpoints, best)
    title = f"The schedule found for the best network within {100 * size:.0f} %"
    table = Table(title=title, pad_edge=False)
    names = ("interval", "trial", "learning rate", "noise", "smoothing", "pruning", "left", "loss")
    for name in names:
        table.add_column(name, justify="right")
    for interval, one in enumerate(path):
        now = one.settings
        table.add_row(
            str(interval),
            str(one.number),
            f"{now.learning_rate:.4f}",
            f"{now.noise:.2f}",
            f"{now.smoothing:.2f}",
            f"{now.pruning:.2f}",
            f"{100 * one.size:.1f} %",
            f"{one.validation.loss:.3f}",
        )
    return table


def seeds(results: Mapping[int, Ways]) -> Table:
    """List the mean test loss of each way, seed by seed."""
    names = list(next(iter(results.values())))
    table = Table(title="Mean test loss over sizes; smaller is better", pad_edge=False)
    for name in ("seed", *names):
        table.add_column(name, justify="right")
    losses = {seed: [mean_loss(ways[name]) for name in names] for seed, ways in results.items()}
    for seed, row in losses.items():
        table.add_row(str(seed), *(f"{loss:.3f}" for loss in row))
    table.add_section()
    means = [sum(column) / len(losses) for column in zip(*losses.values(), strict=True)]
    table.add_row("mean", *(f"{loss:.3f}" for loss in means), style="bold")
    return table


def draw(path: Path, ways: Ways) -> None:
    """Plot all checkpoints, and the fronts, of each way; losses are those of the test digits."""
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for (name, checkpoints), colour in zip(ways.items(), ("crimson", "steelblue"), strict=False):
        sound = [one for one in checkpoints if one.is_sound]
        axes.scatter(*_places(sound), s=8, c=colour, alpha=0.25)
        axes.plot(*_places(unbeaten(sound)), c=colour, marker="o", label=name)
    axes.set(xscale="log", xlabel="share of weights left", ylabel="test loss, nats", ylim=(0, 2.3))
    axes.set_title("Reading digits with few weights")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="upper right")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _places(checkpoints: Sequence[Checkpoint]) -> tuple[list[float], list[float]]:
    return [one.size for one in checkpoints], [one.test.loss for one in checkpoints]
