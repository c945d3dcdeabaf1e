"""Studies from their declaration to their end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from groat import model
from groat.errors import EtagMismatch, InvalidArgument, NotPossibleNow
from groat.model import StudyState
from groat_server import booking, pricing, validation
from groat_server.booking import digest_of
from groat_server.engine import continuing
from groat_server.engine.clock import Clock
from groat_server.engine.drafts import checked, counted, refuse_unpriced, unborn
from groat_server.engine.judging import MAY_BE_ACCEPTED
from groat_server.engine.pages import page_of, size_of
from groat_server.sampler import Sampler
from groat_server.space import Space
from groat_server.storage.base import LockedStudy, NewTrial, Store

_TRIES = 5


class Studies:
    """The verbs on studies. Safe between threads."""

    def __init__(self, store: Store, sampler: Sampler, *, clock: Clock) -> None:
        self._store = store
        self._sampler = sampler
        self._clock = clock

    def create(
        self,
        study_id: str,
        spec: model.StudySpec,
        *,
        request_id: str = "",
        validate_only: bool = False,
    ) -> model.Study:
        """Start a study; the same declaration under the same id again is that study.

        Args:
            study_id: Empty makes one out of ``request_id``.
            spec: What a person declared.
            request_id: Made by the client; needed when there is no ``study_id``.
            validate_only: Check everything and store nothing.

        Raises:
            InvalidArgument: The declaration breaks a rule.
            AlreadyExists: The id is taken by another declaration.
        """
        study_id = study_id or _made_from(request_id)
        now, digest = self._clock(), digest_of(spec)
        pinned, space = checked(study_id, spec, now)
        refuse_unpriced(pinned)
        if validate_only:
            return unborn(study_id, pinned, now)
        first = _baseline(space, pinned.search_space)
        study = self._store.create(study_id, pinned, digest=digest, now=now, first=first)
        self._sampler.warm_up(spec.algorithm.kind.kind)
        return study

    def get(self, study_id: str) -> model.Study:
        """Read a study with its live ledger.

        Raises:
            NotFound: There is no such study.
        """
        return self._store.look(study_id).study

    def page(self, *, page_size: int = 0, page_token: str = "") -> model.Page[model.Study]:
        """List studies by id.

        Raises:
            InvalidArgument: The size or the token is none.
        """
        size = size_of(page_size)
        if page_token and not validation.is_id(page_token):
            raise InvalidArgument.at("page_token", "not a token of this list")
        found = self._store.studies(after=page_token, limit=size + 1)
        return page_of(found, size, lambda study: study.study_id, _weight)

    def update(self, study_id: str, patch: model.StudyPatch) -> model.Study:
        """Change what may change in a running study; new rates also price what had no price.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The result would break a rule.
            EtagMismatch: Somebody changed the study since it was read.
        """
        now = self._clock()
        for _ in range(_TRIES):
            # A large space takes a while to check: not while others wait for the lock.
            seen = self._store.look(study_id).study
            if patch.etag and patch.etag != seen.etag:
                break
            spec = _patched(seen.spec, patch, now)
            validation.check_patch(seen.spec, spec)
            spec = counted(spec)
            refuse_unpriced(spec)
            Space(spec.search_space)  # raises what only the space can tell
            with self._store.locked(study_id) as locked:
                if locked.view().study.etag == seen.etag:
                    locked.change(now=now, spec=spec)
                    if patch.rates:
                        _price_what_had_none(locked, spec, now)
                    return locked.view().study
        raise EtagMismatch(f"study {study_id} has changed since; read it and try again")

    def pause(self, study_id: str) -> model.Study:
        """Make asks wait; reports and tells go on.

        Raises:
            NotFound: There is no such study.
            NotPossibleNow: The study is completed.
        """
        return self._move(study_id, StudyState.PAUSED)

    def resume(self, study_id: str) -> model.Study:
        """Serve asks again, after a pause or a stop.

        Whoever resumes goes on in spite of what stopped the study, unless that
        is a cap.

        Raises:
            NotFound: There is no such study.
        """
        return self._move(study_id, StudyState.ACTIVE, accept=True)

    def delete(self, study_id: str, *, etag: str = "") -> None:
        """Remove a study with all its trials and its ledger.

        Raises:
            NotFound: There is no such study.
            EtagMismatch: Somebody changed the study since it was read.
        """
        self._store.delete(study_id, etag=etag)

    def _move(self, study_id: str, state: StudyState, *, accept: bool = False) -> model.Study:
        with self._store.locked(study_id) as locked:
            study = locked.view().study
            if study.state is StudyState.COMPLETED and state is StudyState.PAUSED:
                raise NotPossibleNow(f"study {study_id} is completed; there is nothing to pause")
            last = study.last_decision
            is_stopped = study.state is StudyState.COMPLETED
            if accept and is_stopped and last and last.reason in MAY_BE_ACCEPTED:
                locked.accept(last.reason)
            if study.state is not state:
                locked.change(now=self._clock(), state=state)
            return locked.view().study


def _weight(study: model.Study) -> int:
    """About as many bytes as the study takes on the wire."""
    return len(repr(study.spec))


def _made_from(request_id: str) -> str:
    validation.check_request_id(request_id)
    return "study-" + digest_of(request_id)[:12]


def _baseline(space: Space, search_space: model.SearchSpace) -> list[NewTrial]:
    """The configuration in use today is worth knowing first, if it was declared."""
    defaults = {p.id: p.default_value for p in search_space.parameters}
    values = {name: value for name, value in defaults.items() if value is not None}
    if not values:
        return []
    configuration = _active_part(search_space, values)
    if not space.allowed(space.encode(configuration)[None])[0]:
        problem = "the default values break one; loosen it, or start from other values"
        raise InvalidArgument.at("study.search_space.constraints", problem)
    return [
        NewTrial(
            configuration=configuration,
            configuration_id=space.configuration_id(configuration),
            origin=model.Origin.BASELINE,
            generator="baseline",
        )
    ]


def _active_part(
    search_space: model.SearchSpace, values: model.Configuration
) -> dict[str, model.Value]:
    """Keep the values whose conditions hold; a round of pruning may close further ones."""
    parameters = {parameter.id: parameter for parameter in search_space.parameters}
    kept = dict(values)
    while True:
        open_ones = {k: v for k, v in kept.items() if validation.is_active(parameters[k], kept)}
        if open_ones.keys() == kept.keys():
            return kept
        kept = open_ones


def _patched(spec: model.StudySpec, patch: model.StudyPatch, now: datetime) -> model.StudySpec:
    changes = {
        name: value
        for name in (
            "display_name",
            "labels",
            "search_space",
            "early_stopping",
            "budget",
            "guard_policy",
            "workload",
            "max_concurrent_trials",
            "lease_duration",
            "max_attempts",
        )
        if (value := getattr(patch, name)) is not None
    }
    for i, rate in enumerate(patch.rates or ()):
        if _has_price(spec, rate, now):
            problem = f"{rate.model[:40]!r} has a price already, and prices are pinned"
            raise InvalidArgument.at(f"study.price_book.rates[{i}]", problem)
    book = replace(spec.price_book, rates=spec.price_book.rates + (patch.rates or ()))
    return replace(spec, price_book=book, **changes)


def _has_price(spec: model.StudySpec, rate: model.Rate, now: datetime) -> bool:
    probe = model.Usage(
        category=model.SpendCategory.EXPERIMENT,
        quantity=model.TokenCounts(input=1, output=1),
        provider=rate.provider,
        model=rate.model,
    )
    priced = pricing.price(probe, spec.price_book, currency=spec.currency, now=now)
    return priced.spend is not None


def _price_what_had_none(locked: LockedStudy, spec: model.StudySpec, now: datetime) -> None:
    unpriced = locked.unpriced()
    booked = [one.booked for one in unpriced]
    priced = list(booking.reprice(spec, booked, now=now))
    locked.reprice(priced)
    ids = {one.usage_id for one in priced}
    priced_now = [one.number for one in unpriced if one.booked.usage_id in ids]
    numbers = {number for number in priced_now if number is not None}
    continuing.derive_again(locked, numbers, now=now)
