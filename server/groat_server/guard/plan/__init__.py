"""How to tune by hand: what to touch first, and a worksheet that the money pays for."""

from groat_server.guard.plan.case import HandTold, PlanCase
from groat_server.guard.plan.worksheet import manual_plan

__all__ = ["HandTold", "PlanCase", "manual_plan"]
