"""What usage is worth: texts to tokens, tokens to money, and what may be told."""

from groat_server.pricing.book import pin, price
from groat_server.pricing.checks import validate_book, validate_usage
from groat_server.pricing.tokens import count

__all__ = ["count", "pin", "price", "validate_book", "validate_usage"]
