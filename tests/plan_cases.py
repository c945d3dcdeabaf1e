"""A study to tune by hand: a retrieval pipeline whose models differ twentyfold in price."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from groat import model
from groat_server import validation
from groat_server.guard import HandTold, PlanCase
from groat_server.space import Space
from tests import examples

WHOLE = 300
"""Examples of a whole trial."""

USUAL = model.Money.of("2.9")
"""What a typical trial spends: one of the second cheapest model."""

_PRICES = {"mini": "0.9", "nano": "0.5", "medium": "2.2", "large": "10"}

SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(
            id="model",
            domain=model.CategoricalDomain(labels=tuple(_PRICES)),
            default_value="mini",
        ),
        model.Parameter(
            id="prompt",
            domain=model.TextDomain(
                variants=tuple(
                    model.TextVariant(id=name, text=name) for name in ("plain", "steps", "quotes")
                )
            ),
            default_value="plain",
        ),
        model.Parameter(id="top_k", domain=model.IntDomain(min=1, max=20), default_value=5),
        model.Parameter(
            id="chunk_size",
            domain=model.IntDomain(min=128, max=2048, log_scale=True),
            default_value=512,
        ),
        model.Parameter(id="rerank", domain=model.BoolDomain(), default_value=False),
        model.Parameter(
            id="rerank_depth",
            domain=model.IntDomain(min=10, max=50),
            active_when=(model.Condition(parameter_id="rerank", any_of=(True,)),),
            default_value=20,
        ),
        model.Parameter(
            id="temperature", domain=model.FloatDomain(min=0.0, max=1.0), default_value=0.3
        ),
    )
)


def spend_of(configuration: model.Configuration, count: int) -> model.Money:
    """Two dollars per trial for the judge, and the model by the passages that it reads."""
    price = Decimal(_PRICES[str(configuration.get("model", "mini"))])
    passages = Decimal(configuration.get("top_k", 5)) / 5  # pyright: ignore[reportArgumentType]
    whole = 2 + price * (Decimal("0.3") + Decimal("0.7") * passages)
    return model.Money(int(whole * (count or WHOLE) * model.NANO / WHOLE))


def completed(
    search_space: model.SearchSpace, values: Mapping[str, model.Value], space: Space | None = None
) -> dict[str, model.Value] | None:
    """Drop what is inactive and put defaults where something is missing."""
    whole = dict(values)
    for _ in search_space.parameters:
        whole = {
            one.id: whole.get(one.id, default)
            for one in search_space.parameters
            if (default := one.default_value) is not None and validation.is_active(one, whole)
        }
    return whole if is_allowed(space or Space(search_space), whole) else None


def is_allowed(space: Space, values: model.Configuration) -> bool:
    """Whether it is a configuration that keeps all constraints."""
    return space.contains(values) and bool(space.allowed(space.encode(values)[None])[0])


def case(trials: float | None = 8, told: tuple[HandTold, ...] = (), **changes: Any) -> PlanCase:
    """A case whose money is enough for so many typical trials; ``None`` is no cap."""
    search_space = changes.get("space", SPACE)
    space = Space(search_space)
    money = None if trials is None else model.Money(int(trials * USUAL.nanos))
    parts: dict[str, Any] = {
        "space": search_space,
        "objectives": (examples.QUALITY, examples.PRICE),
        "baseline": completed(search_space, {}),
        "example_count": WHOLE,
        "available": money,
        "spend_of": spend_of,
        "is_allowed": lambda one: is_allowed(space, one),
        "complete": lambda values: completed(search_space, values, space),
        "told": told,
        "screened": {},
        "dimension": 8.0,
    }
    return PlanCase(**{**parts, **changes})


def told(
    number: int, quality: float, price: float, *, count: int = 0, **changes: model.Value
) -> HandTold:
    """A measured trial of today's configuration with these changes."""
    configuration = completed(SPACE, {**(completed(SPACE, {}) or {}), **changes})
    assert configuration is not None
    return HandTold(
        number=number,
        configuration=configuration,
        example_count=count,
        losses=(-quality, price),
    )
