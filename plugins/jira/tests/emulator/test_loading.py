"""Neutral items and recorded issues, in either edition, served without loss."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from veaf_sync.model import Level, Membership, StateCategory, WorkItem


@pytest.fixture
def names():
    """Field names of an issue's values: name → value, the empty ones left out."""

    def named(web, key):
        known = {field["id"]: field["name"] for field in web.get("/field").json()}
        fields = web.get(f"/issue/{key}").json()["fields"]
        return {known.get(id, id): value for id, value in fields.items() if value not in (None, [])}

    return named


@pytest.fixture
def rich(item):
    """An item with everything, and its ancestors."""
    done = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)
    return [
        item("PAY-4", level=Level.SUBTASK, parent="PAY-3"),
        item(
            "PAY-3", parent="PAY-2", type="Bug", state="Shipped", state_category=StateCategory.DONE, completed=done,
            description="First\n\nlast", labels=("b", "a"), components=("API",), milestones=("1.0",),
            sprints=("S1", "S2"), assignees=("ann",), team="payments", points=3.5, hours=1.25,
            fields={"Objective": ("fast", "cheap")}, updated=done + timedelta(hours=1), aliases=("OLD-1",),
        ),
        item("PAY-2", level=Level.EPIC, parent="PAY-1"),
        item("PAY-1", level=Level.INITIATIVE),
        WorkItem(id="abc", key="SHOP-1", partitions=(Membership("SHOP", tags=("okr:x",)),), labels=("y",)),
    ]  # fmt: skip


def test_an_item_with_everything(jira, browser, names, rich, profile):
    site = jira(profile, items=rich)
    shown = names(browser(site), "PAY-3")
    assert (shown["Summary"], shown["Labels"], shown["Timespent"]) == ("Item PAY-3", ["b", "a"], 4500)
    assert (shown["Story Points"], shown["Assignee"]["displayName"]) == (3.5, "ann")
    assert [version["name"] for version in shown["Fixversions"]] == ["1.0"]
    assert [option["value"] for option in shown["Objective"]] == ["fast", "cheap"]
    assert (shown["Status"]["name"], shown["Status"]["statusCategory"]["key"]) == ("Shipped", "done")
    assert (shown["Created"], shown["Resolutiondate"]) == (
        "2026-01-01T00:03:00.000+0000",
        "2026-02-01T08:30:00.000+0000",
    )
    assert browser(site).get("/issue/OLD-1").json()["key"] == "PAY-3"
    assert site.tags()["SHOP-1"] == ("okr:x", "y")
    if profile == "cloud":
        paragraphs = [part["content"] for part in shown["Description"]["content"]]
        assert [[text["text"] for text in content] for content in paragraphs] == [["First"], [], ["last"]]
        assert [sprint["name"] for sprint in shown["Sprint"]] == ["S1", "S2"]
        assert shown["Team"]["name"] == "payments"
        assert shown["Assignee"]["accountId"] == "ann"
    else:
        assert shown["Description"] == "First\n\nlast"
        assert ["name=S1" in shown["Sprint"][0], "state=ACTIVE" in shown["Sprint"][1]] == [True, True]
        assert (shown["Team"]["value"], shown["Assignee"]["name"]) == ("payments", "ann")


def test_parents_of_every_level_stand_where_each_edition_keeps_them(jira, browser, names, rich, profile):
    web = browser(jira(profile, items=rich))
    places = {
        key: {
            name: value["key"] if isinstance(value, dict) else value for name, value in shown.items() if name in LINKS
        }
        for key in ("PAY-4", "PAY-3", "PAY-2")
        if (shown := names(web, key))
    }
    if profile == "cloud":
        assert places == {"PAY-4": {"Parent": "PAY-3"}, "PAY-3": {"Parent": "PAY-2"}, "PAY-2": {"Parent": "PAY-1"}}
    else:
        assert places == {
            "PAY-4": {"Parent": "PAY-3"},
            "PAY-3": {"Epic Link": "PAY-2"},
            "PAY-2": {"Parent Link": "PAY-1"},
        }


LINKS = ("Parent", "Epic Link", "Parent Link")


def test_a_parent_outside_the_site(jira, browser, names, item, profile):
    site = jira(profile, items=[item("PAY-1", parent="ELSE-7")])
    shown = names(browser(site), "PAY-1")
    assert (shown["Parent"]["key"] if profile == "cloud" else shown["Epic Link"]) == "ELSE-7"
    with pytest.raises(ValueError, match="PAY-2: Jira cannot hold the parent acme/shop#88"):
        site.load([item("PAY-2", parent="acme/shop#88")])


