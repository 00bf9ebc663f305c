"""A field that is taken out of a project: nobody took away what does not show any more."""

from __future__ import annotations

import json

from veaf_sync import config as configuration
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync_asana.connector import AsanaConnector

STRATEGY = "vision: {title: V, narrative: N}\nobjectives: [{id: fast, title: F}, {id: cheap, title: C}]\n"
REGISTRY = Registry(connectors={"asana": AsanaConnector}, emulators={}, failures=(), described=())


def test_a_field_out_of_its_project_withdraws_nothing(asana, clock, many, tmp_path, monkeypatch):
    site = asana(items=many(5), clock=clock)
    for number in range(1001, 1006):
        site.set_field(str(number), "Objective", None, "enum")
    (project,) = site.state.projects.values()
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    texts = {
        "veaf-sync.yaml": json.dumps(
            {"version": 1, "sources": {"as": {**site.source(), "tag": {"field": "Objective"}}}}
        ),
        "strategy.yaml": STRATEGY,
        "mapping.yaml": "rules: [{name: all, when: {}, objective: fast}]\n",
    }
    config = configuration.load_texts(texts, REGISTRY.connectors, at=clock.now())
    with open_store("sqlite:///a.db", folder=tmp_path) as store:
        run_sync(config, REGISTRY, store, clock, write=True)
        assert len(store.journal.written("as")) == 5
        fields, project.fields = project.fields, []
        clock.advance(3600)
        result = run_sync(config, REGISTRY, store, clock, write=True, full=True)
        assert "5 items do not show tags that we wrote, as the field" in result.sources[0].reason
        assert len(store.journal.written("as")) == 5
        assert result.outcomes == ()
        project.fields = fields
        clock.advance(3600)
        result = run_sync(config, REGISTRY, store, clock, write=True, full=True)
        assert (result.sources[0].state, result.outcomes) == ("fresh", ())
        assert set(store.results.list(result.run.id)["origin"]) == {"rule"}
