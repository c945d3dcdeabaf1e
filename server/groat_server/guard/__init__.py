"""The budget guard: pure rules that read budget and ledger."""

from groat_server.guard.admit import Ruling, admit, answered, computing, exhausted
from groat_server.guard.forecast import affordable_trials, hold_for

__all__ = [
    "Ruling",
    "admit",
    "affordable_trials",
    "answered",
    "computing",
    "exhausted",
    "hold_for",
]
