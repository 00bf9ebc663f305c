"""Recorded issues of real trackers, through an emulator over HTTP and the connector, without loss."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from datetime import datetime

import pytest

from veaf_sync.model import Level, StateCategory

CATEGORIES = {
    "new": StateCategory.TODO,
    "indeterminate": StateCategory.IN_PROGRESS,
    "done": StateCategory.DONE,
    "undefined": StateCategory.TODO,
}


@pytest.fixture(scope="module")
def server(shared):
    file = shared / "data/payloads/jira_server_agile/issues_raw_nocomments.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def cloud(shared):
    file = shared / "data/payloads/jira_cloud_v3_airbyte/expected_records.jsonl"
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [record["data"] for record in records if record["stream"] == "issues"]


def _level(kind):
    if "hierarchyLevel" in kind:
        return {-1: Level.SUBTASK, 0: Level.STANDARD, 1: Level.EPIC}[kind["hierarchyLevel"]]
    if kind["subtask"]:
        return Level.SUBTASK
    return Level.EPIC if kind["name"] == "Epic" else Level.STANDARD


def _time(text):
    return datetime.fromisoformat(text) if text else None


def _one_line(text):
    return " ".join((text or "").split())


def _facts(payload):
    """What a payload says, in the connector's words, read independently of it."""
    raw = payload["fields"]
    above = raw.get("parent") or raw.get("epic")
    sprints = [*(raw.get("closedSprints") or []), *([raw["sprint"]] if raw.get("sprint") else [])]
    user = raw.get("assignee") or {}
    return {
        "id": payload["id"],
        "key": payload["key"],
        "partition": raw["project"]["key"],
        "title": _one_line(raw["summary"]),
        "type": raw["issuetype"]["name"],
        "level": _level(raw["issuetype"]),
        "state": raw["status"]["name"],
        "state_category": CATEGORIES[raw["status"]["statusCategory"]["key"]],
        "parent": above["key"] if above else "",
        "labels": tuple(raw["labels"]),
        "components": tuple(dict.fromkeys(_one_line(one["name"]) for one in raw["components"])),
        "milestones": tuple(dict.fromkeys(_one_line(one["name"]) for one in raw["fixVersions"])),
        "sprints": tuple(dict.fromkeys(_one_line(one["name"]) for one in sprints)),
        "assignees": tuple(filter(None, [user.get("accountId") or user.get("name")])),
        "created": _time(raw["created"]),
        "updated": _time(raw["updated"]),
        "completed": _time(raw.get("resolutiondate")),
        "hours": raw["timespent"] / 3600 if raw.get("timespent") is not None else None,
    }


def _read(item):
    names = _NAMES
    return {name: item.partitions[0].partition if name == "partition" else getattr(item, name) for name in names}


_NAMES = (
    "id", "key", "partition", "title", "type", "level", "state", "state_category", "parent", "labels", "components",
    "milestones", "sprints", "assignees", "created", "updated", "completed", "hours",
)  # fmt: skip


def test_2183_recorded_server_issues(jira, connect, pull, clock, profile, server):
    site = jira(profile, payloads=server, clock=clock)
    items, _ = pull(connect(site))
    assert len(items) == len(server) == 2183
    for payload in server:
        facts = _facts(payload)
        facts["labels"] = tuple(sorted(facts["labels"]))
        read = _read(items[payload["key"]])
        read["labels"] = tuple(sorted(read["labels"]))
        assert read == facts, payload["key"]
    assert Counter(item.level for item in items.values()) == {
        Level.STANDARD: 2183 - 20 - 98,
        Level.EPIC: 20,
        Level.SUBTASK: 98,
    }
    assert sum(bool(item.parent) for item in items.values()) == 98 + 119


def test_server_descriptions_come_through_as_they_are(jira, connect, pull, clock, server):
    items, _ = pull(connect(jira("dc", payloads=server, clock=clock)))
    for payload in server:
        text = re.sub(r"[\x00-\x08\x0b-\x1f]", "", (payload["fields"].get("description") or "").replace("\r", "\n"))
        assert items[payload["key"]].description.split() == text.split(), payload["key"]


def test_recorded_cloud_issues(jira, connect, pull, clock, cloud):
    items, _ = pull(connect(jira("cloud", payloads=cloud, clock=clock)))
    assert len(items) == len(cloud) == 2
    for payload in cloud:
        facts, read = _facts(payload), _read(items[payload["key"]])
        for name in ("sprints", "completed"):
            facts.pop(name), read.pop(name)
        assert read == facts
    assert items["IT-24"].description == "Test description 74"
    assert items["IT-26"].description == "Implement OAUth"
    assert items["IT-24"].hours == pytest.approx(5.8)
