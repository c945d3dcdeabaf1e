"""Resource names: ``studies/{study}`` and ``studies/{study}/trials/{number}``.

They are built and parsed here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from groat.errors import InvalidArgument

_STUDY_ID = "[a-z0-9][a-z0-9-]{0,62}"
# 18 digits always fit the protocol's int64.
_NUMBER = "0|[1-9][0-9]{0,17}"
_ID = re.compile(_STUDY_ID)
_STUDY = re.compile(f"studies/({_STUDY_ID})")
_TRIAL = re.compile(f"studies/({_STUDY_ID})/trials/({_NUMBER})")
_SHOWN = 100


def check_study_id(study_id: str, path: str = "study_id") -> str:
    """Return a study's id as it is.

    Raises:
        InvalidArgument: It is not 1 to 63 of a-z, 0-9 and "-", or begins with "-".
    """
    if _ID.fullmatch(study_id) is None:
        problem = f'{study_id[:_SHOWN]!r} is not 1 to 63 of a-z, 0-9 and "-", not beginning with it'
        raise InvalidArgument.at(path, problem)
    return study_id


def study_name(study_id: str) -> str:
    """Build a study's name.

    Raises:
        InvalidArgument: The id is not one.
    """
    return f"studies/{check_study_id(study_id)}"


def trial_name(study_id: str, number: int) -> str:
    """Build a trial's name.

    Raises:
        InvalidArgument: The study's id is not one, or the number is out of range.
    """
    name = f"{study_name(study_id)}/trials/{number}"
    parse_trial(name, "number")
    return name


def parse_study(name: str, path: str = "name") -> str:
    """Return the id of the study with this name.

    Raises:
        InvalidArgument: It is no study's name.
    """
    match = _STUDY.fullmatch(name)
    if match is None:
        problem = f"{name[:_SHOWN]!r} is not studies/{{study}}, with a study id of {_STUDY_ID}"
        raise InvalidArgument.at(path, problem)
    return match[1]


def parse_trial(name: str, path: str = "name") -> tuple[str, int]:
    """Return the study's id and the number of the trial with this name.

    Raises:
        InvalidArgument: It is no trial's name.
    """
    match = _TRIAL.fullmatch(name)
    if match is None:
        problem = f"{name[:_SHOWN]!r} is not studies/{{study}}/trials/{{number}}"
        raise InvalidArgument.at(path, problem)
    return match[1], int(match[2])


def parse_trial_of(study_id: str, name: str, path: str = "name") -> int:
    """Return the number of the trial with this name, which must be of this study.

    Raises:
        InvalidArgument: It is no trial's name, or another study's trial.
    """
    parent, number = parse_trial(name, path)
    if parent != study_id:
        problem = f"trial {number} of study {parent!r}; this call is about {study_id!r} alone"
        raise InvalidArgument.at(path, problem)
    return number


def trial_names(study_id: str, numbers: Iterable[int]) -> list[str]:
    """Build the names of several trials of one study."""
    return [trial_name(study_id, number) for number in numbers]


def parse_trials(found: Iterable[str], path: str) -> tuple[int, ...]:
    """Return the numbers of the trials with these names, whichever study they are of.

    Raises:
        InvalidArgument: One is no trial's name.
    """
    return tuple(parse_trial(name, f"{path}[{i}]")[1] for i, name in enumerate(found))
