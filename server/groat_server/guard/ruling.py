"""What a rule of the guard says."""

from __future__ import annotations

from dataclasses import dataclass

from groat.model import Reason, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A verdict before it is stored.

    Attributes:
        allows: Trials may be given out.
        ends_study: No ask can be served again until a person acts.
    """

    verdict: Verdict
    reason: Reason
    explanation: str
    allows: bool = False
    ends_study: bool = False


def proceed(reason: Reason, explanation: str) -> Ruling:
    """Trials may start."""
    return Ruling(verdict=Verdict.PROCEED, reason=reason, explanation=explanation, allows=True)


def wait(reason: Reason, explanation: str) -> Ruling:
    """None now; later, without anybody doing anything about it."""
    return Ruling(verdict=Verdict.WAIT, reason=reason, explanation=explanation)


def stop(reason: Reason, explanation: str) -> Ruling:
    """None until somebody acts; the study is over."""
    return Ruling(verdict=Verdict.STOP, reason=reason, explanation=explanation, ends_study=True)


def by_hand(reason: Reason, explanation: str) -> Ruling:
    """Automatic search is poor value here."""
    return Ruling(verdict=Verdict.TUNE_MANUALLY, reason=reason, explanation=explanation)
