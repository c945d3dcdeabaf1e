"""Texts of a study: the one that a trial has chosen, and pools that grow."""

from __future__ import annotations

import pytest

import groat
from groat import errors, model
from groat._growth import with_variants
from groat._known import Known
from tests.examples import NOW, study_spec
from tests.unit.test_cli_render import status

PROMPTS = {"short": "Be brief.", "long": "Explain."}
SPACE = model.SearchSpace(
    parameters=(
        groat.flag("think"),
        groat.text("prompt", PROMPTS, growable=True),
        groat.choice("style", ["short", "long"]),
    )
)


def known() -> Known:
    """A study as it was last seen."""
    study = model.Study(
        study_id="s",
        spec=study_spec(search_space=SPACE),
        state=model.StudyState.ACTIVE,
        budget_status=status(),
        last_decision=None,
        create_time=NOW,
        update_time=NOW,
        etag="e",
    )
    return Known(study, lambda _: None)


def test_a_variants_text_is_found_by_its_id() -> None:
    """A value is only an id; the worker needs the words."""
    assert known().text("prompt", "long") == "Explain."


@pytest.mark.parametrize(
    ("parameter_id", "variant_id"), [("prompt", "new"), ("style", "short"), ("gone", "short")]
)
def test_what_was_not_seen_as_a_text_is_not_guessed(parameter_id: str, variant_id: str) -> None:
    """A variant may be newer than what was seen; a label is no text."""
    assert known().text(parameter_id, variant_id) is None


def test_a_pool_grows_at_its_end() -> None:
    """Everything else of the space stays as it is, the pool's own variants too."""
    grown = with_variants(
        SPACE, "prompt", [groat.TextVariant(id="new", text="N", parent_id="long")]
    )

    first, prompt, last = grown.parameters
    assert (first, last) == (SPACE.parameters[0], SPACE.parameters[2])
    assert isinstance(prompt.domain, model.TextDomain)
    assert [one.id for one in prompt.domain.variants] == ["short", "long", "new"]
    assert prompt.domain.growable


def test_growing_twice_the_same_way_is_growing_once() -> None:
    """So that whoever does not know whether it was done may do it again."""
    once = with_variants(SPACE, "prompt", {"new": "N", **PROMPTS})

    assert with_variants(once, "prompt", {"new": "N"}) == once


def test_another_text_under_a_known_id_is_left_to_the_server() -> None:
    """It refuses two variants of one id; passing it over would hide that it was not added."""
    grown = with_variants(SPACE, "prompt", {"short": "Other words."})

    assert grown != SPACE


@pytest.mark.parametrize("parameter_id", ["style", "gone"])
def test_only_a_text_grows(parameter_id: str) -> None:
    """The mistake is shown before anything is sent."""
    with pytest.raises(errors.InvalidArgument, match="parameter_id"):
        with_variants(SPACE, parameter_id, {"new": "N"})
