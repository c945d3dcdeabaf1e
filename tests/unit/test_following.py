"""A watcher that was away hears of everything, however much happened meanwhile."""

from __future__ import annotations

from groat import model
from groat_server.storage.sql import SqlStore
from tests import examples
from tests.contracts import service
from tests.contracts.doors import EngineDoor


def test_no_decision_is_skipped() -> None:
    """Five hundred are more than one page of them."""
    store = SqlStore.open("sqlite://")
    door = EngineDoor(store)
    door.create("s", service.spec())
    (begin,) = door.watch("s", "", 1)
    wanted = [f"decision-{i}" for i in range(500)]
    with store.locked("s") as locked:
        for i, name in enumerate(wanted):  # only changes are kept
            verdict = (model.Verdict.PROCEED, model.Verdict.WAIT)[i % 2]
            locked.decide(examples.decision(decision_id=name, verdict=verdict))

    events = list(door.watch("s", begin.resume_token, 200))
    events += door.watch("s", events[-1].resume_token, 200)

    heard = [one.event.decision_id for one in events if isinstance(one.event, model.Decision)]
    assert heard == wanted[: len(heard)]
    assert len(heard) >= 399
    door.close()
    store.close()
