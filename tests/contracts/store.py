"""What every store must keep: one test per promise of ``groat_server.storage.base``.

To check a store, derive from `StoreContract`, and give the fixture ``store``
with class scope. A store whose database outlives it also derives from
`ReopeningPromises` and gives ``open_store`` and ``open_new_stores``.
"""

from __future__ import annotations

import pytest

from groat_server.storage.base import Store
from tests.contracts.store_guard import GuardPromises
from tests.contracts.store_leases import LeasePromises
from tests.contracts.store_ledger import LedgerPromises
from tests.contracts.store_sharing import ReopeningPromises, SharingPromises
from tests.contracts.store_slots import SlotPromises
from tests.contracts.store_studies import StudyPromises, new_study
from tests.contracts.store_trials import TrialPromises

__all__ = ["ReopeningPromises", "StoreContract"]


class StoreContract(
    StudyPromises,
    TrialPromises,
    SlotPromises,
    LeasePromises,
    LedgerPromises,
    GuardPromises,
    SharingPromises,
):
    @pytest.fixture
    def study(self, store: Store) -> str:
        """The id of a new study without trials, which no other test has."""
        return new_study(store)
