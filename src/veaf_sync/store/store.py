"""The store as one object: its parts by noun."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

from veaf_sync.store.audit import Audit
from veaf_sync.store.backup import copy
from veaf_sync.store.engine import Database
from veaf_sync.store.items import Items
from veaf_sync.store.journal import Journal
from veaf_sync.store.leases import Leases
from veaf_sync.store.pulls import Pulls
from veaf_sync.store.results import Results
from veaf_sync.store.runs import Runs


class Store:
    """An open store; bring it with `open_store`. `url` hides a password. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.url = database.url.render_as_string()
        self.runs = Runs(database)
        self.leases = Leases(database)
        self.pulls = Pulls(database)
        self.items = Items(database)
        self.results = Results(database)
        self.journal = Journal(database)
        self.audit = Audit(database)

    def copy_to(self, path: Path) -> None:
        """Copy everything to a file that is a store by itself (SQLite). Raises `StoreError` and `OSError`."""
        copy(self._database, path)

    def close(self) -> None:
        """Let go of every connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
