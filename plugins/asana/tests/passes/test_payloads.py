"""Recorded tasks load into the emulator and come through without loss."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from veaf_sync_asana.emulator.payloads import load_task


@pytest.fixture
def recorded(shared):
    lines = (shared / "data" / "payloads" / "asana" / "faros_asana_records.jsonl").read_text("utf-8").splitlines()
    return [record["data"] for record in map(json.loads, lines) if record["stream"] == "tasks"]


def test_recorded_tasks_come_through(recorded, asana, connect, clock, pull):
    site = asana(clock=clock)
    project = site.state.project("1201076013221028")
    names = {"1": "Label1", "2": "Label2"}
    for payload in recorded:
        load_task(site.state, payload, project, names)
    items = pull(connect(site))
    assert set(items) == {payload["gid"] for payload in recorded}
    for payload in recorded:
        item = items[payload["gid"]]
        assert item.title == payload["name"]
        assert item.labels == tuple(names[tag["gid"]] for tag in payload["tags"])
        assert item.created == datetime.fromisoformat(payload["created_at"])
        assert item.updated == datetime.fromisoformat(payload["modified_at"])
        shown = {
            field["name"]: (field["display_value"],) for field in payload["custom_fields"] if field["display_value"]
        }
        assert item.fields == shown
