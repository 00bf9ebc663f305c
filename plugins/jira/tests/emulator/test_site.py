"""Identity, roster, permissions, lag, and direct reads."""

from __future__ import annotations

import pytest

from veaf_sync.model import Level
from veaf_sync_jira.emulator import Knobs


@pytest.fixture
def site(jira, item, clock, profile):
    return jira(profile, clock=clock, items=[item("PAY-1"), item("PAY-2"), item("SHOP-1")])


@pytest.fixture
def roster():
    """The keys of the projects that a client sees."""

    def keys(web):
        if "/3" in web.base:
            return [project["key"] for project in web.get("/project/search").json()["values"]]
        return [project["key"] for project in web.get("/project").json()]

    return keys


def test_says_what_it_is(site, browser):
    web = browser(site)
    server = web.get("/serverInfo").json()
    assert server["baseUrl"] == site.url
    assert server["serverTime"] == "2026-03-10T12:00:00.000+0000"
    assert (server["deploymentType"] == "Cloud") == (site.profile == "cloud")
    me = web.get("/myself").json()
    assert ("accountId" in me) == (site.profile == "cloud")
    assert ("name" in me) == (site.profile == "dc")


def test_cloud_tells_its_id_and_answers_the_old_server_info(jira, item, browser):
    site = jira("cloud", items=[item("PAY-1")])
    web = browser(site)
    web.base = site.url
    assert web.get("/_edge/tenant_info").json()["cloudId"]
    assert web.get("/rest/api/2/serverInfo").json()["deploymentType"] == "Cloud"


def test_self_links_do_not_lead_back(site, browser):
    assert not browser(site).get("/issue/PAY-1").json()["self"].startswith(site.url)


def test_the_source_entry_names_references_and_no_secret(site):
    entry = site.source()
    assert (entry["connector"], entry["site"]) == ("jira", site.url)
    references = [str(value).removeprefix("env:") for value in entry.values() if str(value).startswith("env:")]
    assert references
    assert set(references) <= set(site.environment)
    assert not set(site.environment.values()) & set(map(str, entry.values()))


def test_types_have_a_level_on_cloud_only(jira, item, browser, profile):
    items = [item("PAY-1", level=Level.EPIC), item("PAY-2", level=Level.SUBTASK, parent="PAY-1")]
    types = {kind["name"]: kind for kind in browser(jira(profile, items=items)).get("/issuetype").json()}
    assert [types[name]["subtask"] for name in ("Epic", "Sub-task")] == [False, True]
    levels = [types[name].get("hierarchyLevel") for name in ("Epic", "Sub-task")]
    assert levels == ([1, -1] if profile == "cloud" else [None, None])


def test_wrong_credentials_are_refused(site, browser):
    web = browser(site, token="wrong")
    assert [web.get(path).status_code for path in ("/myself", "/field", "/issue/PAY-1")] == [401] * 3
    assert web.get("/serverInfo").status_code == 200


def test_wrong_credentials_answered_as_nobody(site, browser, found, roster):
    site.knobs.wrong_credentials, site.knobs.public = "anonymous", {"SHOP"}
    web = browser(site, token="wrong")
    assert roster(web) == ["SHOP"]
    assert found(web, "created > -999d") == ["SHOP-1"]
    assert web.get("/myself").status_code == 401
    assert web.get("/issue/PAY-1").status_code == 404
    assert web.get("/field").headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"
    assert web.put("/issue/SHOP-1", json={"update": {"labels": [{"add": "x"}]}}).status_code == 401


def test_a_project_that_is_forbidden_looks_as_if_it_were_not_there(site, browser, found, roster):
    web = browser(site)
    site.forbid("PAY")
    assert roster(web) == ["SHOP"]
    assert found(web, "created > -999d") == ["SHOP-1"]
    assert found(web, "project = PAY") == ["The value 'PAY' does not exist for the field 'project'."]
    assert found(web, "key = PAY-1") == ["An issue with key 'PAY-1' does not exist for field 'key'."]
    answer = web.get("/issue/PAY-1")
    assert answer.status_code == 404
    assert answer.json()["errorMessages"] == ["Issue does not exist or you do not have permission to see it."]
    assert web.get("/project/PAY").status_code == 404
    site.allow("PAY")
    assert found(web, "project = PAY order by key") == ["PAY-1", "PAY-2"]


def test_a_new_project_is_visible_and_empty(site, browser, found, roster):
    site.create_project("NEW", "Something new")
    web = browser(site)
    assert roster(web) == ["NEW", "PAY", "SHOP"]
    assert found(web, 'project = "something NEW"') == []


def test_an_empty_site_answers_200(site, browser, found, roster):
    web = browser(site)
    site.knobs.empty = True
    assert roster(web) == []
    assert found(web, "project = PAY") == []
    assert web.get("/issue/PAY-1").status_code == 404


def test_a_lagging_index_shows_edits_late_and_direct_reads_at_once(jira, item, browser, found, clock, profile):
    site = jira(profile, clock=clock, items=[item("PAY-1"), item("PAY-2")], knobs=Knobs(index_lag=200))
    web = browser(site)
    site.edit("PAY-1", labels=["new"])
    site.delete("PAY-2")
    made = site.create("PAY", "made late")
    assert web.get("/issue/PAY-1").json()["fields"]["labels"] == ["new"]
    assert web.get("/issue/PAY-2").status_code == 404
    assert found(web, "project = PAY order by key") == ["PAY-1", "PAY-2"]
    assert found(web, "labels = new") == []
    clock.advance(199)
    assert found(web, "updated >= -10m") == []
    clock.advance(1)
    assert found(web, "project = PAY order by key") == ["PAY-1", made]
    assert found(web, "labels = new and updated >= -10m") == ["PAY-1"]


