"""Increments: what the change feed tells, and what it does not."""

from __future__ import annotations

import pytest

from veaf_sync.emulator import Response, Rewrite
from veaf_sync.errors import Incomplete


def walk(connector, since):
    """Items and suspects of an increment, and whether each shard was one."""
    connector.check()
    shards = connector.shards(connector.partitions(), since)
    pages = [page for shard in shards for page in connector.pages(shard, None)]
    items = {item.id: item for page in pages for item in page.items}
    return items, {gid for page in pages for gid in page.suspects}, [shard.incremental for shard in shards]


@pytest.fixture
def site(asana, clock, many):
    return asana(items=[*many(5, "901"), *many(2, "902", first=2001)], clock=clock)


def test_without_a_change_nothing_is_read(site, connect, cursors, clock):
    since = cursors(connect(site))
    clock.advance(3600)
    sent = len(site.requests)
    assert walk(connect(site), since) == ({}, set(), [True, True])
    assert [r.path.rpartition("/")[2] for r in site.requests[sent:]] == ["me", "projects", "events", "events"]


def test_edits_tags_and_moves_are_seen_though_no_clock_moves_for_the_latter(site, connect, cursors, clock):
    since = cursors(connect(site))
    clock.advance(3600)
    site.edit("1001", name="New")
    site.tag("1002", "okr:fast")
    site.move("1003", "Doing", "901")
    items, suspects, _ = walk(connect(site), since)
    assert set(items) == {"1001", "1002", "1003"}
    assert (items["1002"].labels, items["1003"].components, suspects) == (("okr:fast",), ("Doing",), set())


def test_departures_are_named(site, connect, cursors, clock):
    since = cursors(connect(site))
    clock.advance(3600)
    site.delete("1001")
    site.remove("1002", "901")
    site.put_below("1003", "1004")
    _, suspects, _ = walk(connect(site), since)
    assert suspects >= {"1001", "1002", "1003"}


def test_an_arrival_brings_what_is_below_it(site, connect, cursors, clock):
    below = site.create("901", "Below", parent="1001")
    lower = site.create("901", "Lower", parent=below)
    since = cursors(connect(site))
    clock.advance(3600)
    site.add("1001", "902")
    items, _, _ = walk(connect(site), since)
    for gid in ("1001", below, lower):
        assert [place.partition for place in items[gid].partitions] == ["901", "902"]


def test_a_renamed_section_reads_its_project_whole(site, connect, cursors, clock):
    since = cursors(connect(site))
    clock.advance(3600)
    site.rename_section("901", "Untitled section", "Now")
    items, _, _ = walk(connect(site), since)
    assert {gid for gid, item in items.items() if item.components == ("Now",)} == {
        "1001",
        "1002",
        "1003",
        "1004",
        "1005",
    }


def test_hundreds_of_events_are_read_to_their_end(site, connect, cursors, clock):
    since = cursors(connect(site))
    clock.advance(3600)
    for number in range(250):
        site.edit("1001", name=f"Name {number}")
    site.edit("1005", name="Last")
    items, _, _ = walk(connect(site), since)
    assert items["1005"].title == "Last"


def test_a_place_that_is_too_old_means_a_full_reading(site, connect, cursors, clock):
    since = cursors(connect(site))
    clock.advance(25 * 3600)
    items, _, incremental = walk(connect(site), since)
    assert (len(items), incremental) == (7, [False, False])


def test_a_feed_that_goes_in_circles_ends_its_project_only(site, connect, cursors, clock):
    since = cursors(connect(site))
    site.edit("1001", name="New")
    body = {"data": [], "sync": since["901"]["sync"], "has_more": True}
    site.faults.add(
        Rewrite(lambda _: Response.of(body)), path=".*/events", when=lambda r: r.text("resource") == "901", times=None
    )
    connector = connect(site)
    connector.check()
    first, second = connector.shards(connector.partitions(), since)
    with pytest.raises(Incomplete, match="same place"):
        list(connector.pages(first, None))
    assert list(connector.pages(second, None))[-1].cursor is not None


def test_an_event_without_words_reads_the_project_whole(site, connect, cursors, clock):
    since = cursors(connect(site))
    body = {"data": [{"action": "changed"}], "sync": "0-0", "has_more": False}
    site.faults.add(Rewrite(lambda _: Response.of(body)), path=".*/events", when=lambda r: r.text("resource") == "901")
    assert len(walk(connect(site), since)[0]) == 5
