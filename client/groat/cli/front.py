"""``groat front``: the trials that nobody beats, as a table and as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, Self, cast

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groat import model
from groat.cli.output import amount, number, show
from groat.cli.trials import measured, value
from groat.client import Client


class _Signal(Protocol):
    def label(self, text: str) -> Self: ...


class _Figure(Protocol):
    """The part of plotext, which has no types, that is used here."""

    def clear(self) -> object: ...
    def plot_size(self, width: int, height: int) -> object: ...
    def theme(self, name: str) -> object: ...
    def signal(self, x: Sequence[float], y: Sequence[float], *, marker: str) -> _Signal: ...
    def draw(self, signal: _Signal) -> object: ...
    def label(self, label: str, axis: str) -> object: ...
    def build(self) -> object: ...


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``front``."""
    del common
    parser.add_argument("study", help="its id")
    parser.add_argument(
        "--plot",
        nargs="*",
        metavar="METRIC",
        help="draw two metrics, the first two objectives unless named",
    )
    parser.set_defaults(run=_run)


def _run(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    front = study.front(include_infeasible_when_empty=True)
    parts: list[RenderableType] = [table(study.spec, front)]
    if wanted.plot is not None and not wanted.json:
        states = [state for state in model.TrialState if state.is_measured]
        axes = chosen_axes(study.spec, wanted.plot)
        parts.append(plot(front, list(study.trials(states=states)), axes))
    show(front, lambda: Group(*parts), as_json=wanted.json)


def table(spec: model.StudySpec, front: model.Front) -> Table:
    """Draw the front, best by the first objective first."""
    metrics = [metric.id for metric in (*spec.objectives, *spec.constraints)]
    parameters = [parameter.id for parameter in spec.search_space.parameters]
    drawn = Table("trial", *metrics, *parameters, "spent", caption=_caption(front))
    for trial in front.trials:
        drawn.add_row(
            str(trial.number),
            *(measured(trial, metric) for metric in metrics),
            *(value(trial, parameter) for parameter in parameters),
            amount(trial.spend.total),
        )
    return drawn


def _caption(front: model.Front) -> str:
    words = f"{front.size} of {front.finished_trials} finished trials"
    words += f", hypervolume {number(front.hypervolume)}"
    return words if front.feasible else f"{words}; none keeps the constraints"


def chosen_axes(spec: model.StudySpec, named: Sequence[str]) -> tuple[str, str]:
    """Return the two metrics to draw.

    Raises:
        ValueError: There are not two, or one is unknown.
    """
    known = [metric.id for metric in spec.metrics]
    axes = list(named) or [metric.id for metric in spec.objectives][:2]
    if len(axes) != 2 or not set(axes) <= set(known):
        raise ValueError(f"a plot needs two of the metrics {', '.join(known)}")
    return axes[0], axes[1]


def plot(
    front: model.Front, trials: Sequence[model.Trial], axes: tuple[str, str], *, width: int = 72
) -> Text:
    """Draw two metrics of every measured trial; the front stands out."""
    figure = cast(_Figure, import_module("plotext").figure)
    figure.clear()
    figure.plot_size(width, 20)
    figure.theme("colorless")
    best = {trial.number for trial in front.trials}
    for marker, name, group in (
        ("·", "others", [trial for trial in trials if trial.number not in best]),
        ("●", "front", front.trials),
    ):
        x, y = _column(group, axes[0]), _column(group, axes[1])
        if x and len(x) == len(y):
            figure.draw(figure.signal(x, y, marker=marker).label(name))
    figure.label(axes[0], "x")
    figure.label(axes[1], "y")
    return Text.from_ansi(str(figure.build()))


def _column(trials: Sequence[model.Trial], metric_id: str) -> list[float]:
    values = (trial.measurement.value(metric_id) for trial in trials if trial.measurement)
    return [value.value for value in values if value is not None]