def test_reconciled_issues_are_seen_in_spite_of_the_lag(jira, item, browser, found, clock):
    site = jira("cloud", clock=clock, items=[item("PAY-1"), item("PAY-2")], knobs=Knobs(index_lag=200))
    web, id = browser(site), site.issue("PAY-1").id
    site.edit("PAY-1", labels=["new"])
    gone = site.issue("PAY-2").id
    site.delete("PAY-2")
    assert found(web, "project = PAY and labels = new") == []
    assert found(web, "project = PAY", reconcileIssues=[id, gone]) == ["PAY-1"]
    assert found(web, "labels = new", reconcileIssues=[id]) == ["PAY-1"]


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(site, browser, found):
    web, id = browser(site), site.issue("PAY-2").id
    assert site.move("PAY-2", "SHOP") == "SHOP-2"
    issue = web.get("/issue/PAY-2").json()
    assert (issue["key"], issue["id"], issue["fields"]["project"]["key"]) == ("SHOP-2", str(id), "SHOP")
    assert found(web, "project = PAY") == ["PAY-1"]
    assert found(web, "key = PAY-2") == ["SHOP-2"]
    assert site.create("PAY", "next") == "PAY-3"


def test_a_deleted_issue_takes_its_sub_tasks_along(site, browser, found):
    below = site.create("PAY", "below", level=Level.SUBTASK, parent="PAY-1")
    site.delete("PAY-1")
    web = browser(site)
    assert found(web, "project = PAY") == ["PAY-2"]
    assert [web.get(f"/issue/{key}").status_code for key in ("PAY-1", below)] == [404, 404]
    with pytest.raises(KeyError):
        site.issue("PAY-1")


def test_people_edit_what_work_items_have(site, browser, clock):
    clock.advance(90)
    site.edit(
        "PAY-1", title="T", points=5.0, hours=2.0, assignees=("ann",), components=("C",), state="Shipped",
        state_category="done", type="Bug", parent="", fields={"Objective": ("fast",)},
    )  # fmt: skip
    web = browser(site)
    names = {field["id"]: field["name"] for field in web.get("/field").json()}
    raw = web.get("/issue/PAY-1").json()["fields"]
    shown = {names.get(id, id): value for id, value in raw.items() if value}
    assert (shown["Summary"], shown["Story Points"], shown["Timespent"]) == ("T", 5.0, 7200)
    assert shown["Assignee"]["displayName"] == "ann"
    assert [part["name"] for part in shown["Components"]] == ["C"]
    assert (shown["Status"]["name"], shown["Status"]["statusCategory"]["key"]) == ("Shipped", "done")
    assert shown["Updated"] == shown["Resolutiondate"] == "2026-03-10T12:01:30.000+0000"
    assert shown["Objective"][0]["value"] == "fast"
    site.edit("PAY-1", state_category="todo")
    assert web.get("/issue/PAY-1").json()["fields"]["resolutiondate"] is None


def test_bulkfetch_reads_directly_in_order_of_ids_and_leaves_out_what_is_not_there(jira, item, browser):
    site = jira("cloud", items=[item("PAY-1"), item("PAY-2"), item("SHOP-1")])
    web = browser(site)
    site.forbid("SHOP")
    wanted = ["PAY-2", str(site.issue("PAY-1").id), "PAY-9", "SHOP-1"]
    answer = web.post("/issue/bulkfetch", json={"issueIdsOrKeys": wanted, "fields": ["summary"]}).json()
    assert [issue["key"] for issue in answer["issues"]] == ["PAY-1", "PAY-2"]
    assert answer["issues"][0]["fields"] == {"summary": "Item PAY-1"}


@pytest.mark.parametrize(
    ("count", "fields", "status"),
    [(1000, ["summary"], 200), (1001, ["summary"], 400), (101, ["*all"], 400), (101, ["comment"], 400), (101, [], 400)],
)
def test_bulkfetch_is_capped_by_what_it_asks_for(jira, item, browser, count, fields, status):
    web = browser(jira("cloud", items=[item("PAY-1")]))
    body = {"issueIdsOrKeys": [str(n) for n in range(count)], "fields": fields}
    assert web.post("/issue/bulkfetch", json=body).status_code == status


def test_the_roster_of_cloud_comes_in_pages(jira, item, browser):
    web = browser(jira("cloud", items=[item(f"P{n:03}-1") for n in range(120)]))
    pages = [web.get("/project/search", params={"startAt": start, "maxResults": 100}).json() for start in (0, 100)]
    assert [len(page["values"]) for page in pages] == [100, 20]
    assert [page["isLast"] for page in pages] == [False, True]
    one = web.get("/project/search", params={"keys": "P007", "expand": "insight"}).json()["values"]
    assert [(project["key"], project["insight"]["totalIssueCount"]) for project in one] == [("P007", 1)]
    assert web.get("/project/search", params={"status": "archived"}).json()["total"] == 0


def test_rate_limits_are_told_in_each_editions_way(jira, item, browser, clock, profile):
    site = jira(profile, clock=clock, items=[item("PAY-1")], knobs=Knobs(rate=2))
    web = browser(site)
    answers = [web.get("/field") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "1"
    if profile == "cloud":
        assert answers[2].headers["RateLimit-Reason"] == "jira-burst-based"
        assert "X-RateLimit-Limit" not in answers[0].headers
    else:
        assert answers[0].headers["retry-after"] == "0"
        assert answers[0].headers["X-RateLimit-FillRate"] == "2"
    assert web.get("/myself").status_code == 200
    clock.advance(1)
    assert web.get("/field").status_code == 200
