"""What of an Optuna study becomes a draft, what is passed over, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any, Literal

import optuna
import pytest
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState, create_trial

import groat
from groat import errors, model
from groat.cli import main
from groat.declare import study_spec
from groat.optuna import load, numbers, read, skipped
from tests.examples import study_spec as derived_spec

SPEC = study_spec(
    [
        groat.choice("retriever", ["bm25", "dense", "3"]),
        groat.integer("k", 1, 20, when={"retriever": ["dense"]}),
        groat.real("temperature", 0.0, 1.0),
        groat.flag("rerank"),
    ],
    [groat.maximize("accuracy"), groat.minimize("price"), groat.tracked("words")],
)
DISTRIBUTIONS = {
    "retriever": CategoricalDistribution(("bm25", "dense", 3)),
    "k": IntDistribution(1, 40),
    "temperature": FloatDistribution(0, 2),
    "rerank": CategoricalDistribution((True, False)),
}
PARAMETERS = {"retriever": "bm25", "temperature": 0.5, "rerank": True}


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    optuna.logging.disable_default_handler()
    yield
    optuna.logging.enable_default_handler()


def study(*directions: Literal["minimize", "maximize"]) -> optuna.Study:
    """An empty one that improves as the spec above does, unless it says otherwise."""
    return optuna.create_study(directions=directions or ("maximize", "minimize"))


def tried(
    parameters: dict[str, Any], values: list[float] | None = None, **more: Any
) -> optuna.trial.FrozenTrial:
    """A trial that ran to its end, unless it says otherwise."""
    known = {**DISTRIBUTIONS, **more.pop("distributions", {})}
    distributions = {name: known[name] for name in parameters}
    return create_trial(params=parameters, distributions=distributions, values=values, **more)


def faults(study: optuna.Study, **options: Any) -> dict[str, str]:
    """What is refused, by place."""
    with pytest.raises(errors.InvalidArgument) as caught:
        read(study, SPEC, **options)
    return {one.path: one.problem for one in caught.value.violations}


def test_a_complete_trial_has_succeeded() -> None:
    """Its parameters by name and in the study's types, its values by order of objectives."""
    source = study()
    chosen = {"retriever": "dense", "k": 7, "temperature": 1, "rerank": False}
    source.add_trial(tried(chosen, [0.9, 0.02]))
    source.add_trial(tried({**PARAMETERS, "retriever": 3}, [0.1, 0.01]))

    first, second = read(source, SPEC)

    assert first == model.TrialDraft(
        configuration={"retriever": "dense", "k": 7, "temperature": 1.0, "rerank": False},
        outcome=model.Succeeded(
            measurement=model.Measurement(
                metrics=(
                    model.MetricValue(metric_id="accuracy", value=0.9),
                    model.MetricValue(metric_id="price", value=0.02),
                )
            )
        ),
    )
    assert type(first.configuration["temperature"]) is float
    assert second.configuration["retriever"] == "3"


def test_what_has_not_run_to_its_end_is_passed_over_and_counted() -> None:
    """And what did without a finite value; of a pruned one the last report is no value."""
    source = study("maximize")
    source.add_trial(tried(PARAMETERS, [0.5]))
    source.add_trial(tried(PARAMETERS, [inf]))
    source.add_trial(tried(PARAMETERS, state=TrialState.FAIL))
    source.add_trial(tried(PARAMETERS, state=TrialState.RUNNING))
    source.enqueue_trial(PARAMETERS)
    source.add_trial(tried(PARAMETERS, state=TrialState.PRUNED))
    source.add_trial(tried(PARAMETERS, [0.75], state=TrialState.PRUNED))
    reports = {1: 0.25}
    source.add_trial(
        tried(PARAMETERS, [0.25], state=TrialState.PRUNED, intermediate_values=reports)
    )
    spec = study_spec(SPEC.search_space, SPEC.metrics[:1])

    values = [measured(one).metrics[0].value for one in read(source, spec)]

    assert values == [0.5, 0.75]
    assert skipped(source) == {
        "not finite": 1,
        "fail": 1,
        "running": 1,
        "waiting": 1,
        "pruned": 2,
    }


