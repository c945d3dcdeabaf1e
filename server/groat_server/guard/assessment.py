"""What the guard makes of a study's past, before anything is locked."""

from __future__ import annotations

from dataclasses import dataclass

from groat import model
from groat_server.guard.ruling import Ruling


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Everything that an ask needs and that only depends on what was told.

    Attributes:
        advice: Whether to go on automatically.
        failures: Trials that FAILED in a row up to now.
        trial_tokens: What a trial takes at most, nine times in ten; 0 is unknown.
    """

    forecast: model.Forecast
    advice: Ruling
    failures: int = 0
    trial_tokens: int = 0
