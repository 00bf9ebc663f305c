"""Full and incremental reading, and what it costs in requests."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from veaf_sync.connector import Feature, Shard
from veaf_sync.emulator import Fault
from veaf_sync.errors import AuthError, Rejected
from veaf_sync.model import Level, Membership, StateCategory, WorkItem
from veaf_sync_jira.emulator import Knobs


def _searches(site):
    return [one for one in site.requests if one.path.endswith(("/search/jql", "/2/search"))]


def _fixed(site):
    ends = ("/serverInfo", "/myself", "/field", "/project", "/project/search")
    return [one for one in site.requests if one.path.endswith(ends)]


@pytest.mark.parametrize(("pay", "shop"), [(0, 1), (100, 101), (250, 1), (1000, 1001)])
def test_full_reading_finds_everything_at_the_floor(jira, connect, many, pull, clock, profile, page_size, pay, shop):
    if profile == "cloud" and pay == 1000:
        pay, shop = 1000, 99
    site = jira(profile, items=[*many(pay), *many(shop, "SHOP")], clock=clock)
    site.service.state.project("PAY")
    connector = connect(site)
    connector.check()
    items, pages = pull(connector)
    assert len(items) == pay + shop
    assert sum(len(page.items) for page in pages) == pay + shop
    floor = sum(max(1, -(-size // page_size)) for size in (pay, shop))
    assert len(_searches(site)) == floor
    assert len(_fixed(site)) == 4
    assert len(site.requests) == floor + 4


def test_check_says_who_we_are(jira, connect, clock, profile):
    site = jira(profile, clock=clock, knobs=Knobs(time_zone="Asia/Kolkata"))
    identity = connect(site).check()
    assert identity.user == "alignment-sync@example.invalid"
    assert identity.server_time == clock.now()
    assert identity.time_zone == "Asia/Kolkata"
    assert identity.product.startswith("Jira Cloud" if profile == "cloud" else "Jira Data Center 10.3")
    assert len(site.requests) == 2


class AllAtOnce(Fault):
    """Answers nobody before so many have asked."""

    def __init__(self, count):
        self._barrier = threading.Barrier(count)

    def deliver(self, wire, response):
        self._barrier.wait(20)
        wire.send(response)


def test_what_every_pull_asks_is_asked_at_once_where_the_settings_say_cloud(jira, connect, many, clock):
    site = jira("cloud", items=many(1), clock=clock)
    together = site.faults.add(AllAtOnce(4), times=4)
    connector = connect(site, edition="cloud")
    assert [partition.name for partition in connector.partitions()] == ["PAY"]
    connector.check()
    assert together.hits == len(site.requests) == len(_fixed(site)) == 4


def test_a_refused_credential_is_tried_once_where_the_server_counts(jira, connect, clock, profile):
    """Data Center shuts a user out after three refusals; a site that has to be asked may be one."""
    for edition, tries in (("auto", 1), (profile, 3 if profile == "cloud" else 1)):
        site = jira(profile, clock=clock)
        connector = connect(site, edition=edition, env=dict.fromkeys(site.environment, "refused-token"))
        with pytest.raises(AuthError):
            connector.partitions()
        assert (
            sum(one.path.endswith(("/myself", "/field", "/project/search", "/project")) for one in site.requests)
            == tries
        )


def test_explicit_edition_speaks_its_own_version(jira, connect, clock, profile):
    site = jira(profile, clock=clock)
    connect(site, edition=profile).check()
    version = "3" if profile == "cloud" else "2"
    assert {one.path for one in site.requests} == {f"/rest/api/{version}/serverInfo", f"/rest/api/{version}/myself"}


def test_all_properties_come_through(jira, connect, pull, clock, profile):
    at = clock.now() - timedelta(days=3)
    epic = WorkItem("", "PAY-1", (Membership("PAY"),), title="Checkout", level=Level.EPIC, created=at, parent="PAY-9")
    top = WorkItem("", "PAY-9", (Membership("PAY"),), title="Grow", level=Level.INITIATIVE, created=at)
    story = WorkItem(
        "",
        "PAY-2",
        (Membership("PAY", tags=("okr:fast",)),),
        title="Pay  by card",
        type="Bug",
        state="Released",
        state_category=StateCategory.DONE,
        parent="PAY-1",
        description="First line\n\nSecond paragraph",
        labels=("checkout", "okr:fast"),
        components=("Platform", "Web"),
        milestones=("2026.4",),
        sprints=("May", "June"),
        assignees=("u_1",),
        team="Payments",
        points=3.5,
        hours=1.5,
        created=at,
        updated=at + timedelta(hours=1),
        completed=at + timedelta(hours=2),
        fields={"Theme": ("Growth", "Trust")},
    )
    sub = WorkItem("", "PAY-3", (Membership("PAY"),), title="Test it", level=Level.SUBTASK, created=at, parent="PAY-2")
    site = jira(profile, items=[epic, top, story, sub], clock=clock)
    fields = {"points": "Story Points", "team": "Team", "Theme": "Theme"}
    items, _ = pull(connect(site, fields=fields, tag={"label": "okr:{objective}"}))
    assert {key: (item.level, item.parent) for key, item in items.items()} == {
        "PAY-1": (Level.EPIC, "PAY-9"),
        "PAY-2": (Level.STANDARD, "PAY-1"),
        "PAY-3": (Level.SUBTASK, "PAY-2"),
        "PAY-9": (Level.INITIATIVE, ""),
    }
    read = items["PAY-2"]
    assert replace(read, id="", url="", title=story.title, description=story.description) == story
    assert read.title == "Pay by card"
    assert read.description.split() == story.description.split()
    assert read.url == f"{site.url}/browse/PAY-2"
    assert read.id == str(site.issue("PAY-2").id)


def test_configured_projects_only_and_the_unseen_one_is_named(jira, connect, many, pull, clock, profile):
    site = jira(profile, items=[*many(2), *many(2, "SHOP"), *many(2, "OPS")], clock=clock)
    site.forbid("OPS")
    connector = connect(site, projects=["pay", "OPS"])
    assert [(one.name, one.readable) for one in connector.partitions()] == [("OPS", False), ("PAY", True)]
    assert [shard.partitions for shard in connector.shards(connector.partitions(), {})] == [("PAY",)]
    items, _ = pull(connector)
    assert set(items) == {"PAY-1", "PAY-2"}


def test_roster_of_more_than_a_page(jira, connect, many, clock, profile):
    site = jira(profile, items=[item for number in range(230) for item in many(1, f"P{number}")], clock=clock)
    assert len(connect(site).partitions()) == 230


def test_incremental_is_one_query_and_shows_what_changed(jira, connect, many, pull, clock, profile):
    site = jira(profile, items=[*many(150), *many(120, "SHOP")], clock=clock)
    first = connect(site)
    first.check()
    started = clock.now()
    cursors = {}
    for shard in first.shards(first.partitions(), {}):
        for page in first.pages(shard, None):
            if page.mark is None:
                cursors |= dict.fromkeys(shard.partitions, page.cursor)
    lag = timedelta(minutes=10)
    since = round((started - lag).timestamp() * 1000)
    assert cursors == {"PAY": {"since": since}, "SHOP": {"since": since}}
    clock.advance(3600)
    site.edit("PAY-7", labels=["new"])
    site.edit("SHOP-110", title="Other")
    created = site.create("SHOP", "A new one")
    before = len(site.requests)
    second = connect(site)
    second.check()
    items, pages = pull(second, cursors)
    assert set(items) == {"PAY-7", "SHOP-110", created}
    assert items["PAY-7"].labels == ("new",)
    assert pages[-1].cursor == {"since": round((clock.now() - lag).timestamp() * 1000)}
    for name in ("PAY", "SHOP"):
        second.count(name)
    assert len(site.requests) - before == 4 + 1 + 2


def test_partition_without_cursor_is_read_in_full_beside_the_changes(jira, connect, many, clock, profile):
    site = jira(profile, items=[*many(2), *many(2, "SHOP"), *many(2, "OPS")], clock=clock)
    connector = connect(site)
    shards = connector.shards(connector.partitions(), {"PAY": {"since": 2000}, "OPS": {"since": 1000}})
    assert shards == [
        Shard("changes", ("OPS", "PAY"), incremental=True, query={"since": 1000}),
        Shard("SHOP", ("SHOP",)),
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Asia/Kolkata", "Europe/Berlin"])
@pytest.mark.parametrize("hours", [0, 26, 9 * 24])
def test_every_edit_is_seen_in_every_time_zone(jira, connect, many, pull, clock, profile, zone, hours):
    """Also across the end of daylight saving time (Berlin: 25 October 2026, New York: 1 November)."""
    site = jira(profile, items=many(20), clock=clock, knobs=Knobs(time_zone=zone))
    clock.advance(-0.0)
    clock._at = clock.now().replace(month=10, day=24, hour=22) + timedelta(hours=hours)
    _, pages = pull(connect(site))
    cursors = {"PAY": pages[-1].cursor}
    edited = set()
    for number in range(1, 6):
        clock.advance(30 * 60)
        site.edit(f"PAY-{number}", title="edited")
        edited.add(f"PAY-{number}")
    items, _ = pull(connect(site), cursors)
    assert set(items) == edited


def test_edit_that_the_index_shows_late_is_in_the_next_run(jira, connect, many, pull, clock, profile):
    site = jira(profile, items=many(20), clock=clock)
    _, pages = pull(connect(site))
    clock.advance(3600)
    site.knobs.index_lag = 200
    site.edit("PAY-3", title="late")
    items, pages = pull(connect(site), {"PAY": pages[-1].cursor})
    assert items == {}
    clock.advance(300)
    items, _ = pull(connect(site), {"PAY": pages[-1].cursor})
    assert [item.title for item in items.values()] == ["late"]


def test_wrong_clock_on_this_side_loses_nothing(jira, connect, many, pull, clock, profile):
    """The watermark is the server's time: two hours ahead here, an edit between two runs is still seen."""
    server = type(clock)(clock.now() - timedelta(hours=2))
    site = jira(profile, items=many(5), clock=server)
    _, pages = pull(connect(site))
    server.advance(60)
    site.edit("PAY-1", title="edited")
    items, _ = pull(connect(site), {"PAY": pages[-1].cursor})
    assert set(items) == {"PAY-1"}


