"""Recorded issues and project items load into the emulator and come through without loss."""

from __future__ import annotations

import json
from datetime import datetime

from veaf_sync.model import StateCategory
from veaf_sync_github.emulator.payloads import load_issue, load_item


def clean(text):
    return " ".join(text.split())


def test_recorded_issues_and_pull_requests_come_through(shared, github, connect, clock, pull):
    lines = (shared / "data/payloads/github_rest/devlake_github_issues.jsonl").read_text("utf-8").splitlines()
    recorded = {(one["repository_url"], one["number"]): one for one in map(json.loads, lines)}.values()
    assert (len(lines), len(recorded)) == (42, 41), "one was recorded twice"
    site = github(clock=clock)
    project = site.state.project("acme/1")
    for payload in recorded:
        load_issue(site.state, payload, project)
    items = pull(connect(site))
    assert len(items) == len(recorded)
    for payload in recorded:
        full = "/".join(payload["repository_url"].split("/")[-2:])
        item = items[f"{full}#{payload['number']}"]
        assert clean(item.title) == clean(payload["title"])
        assert clean(item.description) == clean(payload["body"] or "")
        assert item.labels == tuple(label["name"] for label in payload["labels"])
        assert len(item.assignees) == len({person["login"] for person in payload["assignees"]})
        assert item.milestones == ((payload["milestone"]["title"],) if payload["milestone"] else ())
        assert (item.type == "Pull request") == bool(payload.get("pull_request"))
        assert (item.state_category is StateCategory.DONE) == (payload["state"] == "closed")
        assert item.created == datetime.fromisoformat(payload["created_at"])
        assert item.completed == (datetime.fromisoformat(payload["closed_at"]) if payload["closed_at"] else None)


def test_recorded_project_items_come_through(shared, github, connect, clock, pull):
    file = shared / "data/payloads/github_projects/agentarena_gh_cli_project_item_list.json"
    recorded = json.loads(file.read_text("utf-8"))
    site = github(clock=clock)
    project = site.state.project("acme/1")
    for payload in recorded["items"]:
        load_item(site.state, payload, project, clock.now())
    items = pull(connect(site))
    assert len(items) == recorded["totalCount"] == 30
    for payload in recorded["items"]:
        inner = payload["content"]
        item = items[f"{inner['repository']}#{inner['number']}"]
        assert clean(item.title) == clean(inner["title"])
        assert clean(item.description) == clean(inner["body"])
        assert item.labels == tuple(payload.get("labels") or ())
        assert item.state == payload["status"]
        assert (item.state_category is StateCategory.DONE) == (payload["status"] == "Done")
