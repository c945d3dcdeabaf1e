"""Where time and new ids come from: they are arguments, never looked up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""The time, aware and in UTC."""

MakeId: TypeAlias = Callable[[], str]
"""A new id that nobody has seen."""
