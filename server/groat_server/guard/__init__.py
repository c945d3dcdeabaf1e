"""The budget guard: pure rules that read budget and ledger."""

from groat_server.guard.admit import Ruling, admit, answered, awaiting, computing, exhausted
from groat_server.guard.forecast import (
    MOST_LOG_NANOS,
    Spent,
    affordable_trials,
    hold_for,
    quantile,
    whole_nanos,
)

__all__ = [
    "MOST_LOG_NANOS",
    "Ruling",
    "Spent",
    "admit",
    "affordable_trials",
    "answered",
    "awaiting",
    "computing",
    "exhausted",
    "hold_for",
    "quantile",
    "whole_nanos",
]
