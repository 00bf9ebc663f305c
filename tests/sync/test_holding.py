"""Leases while the pass that holds them stores something for longer than they are good for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from veaf_sync.errors import Refused, VeafSyncError
from veaf_sync.store import open_store
from veaf_sync.sync import holding

NAMES = ["run", "source:a", "source:b"]
TTL = timedelta(seconds=1)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_commit_longer_than_a_lease_loses_none(
    new_url: Callable[[str], str], engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "LEASE_TTL", TTL)
    url = new_url(engine)
    taken: dict[str, VeafSyncError | None] = {}
    with open_store(url) as store, open_store(url) as other:

        def take(name: str) -> None:
            """As another machine would, while the commit goes on and for a moment behind it."""
            until = time.monotonic() + 4
            while time.monotonic() < until:
                try:
                    other.leases.acquire(name, "another machine", TTL)
                except VeafSyncError as error:
                    taken[name] = error
                else:
                    taken[name] = None
                    return

        with holding.holding(store, NAMES) as leases:
            rivals = [threading.Thread(target=take, args=(name,)) for name in NAMES]
            with store.leases._database.writing(leases["source:a"]) as connection:
                connection.exec_driver_sql("UPDATE runs SET digest = '' WHERE id = -1")
                time.sleep(0.5)
                for rival in rivals:
                    rival.start()
                time.sleep(2)
            for rival in rivals:
                rival.join()
            assert {name: type(error) for name, error in taken.items()} == dict.fromkeys(NAMES, Refused)
            store.leases.check(*leases.values())
