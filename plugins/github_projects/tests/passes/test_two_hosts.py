"""Several hosts in one strategy: a source each, as credentials, limits and freshness are a host's own."""

from __future__ import annotations

import json

import pytest

from veaf_sync import config as configuration
from veaf_sync.errors import UsageError
from veaf_sync.plugins import Registry
from veaf_sync.read import one_item, open_snapshot
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync_github.connector import GitHubConnector

STRATEGY = "vision: {title: V, narrative: N., horizon: 2028-12-31}\nobjectives: [{id: fast, title: F}]\n"


@pytest.fixture
def hosts(github, clock, many):
    """Two servers that number their projects, repositories and nodes alike."""
    return {name: github(items=many(count, "acme/1"), clock=clock) for name, count in (("hub", 3), ("ghes", 5))}


def test_the_same_names_and_numbers_on_two_hosts_stay_apart(hosts, clock, tmp_path, monkeypatch):
    registry = Registry(connectors={"github_projects": GitHubConnector}, emulators={}, failures=(), described=())
    for variable, value in hosts["hub"].environment.items():
        monkeypatch.setenv(variable, value)
    sources = {name: {**site.source(), "tag": {"label": "okr:{objective}"}} for name, site in hosts.items()}
    texts = {
        "veaf-sync.yaml": json.dumps({"version": 1, "mirrors": {"links": False}, "sources": sources}),
        "strategy.yaml": STRATEGY,
        "mapping.yaml": "rules: [{name: all, when: {source: ghes}, objective: fast}]\n",
    }
    config = configuration.load_texts(texts, registry.connectors, at=clock.now())
    with open_store("sqlite:///hosts.db", folder=tmp_path) as store:
        result = run_sync(config, registry, store, clock, write=True)
        assert [(source.source, source.items) for source in result.sources] == [("hub", 3), ("ghes", 5)]
        assert not any(hosts["hub"].tags().values())
        assert list(hosts["ghes"].tags().values()) == [("okr:fast",)] * 5
        snapshot = open_snapshot(store, config)
        key = next(iter(hosts["hub"].tags()))
        with pytest.raises(UsageError, match=f"ghes:{key}"):
            one_item(snapshot, key, command="explain")
        for name in hosts:
            assert one_item(snapshot, f"{name}:{key}", command="explain").source == name
