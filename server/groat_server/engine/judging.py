"""The guard's word on a study: asked for, stored when it changes, accepted by people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from groat import model
from groat.errors import InvalidArgument
from groat.model import Reason, StudyState, Verdict
from groat_server import guard, ledger, pricing, validation
from groat_server.engine.assessing import Assessing, View
from groat_server.engine.clock import Clock, MakeId
from groat_server.engine.drafts import draft_of
from groat_server.engine.pages import number_in, page_of, size_of
from groat_server.engine.planning import baseline_of, plan_of
from groat_server.engine.spends import Pilot
from groat_server.guard import Ruling
from groat_server.history import Memory
from groat_server.space import Space
from groat_server.storage.base import LockedStudy, Store, StudyView

MAY_BE_ACCEPTED = {
    Reason.TRIAL_TOO_EXPENSIVE,
    Reason.TOO_FEW_AFFORDABLE_TRIALS,
    Reason.NOT_WORTH_ITS_SPEND,
    Reason.CONVERGED,
    Reason.TOO_MANY_FAILURES,
}
"""What a person may go on in spite of. Caps are not among them."""

_PASSING = {Verdict.PROCEED, Verdict.WAIT}


class Judging:
    """What the guard says, and what becomes of it. Safe between threads."""

    def __init__(self, store: Store, memory: Memory, *, clock: Clock, make_id: MakeId) -> None:
        self._store = store
        self._assessing = Assessing(memory)
        self._clock = clock
        self._make_id = make_id

    def see(self, view: StudyView) -> View:
        """Assess a study; quick when nothing was told since the last time."""
        return _planned(self._assessing.of(view), view.study.last_decision)

    def accept(self, study_id: str, decision_id: str) -> StudyView:
        """Go on in spite of a decision, as a person wants it.

        Raises:
            NotFound: There is no such study or decision.
            InvalidArgument: It is not one that a person can overrule.
        """
        now = self._clock()
        with self._store.locked(study_id) as locked:
            decision = locked.decision(decision_id)
            if decision.reason not in MAY_BE_ACCEPTED:
                problem = (
                    f"that decision is {decision.verdict.name}/{decision.reason.name}, which "
                    "nobody can overrule; change the budget instead"
                )
                raise InvalidArgument.at("acknowledged_decision_id", problem)
            last = locked.view().study.last_decision
            is_last = last is not None and last.decision_id == decision_id
            if is_last or decision.reason not in locked.view().accepted:
                locked.accept(decision.reason)
            if is_last and locked.view().study.state is StudyState.COMPLETED:
                locked.change(now=now, state=StudyState.ACTIVE)
            return locked.view()

    def ruling(
        self, study: model.Study, seen: View, now: datetime, *, in_tranches: bool = False
    ) -> Ruling:
        """Say what an ask for one more trial would be answered."""
        candidate = seen.typical(in_tranches=in_tranches)
        return guard.admit(study=study, candidate=candidate, assessment=seen.assessment, now=now)

    def decide(
        self, locked: LockedStudy, seen: View, ruling: Ruling, now: datetime
    ) -> model.Decision:
        """Store a ruling as the study's last decision, and end the study if it says so."""
        study = locked.view().study
        if ruling.ends_study and study.state is StudyState.ACTIVE:
            locked.change(now=now, state=StudyState.COMPLETED)
        decision = decision_of(locked.view().study, ruling, now, seen)
        if not decision.decision_id:
            decision = replace(decision, decision_id=self._make_id())
        locked.decide(decision)
        return decision

    def rejudge(self, study_id: str, *, in_tranches: bool = False) -> model.Decision:
        """Judge a study after a tell; stored when verdict or reason have changed.

        A worker that reported as it went does so again, and needs less to begin with.
        """
        view, now = self._store.look(study_id), self._clock()
        seen = self._assessing.of(view)
        ruling = self.ruling(view.study, seen, now, in_tranches=in_tranches)
        last = view.study.last_decision
        is_quiet = {ruling.verdict, last.verdict if last else ruling.verdict} <= _PASSING
        # Whether the next ask goes ahead or waits changes with every trial; asks store that.
        if is_quiet or _is_same(last, ruling):
            return decision_of(view.study, ruling, now, seen)
        seen = _planned(seen)
        with self._store.locked(study_id) as locked:
            study = locked.view().study
            ruling = self.ruling(study, seen, now, in_tranches=in_tranches)
            return self.decide(locked, seen, replace(ruling, ends_study=False), now)

    def plan(self, study_id: str) -> model.ManualPlan:
        """Say how to go on by hand, whatever the verdict.

        Raises:
            NotFound: There is no such study.
        """
        return plan_of(self.see(self._store.look(study_id)))

    def forecast(
        self, target: str | model.StudySpec, pilot: model.Pilot | None = None
    ) -> model.ForecastResult:
        """Say what a study is going to spend, and what an ask would be answered.

        Args:
            target: Its id, or the declaration of one that does not exist yet.
            pilot: A few examples that were run to see; stored nowhere.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The declaration or the pilot breaks a rule.
        """
        now = self._clock()
        if isinstance(target, str):
            view = self._store.look(target)
            return self._forecast(self._assessing.of(view, _ran(view.study, pilot, now)))
        study = draft_of(target, now)
        return self._forecast(self._assessing.of_new(study, _ran(study, pilot, now)))

    def _forecast(self, seen: View) -> model.ForecastResult:
        seen, now = _planned(seen), self._clock()
        ruling = self.ruling(seen.study, seen, now)
        return model.ForecastResult(
            forecast=seen.assessment.forecast,
            decision=replace(decision_of(seen.study, ruling, now, seen), decision_id=""),
        )

    def decisions(
        self, study_id: str, *, page_size: int = 0, page_token: str = ""
    ) -> model.Page[model.Decision]:
        """List the stored decisions, the newest first.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The size or the token is none.
        """
        size = size_of(page_size)
        before = number_in(page_token, 0) if page_token else None
        found = self._store.decisions(study_id, before=before, limit=size + 1)
        page = page_of(found, size, lambda one: str(one.entry))
        return model.Page(
            items=tuple(one.decision for one in page.items), next_page_token=page.next_page_token
        )


