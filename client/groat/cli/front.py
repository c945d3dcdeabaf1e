"""``groat front``: the trials that nobody beats, as a table and as a picture."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groat import model
from groat.cli.output import amount, number, show
from groat.cli.trials import measured, value
from groat.client import Client


class _Plotext(Protocol):
    """The part of plotext, which has no types, that is used here."""

    def clear_figure(self) -> None: ...
    def plotsize(self, width: int, height: int) -> None: ...
    def theme(self, theme: str) -> None: ...
    def scatter(
        self, x: Sequence[float], y: Sequence[float], *, marker: str, label: str
    ) -> None: ...
    def xlabel(self, label: str) -> None: ...
    def ylabel(self, label: str) -> None: ...
    def build(self) -> str: ...


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
    if not front.finished_trials:
        return "No trial has finished yet."
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
    picture = cast(_Plotext, import_module("plotext"))
    picture.clear_figure()
    picture.plotsize(width, 20)
    picture.theme("clear")
    best = {trial.number for trial in front.trials}
    others = [trial for trial in trials if trial.number not in best]
    for marker, label, group in (("·", "others", others), ("●", "front", front.trials)):
        points = _points(group, axes)
        if points:
            x, y = zip(*points, strict=True)
            picture.scatter(x, y, marker=marker, label=label)
    picture.xlabel(axes[0])
    picture.ylabel(axes[1])
    return Text.from_ansi(picture.build())


def _points(trials: Sequence[model.Trial], axes: tuple[str, str]) -> list[tuple[float, float]]:
    seen = [trial.measurement for trial in trials if trial.measurement is not None]
    pairs = ((one.value(axes[0]), one.value(axes[1])) for one in seen)
    return [(x.value, y.value) for x, y in pairs if x is not None and y is not None]
