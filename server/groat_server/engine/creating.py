"""Trials that people add: queued for a worker, or finished elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid5

from groat import model
from groat.errors import InvalidArgument, NotPossibleNow, RequestIdReused, Violation
from groat_server import derivation, validation
from groat_server.booking import digest_of, price_all, without_usage
from groat_server.engine.clock import Clock
from groat_server.engine.judging import Judging
from groat_server.engine.telling import STANDS
from groat_server.history import Memory
from groat_server.space import Space
from groat_server.storage.base import Answer, BookedUsage, LockedStudy, NewTrial, Store

MAX_WAITING = 10_000

_USER = "user"
_IMPORT = "import"


@dataclass(frozen=True, slots=True)
class _Imported:
    """What a finished trial brings: its outcome, and priced usage under a lease of its own."""

    state: model.TrialState
    outcome: model.Succeeded | model.Infeasible
    lease_id: str
    booked: Sequence[BookedUsage]


class Creating:
    """The verb create trial. Safe between threads."""

    def __init__(self, store: Store, memory: Memory, judging: Judging, *, clock: Clock) -> None:
        self._store = store
        self._memory = memory
        self._judging = judging
        self._clock = clock

    def create(self, study_id: str, draft: model.TrialDraft, *, request_id: str) -> model.Trial:
        """Enqueue a configuration, or import a finished trial with what it consumed.

        A queued trial must keep the space's constraints; an imported one is a
        fact, and need not. What it consumed is booked here, under the cap or
        beyond it.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The configuration, the outcome or the usage breaks a rule.
            NotPossibleNow: Too many trials wait already.
            RequestIdReused: The request id came before with another order.
        """
        validation.check_request_id(request_id)
        study = self._store.look(study_id).study
        space = self._memory.past(study).space
        _check(study.spec, space, draft)
        now, digest = self._clock(), digest_of(draft)
        imported = _imported(study.spec, draft, request_id, now)
        with self._store.locked(study_id) as locked:
            known = locked.answer(request_id)
            if known is not None:
                return _replayed(locked, known, digest, request_id)
            number = _waiting(locked, space, draft)
            if number is None:
                number = _added(locked, space, draft, now)
            if imported is not None:
                _finish(locked, number, imported, now)
            locked.remember(request_id, Answer(digest=digest, numbers=(number,)), now=now)
            created = locked.trial(number)
        if imported is not None:
            self._judging.rejudge(study_id)
        return created


def _check(spec: model.StudySpec, space: Space, draft: model.TrialDraft) -> None:
    validation.check_draft(spec, draft)
    try:
        space.validate(draft.configuration)
    except InvalidArgument as error:
        moved = [Violation(_inside(one.path), one.problem) for one in error.violations]
        raise InvalidArgument(*moved) from error
    if draft.outcome is None and not space.allowed(space.encode(draft.configuration)[None])[0]:
        problem = "breaks a constraint of the search space; such a trial can only be imported"
        raise InvalidArgument.at("trial.parameters", problem)


def _inside(path: str) -> str:
    return f"trial.parameters[{path.removeprefix('configuration.')}]"


def _replayed(locked: LockedStudy, known: Answer, digest: str, request_id: str) -> model.Trial:
    if known.digest != digest:
        problem = f"request id {request_id} came before with another order; make a new one"
        raise RequestIdReused(problem)
    return locked.trial(known.numbers[0])


def _waiting(locked: LockedStudy, space: Space, draft: model.TrialDraft) -> int | None:
    """Find the queued trial that a told step of the plan is, such as the baseline."""
    if draft.outcome is None or not draft.is_planned:
        return None
    wanted = space.configuration_id(draft.configuration)
    for trial in locked.waiting(MAX_WAITING):
        if trial.configuration_id == wanted and trial.attempt == 0:
            return trial.number
    return None


def _added(locked: LockedStudy, space: Space, draft: model.TrialDraft, now: datetime) -> int:
    status = locked.view().study.budget_status
    if draft.outcome is None and status.waiting_trials >= MAX_WAITING:
        raise NotPossibleNow(f"{status.waiting_trials} trials wait already, the most there may be")
    is_queued = draft.outcome is None
    whole = locked.view().study.spec.algorithm.whole_example_count
    added = locked.add(
        NewTrial(
            configuration=space.exact(draft.configuration),
            configuration_id=space.configuration_id(draft.configuration),
            origin=_origin(draft),
            generator=_USER if is_queued else _IMPORT,
            example_count=draft.example_count or _told_on(draft, whole),
        ),
        now=now,
    )
    return added.number


def _origin(draft: model.TrialDraft) -> model.Origin:
    if draft.is_planned:
        return model.Origin.MANUAL_PLAN
    return model.Origin.USER if draft.outcome is None else model.Origin.IMPORT


def _told_on(draft: model.TrialDraft, whole: int) -> int:
    """Return on how many examples a finished trial was evaluated; 0 where that is all of them."""
    seen = draft.outcome.measurement if draft.outcome else None
    count = (seen.example_count or len(seen.examples)) if seen else 0
    return count if count < whole else 0


def _imported(
    spec: model.StudySpec, draft: model.TrialDraft, request_id: str, now: datetime
) -> _Imported | None:
    if draft.outcome is None:
        return None
    lease_id, seen = str(uuid5(UUID(request_id), _IMPORT)), draft.outcome.measurement
    booked = price_all(spec, draft.usage, seen, scope=_IMPORT, lease_id=lease_id, now=now)
    if isinstance(draft.outcome, model.Infeasible):
        bare = replace(draft.outcome, measurement=seen and without_usage(seen))
        return _Imported(model.TrialState.INFEASIBLE, bare, lease_id, booked)
    measurement = without_usage(draft.outcome.measurement)
    faults = derivation.check(spec, measurement, booked, "final_measurement")
    if faults:
        raise InvalidArgument(*faults)
    derived = derivation.derive(spec, measurement, booked).measurement
    outcome = model.Succeeded(measurement=derived)
    return _Imported(model.TrialState.SUCCEEDED, outcome, lease_id, booked)


def _finish(locked: LockedStudy, number: int, imported: _Imported, now: datetime) -> None:
    """Run the trial through a lease of no time at all, so that its usage is booked as any."""
    lease = model.Lease(lease_id=imported.lease_id, worker_id=_IMPORT, expire_time=now)
    locked.lease(number, lease, model.Money(0, locked.view().study.spec.currency))
    locked.book(imported.booked, lease_id=imported.lease_id, now=now)
    locked.close_attempt(imported.lease_id, told=STANDS + digest_of(imported.outcome))
    locked.finish(number, imported.state, imported.outcome, now=now)
