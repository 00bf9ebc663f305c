"""Recorded issues of real trackers, through emulator, connector and store, without loss.

What a payload says is read here by itself, from its raw JSON, with none of the connector's code.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import datetime

from veaf_sync_jira.emulator import Knobs

CATEGORIES = {"new": "todo", "indeterminate": "in_progress", "done": "done", "undefined": "todo"}
HEIGHTS = {-1: "subtask", 0: "standard", 1: "epic", 2: "initiative"}


def _lines(text):
    return " ".join((text or "").split())


def _instant(text):
    return datetime.fromisoformat(text) if text else None


def _names(values):
    return tuple(sorted({_lines(value["name"]) for value in values or ()}))


def said_by(payload):
    """The facts of a raw payload, in the words of ITEMS."""
    fields = payload["fields"]
    kind = fields["issuetype"]
    above = fields.get("parent") or fields.get("epic") or {"key": ""}
    level = HEIGHTS[kind["hierarchyLevel"]] if "hierarchyLevel" in kind else "standard"
    if "hierarchyLevel" not in kind and (kind["subtask"] or kind["name"] == "Epic"):
        level = "subtask" if kind["subtask"] else "epic"
    assignee = fields.get("assignee") or {}
    return {
        "key": payload["key"],
        "partition": fields["project"]["key"],
        "partitions": (fields["project"]["key"],),
        "type": kind["name"],
        "level": level,
        "state": fields["status"]["name"],
        "state_category": CATEGORIES[fields["status"]["statusCategory"]["key"]],
        "title": _lines(fields["summary"]),
        "parent": above["key"],
        "labels": tuple(sorted(fields["labels"])),
        "components": _names(fields["components"]),
        "milestones": _names(fields["fixVersions"]),
        "assignees": tuple(filter(None, [assignee.get("accountId") or assignee.get("name")])),
        "hours": fields["timespent"] / 3600 if fields.get("timespent") is not None else None,
        "created": _instant(fields["created"]),
        "updated": _instant(fields["updated"]),
        "completed": _instant(fields.get("resolutiondate")),
    }


def stored_in(made, run, names):
    """What the store holds as of `run`, id → facts; the order of a list's texts is not compared."""
    rows = made.frame(run).select("id", *names).iter_rows(named=True)
    return {
        row.pop("id"): {name: tuple(sorted(v)) if isinstance(v, list) else v for name, v in row.items()} for row in rows
    }


def test_2183_jira_server_payloads(organisation, profile, shared):
    file = shared / "data/payloads/jira_server_agile/issues_raw_nocomments.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        payloads = [json.loads(line) for line in lines]
    said = {payload["id"]: said_by(payload) for payload in payloads}
    made = organisation(profile, payloads=payloads, knobs=Knobs())
    result = made.sync()
    assert (result.degraded, result.sources[0].new) == (False, 2183)
    stored = stored_in(made, result.run.id, [*next(iter(said.values()))])
    assert stored.keys() == said.keys()
    wrong = {id: (stored[id], facts) for id, facts in said.items() if stored[id] != facts}
    assert not wrong
    assert Counter(row["partition"] for row in stored.values()) == {"ALOY": 1499, "DAEMON": 317, "MOD": 367}
    assert Counter(row["level"] for row in stored.values()) == {"standard": 2065, "subtask": 98, "epic": 20}
    assert sum(bool(row["parent"]) for row in stored.values()) == 98 + 119
    pages = {"cloud": 15 + 4 + 4, "dc": 2 + 1 + 1}[profile]
    assert len(made.sent()) == 4 + pages
    outside = {row["parent"] for row in stored.values()} - {row["key"] for row in stored.values()} - {""}
    assert outside, "parents that the export does not hold are kept as given"


def test_airbyte_v3_records(organisation, shared):
    file = shared / "data/payloads/jira_cloud_v3_airbyte/expected_records.jsonl"
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    payloads = [record["data"] for record in records if record["stream"] == "issues"]
    said = {payload["id"]: said_by(payload) for payload in payloads}
    made = organisation("cloud", payloads=payloads)
    made.mapping += "  - {name: texts, when: {description: {regex: '(?i)oauth'}}, objective: fast}\n"
    result = made.sync()
    assert (result.degraded, result.sources[0].new, len(payloads)) == (False, 2, 2)
    assert stored_in(made, result.run.id, [*next(iter(said.values()))]) == said
    descriptions = made.store.items.frame(result.run.id, needed=["description"]).select("key", "description").rows()
    assert dict(descriptions) == {"IT-24": "Test description 74", "IT-26": "Implement OAUth"}
    assert made.verdicts(result.run.id)["IT-26"] == "aligned", "by the text of its description"
