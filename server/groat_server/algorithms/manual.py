"""No search at all: people enqueue what they want to see."""

from __future__ import annotations

import numpy as np

from groat_server.algorithms.base import AwaitsResults, History, Pending, Problem, Suggestion


class Manual:
    """Suggests nothing; trials are enqueued, imported and told as in any other study."""

    is_heavy = False

    def suggest(
        self,
        problem: Problem,
        history: History,
        pending: Pending,
        count: int,
        rng: np.random.Generator,
    ) -> list[Suggestion]:
        """See `Algorithm.suggest`.

        Raises:
            AwaitsResults: Always.
        """
        del problem, history, pending, count, rng
        raise AwaitsResults