def _planned(seen: View, last: model.Decision | None = None) -> View:
    """Add the plan that goes with advice to tune by hand: decisions are made under the lock.

    Where advice is only said, it comes with the first such decision: trials go on,
    and a plan for each of them would take longer than all the rest.
    """
    advice, policy = seen.assessment.advice, seen.study.spec.guard_policy
    is_new = last is None or last.verdict is not advice.verdict
    by_hand = advice.verdict is Verdict.TUNE_MANUALLY
    by_hand = by_hand and (is_new or policy.mode is model.GuardMode.ENFORCE)
    return replace(seen, plan=plan_of(seen)) if by_hand else seen


def _ran(study: model.Study, pilot: model.Pilot | None, now: datetime) -> Pilot | None:
    """Price what a pilot used, as the configuration in use today."""
    if pilot is None or not (pilot.usage or pilot.example_count):
        return None
    spec = study.spec
    validation.check_pilot(pilot, spec.currency)
    declared = 0 if spec.workload is None else spec.workload.example_count
    if not (spec.algorithm.whole_example_count or declared):
        problem = (
            f"{pilot.example_count} of how many is unknown; declare workload.example_count, or "
            "max_examples of the algorithm"
        )
        raise InvalidArgument.at("pilot_examples", problem)
    book = spec.price_book
    priced = [pricing.price(one, book, currency=spec.currency, now=now) for one in pilot.usage]
    total = ledger.add(model.Spend(total=model.Money(0, spec.currency)), priced)
    configuration = baseline_of(Space(spec.search_space), spec.search_space)
    return Pilot(
        configuration=configuration,
        nanos=total.total.nanos,
        example_count=pilot.example_count,
        unpriced=total.unpriced_models,
    )


def decision_of(
    study: model.Study, ruling: Ruling, now: datetime, seen: View | None = None
) -> model.Decision:
    """State a ruling with its numbers.

    The same verdict for the same reason is the same decision, under its id; a
    new one has none yet.
    """
    last = study.last_decision
    by_hand = ruling.verdict is Verdict.TUNE_MANUALLY
    return model.Decision(
        decision_id=last.decision_id if last is not None and _is_same(last, ruling) else "",
        verdict=ruling.verdict,
        reason=ruling.reason,
        explanation=ruling.explanation,
        budget_status=study.budget_status,
        time=now,
        forecast=None if seen is None else seen.assessment.forecast,
        plan=seen.plan if by_hand and seen is not None else None,
    )


def _is_same(last: model.Decision | None, ruling: Ruling) -> bool:
    return last is not None and (last.verdict, last.reason) == (ruling.verdict, ruling.reason)
