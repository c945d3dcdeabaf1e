"""What the service promises about trials that people add, and about spaces that grow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from groat import errors, model
from groat.model import Money, Origin, Reason, TrialDraft, TrialState, Verdict
from tests.contracts.doors import Door
from tests.contracts.service import PRICE, QUALITY, SPACE, fee, only, spec, told

CONFIGURATION = {"k": 3, "retriever": "bm25"}
TOOLS = model.Parameter(
    id="tools", domain=model.SubsetDomain(items=("search", "code")), default_value=("code",)
)


def manual(**changes: Any) -> model.StudySpec:
    algorithm = model.Algorithm(kind=model.Manual(), seed=1)
    return replace(spec(algorithm=algorithm), **changes)


def prompts(*ids: str) -> model.SearchSpace:
    variants = tuple(model.TextVariant(id=name, text=f"wording {name}") for name in ids)
    domain = model.TextDomain(variants=variants, growable=True)
    return model.SearchSpace(parameters=(model.Parameter(id="prompt", domain=domain),))


def one_of(domain: model.Domain) -> model.SearchSpace:
    return model.SearchSpace(parameters=(model.Parameter(id="x", domain=domain),))


class DraftsContract:
    """Subclass with a ``door`` fixture."""

    def test_a_queued_trial_comes_first(self, door: Door) -> None:
        """What a person wants to know is handed out before what the algorithm wants."""
        door.create("s", spec())

        queued = door.create_trial("s", TrialDraft(configuration=CONFIGURATION, example_count=7))
        trial = only(door.ask("s"))

        assert (queued.state, queued.origin) == (TrialState.REQUESTED, Origin.USER)
        assert (trial.number, trial.configuration) == (queued.number, CONFIGURATION)
        assert trial.example_count == 7

    def test_a_manual_study_waits_for_people(self, door: Door) -> None:
        """Nothing is suggested unasked; what is enqueued is handed out, told and on the front."""
        door.create("s", manual())

        before = door.ask("s")
        door.create_trial("s", TrialDraft(configuration=CONFIGURATION))
        trial = only(door.ask("s"))
        result = door.tell(trial, told())

        assert (before.trials, before.decision.verdict) == ((), Verdict.WAIT)
        assert before.decision.reason is Reason.AWAITING_TRIALS
        assert result.on_front

    def test_an_imported_trial_is_finished_evidence(self, door: Door) -> None:
        """It enters the front, and its usage this study's ledger, without a worker."""
        door.create("s", spec())
        draft = TrialDraft(configuration=CONFIGURATION, outcome=told(0.9), usage=(fee("0.25"),))

        trial = door.create_trial("s", draft)

        assert (trial.state, trial.origin) == (TrialState.SUCCEEDED, Origin.IMPORT)
        assert [one.number for one in door.front("s").trials] == [trial.number]
        assert door.get("s").budget_status.settled.total == Money.of("0.25")
        assert door.get("s").budget_status.held == Money.of(0)

    def test_an_imported_trials_price_is_derived(self, door: Door) -> None:
        """Its usage at the study's prices, by its examples: 0.50 for ten."""
        door.create("s", spec(metrics=(QUALITY, PRICE)))
        outcome = model.Succeeded(measurement=replace(told().measurement, metrics=(QUALITY_TOLD,)))
        draft = TrialDraft(configuration=CONFIGURATION, outcome=outcome, usage=(fee("0.50"),))

        measured = door.create_trial("s", draft).measurement

        assert measured is not None
        assert measured.value("price") == model.MetricValue(metric_id="price", value=0.05)

    def test_an_imported_trial_on_part_of_the_examples_is_not_whole(self, door: Door) -> None:
        """Ten examples of thirty teach the algorithm, and are not on the front."""
        kind = model.SuccessiveHalving(min_examples=3, max_examples=30, sampler=model.Sobol())
        door.create("s", spec(algorithm=model.Algorithm(kind=kind, seed=1)))
        whole = told(0.5, example_count=30)

        part = door.create_trial("s", TrialDraft(configuration=CONFIGURATION, outcome=told(0.9)))
        full = door.create_trial("s", TrialDraft(configuration=CONFIGURATION, outcome=whole))

        assert (part.example_count, full.example_count) == (10, 0)
        assert [one.number for one in door.front("s").trials] == [full.number]

    def test_an_imported_trial_may_not_have_worked(self, door: Door) -> None:
        """That it did not work is worth knowing, too."""
        door.create("s", spec())
        outcome = model.Infeasible(reason="context too long")

        trial = door.create_trial("s", TrialDraft(configuration=CONFIGURATION, outcome=outcome))

        assert trial.state is TrialState.INFEASIBLE

    def test_the_same_creation_again_is_the_same_trial(self, door: Door) -> None:
        """A lost answer costs nothing; another order under the id is a mistake."""
        door.create("s", spec())
        draft = TrialDraft(configuration=CONFIGURATION, outcome=told(), usage=(fee("1"),))
        request_id = str(uuid4())

        first = door.create_trial("s", draft, request_id=request_id)
        again = door.create_trial("s", draft, request_id=request_id)

        assert again == first
        assert door.get("s").budget_status.settled.total == Money.of(1)
        with pytest.raises(errors.RequestIdReused):
            door.create_trial("s", replace(draft, usage=()), request_id=request_id)

    @pytest.mark.parametrize(
        ("draft", "path"),
        [
            pytest.param(
                TrialDraft(configuration={"k": 0, "retriever": "bm25"}), "trial.parameters[k]"
            ),
            pytest.param(TrialDraft(configuration={"k": 1}), "trial.parameters[retriever]"),
            pytest.param(TrialDraft(configuration=CONFIGURATION, usage=(fee("1"),)), "usage"),
            pytest.param(
                TrialDraft(
                    configuration=CONFIGURATION,
                    outcome=model.Succeeded(measurement=model.Measurement()),
                ),
                "final_measurement.metrics",
            ),
        ],
        ids=["out of range", "half", "usage of nothing", "nothing measured"],
    )
    def test_a_wrong_draft_is_refused(self, door: Door, draft: TrialDraft, path: str) -> None:
        """The refusal names the field, and nothing is there afterwards."""
        door.create("s", spec())

        with pytest.raises(errors.InvalidArgument) as caught:
            door.create_trial("s", draft)

        assert path in {violation.path for violation in caught.value.violations}
        assert door.trials("s").items == ()

    def test_a_constraint_is_for_asking_only(self, door: Door) -> None:
        """A forbidden combination is not enqueued; one that was tried elsewhere is a fact."""
        never = model.ForbiddenCombination(values={"retriever": "bm25"})
        door.create("s", spec(search_space=replace(SPACE, constraints=(never,))))

        with pytest.raises(errors.InvalidArgument, match="breaks a constraint"):
            door.create_trial("s", TrialDraft(configuration=CONFIGURATION))
        imported = door.create_trial("s", TrialDraft(configuration=CONFIGURATION, outcome=told()))

        assert imported.state is TrialState.SUCCEEDED
        asked = door.ask("s", 10).trials
        assert {trial.configuration["retriever"] for trial in asked} == {"lsa"}

    def test_a_pool_of_prompts_grows_while_the_study_runs(self, door: Door) -> None:
        """When all wordings are tried the study ends; a new one is asked after it is resumed."""
        door.create("s", spec(search_space=prompts("v1", "v2")))
        for trial in door.ask("s", 2).trials:
            door.tell(trial, told())
        assert door.ask("s").decision.reason is Reason.SPACE_EXHAUSTED

        door.update("s", model.StudyPatch(search_space=prompts("v1", "v2", "v3")))
        door.resume("s")

        assert only(door.ask("s")).configuration == {"prompt": "v3"}

    def test_a_new_parameter_joins_a_running_study(self, door: Door) -> None:
        """Trials from before keep their configuration, and the next ones have the parameter."""
        door.create("s", spec())
        door.tell(only(door.ask("s")), told(0.9))
        before = door.trial("s", 0)

        grown = replace(SPACE, parameters=(*SPACE.parameters, TOOLS))
        door.update("s", model.StudyPatch(search_space=grown))

        assert "tools" in only(door.ask("s")).configuration
        assert door.trial("s", 0) == before
        assert [trial.number for trial in door.front("s").trials] == [0]

    def test_a_space_does_not_shrink(self, door: Door) -> None:
        """The refusal names what is missing, and the study is as it was."""
        study = door.create("s", spec())
        less = replace(SPACE, parameters=SPACE.parameters[:1])

        with pytest.raises(errors.InvalidArgument, match="may only grow"):
            door.update("s", model.StudyPatch(search_space=less))

        assert door.get("s").spec == study.spec

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            pytest.param(
                {"algorithm": model.Algorithm(kind=model.GridSearch(levels_per_number=900))},
                "study.algorithm.grid.levels_per_number",
                id="a grid without end",
            ),
            pytest.param(
                {"algorithm": model.Algorithm(kind=model.GeneticAlgorithm())},
                "study.algorithm.genetic",
                id="one objective only",
            ),
            pytest.param(
                {
                    "algorithm": model.Algorithm(
                        kind=model.SuccessiveHalving(min_examples=9, max_examples=9)
                    )
                },
                "study.algorithm.successive_halving.max_examples",
                id="no rungs",
            ),
            pytest.param(
                {"search_space": one_of(model.OrdinalDomain(levels=(1, 1.0, 2)))},
                "study.search_space.parameters[0].ordinal.levels",
                id="one number twice",
            ),
            pytest.param(
                {"search_space": one_of(model.FloatDomain(min=1e16, max=1e16 + 20, step=0.5))},
                "study.search_space.parameters[0].float.step",
                id="finer than floats",
            ),
            pytest.param(
                {
                    "search_space": replace(
                        SPACE,
                        constraints=(
                            model.LinearConstraint(coefficients={"k": 1.0}, upper_bound=0.0),
                        ),
                    )
                },
                "study.search_space.constraints",
                id="nothing allowed",
            ),
        ],
    )
    def test_what_cannot_be_searched_is_refused(
        self, door: Door, changes: dict[str, Any], path: str
    ) -> None:
        """With the reason and the field, before anything is there."""
        with pytest.raises(errors.InvalidArgument) as caught:
            door.create("s", spec(**changes))

        assert path in {violation.path for violation in caught.value.violations}
        door.create("s", spec())  # the id is free


QUALITY_TOLD = model.MetricValue(metric_id="quality", value=0.5)
