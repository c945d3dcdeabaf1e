"""What trials are going to spend, on the wire."""

from __future__ import annotations

from groat import model
from groat.v1 import guard_pb2
from groat.wire.enums import Coding
from groat.wire.fields import at, number, optional, present, whole
from groat.wire.money import COVERAGE, money_from_proto, money_to_proto
from groat.wire.times import duration_from_proto, duration_to_proto

BASIS = Coding(model.Basis, guard_pb2.Forecast.Basis, "BASIS_")


def forecast_to_proto(forecast: model.Forecast) -> guard_pb2.Forecast:
    """Write a forecast."""
    return guard_pb2.Forecast(
        basis=BASIS.to_proto(forecast.basis),
        trial_spend_p50=present(forecast.trial_spend_p50, money_to_proto),
        trial_spend_p90=present(forecast.trial_spend_p90, money_to_proto),
        trial_tokens=forecast.trial_tokens,
        affordable_trials=forecast.affordable_trials,
        affordable_trials_p90=forecast.affordable_trials_p90,
        least_trials=forecast.least_trials,
        recommended_trials=forecast.recommended_trials,
        enough_chance=forecast.enough_chance,
        finish_spend_p50=present(forecast.finish_spend_p50, money_to_proto),
        finish_spend_p90=present(forecast.finish_spend_p90, money_to_proto),
        finish_time_p50=present(forecast.finish_time_p50, duration_to_proto),
        finish_time_p90=present(forecast.finish_time_p90, duration_to_proto),
        expected_hypervolume_gain=forecast.expected_hypervolume_gain,
        next_gain=forecast.next_gain,
        gain_per_money=forecast.gain_per_money,
        coverage=COVERAGE.to_proto(forecast.coverage),
        unpriced_models=forecast.unpriced_models,
    )


def forecast_from_proto(message: guard_pb2.Forecast, path: str = "") -> model.Forecast:
    """Read a forecast."""
    return model.Forecast(
        basis=BASIS.from_proto(message.basis, at(path, "basis")),
        trial_spend_p50=optional(message, "trial_spend_p50", money_from_proto, path),
        trial_spend_p90=optional(message, "trial_spend_p90", money_from_proto, path),
        trial_tokens=message.trial_tokens,
        affordable_trials=whole(message, "affordable_trials"),
        affordable_trials_p90=whole(message, "affordable_trials_p90"),
        least_trials=message.least_trials,
        recommended_trials=message.recommended_trials,
        enough_chance=number(message, "enough_chance"),
        finish_spend_p50=optional(message, "finish_spend_p50", money_from_proto, path),
        finish_spend_p90=optional(message, "finish_spend_p90", money_from_proto, path),
        finish_time_p50=optional(message, "finish_time_p50", duration_from_proto, path),
        finish_time_p90=optional(message, "finish_time_p90", duration_from_proto, path),
        expected_hypervolume_gain=number(message, "expected_hypervolume_gain"),
        next_gain=number(message, "next_gain"),
        gain_per_money=number(message, "gain_per_money"),
        coverage=COVERAGE.from_proto(message.coverage, at(path, "coverage")),
        unpriced_models=tuple(message.unpriced_models),
    )
