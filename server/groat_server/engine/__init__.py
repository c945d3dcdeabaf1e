"""The story of groat, told by its verbs.

``engine.work.tell(order, outcome)`` reads as it is meant: rooms below know
nothing of each other, and meet here.
"""

from __future__ import annotations

from groat_server.engine.accounts import Accounts
from groat_server.engine.analysis import Analysis
from groat_server.engine.asking import Asking, AskOrder
from groat_server.engine.choosing import Choosing
from groat_server.engine.clock import Clock, MakeId
from groat_server.engine.creating import Creating
from groat_server.engine.insight import Insight
from groat_server.engine.judging import Judging
from groat_server.engine.studies import Studies
from groat_server.engine.telling import Telling, WorkOrder
from groat_server.engine.watching import Watching
from groat_server.history import Memory
from groat_server.sampler import Sampler
from groat_server.storage.base import Store

__all__ = ["AskOrder", "Engine", "WorkOrder"]


class Engine:
    """Everything groat can be asked to do.

    Args:
        store: What it remembers.
        sampler: Where algorithms run.
        clock: The time, aware and in UTC.
        make_id: A new id that nobody has seen, such as a UUID.
        computes_ahead: Compute suggestions before they are asked for.
    """

    def __init__(
        self,
        store: Store,
        sampler: Sampler,
        *,
        clock: Clock,
        make_id: MakeId,
        computes_ahead: bool = True,
    ) -> None:
        memory = Memory(store)
        self.judging = Judging(store, memory, clock=clock, make_id=make_id)
        self.asks = Asking(store, self.judging, sampler, clock=clock, computes_ahead=computes_ahead)
        self.work = Telling(store, memory, self.judging, clock=clock)
        self.drafts = Creating(store, memory, self.judging, clock=clock)
        self.studies = Studies(store, sampler, clock=clock)
        self.insight = Insight(store, self.judging, sampler)
        self.analysis = Analysis(store, memory)
        self.choosing = Choosing(store, self.judging)
        self.accounts = Accounts(store, clock=clock)
        self.watching = Watching(store, memory, clock=clock)