def test_walk_goes_on_from_any_mark(jira, connect, many, clock, profile, page_size, whole):
    count = 350 if profile == "cloud" else 2100
    site = jira(profile, items=many(count), clock=clock)
    pages = list(connect(site).pages(whole("PAY"), None))
    clock.advance(7200)
    for place, page in enumerate(pages[:-1]):
        assert page.mark["project"] == "PAY"
        assert page.mark["last_key"] == page.items[-1].key
        rest = list(connect(site).pages(whole("PAY"), page.mark))
        assert {item.key for page in rest for item in page.items} == {
            item.key for page in pages[place + 1 :] for item in page.items
        }
        assert rest[-1].cursor == pages[-1].cursor


def test_shard_of_several_projects(jira, connect, many, clock, profile):
    site = jira(profile, items=[*many(120), *many(3, "SHOP"), *many(2, "OPS")], clock=clock)
    shard = Shard("OPS+PAY+SHOP", ("OPS", "PAY", "SHOP"))
    pages = list(connect(site).pages(shard, None))
    assert len({item.key for page in pages for item in page.items}) == 125
    for place, page in enumerate(pages[:-1]):
        rest = list(connect(site).pages(shard, page.mark))
        assert sum(len(page.items) for page in rest) == sum(len(page.items) for page in pages[place + 1 :])


