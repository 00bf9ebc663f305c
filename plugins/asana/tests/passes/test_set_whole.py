"""Fields are set whole in Asana: a pass that is told to wait looks at the items again before it writes them."""

from __future__ import annotations

import json

import pytest

from veaf_sync import config as configuration
from veaf_sync.emulator import Throttle
from veaf_sync.model import Result
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync_asana.connector import AsanaConnector

STRATEGY = "vision: {title: V, narrative: N}\nobjectives: [{id: fast, title: F}, {id: cheap, title: C}]\n"
REGISTRY = Registry(connectors={"asana": AsanaConnector}, emulators={}, failures=(), described=())


@pytest.mark.parametrize("kind", ["text", "enum", "multi_enum"])
def test_a_pass_that_is_told_to_wait_looks_again_and_writes_the_others(asana, clock, many, tmp_path, monkeypatch, kind):
    def held(value):
        return ([value] if value else []) if kind == "multi_enum" else value or None

    site = asana(items=many(5), clock=clock)
    for number in range(1001, 1006):
        site.set_field(str(number), "Objective", held("fast" if number == 1001 else ""), kind)
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    source = {**site.source(), "tag": {"field": "Objective"}}
    texts = {
        "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"as": source}}),
        "strategy.yaml": STRATEGY,
        "mapping.yaml": "rules: [{name: all, when: {}, objective: fast}]\n",
    }
    config = configuration.load_texts(texts, REGISTRY.connectors, at=clock.now())

    def person(request):
        if b'"put"' in request.body:
            site.set_field("1003", "Objective", held("theirs"), kind)
            return True
        return False

    with open_store("sqlite:///a.db", folder=tmp_path) as store:
        run_sync(config, REGISTRY, store, clock, adopt_tags="people")
        clock.advance(60)
        site.faults.add(Throttle(60), path=".*/batch", when=person, times=1)
        result = run_sync(config, REGISTRY, store, clock, write=True)
    assert {outcome.item.id: outcome.result for outcome in result.outcomes} == {
        "1002": Result.APPLIED,
        "1003": Result.CONFLICT,
        "1004": Result.APPLIED,
        "1005": Result.APPLIED,
    }
