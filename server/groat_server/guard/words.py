"""How the guard says amounts and numbers."""

from __future__ import annotations

import math

from groat import model


def about(nanos: float, currency: str) -> str:
    """Write an amount to three digits, such as ``25.1 USD``; whole units from 100 on."""
    units = nanos / model.NANO
    if not math.isfinite(units):
        return f"more than can be counted in {currency}"
    digits = 0 if units == 0 else max(0, 2 - math.floor(math.log10(abs(units))))
    text = f"{units:,.{min(digits, 9)}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {currency}"


def roughly(money: model.Money) -> str:
    """Write an exact amount to three digits."""
    return about(money.nanos, money.currency)


def counted(number: int, what: str) -> str:
    """Write ``1 trial`` and ``2 trials``."""
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"
