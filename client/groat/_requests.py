"""Every request, made from plain values; both kinds of client send the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeAlias, TypedDict, Unpack
from uuid import uuid4

from groat import model, wire
from groat.v1 import service_pb2

_PAGE = 1_000
_FULL_PAGE = 100

MetricValues: TypeAlias = Mapping[str, float | tuple[float, float]]
"""By metric id: the value, or the value with its standard error."""