def test_counts_and_ids(jira, connect, many, clock, profile):
    site = jira(profile, items=[*many(1200), *many(3, "SHOP")], clock=clock)
    connector = connect(site)
    assert {Feature.COUNT, Feature.IDS} <= connector.features
    assert (connector.count("PAY"), connector.count("SHOP")) == (1200, 3)
    site.requests.clear()
    ids = list(connector.ids("PAY"))
    assert {id for id, _ in ids} == {str(site.issue(f"PAY-{number}").id) for number in range(1, 1201)}
    assert len(site.requests) == (1 if profile == "cloud" else 2)
    assert all((version is None) == (profile == "cloud") for _, version in ids)


def test_hostile_partition_never_reaches_a_query(jira, connect, clock, profile):
    connector = connect(jira(profile, clock=clock))
    connector.check()
    for name in ('PAY" OR project = "SECRET', "PAY) OR (1=1", "", "PAY-1", "PAY\n"):
        with pytest.raises(Rejected):
            connector.count(name)
        with pytest.raises(Rejected):
            list(connector.pages(Shard("x", (name,)), None))


def test_words_of_the_language_are_good_project_keys(jira, connect, many, pull, clock, profile):
    site = jira(profile, items=[*many(2, "AND"), *many(2, "IN")], clock=clock)
    items, _ = pull(connect(site))
    assert len(items) == 4
    items, _ = pull(connect(site), {"AND": {"since": 0}, "IN": {"since": 0}})
    assert len(items) == 4


@pytest.mark.parametrize("knob", ["refuse", "anonymous"])
def test_wrong_credentials_are_refused(jira, connect, many, pull, clock, profile, knob):
    knobs = Knobs(wrong_credentials=knob, public={"PAY"})
    site = jira(profile, items=many(3), clock=clock, knobs=knobs)
    name = f"JIRA_{profile.upper()}_TOKEN"
    connector = connect(site, env={name: "wrong-token-value"})
    with pytest.raises(AuthError):
        connector.check()
    with pytest.raises(AuthError) as caught:
        pull(connector)
    assert "wrong-token-value" not in str(caught.value)


def test_unknown_field_name_is_refused_with_a_suggestion(jira, connect, many, pull, clock, profile):
    site = jira(profile, items=many(1), clock=clock)
    with pytest.raises(Rejected, match="no field named 'Story Pionts'") as caught:
        pull(connect(site, fields={"points": "Story Pionts"}))
    assert "Did you mean Story Points?" in str(caught.value)
