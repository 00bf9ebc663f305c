"""An item that comes without a part of its own: it stays as it was read last and is named, whatever kind of pull."""

from __future__ import annotations

import json

import pytest

from veaf_sync import config as configuration
from veaf_sync.connector import Absent
from veaf_sync.emulator import Rewrite
from veaf_sync.emulator.wire import Response
from veaf_sync.plugins import Registry
from veaf_sync.store import open_store
from veaf_sync.sync import run_sync
from veaf_sync_github.connector import GitHubConnector

REFUSED = {"type": "FORBIDDEN", "message": "Resource protected by organization SAML enforcement"}
TITLE = "acme/shop#2"


def without(id_, *part, kind="FORBIDDEN"):
    """Answers as the server gives them, but that of the item `id_` its `part` is missing, with an error."""

    def spoil(response):
        body = json.loads(response.body)
        data = body.get("data") or {}
        if "nodes" in data:
            path, entries = ["nodes"], data["nodes"]
        elif isinstance(data.get("node"), dict) and "nodes" in (data["node"].get("items") or {}):
            path, entries = ["node", "items", "nodes"], data["node"]["items"]["nodes"]
        else:
            return response
        for place, entry in enumerate(entries):
            listed = (entry or {}).get("content") if len(path) == 3 else None
            holder = listed or entry or {}
            if holder.get("id") == id_ and part[0] in holder:
                where = [*path, place, *(["content"] if listed else []), *part]
                holder[part[0]] = None if len(part) == 1 else holder[part[0]]
                body.setdefault("errors", []).append({**REFUSED, "type": kind, "path": where})
        return Response.of(body)

    return Rewrite(spoil)


@pytest.fixture
def site(github, many, clock):
    return github(items=many(4), clock=clock)


@pytest.fixture
def sync(site, clock, tmp_path, monkeypatch):
    """`sync(full=…)`: a pass over the site's one project; brings its result and the items' titles by key."""
    for name, value in site.environment.items():
        monkeypatch.setenv(name, value)
    registry = Registry(connectors={"github_projects": GitHubConnector}, emulators={}, failures=(), described=())
    texts = {
        "veaf-sync.yaml": json.dumps({"version": 1, "sources": {"hub": site.source()}}),
        "strategy.yaml": "vision: {title: V}\nobjectives: [{id: fast}]\n",
        "mapping.yaml": "rules: [{name: all, when: {type: Issue}, objective: fast}]\n",
    }
    config = configuration.load_texts(texts, registry.connectors, at=clock.now())
    with open_store(f"sqlite:///{tmp_path}/store.db") as store:

        def run(**options):
            result = run_sync(config, registry, store, clock, **options)
            frame = store.items.frame(result.run.id, unreadable=[])
            return result, {row["key"]: row for row in frame.rows(named=True)}

        yield run


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(("part", "kind"), [("milestone", "FORBIDDEN"), ("labels", "NOT_FOUND")])
def test_it_stays_as_it_was_and_is_told(site, sync, clock, full, part, kind):
    _, before = sync()
    clock.advance(3600)
    site.edit(TITLE, title="New title", labels=["lost"])
    site.edit("acme/shop#3", title="Also new")
    site.faults.add(without(before[TITLE]["id"], part, kind=kind), times=None)
    result, after = sync(full=full)
    assert after["acme/shop#3"]["title"] == "Also new", "the others are read"
    assert len(after) == 4, "nothing is gone"
    assert after[TITLE]["title"] == before[TITLE]["title"]
    assert after[TITLE]["unreadable"]
    assert result.degraded

    site.faults.clear()
    result, healed = sync()
    assert (healed[TITLE]["title"], result.degraded) == ("New title", False)
    assert not healed[TITLE]["unreadable"]


@pytest.mark.parametrize("part", [("parent",), ("projectItems", "nodes", 1)])
def test_what_stands_beside_it_may_be_hidden(site, sync, clock, part):
    _, before = sync()
    clock.advance(3600)
    site.edit(TITLE, title="New title")
    site.faults.add(without(before[TITLE]["id"], *part), times=None)
    result, after = sync(full=True)
    assert (after[TITLE]["title"], result.degraded) == ("New title", False)


def test_read_by_its_id_it_is_forbidden_or_not_told_and_never_gone(site, connect, pull):
    connector = connect(site)
    id_ = pull(connector)[TITLE].id
    site.faults.add(without(id_, "assignees"))
    assert connector.get([id_]) == {id_: Absent.FORBIDDEN}
    site.faults.add(without(id_, "assignees", kind="NOT_FOUND"))
    assert connector.get([id_]) == {id_: Absent.UNKNOWN}
