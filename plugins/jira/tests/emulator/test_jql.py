"""What searches find: fields, operators, dates in the user's time zone, and refusals in Jira's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from veaf_sync.model import Level
from veaf_sync_jira.emulator import Knobs


@pytest.fixture
def site(jira, item, clock, profile):
    return jira(
        profile,
        clock=clock,
        items=[
            item("PAY-1", level=Level.EPIC, labels=("Team", "okr:x")),
            item("PAY-2", labels=("team",)),
            item("PAY-10", type="Bug"),
            item("SHOP-3", labels=("other",)),
            item("SHOP-4", level=Level.SUBTASK, parent="SHOP-3"),
        ],
    )


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("project = PAY order by key", ["PAY-1", "PAY-2", "PAY-10"]),
        ("project = pay order by key desc", ["PAY-10", "PAY-2", "PAY-1"]),
        ('project in ("PAY", SHOP) order by key', ["PAY-1", "PAY-2", "PAY-10", "SHOP-3", "SHOP-4"]),
        ("project != PAY order by key", ["SHOP-3", "SHOP-4"]),
        ("project not in (PAY) and labels is not empty", ["SHOP-3"]),
        ("project is not EMPTY order by created, key", ["PAY-1", "PAY-2", "SHOP-3", "SHOP-4", "PAY-10"]),
        ("labels = TEAM order by key", ["PAY-1", "PAY-2"]),
        ("labels in (other, 'okr:x') order by key", ["PAY-1", "SHOP-3"]),
        ("labels != team order by key", ["SHOP-3"]),
        ("labels not in (other) order by key", ["PAY-1", "PAY-2"]),
        ("labels is empty order by key", ["PAY-10", "SHOP-4"]),
        ("issuetype = epic", ["PAY-1"]),
        ("type in (Bug, Sub-task) order by key", ["PAY-10", "SHOP-4"]),
        ("issuetype not in (Bug, Story, Sub-task)", ["PAY-1"]),
        ("key = PAY-2", ["PAY-2"]),
        ("id = PAY-2 or issuekey = SHOP-4 order by key", ["PAY-2", "SHOP-4"]),
        ("issuekey > PAY-1 order by key", ["PAY-2", "PAY-10"]),
        ("issuekey <= PAY-2 order by key", ["PAY-1", "PAY-2"]),
        ("key not in (PAY-1, PAY-2, PAY-10) order by key", ["SHOP-3", "SHOP-4"]),
        ("project = PAY and not labels = team", ["PAY-10"]),
        ("(labels = other or type = Bug) and project = PAY", ["PAY-10"]),
        ("project = SHOP OR project = PAY AND type = Bug order by key", ["PAY-10", "SHOP-3", "SHOP-4"]),
        ("not (project = SHOP or labels is empty) order by key", ["PAY-1", "PAY-2"]),
        ("created >= '2026-01-01 00:03' and created < 2026-01-02 order by key", ["PAY-10", "SHOP-3", "SHOP-4"]),
        ("project = PAY order by updated desc, key asc", ["PAY-10", "PAY-2", "PAY-1"]),
        ("created = '2026/01/01 00:02'", ["PAY-2"]),
    ],
)
def test_finds(site, browser, found, jql, keys):
    assert found(browser(site), jql) == keys


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("issuetype = Saga", "The value 'Saga' does not exist for the field 'issuetype'."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("key = PAY-99", "An issue with key 'PAY-99' does not exist for field 'key'."),
        ("issuekey > PAY-99", "An issue with key 'PAY-99' does not exist for field 'issuekey'."),
        ("id >= 5", "An issue with ID '5' does not exist for field 'id'."),
        ("project > PAY", "The operator '>' is not supported by the 'project' field."),
        (
            "project = PAY AND",
            "Error in the JQL Query: Expecting either a value, list or function before the end.",
        ),
        (
            "project = PAY labels = x",
            "Error in the JQL Query: Expecting operator 'AND' or 'OR' or the end of the query but got 'labels'. "
            "(line 1, character 15)",
        ),
        ("project is PAY", "Error in the JQL Query: Expecting 'EMPTY' or 'NULL' but got 'PAY'. (line 1, character 12)"),
        (
            "updated >= '2026-13-01'",
            "Date value '2026-13-01' for field 'updated' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
            "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
        ),
        ("summary = x", "This emulator of Jira does not search by 'summary'."),
        ("summary ~ x", "This emulator of Jira does not know the operator '~'."),
        ("updated > startOfDay()", "This emulator of Jira does not know the function 'startOfDay()'."),
    ],
)
def test_refuses(site, browser, found, jql, message):
    assert found(browser(site), jql) == [message]


def test_values_that_do_not_exist_match_nothing_on_a_lenient_site(site, browser, found):
    site.knobs.lenient = True
    assert found(browser(site), "project in (NOPE, SHOP) and issuekey > SHOP-3") == ["SHOP-4"]
    assert found(browser(site), "key in (PAY-99, PAY-2)") == ["PAY-2"]


def test_cloud_refuses_an_unbounded_query_and_data_center_does_not(site, browser, found):
    answer = found(browser(site), "order by key")
    unbounded = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
    assert answer == ([unbounded] if site.profile == "cloud" else ["PAY-1", "PAY-2", "PAY-10", "SHOP-3", "SHOP-4"])


def test_cloud_orders_by_at_most_seven_fields(jira, item, browser, found):
    web = browser(jira("cloud", items=[item("PAY-1")]))
    order = "key, " * 7 + "key"
    assert found(web, f"project = PAY order by {order}") == ["JQL can be ordered by at most 7 fields."]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "Asia/Kolkata"])
def test_an_edit_is_found_by_epoch_and_by_period_in_any_zone(jira, item, browser, found, clock, profile, zone):
    site = jira(profile, clock=clock, items=[item("PAY-1"), item("PAY-2")], knobs=Knobs(time_zone=zone))
    before = clock.now()
    clock.advance(60)
    site.edit("PAY-1", title="edited")
    web = browser(site)
    assert found(web, f"updated >= {int(before.timestamp() * 1000)}") == ["PAY-1"]
    assert found(web, "updated >= -10m") == ["PAY-1"]
    clock.advance(30 * 60)
    assert found(web, "updated >= -10m") == []
    assert found(web, "updated >= -1h") == ["PAY-1"]


@pytest.mark.parametrize(("zone", "hours"), [("America/New_York", -4), ("Asia/Tokyo", 9), ("Asia/Kolkata", 5.5)])
def test_a_date_is_read_in_the_users_zone(jira, item, browser, found, clock, profile, zone, hours):
    site = jira(profile, clock=clock, items=[item("PAY-1")], knobs=Knobs(time_zone=zone))
    site.edit("PAY-1", title="edited")
    web = browser(site)
    local = clock.now() + timedelta(hours=hours)
    assert found(web, f"updated >= '{local:%Y/%m/%d %H:%M}'") == ["PAY-1"]
    assert found(web, f"updated >= '{local + timedelta(minutes=1):%Y-%m-%d %H:%M}'") == []
    utc_text_finds = found(web, f"updated >= '{clock.now():%Y/%m/%d %H:%M}'")
    assert utc_text_finds == ([] if hours < 0 else ["PAY-1"])
    assert web.get("/myself").json()["timeZone"] == zone


def test_dates_follow_daylight_saving(jira, item, browser, found, clock):
    summer, winter = datetime(2026, 7, 1, 10, tzinfo=UTC), datetime(2026, 1, 15, 10, tzinfo=UTC)
    items = [item("PAY-1", created=summer), item("PAY-2", created=winter)]
    web = browser(jira("cloud", clock=clock, items=items, knobs=Knobs(time_zone="Europe/Berlin")))
    assert found(web, "created = '2026-07-01 12:00'") == ["PAY-1"]
    assert found(web, "created = '2026-01-15 11:00'") == ["PAY-2"]
    fields = web.get("/issue/PAY-1?fields=created").json()["fields"]
    assert fields["created"] == "2026-07-01T12:00:00.000+0200"