def test_what_is_no_issue_is_refused(jira, item, profile):
    site = jira(profile, items=[item("PAY-1")])
    with pytest.raises(ValueError, match="PAY-1: the site has an issue"):
        site.load([item("PAY-1")])
    with pytest.raises(ValueError, match="is not a key of Jira"):
        site.load([WorkItem(id="1", key="whatever", partitions=())])
    with pytest.raises(ValueError, match="needs id, key and fields"):
        site.load_payloads([{"key": "PAY-9"}])


@pytest.fixture
def recorded(shared):
    """2,183 issues of a Jira Server: id → raw payload."""
    file = shared / "data/payloads/jira_server_agile/issues_raw_nocomments.jsonl.gz"
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return {int(issue["id"]): issue for issue in map(json.loads, lines)}


@pytest.fixture
def recorded_cloud(shared):
    """Two issues of a Jira Cloud site, recorded."""
    file = shared / "data/payloads/jira_cloud_v3_airbyte/expected_records.jsonl"
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return {int(r["data"]["id"]): r["data"] for r in records if r["stream"] == "issues"}


def text_of(value):
    """Plain text of a description in either form."""
    if not isinstance(value, dict):
        return value
    return "\n".join("".join(part.get("text", "") for part in block["content"]) for block in value["content"])


SAME = (
    "summary", "labels", "components", "fixVersions", "versions", "priority", "resolution", "issuelinks",
    "subtasks", "attachment", "comment",
)  # fmt: skip


def test_recorded_issues_of_a_server_come_back_without_loss(jira, browser, recorded, profile):
    site = jira(profile, payloads=recorded.values())
    web, served, size = browser(site), {}, 100 if profile == "cloud" else 1000
    for start in range(0, len(recorded), size):
        if profile == "cloud":
            ids = [str(id) for id in list(recorded)[start : start + size]]
            page = web.post("/issue/bulkfetch", json={"issueIdsOrKeys": ids, "fields": ["*all"]}).json()
        else:
            jql = "project in (ALOY, DAEMON, MOD) order by key"
            page = web.get(
                "/search", params={"jql": jql, "fields": "*all", "startAt": start, "maxResults": size}
            ).json()
        served |= {int(issue["id"]): issue for issue in page["issues"]}
    assert served.keys() == recorded.keys()
    for id, issue in recorded.items():
        lost = [what for what, ok in compared(issue, served[id], site).items() if not ok]
        assert lost == [], issue["key"]


def compared(issue, served, site):
    """What of a recorded issue comes back: name → whether it does."""
    raw, got = issue["fields"], served["fields"]
    sprints = [*raw.get("closedSprints", ()), *([raw["sprint"]] if raw.get("sprint") else ())]
    shown = json.dumps(got[site.edition.field("sprint")])
    above = raw.get("parent") or raw.get("epic") or {}
    links = [got["parent"] and got["parent"]["key"], got[site.edition.field("epic_link")]]
    person = "accountId" if site.edition.cloud else "name"
    return {
        "key": served["key"] == issue["key"],
        "project": got["project"].items() >= raw["project"].items(),
        "type": got["issuetype"].items() >= raw["issuetype"].items(),
        "status": {**got["status"], "statusCategory": 0}.items() >= {**raw["status"], "statusCategory": 0}.items(),
        "times": all(got[name] == raw[name] for name in ("created", "updated", "resolutiondate")),
        "description": text_of(got["description"]) == raw.get("description"),
        "environment": text_of(got["environment"]) == raw.get("environment"),
        "people": all(
            (got[n] or {}).get(person) == (raw[n] or {}).get("name") for n in ("assignee", "reporter", "creator")
        ),
        "sprints": all(sprint["name"] in shown for sprint in sprints),
        "parent": not above or above["key"] in links,
        "epic": not raw.get("epic") or raw["epic"]["key"] in links,
        **{name: got[name] == raw[name] for name in SAME},
    }


def test_recorded_issues_of_cloud_come_back(jira, browser, recorded_cloud, profile):
    site = jira(profile, payloads=recorded_cloud.values())
    web = browser(site)
    for id, issue in recorded_cloud.items():
        got, raw = web.get(f"/issue/{id}").json()["fields"], issue["fields"]
        assert got["summary"] == raw["summary"]
        assert text_of(got["description"]) == text_of(raw["description"])
        assert datetime.fromisoformat(got["updated"]) == datetime.fromisoformat(raw["updated"])
        assert got["timespent"] == raw["timespent"]
        assert ("hierarchyLevel" in got["issuetype"]) == (profile == "cloud")
        sprints = json.dumps(got[site.edition.field("sprint")])
        assert all(sprint["name"] in sprints for sprint in raw.get("customfield_10020") or ())
        if profile == "cloud":
            plain = {name: value for name, value in raw.items() if value is not None and name not in COMPUTED}
            assert plain.items() <= got.items()


COMPUTED = ("created", "updated", "resolutiondate", "issuetype", "status", "project", "parent",
            "assignee", "reporter", "creator")  # fmt: skip
