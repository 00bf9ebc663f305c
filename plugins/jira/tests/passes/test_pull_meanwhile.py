"""The pull table's rows where the site changes under the reader: edits, moves, a late index, clocks, access."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from veaf_sync.emulator import Meanwhile
from veaf_sync.sync import walk
from veaf_sync_jira.emulator import Knobs

from .organisation import SEARCH, changes, page_of, right_after_one_pass

BEHIND, BEFORE = "into what is still to be read", "into what was read already"


@pytest.fixture
def in_turn(monkeypatch):
    """Projects are walked one after the other, by name."""
    monkeypatch.setattr(walk, "WORKERS", 1)


def test_items_edited_while_paging(organisation, profile):
    made = organisation(profile)
    keys = iter(["SHOP-1", "SHOP-24", "PAY-14", "OPS-8", "SHOP-11", "PAY-1", "SHOP-2"])

    def edit():
        for key in (next(keys, "SHOP-10"), "OPS-1"):
            made.site.edit(key, title="Edited meanwhile")
        made.site.clock.advance(1)

    made.site.faults.add(Meanwhile(edit), path=SEARCH, times=None)
    first = made.sync()
    assert not first.degraded
    assert first.sources[0].new == 46
    assert made.stored(first.run.id).keys() == made.there().keys(), "N unique, 0 lost"
    made.site.faults.clear()
    right_after_one_pass(made)


def test_items_deleted_while_paging(organisation, profile):
    made = organisation(profile)
    gone = iter(["SHOP-1", "SHOP-10", "SHOP-11", "SHOP-24", "PAY-5", "PAY-14"])

    def delete():
        if key := next(gone, None):
            made.site.delete(key)

    made.site.faults.add(Meanwhile(delete), path=SEARCH, times=None)
    first = made.sync()
    assert not first.degraded
    assert made.stored(first.run.id).keys() >= made.there().keys(), "what stayed is there"
    assert len(made.there()) < 46, "some were deleted between the pages"
    made.site.faults.clear()
    for key in gone:  # how many searches a walk takes depends on what it meets
        made.site.delete(key)
    assert right_after_one_pass(made).sources[0].items == 46 - 6


@pytest.mark.parametrize(
    ("profile", "how", "way"),
    [
        ("cloud", "incremental", BEHIND),
        ("cloud", "full", BEFORE),
        ("dc", "incremental", BEFORE),
        ("dc", "full", BEHIND),
    ],
)
def test_item_moves_to_another_partition_during_the_run(read, in_turn, how, way):
    full = how == "full"
    key, target = ("OPS-5", "SHOP") if way == BEHIND else ("SHOP-5", "OPS")
    id = str(read.site.issue(key).id)
    strike = page_of("PAY") if full else changes
    planned = read.site.faults.add(Meanwhile(lambda: read.site.move(key, target)), path=SEARCH, when=strike)
    result = read.sync(full=full)
    assert planned.hits == 1
    assert (result.degraded, result.sources[0].removed) == (False, 0)
    assert read.stored(result.run.id) == read.there(), "counted once, in its new place"
    assert read.stored(1)[id][:2] == (key, key.partition("-")[0]), "history is kept"
    assert read.store.items.find(key, result.run.id)[0].key == {"SHOP": "SHOP-25", "OPS": "OPS-9"}[target]
    right_after_one_pass(read)


def test_item_that_nobody_knew_moves_out_of_sight_during_the_first_run(organisation, profile, in_turn):
    """No reading showed it and nothing told of it: it is in the next run, as a late edit is."""
    made = organisation(profile)
    made.site.faults.add(Meanwhile(lambda: made.site.move("SHOP-5", "OPS")), path=SEARCH, when=page_of("PAY"))
    made.sync()
    right_after_one_pass(made)


@pytest.mark.parametrize(
    ("profile", "what"), [("cloud", "edit"), ("dc", "edit"), ("cloud", "create"), ("dc", "delete"), ("cloud", "move")]
)
def test_what_the_index_shows_200_s_late_is_in_the_next_run(read, what):
    read.site.knobs.index_lag = 200
    act = {
        "edit": lambda: read.site.edit("PAY-3", title="Shown late", labels=["late"]),
        "create": lambda: read.site.create("PAY", "Shown late", type="Story"),
        "delete": lambda: read.site.delete("PAY-3"),
        "move": lambda: read.site.move("PAY-3", "SHOP"),
    }[what]
    act()
    read.wait(10)
    early = read.sync()
    assert not early.degraded
    assert read.stored(early.run.id) == read.stored(1), "the index does not show it yet"
    read.wait(230)
    late = read.sync()
    assert not late.degraded
    assert read.stored(late.run.id) == read.there()


NEW_YORK_FALLS_BACK = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("profile", "zone", "ahead", "at"),
    [
        pytest.param("dc", "America/New_York", 0, None, id="dc-token owner in New York"),
        pytest.param("cloud", "Asia/Tokyo", 0, None, id="cloud-token owner in Tokyo"),
        pytest.param("dc", "Asia/Kolkata", 0, None, id="dc-token owner in Kolkata"),
        pytest.param("cloud", "America/New_York", 2, None, id="cloud-New York, our clock 2 h ahead"),
        pytest.param("dc", "Asia/Tokyo", -2, None, id="dc-Tokyo, our clock 2 h behind"),
        pytest.param("cloud", "America/New_York", 0, NEW_YORK_FALLS_BACK, id="cloud-clocks go back in New York"),
    ],
)
def test_every_edit_is_seen_whatever_the_zones_and_clocks(organisation, profile, zone, ahead, at):
    options = {} if at is None else {"at": at}
    knobs = Knobs(page_cap=10, time_zone=zone)
    made = organisation(profile, knobs=knobs, ahead=timedelta(hours=ahead) if ahead else None, **options)
    made.sync()
    made.wait(3600 + 60)
    for number in range(1, 6):
        made.site.edit(f"PAY-{number}", title="Edited")
        made.wait(60)
    result = made.sync()
    assert not result.degraded
    assert result.sources[0].changed == 5
    assert made.stored(result.run.id) == made.there()
