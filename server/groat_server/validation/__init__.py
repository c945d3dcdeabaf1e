"""What groat accepts: every rule that a request must keep, in one room.

A check collects every violation with its field path and raises them together,
so that a caller mends a declaration once.
"""

from groat_server.validation.algorithms import check_search
from groat_server.validation.budgets import check_next_spend
from groat_server.validation.orders import check_ask, check_lease_id, check_request_id, is_id
from groat_server.validation.outcomes import (
    check_draft,
    check_outcome,
    check_pilot,
    check_recorded,
    check_report,
)
from groat_server.validation.spaces import is_active
from groat_server.validation.studies import check_patch, check_spec

__all__ = [
    "check_ask",
    "check_draft",
    "check_lease_id",
    "check_next_spend",
    "check_outcome",
    "check_patch",
    "check_pilot",
    "check_recorded",
    "check_report",
    "check_request_id",
    "check_search",
    "check_spec",
    "is_active",
    "is_id",
]
