"""The contract that all connectors keep, over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from veaf_sync.model import StateCategory
from veaf_sync.testing import ConnectorContract, FaultDrills
from veaf_sync.testing.simulation import simulate


class OnGitHub:
    """A site of two projects, and hands to change it."""

    can = frozenset({"edit", "delete", "hide", "tags"})

    def __init__(self, site, connect, clock):
        self.site = site
        self.clock = clock
        self.connector = lambda: connect(site)

    def expected(self):
        return {content.id: content.key for content in self.site.state.contents.values()}

    def edit(self, item_id):
        self.clock.advance(timedelta(hours=1).total_seconds())
        self.site.edit(item_id, title="Edited by a person")

    def delete(self, item_id):
        self.site.delete(item_id)

    def hide(self, partition):
        self.site.hide_project(partition)

    def tags(self, item_id):
        return frozenset(self.site.content(item_id).labels)

    def show(self, partition):
        self.site.hide_project(partition, hidden=False)

    def entry(self):
        return self.site.source()

    def writes(self, request):
        return b"mutation" in request.body

    def label(self, item_id, add=(), remove=()):
        held = [value for value in self.site.content(item_id).labels if value not in remove]
        self.site.edit(item_id, labels=(*held, *add))


class TestGitHubConnector(ConnectorContract):
    @pytest.fixture
    def subject(self, github, connect, clock, many):
        items = [
            *many(130, "acme/1", labels=("area-1",)),
            *many(4, "acme/2", repository="acme/tools", state_category=StateCategory.DONE),
        ]
        return OnGitHub(github(items=items, clock=clock), connect, clock)


class TestGitHubUnderFaults(FaultDrills):
    @pytest.fixture
    def subject(self, github, connect, clock, many):
        items = [*many(24, "acme/1", labels=("area-1",)), *many(6, "acme/2", repository="acme/tools")]
        return OnGitHub(github(items=items, clock=clock), connect, clock)


@pytest.fixture
def anew(github, connect, clock, many):
    """Makes a new subject."""
    items = [*many(12, "acme/1", labels=("area-1",)), *many(4, "acme/2", repository="acme/tools")]
    return lambda: OnGitHub(github(items=items, clock=clock), connect, clock)


def test_simulation(anew, monkeypatch):
    """Faults, people, other rules and time, in any order: see `veaf_sync.testing.simulation`."""
    simulate(anew, monkeypatch.setenv, examples=3, steps=20)


@pytest.mark.nightly
def test_simulation_for_long(anew, monkeypatch):
    simulate(anew, monkeypatch.setenv, examples=60, steps=50)