def measured(draft: model.TrialDraft) -> model.Measurement:
    assert draft.outcome is not None
    assert draft.outcome.measurement is not None
    return draft.outcome.measurement


@pytest.mark.parametrize(
    "attrs", [{"constraints": [-1.0, 0.5]}, {"constraints:a": 0.0, "constraints:b": 0.5}]
)
def test_a_broken_constraint_of_optunas_is_infeasible(attrs: dict[str, Any]) -> None:
    """It must not be on the front, as it is none of Optuna's best."""
    source = study()
    source.add_trial(tried(PARAMETERS, [0.9, 0.1], system_attrs=attrs))
    source.add_trial(tried(PARAMETERS, [0.8, 0.1], system_attrs={"constraints": [0.0]}))

    broken, kept = read(source, SPEC)

    assert isinstance(broken.outcome, model.Infeasible)
    assert broken.outcome.reason.endswith("is 0.5")
    assert measured(broken).metrics[0].value == 0.9
    assert isinstance(kept.outcome, model.Succeeded)


def test_the_caller_says_which_is_which() -> None:
    """By place; an objective that is left out is not read, and a tracked metric has no goal."""
    source = study("maximize", "minimize", "maximize", "maximize")
    source.add_trial(tried(PARAMETERS, [7, 0.1, 0.9, 5]))

    (draft,) = read(source, SPEC, metrics={2: "accuracy", 1: "price", 0: "words"})

    found = {one.metric_id: one.value for one in measured(draft).metrics}
    assert found == {"accuracy": 0.9, "price": 0.1, "words": 7}


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_optunas_own_names_go_before_the_order() -> None:
    """Whoever named them said which is which already."""
    source = study("minimize", "maximize")
    source.set_metric_names(["price", "accuracy"])
    source.add_trial(tried(PARAMETERS, [0.1, 0.9]))

    (draft,) = read(source, SPEC)

    assert [one.value for one in measured(draft).metrics] == [0.9, 0.1]


@pytest.mark.parametrize(
    ("directions", "metrics", "place", "problem"),
    [
        (("maximize", "maximize"), None, "objective 1", "Optuna would maximize it, and 'price'"),
        (("maximize", "minimize"), {0: "luck", 1: "price"}, "objective 0", "no metric 'luck'"),
        (("maximize",), {0: "accuracy", 3: "price"}, "objective 3", "Optuna has 1"),
        (("maximize", "minimize", "minimize"), None, "objectives", "say which is which"),
        (("maximize", "maximize"), {0: "accuracy", 1: "accuracy"}, "accuracy", "stands for two"),
        (("maximize",), None, "trial 0 of Optuna's, price", "this objective has no value"),
    ],
    ids=["goal", "unknown", "place", "too many", "twice", "missing"],
)
def test_objectives_must_be_the_studys(
    directions: tuple[Literal["minimize", "maximize"], ...],
    metrics: dict[int, str] | None,
    place: str,
    problem: str,
) -> None:
    """A value under the wrong name, or with the wrong sign, would spoil the front unseen."""
    source = study(*directions)
    source.add_trial(tried(PARAMETERS, [0.5] * len(directions)))

    assert problem in faults(source, metrics=metrics)[place]


def test_a_derived_metric_cannot_come_from_optuna() -> None:
    """There is no usage that it could be derived from."""
    with pytest.raises(errors.InvalidArgument, match="'price' is derived by the server"):
        read(study(), derived_spec())


