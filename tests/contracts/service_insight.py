"""What the service promises about what its models say."""

from __future__ import annotations

import math

import pytest

from groat import errors, model
from groat.model import Money
from tests.contracts.doors import Door
from tests.contracts.service import QUALITY, SPEED, fee, spec, told

UNIT = model.FloatDomain(min=0.0, max=1.0)
LABELS = model.CategoricalDomain(labels=("small", "large"))
SPACE = model.SearchSpace(
    parameters=(
        model.Parameter(id="heat", domain=UNIT),
        model.Parameter(id="idle", domain=UNIT),
        model.Parameter(id="model", domain=LABELS),
    )
)
METRICS = (QUALITY, SPEED)


def configuration(heat: float, idle: float, name: str) -> dict[str, model.Value]:
    return {"heat": heat, "idle": idle, "model": name}


def quality(heat: float) -> float:
    return 0.5 + 0.4 * math.sin(3.0 * heat)


def fill(door: Door, count: int) -> None:
    """Import trials in which heat makes the quality and the model the seconds and the money."""
    door.create("s", spec(search_space=SPACE, metrics=METRICS))
    for i in range(count):
        heat, idle, is_large = (0.618 * i) % 1.0, (0.414 * i) % 1.0, i % 2 == 1
        draft = model.TrialDraft(
            configuration=configuration(heat, idle, "large" if is_large else "small"),
            outcome=told(quality(heat), 9.0 if is_large else 1.0),
            usage=(fee("0.50" if is_large else "0.05"),),
        )
        door.create_trial("s", draft)


class InsightContract:
    """Subclass with a ``door`` fixture."""

    def test_what_matters_is_found(self, door: Door) -> None:
        """Each metric names the one parameter that makes it, and clears the idle one."""
        fill(door, 16)

        shares = {(one.metric_id, one.parameter_id): one for one in door.importances("s")}

        assert shares["quality", "heat"].importance > 0.8
        assert shares["seconds", "model"].importance > 0.8
        assert shares["quality", "idle"].importance < 0.1
        assert shares["seconds", "heat"].importance < 0.1

    def test_what_matters_most_comes_first(self, door: Door) -> None:
        """By metric in declared order, the largest share first."""
        fill(door, 16)

        found = door.importances("s")

        assert [one.metric_id for one in found] == ["quality"] * 3 + ["seconds"] * 3
        assert (found[0].parameter_id, found[3].parameter_id) == ("heat", "model")

    def test_a_prediction_meets_the_truth(self, door: Door) -> None:
        """A smooth metric within a few hundredths, and the money of each model within a factor."""
        fill(door, 16)

        cheap, dear = door.predict(
            "s", [configuration(0.33, 0.5, "small"), configuration(0.33, 0.5, "large")]
        )

        assert cheap.metrics[0].value == pytest.approx(quality(0.33), abs=0.05)
        assert [one.metric_id for one in cheap.metrics] == ["quality", "seconds"]
        assert cheap.metrics[1].value < dear.metrics[1].value
        assert cheap.trial_spend_p50 is not None
        assert dear.trial_spend_p50 is not None
        assert Money.of("0.03") < cheap.trial_spend_p50 < Money.of("0.10")
        assert Money.of("0.30") < dear.trial_spend_p50 < Money.of("0.90")
        assert dear.trial_spend_p90 is not None
        assert dear.trial_spend_p90 > dear.trial_spend_p50

    def test_nothing_is_said_of_nothing(self, door: Door) -> None:
        """With three trials nothing matters yet, and nothing can be predicted."""
        fill(door, 3)

        assert list(door.importances("s")) == []
        with pytest.raises(errors.NotPossibleNow, match="4 trials"):
            door.predict("s", [configuration(0.5, 0.5, "small")])

    def test_only_configurations_can_be_predicted(self, door: Door) -> None:
        """The refusal names which one, and what of it."""
        fill(door, 4)

        with pytest.raises(errors.InvalidArgument) as caught:
            door.predict("s", [configuration(0.5, 0.5, "small"), configuration(2.0, 0.5, "small")])

        paths = [violation.path for violation in caught.value.violations]
        assert paths == ["configurations[1].values[heat]"]
