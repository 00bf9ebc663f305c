"""A field that is renamed or deleted in a project: nobody took away what does not show any more."""

from __future__ import annotations

import json

import pytest

from veaf_sync import config as configuration
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync_github.connector import GitHubConnector

STRATEGY = "vision: {title: V, narrative: N}\nobjectives: [{id: fast, title: F}, {id: cheap, title: C}]\n"
RULES = "stated: [{from: fields.Objective}]\nrules: [{name: all, when: {}, objective: fast}]\n"
REGISTRY = Registry(connectors={"github_projects": GitHubConnector}, emulators={}, failures=(), described=())


@pytest.mark.parametrize("count", [3, 60])
def test_a_renamed_field_withdraws_nothing(github, clock, many, tmp_path, monkeypatch, count):
    site = github(items=many(count, "acme/1"), clock=clock)
    field = site.state.add_field(site.state.project("acme/1"), "Objective", "SINGLE_SELECT")
    field.option("fast")
    field.option("cheap")
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    settings = {"version": 1, "sources": {"hub": {**site.source(), "tag": {"field": "Objective"}}}}
    texts = {"veaf-sync.yaml": json.dumps(settings), "strategy.yaml": STRATEGY, "mapping.yaml": RULES}
    config = configuration.load_texts(texts, REGISTRY.connectors, at=clock.now())
    with open_store("sqlite:///a.db", folder=tmp_path) as store:
        run_sync(config, REGISTRY, store, clock, write=True)
        assert len(store.journal.written("hub")) == count
        site.rename_field("acme/1", "Objective", "Objectives")
        for _ in range(2):
            clock.advance(3600)
            result = run_sync(config, REGISTRY, store, clock, write=True)
            assert len(store.journal.written("hub")) == count
            assert result.outcomes == ()
            assert len(result.planned.plan.refused) == count
            assert f"{count} items do not show tags that we wrote, as the field" in result.sources[0].reason
        clock.advance(3600)
        only = run_sync(config, REGISTRY, store, clock, only={"hub": [next(iter(store.journal.written("hub")))]})
        assert only.sources[0].state == "fresh"
        assert len(store.journal.written("hub")) == count
        site.rename_field("acme/1", "Objectives", "Objective")
        clock.advance(3600)
        result = run_sync(config, REGISTRY, store, clock, write=True)
        assert (result.sources[0].state, result.outcomes) == ("fresh", ())
        assert set(store.results.list(result.run.id)["origin"]) == {"rule"}, "our own values are nobody's statement"


def test_who_deleted_the_field_can_say_that_people_took_the_tags(github, clock, many, tmp_path, monkeypatch):
    site = github(items=many(3, "acme/1"), clock=clock)
    site.state.add_field(site.state.project("acme/1"), "Objective", "SINGLE_SELECT").option("fast")
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    settings = {"version": 1, "sources": {"hub": {**site.source(), "tag": {"field": "Objective"}}}}
    texts = {"veaf-sync.yaml": json.dumps(settings), "strategy.yaml": STRATEGY, "mapping.yaml": RULES}
    config = configuration.load_texts(texts, REGISTRY.connectors, at=clock.now())
    with open_store("sqlite:///a.db", folder=tmp_path) as store:
        run_sync(config, REGISTRY, store, clock, write=True)
        del site.state.project("acme/1").fields["Objective"]
        clock.advance(3600)
        run_sync(config, REGISTRY, store, clock)
        clock.advance(3600)
        result = run_sync(config, REGISTRY, store, clock, accept_empty=["hub"])
        assert result.sources[0].state == "fresh"
        assert store.journal.written("hub") == {}