@pytest.mark.parametrize(
    ("parameters", "name", "problem"),
    [
        ({**PARAMETERS, "temperature": 1.5}, "temperature", "not a number from 0.0 to 1.0"),
        ({**PARAMETERS, "retriever": "bm26"}, "retriever", "'bm26' is none of"),
        ({**PARAMETERS, "rerank": "sure"}, "rerank", "'sure' is neither true nor false"),
        ({**PARAMETERS, "k": 3}, "k", "not active here: it depends on retriever"),
        ({"retriever": "bm25", "rerank": True}, "temperature", "has no value"),
        ({**PARAMETERS, "mood": "good"}, "mood", "is no parameter of this study"),
    ],
)
def test_a_parameter_that_does_not_fit_is_named(
    parameters: dict[str, Any], name: str, problem: str
) -> None:
    """With the trial's number in Optuna, so that one can look."""
    odd = {one: CategoricalDistribution(("bm26", "sure", "good")) for one in ("mood",)}
    odd |= {
        one: odd["mood"]
        for one in ("retriever", "rerank")
        if parameters.get(one) in {"bm26", "sure"}
    }
    source = study()
    source.add_trial(tried(PARAMETERS, state=TrialState.FAIL))
    source.add_trial(tried(parameters, [0.5, 0.5], distributions=odd))

    assert problem in faults(source)[f"trial 1 of Optuna's, {name}"]


def test_the_distribution_is_shown() -> None:
    """It says why the value is what it is."""
    source = study()
    source.add_trial(tried({**PARAMETERS, "temperature": 1.5}, [0.5, 0.5]))

    assert "Optuna has FloatDistribution(high=2.0" in str(faults(source))


def test_optuna_is_imported_by_nobody_who_does_not_want_it() -> None:
    """It is heavy, and no dependency."""
    program = "import groat.optuna, groat.cli.importing, sys; print('optuna' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"


def test_without_optuna_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The line can be pasted."""
    monkeypatch.setitem(sys.modules, "optuna", None)

    with pytest.raises(ModuleNotFoundError, match="pip install optuna"):
        load("sqlite://", "s")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nowhere", "has no study 'nowhere' of Optuna's; it has: 'one', 'two'"),
        (None, "has 2 studies of Optuna's; name one of: 'one', 'two'"),
    ],
)
def test_a_study_that_is_not_there_is_named(tmp_path: Path, name: str | None, problem: str) -> None:
    """With those that are, and not as a key error from the depths of a storage."""
    url = f"sqlite:///{tmp_path / 'optuna.db'}"
    for one in ("one", "two"):
        optuna.create_study(study_name=one, storage=url)

    with pytest.raises(ValueError, match=problem):
        load(url, name)
    assert load(url, "two").study_name == "two"


def test_a_database_that_is_not_there_is_not_created(tmp_path: Path) -> None:
    """Optuna would make a new one of a name that was misspelt."""
    file = tmp_path / "typo.db"

    with pytest.raises(ValueError, match=f"there is no file {file}"):
        load(f"sqlite:///{file}", "past")

    assert not file.exists()


def test_a_database_of_something_else_is_left_as_it_is(tmp_path: Path) -> None:
    """Optuna would add its tables to it."""
    file = tmp_path / "other.db"
    file.touch()

    with pytest.raises(ValueError, match="is no storage of Optuna's: it has none of its tables"):
        load(f"sqlite:///{file}", "past")

    assert file.read_bytes() == b""


@pytest.mark.parametrize("url", ["optuna.db", "nothing://like/it"])
def test_what_is_no_storage_is_named(url: str) -> None:
    """The command prints a sentence, and no trace of SQLAlchemy."""
    with pytest.raises(ValueError, match=f"{url} cannot be read as a storage of Optuna's"):
        load(url)


def test_drafts_are_called_by_the_numbers_of_their_trials() -> None:
    """Those that are passed over count, as they do in Optuna."""
    past = study()
    past.add_trial(tried(PARAMETERS, state=TrialState.FAIL))
    past.add_trial(tried(PARAMETERS, [0.5, 0.1]))

    assert numbers(past) == [1]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("--optuna sqlite:// --metric x=quality", "argument --metric: 'x=quality' is not written"),
        ("--optuna sqlite:// --metric 0", "argument --metric: '0' is not written as place=metric"),
        ("f.csv --optuna sqlite://", "not allowed with argument"),
        ("", "is required"),
    ],
)
def test_an_import_has_one_source_and_metrics_by_place(
    words: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Anything else is wrong usage."""
    with pytest.raises(SystemExit, match="2"):
        main(["trials", "import", "s", *words.split()])

    printed = capsys.readouterr().err
    assert "usage: groat trials import" in printed
    assert problem in printed
