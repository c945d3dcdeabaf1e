"""A declaration on its way to a study: checked, its dice and its prices fixed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime

from groat import model
from groat.errors import InvalidArgument
from groat.model import StudyState
from groat_server import pricing, validation
from groat_server.engine.spends import Expectation
from groat_server.space import Space

_DRAFT = "draft"


def draft_of(spec: model.StudySpec, now: datetime) -> model.Study:
    """Return the study that a declaration would make; nothing is stored.

    Usage without a price breaks no rule here: a forecast says so.

    Raises:
        InvalidArgument: The declaration breaks a rule.
    """
    # Without dice of its own it gets the same each time: the same file, the same forecast.
    algorithm = replace(spec.algorithm, seed=spec.algorithm.seed or 0)
    return unborn(_DRAFT, checked(_DRAFT, replace(spec, algorithm=algorithm), now)[0], now)


def checked(study_id: str, spec: model.StudySpec, now: datetime) -> tuple[model.StudySpec, Space]:
    """Check a declaration, and fix its dice and prices.

    Raises:
        InvalidArgument: It breaks a rule.
    """
    validation.check_spec(spec)
    space = Space(spec.search_space)
    validation.check_search(spec, space)
    return _pinned(study_id, spec, now), space


def _pinned(study_id: str, spec: model.StudySpec, now: datetime) -> model.StudySpec:
    """Fix the dice and the prices, so that a restart or another day changes neither."""
    seed = spec.algorithm.seed
    if seed is None:
        dice = hashlib.sha256(f"{study_id} {now.isoformat()}".encode()).digest()
        seed = int.from_bytes(dice[:4], "big")
    book = pricing.pin(spec.price_book, now, spec.currency)
    algorithm = replace(spec.algorithm, seed=seed)
    return counted(replace(spec, algorithm=algorithm, price_book=book))


def counted(spec: model.StudySpec) -> model.StudySpec:
    """Count the workload's texts, which nobody keeps."""
    if spec.workload is None:
        return spec
    return replace(spec, workload=pricing.counted(spec.workload))


def refuse_unpriced(spec: model.StudySpec) -> None:
    """Refuse a cap that could not be kept.

    Raises:
        InvalidArgument: There is a cap, and a part of the workload has no price.
    """
    unpriced = Expectation(spec, spec.price_book.as_of).unpriced
    if unpriced and spec.budget.max_spend is not None:
        problem = (
            f"no price is known for {', '.join(unpriced)}, so the cap could not be kept; "
            "add rates (price_book.rates, or [[rates]] in a study file)"
        )
        raise InvalidArgument.at("study.workload.items", problem)


def unborn(study_id: str, spec: model.StudySpec, now: datetime) -> model.Study:
    """Return the study that a declaration would make."""
    nothing = model.Money(0, spec.currency)
    status = model.BudgetStatus(
        settled=model.Spend(total=nothing), held=nothing, remaining=spec.budget.max_spend
    )
    return model.Study(
        study_id=study_id,
        spec=spec,
        state=StudyState.ACTIVE,
        budget_status=status,
        last_decision=None,
        create_time=now,
        update_time=now,
        etag="",
    )
