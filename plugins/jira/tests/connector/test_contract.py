"""The contract that all connectors keep, over HTTP, on both editions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from veaf_sync.testing import ConnectorContract, FaultDrills
from veaf_sync.testing.simulation import simulate


class OnJira:
    """A site of two projects, and hands to change it."""

    can = frozenset({"edit", "delete", "hide", "tags"})

    def __init__(self, site, connect, clock):
        self.site = site
        self.clock = clock
        self.connector = lambda: connect(site, projects=["PAY", "SHOP"], tag={"label": "okr:{objective}"})

    def expected(self):
        return {str(issue.id): issue.key for issue in self.site.service.state.issues.values()}

    def edit(self, item_id):
        self.clock.advance(timedelta(hours=1).total_seconds())
        self.site.edit(item_id, title="Edited by a person")

    def delete(self, item_id):
        self.site.delete(item_id)

    def hide(self, partition):
        self.site.forbid(partition)

    def tags(self, item_id):
        self.site.settle_tasks()
        return frozenset(self.site.issue(item_id).labels)

    def show(self, partition):
        self.site.allow(partition)

    def entry(self):
        return {**self.site.source(), "projects": ["PAY", "SHOP"]}

    def writes(self, request):
        return request.path.endswith("/bulk/issues/fields") or request.method == "PUT"

    def label(self, item_id, add=(), remove=()):
        self.site.settle_tasks()
        held = [value for value in self.site.issue(item_id).labels if value not in remove]
        self.site.edit(item_id, labels=(*held, *add))


class TestJiraConnector(ConnectorContract):
    @pytest.fixture
    def subject(self, jira, connect, clock, many, profile):
        return OnJira(
            jira(profile, items=[*many(130, labels=("theirs",)), *many(4, "SHOP")], clock=clock), connect, clock
        )


class TestJiraUnderFaults(FaultDrills):
    @pytest.fixture
    def subject(self, jira, connect, clock, many, profile):
        items = [*many(24, labels=("theirs",)), *many(6, "SHOP")]
        return OnJira(jira(profile, items=items, clock=clock), connect, clock)


@pytest.fixture
def anew(jira, connect, clock, many, profile):
    """Makes a new subject."""
    items = [*many(12, labels=("theirs",)), *many(4, "SHOP")]
    return lambda: OnJira(jira(profile, items=items, clock=clock), connect, clock)


def test_simulation(anew, monkeypatch):
    """Faults, people, other rules and time, in any order: see `veaf_sync.testing.simulation`."""
    simulate(anew, monkeypatch.setenv, examples=3, steps=20)


@pytest.mark.nightly
def test_simulation_for_long(anew, monkeypatch):
    simulate(anew, monkeypatch.setenv, examples=60, steps=50)
