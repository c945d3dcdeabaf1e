"""Resource names are built and parsed in one place, and nothing odd passes it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groat import wire
from groat.errors import InvalidArgument

STUDY_IDS = st.from_regex("[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


@settings(deadline=None)
@given(STUDY_IDS, st.integers(0, 10**18 - 1))
def test_a_name_is_parsed_as_it_was_built(study_id: str, number: int) -> None:
    """Every id and number that can be built can be read."""
    assert wire.parse_study(wire.study_name(study_id)) == study_id
    assert wire.parse_trial(wire.trial_name(study_id, number)) == (study_id, number)


@pytest.mark.parametrize(
    "study_id", ["", "-a", "A", "a_b", "a/b", "a\n", "a b", "ä", "a" * 64, "studies/a"]
)
def test_an_odd_study_id_is_refused(study_id: str) -> None:
    """Names end up in URLs, tables and shells."""
    with pytest.raises(InvalidArgument, match="study_id"):
        wire.check_study_id(study_id)


@pytest.mark.parametrize("name", ["", "a", "studies/", "studies/A", "studies/a/", "studies/a\n"])
def test_what_is_no_studys_name_is_refused(name: str) -> None:
    """The violation names the field that the name came in."""
    with pytest.raises(InvalidArgument) as caught:
        wire.parse_study(name, "parent")

    assert caught.value.violations[0].path == "parent"


@pytest.mark.parametrize("number", ["", "01", "-1", "1.0", "x", "٣", "1\n", "9" * 19])
def test_what_is_no_trials_name_is_refused(number: str) -> None:
    """A number has one spelling and fits the protocol's 64 bits."""
    with pytest.raises(InvalidArgument, match="name"):
        wire.parse_trial(f"studies/a/trials/{number}")


@pytest.mark.parametrize("number", [-1, 10**18])
def test_a_number_out_of_range_builds_no_name(number: int) -> None:
    """A name that nobody could parse is never sent."""
    with pytest.raises(InvalidArgument, match="number"):
        wire.trial_name("a", number)
