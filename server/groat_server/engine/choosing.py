"""Which one of the front: by what a person prefers, and how sure that is."""

from __future__ import annotations

from groat import model
from groat.errors import InvalidArgument
from groat_server import tradeoff
from groat_server.engine.assessing import View
from groat_server.engine.judging import Judging
from groat_server.engine.planning import baseline_of
from groat_server.history import Told
from groat_server.storage.base import Store
from groat_server.tradeoff import Evaluated

MOST_POINTS = 100

_FEW = 3
_CONFIDENCE = 0.9
_EXPECTED = 0.5


class Choosing:
    """The verb select tradeoff. Safe between threads."""

    def __init__(self, store: Store, judging: Judging) -> None:
        self._store = store
        self._judging = judging

    def select(
        self,
        study_id: str,
        preference: model.Preference,
        *,
        count: int = 0,
        confidence: float = 0.0,
    ) -> model.Tradeoff:
        """Rank what was measured by a preference.

        Args:
            study_id: Whose trials.
            preference: What a person wants.
            count: How many to rank; 0 is 3.
            confidence: Of keeping the limits; 0 is 0.9.

        Raises:
            NotFound: There is no such study.
            InvalidArgument: The preference names what is not there, or a number
                is out of bounds.
        """
        if not 0 <= count <= MOST_POINTS:
            raise InvalidArgument.at("count", f"{count} is outside 0 to {MOST_POINTS}")
        if not 0 <= confidence < 1:
            raise InvalidArgument.at("confidence", f"{confidence:g} is outside 0 to 1")
        seen = self._judging.see(self._store.look(study_id))
        told = [one for one in seen.past.told() if one.is_measured and one.is_whole]
        return tradeoff.select(
            seen.study.spec.metrics,
            [Evaluated(trial=one.trial, configuration_id=_key(one)) for one in told],
            preference,
            count=count or _FEW,
            confidence=confidence or _CONFIDENCE,
            baseline=_baseline(seen),
            spend_of=lambda trial: seen.spend_of(trial.configuration, 0, _EXPECTED),
            whole_examples=seen.expectation.whole,
            left=seen.study.budget_status.remaining,
            seed=seen.study.spec.algorithm.seed or 0,
        )


def _key(told: Told) -> str:
    return told.trial.configuration_id


def _baseline(seen: View) -> str:
    """The configuration in use today, wherever it was told."""
    for one in seen.past.told():
        if one.trial.origin is model.Origin.BASELINE:
            return one.trial.configuration_id
    search_space = seen.study.spec.search_space
    if all(one.default_value is None for one in search_space.parameters):
        return ""
    return seen.past.space.configuration_id(baseline_of(seen.past.space, search_space))
