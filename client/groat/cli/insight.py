"""``groat importances`` and ``groat predict``: what the models make of a study's trials."""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table

from groat import model
from groat.cli.output import amount, number, show
from groat.cli.rows import configuration
from groat.client import Client

_WIDTH = 10


def add_importances(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``importances``."""
    del common
    parser.add_argument("study", help="its id")
    parser.set_defaults(run=_show_importances)


def add_predict(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the options of ``predict``."""
    del common
    parser.add_argument("study", help="its id")
    parser.add_argument("values", nargs="+", metavar="ID=VALUE", help="one per active parameter")
    parser.set_defaults(run=_show_prediction)


def _show_importances(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    found = study.importances()
    show(found, lambda: importances(study.spec, found), as_json=wanted.json)


def _show_prediction(client: Client, wanted: argparse.Namespace) -> None:
    study = client.study(wanted.study)
    (found,) = study.predict([configuration(study.spec, wanted.values)])
    show(found, lambda: prediction(study.spec, found), as_json=wanted.json)


def importances(
    spec: model.StudySpec, found: Sequence[model.ParameterImportance]
) -> RenderableType:
    """Draw a line per parameter, those that matter most over all metrics first."""
    if not found:
        return "Too few trials measured anything."
    shares = {(one.parameter_id, one.metric_id): one.importance for one in found}
    metrics = list(dict.fromkeys(one.metric_id for one in found))
    totals: defaultdict[str, float] = defaultdict(float)
    for one in found:
        totals[one.parameter_id] += one.importance
    drawn = Table("parameter", *metrics, caption=_caption(spec, metrics))
    for parameter in sorted(totals, key=lambda name: -totals[name]):
        drawn.add_row(parameter, *(share(shares[parameter, metric]) for metric in metrics))
    return drawn


def share(part: float) -> str:
    """Draw a share from 0 to 1 as a bar with its percentage."""
    return f"{'█' * round(part * _WIDTH):{_WIDTH}} {part:4.0%}"


def _caption(spec: model.StudySpec, metrics: Sequence[str]) -> str:
    missing = [metric.id for metric in spec.metrics if metric.id not in metrics]
    words = "The share of a metric's variance that a parameter has a hand in."
    return f"{words} Too few trials measured {', '.join(missing)}." if missing else words


def prediction(spec: model.StudySpec, found: model.Prediction) -> Table:
    """Draw a line per metric with its standard error, then what trying would spend."""
    units = {metric.id: metric.unit for metric in spec.metrics}
    drawn = Table("", "predicted", "unit")
    for one in found.metrics:
        error = "" if one.standard_error is None else f" ± {number(one.standard_error)}"
        drawn.add_row(one.metric_id, number(one.value) + error, units[one.metric_id] or "-")
    drawn.add_section()
    drawn.add_row("spend, as likely more as less", amount(found.trial_spend_p50), "")
    drawn.add_row("spend, enough in nine of ten", amount(found.trial_spend_p90), "")
    return drawn
