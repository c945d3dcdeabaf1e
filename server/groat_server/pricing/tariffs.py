"""What one model costs per unit: from a study's own rates or from the public list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from groat.model import NANO, Rate, TokenCounts, Unit

if TYPE_CHECKING:  # importing it takes half a second, which only a priced call should pay
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import TieredPrices

LIST_CURRENCY = "USD"
"""The only currency of the public list."""

# Names of OpenTelemetry's gen_ai.provider.name that the list (0.2.3) does not know.
_PROVIDERS = {"x_ai": "x-ai", "azure.ai.inference": "azure", "gcp.gen_ai": "google"}

# The list's own way to read "openai/gpt-4o": the provider is in front of the slash.
_FROM_MODEL = "litellm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Nanos per token and per request, exact; ``None`` where there is no rate.

    A cached or reasoning token without a rate of its own costs what any other
    token of its side costs.
    """

    input: Fraction | None = None
    output: Fraction | None = None
    cache_read: Fraction | None = None
    cache_write: Fraction | None = None
    reasoning: Fraction | None = None
    request: Fraction | None = None

    def charge(self, tokens: TokenCounts, requests: int) -> Fraction | None:
        """Price all calls together, in nanos.

        Returns:
            ``None`` when it is unknown: a side that costs something was not
            counted, or tokens were counted that have no rate. A tariff with
            nothing but a rate per request leaves tokens free.
        """
        calls = (self.request or Fraction(0)) * requests
        if self.input is None and self.output is None:
            return None if self.request is None else calls
        reads = (tokens.cache_read_input, self.cache_read)
        writes = (tokens.cache_write_input, self.cache_write)
        incoming = _side(tokens.input, self.input, reads, writes)
        outgoing = _side(tokens.output, self.output, (tokens.reasoning_output, self.reasoning))
        return None if incoming is None or outgoing is None else incoming + outgoing + calls


def _side(
    total: int | None, rate: Fraction | None, *parts: tuple[int | None, Fraction | None]
) -> Fraction | None:
    """Price one direction: its parts at their own rates, the rest at ``rate``."""
    own = [(part or 0, own_rate) for part, own_rate in parts if own_rate is not None]
    if total is None:
        return None if rate or any(own_rate for _, own_rate in own) else Fraction(0)
    if rate is None:
        return None if total else Fraction(0)
    rest = total - sum(part for part, _ in own)
    return sum((part * own_rate for part, own_rate in own), rest * rate)


def own_tariff(rates: Sequence[Rate], provider: str, model: str) -> Tariff | None:
    """Collect a study's rates for one model, by exact ids.

    Rates that name the provider win, as a whole, over those for any provider.
    """
    mine = [rate for rate in rates if rate.model == model]
    named = [rate for rate in mine if rate.provider == provider]
    by_unit = {rate.unit: rate for rate in named or mine if rate.provider in {provider, ""}}
    if not by_unit:
        return None
    nanos = {unit: Fraction(rate.amount.nanos, rate.per or 1) for unit, rate in by_unit.items()}
    return Tariff(
        input=nanos.get(Unit.INPUT_TOKEN),
        output=nanos.get(Unit.OUTPUT_TOKEN),
        cache_read=nanos.get(Unit.CACHE_READ_INPUT_TOKEN),
        cache_write=nanos.get(Unit.CACHE_WRITE_INPUT_TOKEN),
        request=nanos.get(Unit.REQUEST),
    )


def list_tariff(provider: str, model: str, *, at: datetime, call_input: Fraction) -> Tariff | None:
    """Look a model up in the public list.

    Args:
        provider: Its name there or in OpenTelemetry; empty: found from the model.
        model: Its name in an API's answer.
        at: When the call was; prices have starts, and some an hour of the day.
        call_input: Input tokens of one call, which choose the price tier.

    Returns:
        ``None`` when the list does not know the model. Where it knows a model
        but no price, every rate is ``None``.
    """
    try:
        found = _snapshot().find_provider_model(
            model, None, _PROVIDERS.get(provider, provider or _FROM_MODEL), None
        )
    except LookupError:
        return None
    prices = found[1].get_prices(at)

    def rate(price: Decimal | TieredPrices | None, per: int = 1_000_000) -> Fraction | None:
        return None if price is None else Fraction(_tier(price, call_input)) * NANO / per

    return Tariff(
        input=rate(prices.input_mtok),
        output=rate(prices.output_mtok),
        cache_read=rate(prices.cache_read_mtok),
        cache_write=rate(prices.cache_write_mtok),
        reasoning=rate(prices.output_reasoning_mtok),
        request=rate(prices.requests_kcount, 1_000),
    )


def _tier(price: Decimal | TieredPrices, call_input: Fraction) -> Decimal:
    """Choose the price of the highest tier that the call's input is above."""
    if isinstance(price, Decimal):
        return price
    reached = [tier.price for tier in price.tiers if call_input > tier.start]
    return reached[-1] if reached else price.base


@cache
def _snapshot() -> DataSnapshot:
    """The list as it was installed: an update of it elsewhere in the process changes nothing."""
    from genai_prices.data import providers  # noqa: PLC0415 - see above
    from genai_prices.data_snapshot import DataSnapshot  # noqa: PLC0415

    return DataSnapshot(providers=providers, from_auto_update=False)
