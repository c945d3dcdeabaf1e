"""The demo's pictures: progress while it runs, then front, bill and plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import plotext
from matplotlib import pyplot
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

import groat
from groat import model

from .settings import Settings
from .survey import describe

QUALITY, PRICE, TIME = "answerable", "usd_per_question", "cpu_seconds"


def progress(console: Console) -> Progress:
    """Make a bar over the money: spent of cap, with front, hypervolume and predicted end."""
    return Progress(
        TextColumn("trial {task.fields[trial]:>2}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[spent]} of {task.fields[cap]} USD"),
        TextColumn("front {task.fields[front]:>2}  hypervolume {task.fields[volume]:.3e}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=False),
        console=console,
        refresh_per_second=4,
    )


def front_table(front: groat.Front, baseline: model.Trial) -> Table:
    """List the front by quality, with the configuration in use today among it."""
    table = Table(
        title=f"The front: {front.size} of {front.finished_trials} trials", pad_edge=False
    )
    for name in ("", "answerable", "USD per 1000 questions", "CPU ms", "trial"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("configuration", overflow="fold")
    trials = {trial.number: trial for trial in (*front.trials, baseline)}
    on_front = {trial.number for trial in front.trials}
    for trial in sorted(trials.values(), key=lambda trial: value(trial, QUALITY)):
        is_baseline = trial.number == baseline.number
        mark = "today" if is_baseline else "*" if beats(trial, baseline) else ""
        if is_baseline and trial.number in on_front:
            mark = "today, on the front"
        table.add_row(mark, *_cells(trial), style="bold yellow" if is_baseline else None)
    table.caption = "* better than today's for at most its money per question"
    return table


def _cells(trial: model.Trial) -> tuple[str, ...]:
    settings = Settings(**trial.configuration)  # pyright: ignore[reportArgumentType] - checked inside
    return (
        f"{value(trial, QUALITY):.3f} ± {error(trial, QUALITY):.3f}",
        f"{1000 * value(trial, PRICE):.3f}",
        f"{1000 * value(trial, TIME):.3f}",
        str(trial.number),
        describe(settings),
    )


def comparison(front: groat.Front, baseline: model.Trial) -> list[str]:
    """Say in words what the search found that beats today's configuration."""
    better = [trial for trial in front.trials if beats(trial, baseline)]
    if not better:
        return ["No configuration found beats today's at equal or lower money per question."]
    best = max(better, key=lambda trial: value(trial, QUALITY))
    cheapest = min(better, key=lambda trial: value(trial, PRICE))
    today = f"{value(baseline, QUALITY):.3f} for {1000 * value(baseline, PRICE):.3f} USD"
    return [
        f"Today's configuration: {today} per 1000 questions (trial {baseline.number}).",
        f"{len(better)} of {front.size} on the front beat it at no more money:",
        f"  best quality     {_versus(best, baseline)}",
        f"  lowest money     {_versus(cheapest, baseline)}",
    ]


def _versus(trial: model.Trial, baseline: model.Trial) -> str:
    gain = 100 * (value(trial, QUALITY) - value(baseline, QUALITY))
    saved = 100 * (1 - value(trial, PRICE) / value(baseline, PRICE))
    found = f"{value(trial, QUALITY):.3f} for {1000 * value(trial, PRICE):.3f} USD"
    gains = f"{gain:+.1f} points of quality, {saved:.0f} % of the money saved"
    return f"trial {trial.number}: {found} ({gains})"


def bill(status: groat.BudgetStatus) -> Table:
    """List what the search would have spent, by category."""
    table = Table(title="The bill, had the prompts been sent", pad_edge=False)
    for name in ("category", "tokens in", "tokens out", "USD"):
        table.add_column(name, justify="left" if name == "category" else "right")
    for share in status.settled.categories:
        tokens = (f"{share.input_tokens:,}", f"{share.output_tokens:,}")
        table.add_row(share.category.value, *tokens, f"{share.amount.amount:.4f}")
    table.add_section()
    table.add_row("total", "", "", f"{status.settled.total.amount:.4f}", style="bold")
    return table


def draw(path: Path, trials: Sequence[model.Trial], front: groat.Front, today: model.Trial) -> None:
    """Plot quality against money: everything tried, the front, and today's place."""
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    tried = axes.scatter(*_places(trials), c="lightgray", label="tried")
    tried.set_zorder(1)
    times = [1000 * value(trial, TIME) for trial in front.trials]
    members = axes.scatter(*_places(front.trials), c=times, cmap="viridis", label="front", zorder=2)
    axes.scatter(*_places([today]), marker="*", s=220, c="crimson", label="today", zorder=3)
    figure.colorbar(members, label="CPU milliseconds per question")
    axes.set(xlabel="US dollars per 1000 questions", ylabel="share of questions answerable")
    axes.set_title("Retrieval over Python's reference: quality, money, time")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def draw_in_terminal(trials: Sequence[model.Trial], front: groat.Front, today: model.Trial) -> str:
    """Return the same picture in letters."""
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(78, 20)
    plotext.scatter(*_places(trials), label="tried", marker="dot")
    plotext.scatter(*_places(front.trials), label="front", marker="x")
    plotext.scatter(*_places([today]), label="today", marker="O")
    plotext.xlabel("US dollars per 1000 questions")
    plotext.ylabel("answerable")
    return plotext.build()


def _places(trials: Sequence[model.Trial]) -> tuple[list[float], list[float]]:
    return [1000 * value(t, PRICE) for t in trials], [value(t, QUALITY) for t in trials]


def beats(trial: model.Trial, baseline: model.Trial) -> bool:
    """Whether a trial is better in quality at equal or lower money per question."""
    is_better = value(trial, QUALITY) > value(baseline, QUALITY)
    return is_better and value(trial, PRICE) <= value(baseline, PRICE)


def value(trial: model.Trial, metric_id: str) -> float:
    """Return a metric of a finished trial."""
    told = trial.measurement.value(metric_id) if trial.measurement else None
    if told is None:
        raise ValueError(f"trial {trial.number} has no {metric_id}")
    return told.value


def error(trial: model.Trial, metric_id: str) -> float:
    """Return the standard error of a metric; 0 where none is known."""
    told = trial.measurement.value(metric_id) if trial.measurement else None
    return (told.standard_error if told else None) or 0.0
