"""Real items and the worked cases, through the connector alone."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest

from veaf_sync.model import Level

TRACKER = {
    "partition": "project",
    "state": "status",
    "state_category": "status_category",
    "milestones": "fix_versions",
    "assignees": "assignee",
    "parent": ["parent_key", "epic_key"],
    "completed": "resolved",
}


def test_18898_real_items_come_through_without_loss(shared, connect, pull):
    path = shared / "data" / "tracker_small.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = {row["key"]: row for row in map(json.loads, lines)}

    items = pull(connect(str(path), columns=TRACKER))

    assert items.keys() == rows.keys()
    categories = {"new": "todo", "indeterminate": "in_progress", "done": "done"}
    for key, row in rows.items():
        item = items[key]
        assert item.partitions[0].partition == row["project"]
        assert (item.type, item.level, item.state) == (row["type"], row["level"], row["status"])
        if row["status_category"]:
            assert item.state_category == categories[row["status_category"]]
        assert item.parent == (row["parent_key"] or row["epic_key"] or "")
        assert item.fields.get("epic_key", ("",))[0] == (row["epic_key"] or "")
        assert set(item.labels) == set(row["labels"])
        assert set(item.components) == set(row["components"])
        assert item.title == row["title"].strip()
        assert item.assignees == ((row["assignee"],) if row["assignee"] else ())
        assert (item.completed is None) == (row["resolved"] is None)

    oracle = json.loads((shared / "data" / "oracle_tracker_small.json").read_text(encoding="utf-8"))
    for project, counts in oracle["projects"].items():
        here = [item for item in items.values() if item.partitions[0].partition == project]
        assert len(here) == counts["rows"]
        assert Counter(item.level for item in here)[Level.EPIC] == counts["epics"]


@pytest.mark.parametrize("case", ["06-subtasks-and-containers", "14-conditions"])
def test_the_files_of_worked_cases_are_read(shared, connect, pull, case):
    (path,) = [path for path in (shared / "cases" / case).iterdir() if path.suffix in (".csv", ".jsonl")]
    expected = json.loads((path.parent / "expected.json").read_text(encoding="utf-8"))

    items = pull(connect(str(path)))

    assert {f"work:{key}" for key in items} == set(expected["items"])
