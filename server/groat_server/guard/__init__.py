"""The budget guard: pure rules that read budget and ledger."""

from groat_server.guard.admit import Candidate, admit
from groat_server.guard.advice import IN_A_ROW, Moment, advise
from groat_server.guard.assessment import Assessment
from groat_server.guard.outlook import Outlook, outlook
from groat_server.guard.plan import HandTold, PlanCase, manual_plan
from groat_server.guard.replies import answered, awaiting, computing, exhausted
from groat_server.guard.ruling import Ruling
from groat_server.guard.sizes import Sizes, sizes_of
from groat_server.guard.spend_model import MOST_LOG_NANOS, Observed, SpendModel

__all__ = [
    "IN_A_ROW",
    "MOST_LOG_NANOS",
    "Assessment",
    "Candidate",
    "HandTold",
    "Moment",
    "Observed",
    "Outlook",
    "PlanCase",
    "Ruling",
    "Sizes",
    "SpendModel",
    "admit",
    "advise",
    "answered",
    "awaiting",
    "computing",
    "exhausted",
    "manual_plan",
    "outlook",
    "sizes_of",
]
