"""What usage is worth: texts to tokens, tokens to money, and what may be told."""

from groat_server.pricing.book import pin, price
from groat_server.pricing.checks import validate_book, validate_usage
from groat_server.pricing.tokens import count
from groat_server.pricing.workloads import DeclaredSpend, counted, validate_workload

__all__ = [
    "DeclaredSpend",
    "count",
    "counted",
    "pin",
    "price",
    "validate_book",
    "validate_usage",
    "validate_workload",
]
