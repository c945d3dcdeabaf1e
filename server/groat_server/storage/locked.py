"""One study, held alone: what happens between the lock and the commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from groat import errors, model
from groat_server.storage import codec, rows
from groat_server.storage import statements as sql
from groat_server.storage.base import Answer, Attempt, BookedUsage, NewTrial, StoredUsage, StudyView
from groat_server.storage.books import Books
from groat_server.storage.rows import Row, StudyRow


class SqlLockedStudy:
    """See `groat_server.storage.base.LockedStudy`.

    The study's own row is read once, by the lock, and written once, by `save`:
    in between its counters and sums are kept here.
    """
