"""Walking pages: Cloud's tokens, Data Center's offsets, caps, and what edits in between do."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from veaf_sync.clock import ManualClock
from veaf_sync_jira.emulator import Knobs

LAW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(
    count=st.integers(1, 40), size=st.integers(1, 12), order=st.sampled_from(["key", "created desc", "updated", "id"])
)
@LAW
def test_all_pages_give_each_issue_once(jira, item, browser, found, count, size, order):
    items = [item(f"PAY-{n}") for n in range(1, count + 1)] + [item("SHOP-1"), item("SHOP-2")]
    for profile in ("cloud", "dc"):
        keys = found(browser(jira(profile, items=items)), f"project in (PAY, SHOP) order by {order}", maxResults=size)
        assert sorted(keys) == sorted(i.key for i in items)


@given(
    edits=st.lists(st.tuples(st.integers(1, 30), st.sampled_from(["edit", "delete", "move", "create"])), max_size=12),
    size=st.integers(1, 9),
)
@LAW
def test_edits_between_pages_lose_nothing_where_the_order_stands_still(jira, item, browser, edits, size):
    site = jira("cloud", items=[item(f"PAY-{n}") for n in range(1, 31)] + [item("SHOP-1")])
    web, pending, seen, token = browser(site), list(edits), [], None
    touched = {f"PAY-{n}" for n, deed in edits if deed in ("delete", "move")}
    while True:
        body = {"jql": "project = PAY order by key", "fields": ["id", "key"], "maxResults": size}
        page = web.post("/search/jql", json=body | ({"nextPageToken": token} if token else {})).json()
        seen += [issue["key"] for issue in page["issues"]]
        if page["isLast"]:
            break
        token = page["nextPageToken"]
        if pending:
            number, deed = pending.pop()
            act(site, f"PAY-{number}", deed)
    assert len(seen) == len(set(seen))
    assert {f"PAY-{n}" for n in range(1, 31)} - touched <= set(seen)


def act(site, key, deed):
    """What somebody does to an issue between two pages; one that is gone already stays gone."""
    if deed == "create":
        site.create("PAY", "new")
    elif site.service.state.find(key) is None:
        return
    elif deed == "edit":
        site.edit(key, title="edited")
    elif deed == "delete":
        site.delete(key)
    else:
        site.move(key, "SHOP")


def test_offsets_shift_when_an_issue_is_deleted_between_pages(jira, item, browser):
    site = jira("dc", items=[item(f"PAY-{n}") for n in range(1, 7)])
    web = browser(site)

    def keys(start):
        params = {"jql": "project = PAY order by key", "fields": "key", "startAt": start, "maxResults": 3}
        return [issue["key"] for issue in web.get("/search", params=params).json()["issues"]]

    first = keys(0)
    site.delete("PAY-1")
    assert (first, keys(3)) == (["PAY-1", "PAY-2", "PAY-3"], ["PAY-5", "PAY-6"])


def test_cloud_caps_pages_by_what_is_asked_for(jira, item, browser):
    web = browser(jira("cloud", items=[item(f"PAY-{n}") for n in range(1, 151)]))

    def page(**body):
        return web.post("/search/jql", json={"jql": "project = PAY", **body}).json()

    assert len(page(maxResults=5000, fields=["summary"])["issues"]) == 100
    assert len(page(maxResults=5000, fields=["id", "key"])["issues"]) == 150
    assert len(page()["issues"]) == 50
    assert page(maxResults=1)["issues"] == [{"id": page(maxResults=1)["issues"][0]["id"]}]
    by_get = web.get(
        "/search/jql", params={"jql": "project = PAY", "fields": "summary,labels", "maxResults": "70"}
    ).json()
    assert len(by_get["issues"]) == 70
    assert set(by_get["issues"][0]["fields"]) == {"summary", "labels"}


def test_data_center_caps_pages_and_says_the_total(jira, item, browser):
    site = jira("dc", items=[item(f"PAY-{n}") for n in range(1, 31)], knobs=Knobs(page_cap=20))
    web = browser(site)
    page = web.get("/search", params={"jql": "project = PAY", "maxResults": 1000}).json()
    assert (page["maxResults"], page["total"], len(page["issues"])) == (20, 30, 20)
    nothing = web.post("/search", json={"jql": "project = PAY", "maxResults": 0}).json()
    assert (nothing["total"], nothing["issues"]) == (30, [])


def test_cloud_refuses_start_at_and_unknown_members(jira, item, browser, gate):
    web = browser(jira("cloud", items=[item("PAY-1")]))
    with gate.wrong_requests():
        for answer in (
            web.post("/search/jql", json={"jql": "project = PAY", "startAt": 0}),
            web.get("/search/jql", params={"jql": "project = PAY", "startAt": 0}),
            web.post("/search/jql", json={"jql": "project = PAY", "maxResults": 0}),
        ):
            assert answer.status_code == 400


def test_the_old_search_of_cloud_is_gone(jira, item, browser):
    assert browser(jira("cloud", items=[item("PAY-1")])).get("/search?jql=project=PAY").status_code == 410


@pytest.fixture
def walk(jira, item, browser):
    """A Cloud site with three issues, and a walk that has read the first page."""
    clock = ManualClock(item("PAY-1").created)
    site = jira("cloud", clock=clock, items=[item(f"PAY-{n}") for n in range(1, 4)])
    web = browser(site)
    token = web.post("/search/jql", json={"jql": "project = PAY order by key", "maxResults": 1}).json()["nextPageToken"]

    def go_on(jql="project = PAY order by key", token=token):
        carry = {"nextPageToken": token} if token else {}
        return web.post("/search/jql", json={"jql": jql, "maxResults": 2, **carry})

    return site, clock, go_on


def test_a_token_goes_on_where_the_page_ended_and_can_be_used_again(walk):
    _, _, go_on = walk
    assert [len(go_on().json()["issues"]) for _ in range(2)] == [2, 2]


@pytest.mark.parametrize("token", ["nonsense", "eyJ9", "W10="])
def test_a_foreign_token_is_refused(walk, token):
    _, _, go_on = walk
    assert go_on(token=token).status_code == 400
    assert go_on("project = PAY order by key desc").status_code == 400


def test_a_token_expires_with_time_and_on_demand(walk):
    site, clock, go_on = walk
    clock.advance(7 * 24 * 3600 - 1)
    assert go_on().status_code == 200
    clock.advance(1)
    assert go_on().json()["errorMessages"] == ["The provided next page token is invalid or has expired."]
    site.knobs.token_lifetime = 10**9
    assert go_on().status_code == 200
    site.expire_tokens()
    assert go_on().status_code == 400
    fresh = go_on(token=None).json()["nextPageToken"]
    assert go_on(token=fresh).status_code == 200


def test_counting(jira, item, browser, clock):
    site = jira("cloud", clock=clock, items=[item(f"PAY-{n}") for n in range(1, 4)], knobs=Knobs(index_lag=60))
    web = browser(site)
    site.delete("PAY-1")
    counts = []
    for _ in range(2):
        counts.append(web.post("/search/approximate-count", json={"jql": "project = PAY"}).json()["count"])
        clock.advance(60)
    assert counts == [3, 2]
