"""Writes whose outcome Asana says wrongly: what stands is ours."""

from __future__ import annotations

import json

from veaf_sync import config as configuration
from veaf_sync.emulator import AnswerLost, Response, Rewrite
from veaf_sync.plugins import Registry
from veaf_sync.store import Filters, open_store
from veaf_sync.sync import run_sync
from veaf_sync_asana.connector import AsanaConnector

STRATEGY = "vision: {title: V, narrative: N}\nobjectives: [{id: fast, title: F}, {id: cheap, title: C}]\n"
STATED = 'stated: [{from: labels, pattern: "okr:(?P<objective>[a-z]+)"}]\n'
REGISTRY = Registry(connectors={"asana": AsanaConnector}, emulators={}, failures=(), described=())


def broken(answer):
    """Every reply of a batch says 500, although all was done."""
    body = json.loads(answer.body)
    for row in body["data"]:
        row["status_code"] = 500
        row["body"] = {"errors": [{"message": "Server Error", "phrase": "6 sad squid"}]}
    return Response.of(body)


def test_replies_that_say_500_behind_which_all_was_done(asana, clock, many, tmp_path, monkeypatch):
    site = asana(items=many(5), clock=clock)
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    source = {**site.source(), "tag": {"label": "okr:{objective}"}, "guards": {"clears": {"count": 50, "share": 1}}}
    with open_store("sqlite:///a.db", folder=tmp_path) as store:

        def sync(objective):
            clock.advance(3600)
            texts = {
                "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"as": source}}),
                "strategy.yaml": STRATEGY,
                "mapping.yaml": f"{STATED}rules: [{{name: all, when: {{}}, objective: {objective}}}]\n",
            }
            config = configuration.load_texts(texts, REGISTRY.connectors, at=clock.now())
            return run_sync(config, REGISTRY, store, clock, write=True)

        site.faults.add(Rewrite(broken), path=".*/batch", when=lambda request: b"addTag" in request.body, times=1)
        sync("fast")
        assert set(site.tags().values()) == {("okr:fast",)}
        result = sync("cheap")
        rows = store.results.list(result.run.id, filters=Filters(counted_only=False))
        assert set(rows["origin"]) == {"rule"}
        assert set(site.tags().values()) == {("okr:cheap",)}


def test_a_tag_whose_making_got_no_answer_is_made_once(asana, connect, clock, many, change, write):
    site = asana(items=many(25), clock=clock)
    connector = connect(site)
    changes = [change(str(gid), (), ("okr:fast",)) for gid in range(1001, 1026)]
    connector.preview(changes)
    site.faults.add(AnswerLost(), method="POST", path=".*/tags", times=2)
    write(connector, changes)
    assert [tag.name for tag in site.state.tags.values()] == ["okr:fast"]
