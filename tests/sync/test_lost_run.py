"""A writer that lost the lease of its run, while it still holds that of its source."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from veaf_sync.errors import FenceLost
from veaf_sync.plan import dump, load
from veaf_sync.store import tables
from veaf_sync.sync import apply_plan, make_plan
from veaf_sync.testing import MemoryConnector


@pytest.mark.parametrize("organisation", ["sqlite", "postgresql"], indirect=True)
def test_it_writes_nothing_more(busy, monkeypatch):
    busy.source["tag"] = '{label: "okr:{objective}"}'
    plan = make_plan(busy.config, busy.registry, busy.store, busy.clock, busy.sync().run).plan
    whole, taken = MemoryConnector.write, []

    def paused(self, batch):
        if not taken:  # for longer than the leases last; a run on other sources took its place
            with busy.store.leases._database.unfenced() as connection:
                connection.execute(update(tables.leases).values(expires=0))
            taken.append(busy.store.leases.acquire("run", "another run", timedelta(minutes=5)))
        return whole(self, batch)

    monkeypatch.setattr(MemoryConnector, "write", paused)
    with pytest.raises(FenceLost, match="another run holds it now"):
        apply_plan(load(dump(plan)), busy.config, busy.registry, busy.store, busy.clock)
    assert len(plan.changes) > 1
    assert busy.tool.writes == 1
