"""What docs/known-defects.md lists of GitHub: the test says what should hold, and fails until it does."""

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


@pytest.mark.xfail(strict=True, reason="a field that is renamed reads as if people had taken every value away")
def test_a_renamed_field_withdraws_nothing(github, clock, many, tmp_path, monkeypatch):
    site = github(items=many(60, "acme/1"), clock=clock)
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
        assert len(store.journal.written("hub")) == 60
        clock.advance(3600)
        fields = site.state.project("acme/1").fields
        fields["Objectives"] = fields.pop("Objective")
        run_sync(config, REGISTRY, store, clock)
        assert len(store.journal.written("hub")) == 60
