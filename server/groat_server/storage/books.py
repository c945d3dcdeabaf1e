"""Booking usage: each id once, on the study, its trial, and the hold it was set aside under."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from groat import model
from groat_server import ledger
from groat_server.storage import codec, rows
from groat_server.storage import statements as sql
from groat_server.storage.base import Attempt, BookedUsage, StoredUsage
from groat_server.storage.database import Database
from groat_server.storage.schema import usage as usage_table
from groat_server.storage.session import Session


class Books:
    """The usage of one study that is held alone."""

    def __init__(self, database: Database, session: Session) -> None:
        self._database = database
        self._session = session

    def book(
        self, usages: Sequence[BookedUsage], attempt: Attempt | None, now: datetime
    ) -> tuple[int, int]:
        """See `LockedStudy.book`."""
        new = self._insert(usages, attempt, now) if usages else []
        if new:
            row = self._session.row
            self._session.row = row.with_spend(ledger.add(row.spent, new))
        if new and attempt is not None:
            before = self._session.trial(attempt.number)
            self._set_spend(before, ledger.add(before.spend, new))
            self._lower_hold(attempt, new)
        return len(new), len(usages) - len(new)

    def _insert(
        self, usages: Sequence[BookedUsage], attempt: Attempt | None, now: datetime
    ) -> list[model.PricedUsage]:
        """Insert what the study does not know yet, and return it."""
        first_entry = self._session.row.next_entry
        self._session.change(next_entry=first_entry + len(usages))
        lease_id = None if attempt is None else attempt.lease.lease_id
        inserted = self._session.insert_each(
            self._database.insert_new(usage_table, "study_id", "usage_id"),
            [
                rows.new_usage(usage, entry=first_entry + index, lease_id=lease_id, now=now)
                for index, usage in enumerate(usages)
            ],
        )
        entries: list[int] = [row.entry for row in inserted]
        return [usages[entry - first_entry].priced for entry in entries]

    def _lower_hold(self, attempt: Attempt, new: Sequence[model.PricedUsage]) -> None:
        booked = sum(usage.spend.nanos for usage in new if usage.spend is not None)
        lowered = min(booked, attempt.hold.nanos)
        if not lowered:  # as always after the tell, which leaves no hold
            return
        self._session.run(sql.LOWER_HOLD, {"of_lease": attempt.lease.lease_id, "amount": lowered})
        self._session.add_up(held=-lowered)
        hold = model.Money(attempt.hold.nanos - lowered, attempt.hold.currency)
        self._session.keep_attempt(replace(attempt, hold=hold))

    def usage(self, lease_id: str) -> list[BookedUsage]:
        """See `LockedStudy.usage`."""
        return [rows.usage(row) for row in self._session.run(sql.USAGE, {"of_lease": lease_id})]

    def unpriced(self) -> list[StoredUsage]:
        """See `LockedStudy.unpriced`."""
        return [rows.stored_usage(row) for row in self._session.run(sql.UNPRICED)]

    def reprice(self, usages: Sequence[BookedUsage]) -> None:
        """See `LockedStudy.reprice`."""
        prices = {
            usage.usage_id: usage.priced for usage in usages if usage.priced.spend is not None
        }
        before = self.unpriced()
        hits = [stored for stored in before if stored.booked.usage_id in prices]
        if not hits:
            return
        self._session.run_each(
            sql.REPRICE, [rows.price(prices[hit.booked.usage_id], hit.booked) for hit in hits]
        )
        row = self._session.row
        self._session.row = row.with_spend(_repriced(row.spent, before, prices))
        by_trial = defaultdict[int | None, list[StoredUsage]](list)
        for stored in before:
            by_trial[stored.number].append(stored)
        for number in {hit.number for hit in hits if hit.number is not None}:
            trial = self._session.trial(number)
            self._set_spend(trial, _repriced(trial.spend, by_trial[number], prices))

    def _set_spend(self, trial: model.Trial, spend: model.Spend) -> None:
        self._session.run(
            sql.SET_TRIAL_SPEND, {"trial": trial.number, "sum": codec.SPEND.write(spend)}
        )
        self._session.keep_trial(replace(trial, spend=spend))


def _repriced(
    spend: model.Spend, before: Sequence[StoredUsage], prices: Mapping[str, model.PricedUsage]
) -> model.Spend:
    """Return a sum in which all that was unpriced ``before`` has the price that it got, if any."""
    booked = [stored.booked for stored in before]
    return ledger.reprice(
        spend,
        [prices[usage.usage_id] for usage in booked if usage.usage_id in prices],
        unpriced=[usage.priced for usage in booked if usage.usage_id not in prices],
    )
