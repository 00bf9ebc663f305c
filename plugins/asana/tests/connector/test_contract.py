"""The contract that all connectors keep, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from veaf_sync.model import Level, StateCategory
from veaf_sync.testing import ConnectorContract, FaultDrills
from veaf_sync.testing.simulation import simulate


class OnAsana:
    """A workspace of two projects with tasks and sub-tasks, and hands to change it."""

    can = frozenset({"edit", "delete", "hide", "tags"})

    def __init__(self, site, connect, clock):
        self.site = site
        self.clock = clock
        self.connector = lambda: connect(site, projects=["901", "902"])

    def expected(self):
        return {gid: gid for gid in self.site.state.tasks}

    def edit(self, item_id):
        self.clock.advance(timedelta(hours=1).total_seconds())
        self.site.edit(item_id, name="Edited by a person")

    def delete(self, item_id):
        self.site.delete(item_id)

    def hide(self, partition):
        self.site.hide_project(partition)

    def tags(self, item_id):
        return self.site.labels(item_id)

    def show(self, partition):
        self.site.hide_project(partition, hidden=False)

    def entry(self):
        return {**self.site.source(), "projects": ["901", "902"]}

    def writes(self, request):
        return request.method in ("PUT", "POST") and b'"get"' not in request.body

    def label(self, item_id, add=(), remove=()):
        for value in remove:
            self.site.untag(item_id, value)
        for value in add:
            self.site.tag(item_id, value)


class TestAsanaConnector(ConnectorContract):
    @pytest.fixture
    def subject(self, asana, connect, clock, many):
        items = [
            *many(130, "901", labels=("area-1",)),
            *many(12, "901", first=2001, parent="1001", level=Level.SUBTASK, type="Subtask"),
            *many(2, "901", first=3001, parent="2001", level=Level.SUBTASK, type="Subtask"),
            *many(4, "902", first=4001, state_category=StateCategory.DONE),
        ]
        return OnAsana(asana(items=items, clock=clock), connect, clock)


class TestAsanaUnderFaults(FaultDrills):
    @pytest.fixture
    def subject(self, asana, connect, clock, many):
        items = [*many(24, "901", labels=("area-1",)), *many(6, "902", first=4001)]
        return OnAsana(asana(items=items, clock=clock), connect, clock)


@pytest.fixture
def anew(asana, connect, clock, many):
    """Makes a new subject."""
    items = [*many(12, "901", labels=("area-1",)), *many(4, "902", first=4001)]
    return lambda: OnAsana(asana(items=items, clock=clock), connect, clock)


def test_simulation(anew, monkeypatch):
    """Faults, people, other rules and time, in any order: see `veaf_sync.testing.simulation`."""
    simulate(anew, monkeypatch.setenv, examples=3, steps=20)


@pytest.mark.nightly
def test_simulation_for_long(anew, monkeypatch):
    simulate(anew, monkeypatch.setenv, examples=60, steps=50)
