"""A store from the first page to what readers see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from veaf_sync.connector import Page, Shard
from veaf_sync.errors import StoreError
from veaf_sync.frames import ITEMS
from veaf_sync.model import ItemRef, Level, Membership, StateCategory, WorkItem
from veaf_sync.store import PartitionState, Staged

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def test_an_empty_store_answers_with_typed_empty_frames(store):
    frame = store.items.frame(1)
    assert frame.schema == ITEMS
    assert frame.is_empty()
    assert store.runs.latest() is None
    assert store.items.find("K-1", 1) == []
    assert store.items.families(1, [ItemRef("hub", "1")]).schema == ITEMS
    assert store.results.cells(1).is_empty()
    assert store.journal.claimed() == frozenset()


def test_every_property_of_an_item_comes_back(store, sync):
    item = WorkItem(
        id="10",
        key="PAY-1",
        partitions=(Membership("Z", "h2", ("okr:b", "okr:a")), Membership("A", "h1", ("okr:a",))),
        title="Ünïcode “quotes”, 'single' and 100 %s",
        type="Story",
        level=Level.EPIC,
        state="Doing",
        state_category=StateCategory.IN_PROGRESS,
        parent="PAY-0",
        aliases=("OLD-1",),
        url="https://x.example/PAY-1",
        description="line\nline",
        labels=("b", "a"),
        components=("c",),
        milestones=("m",),
        sprints=("s",),
        assignees=("ann", "bob"),
        team="payments",
        points=3.5,
        hours=0.0,
        created=NOON,
        updated=NOON + timedelta(hours=1),
        completed=None,
        stated=("fast",),
        links=("l",),
        fields={"Objective": ("x", "y")},
    )
    run = sync.sync([item], partitions=["A", "Z"])
    frame = store.items.frame(run.id, needed={"description", "url", "fields"})
    assert frame.schema == ITEMS
    assert frame.row(0, named=True) == {
        "source": "hub",
        "id": "10",
        "key": "PAY-1",
        "aliases": ["OLD-1"],
        "partition": "A",
        "partitions": ["A", "Z"],
        "level": "epic",
        "type": "Story",
        "state": "Doing",
        "state_category": "in_progress",
        "title": "Ünïcode “quotes”, 'single' and 100 %s",
        "description": "line\nline",
        "url": "https://x.example/PAY-1",
        "parent": "PAY-0",
        "labels": ["b", "a"],
        "components": ["c"],
        "milestones": ["m"],
        "sprints": ["s"],
        "assignees": ["ann", "bob"],
        "team": "payments",
        "points": 3.5,
        "hours": 0.0,
        "created": NOON,
        "updated": NOON + timedelta(hours=1),
        "completed": None,
        "stated": ["fast"],
        "fields": '{"Objective":["x","y"]}',
        "tags": ["okr:a", "okr:b"],
        "written": [],
        "withdrawn": [],
        "unreadable": False,
    }
    narrow = store.items.frame(run.id).row(0, named=True)
    assert (narrow["description"], narrow["url"], narrow["fields"]) == ("", "", "{}")
    assert store.items.memberships(run.id, "hub", ["10"]) == {
        "10": (Membership("A", "h1", ("okr:a",)), Membership("Z", "h2", ("okr:a", "okr:b")))
    }
    assert store.items.sizes(run.id) == {("hub", "A"): 1, ("hub", "Z"): 1}


def test_a_number_that_is_missing_in_thousands_of_rows_does_not_spoil_the_column(store, sync, item):
    items = [item(f"{n:05}", points=None if n < 4000 else n / 2, created=None) for n in range(4002)]
    run = sync.begin()
    generation = store.pulls.begin(run.id, "hub", Shard("P", ("P",)), sync.lease)
    sync.stage(generation, Page(items))
    store.pulls.complete(generation, sync.lease)
    sync.publish(run)
    points = store.items.frame(run.id)["points"]
    assert points.null_count() == 4000
    assert points.drop_nulls().to_list() == [2000.0, 2000.5]


def test_hostile_text_is_cleaned_on_the_way_in(store, sync, item):
    run = sync.sync([item("1", title="a\x00b\x1fc\ud800d", labels=("x\x1fy", ""), points=float("nan"), hours=10**400)])
    row = store.items.frame(run.id).row(0, named=True)
    assert row["title"] == "abc\ufffdd"
    assert row["labels"] == ["xy"]
    assert (row["points"], row["hours"]) == (None, None)


def test_frames_are_sorted_by_source_and_id(store, driver, item):
    for source in ("b", "a"):
        run = driver(store, source).sync([item(str(n)) for n in (3, 20, 1)])
    rows = store.items.frame(run.id).select("source", "id").rows()
    assert rows == sorted(rows)
    assert len(rows) == 6


def test_an_unchanged_item_gets_no_new_version_and_a_changed_one_does(store, sync, item):
    sync.sync([item("1"), item("2")])
    run = sync.begin()
    generation = store.pulls.begin(run.id, "hub", Shard("P", ("P",)), sync.lease)
    page = Page([item("1"), item("2", title="new"), item("3")])
    assert sync.stage(generation, page) == Staged(seen=3, changed=2)
    store.pulls.complete(generation, sync.lease)
    published = sync.publish(run)
    assert (published.new, published.changed, published.removed) == (1, 1, 0)


def test_order_of_partitions_is_no_change(store, sync, item):
    sync.sync([item("1", "A", "B")], partitions=["A", "B"])
    run = sync.begin()
    generation = store.pulls.begin(run.id, "hub", Shard("A+B", ("A", "B")), sync.lease)
    assert sync.stage(generation, Page([item("1", "B", "A")])).changed == 0


def test_nothing_is_visible_before_publishing(store, sync, item):
    first = sync.sync([item("1")])
    run = sync.begin()
    sync.walk(run, [item("1", title="new"), item("2")])
    assert store.items.frame(run.id)["title"].to_list() == [""]
    assert store.items.find("K-2", run.id) == []
    sync.publish(run)
    assert store.items.frame(run.id)["title"].to_list() == ["new", ""]
    assert store.items.frame(first.id)["id"].to_list() == ["1"]


def test_deleted_items_go_and_come_back_as_new_versions(store, sync, item):
    first = sync.sync([item("1"), item("2")])
    second = sync.sync([item("1")])
    third = sync.sync([item("1"), item("2")])
    ids = [store.items.frame(run.id)["id"].to_list() for run in (first, second, third)]
    assert ids == [["1", "2"], ["1"], ["1", "2"]]
    assert store.pulls.counts(third.id, "hub") == {"P": 2}


def test_counts_and_ids_look_ahead_and_missing_names_what_was_not_shown(store, sync, item):
    sync.sync([item("1", "P"), item("2", "P"), item("3", "Q")], partitions=["P", "Q"])
    run = sync.begin()
    sync.walk(run, [item("1", "P"), item("4", "P"), item("3", "P", minute=1)], partitions=["P"])
    assert store.pulls.counts(run.id, "hub") == {"P": 4}
    assert store.pulls.ids(run.id, "hub", "P") == {"1", "2", "3", "4"}
    assert store.pulls.ids(run.id, "hub", "Q") == set()
    assert [known.id for known in store.pulls.missing(run.id, "hub", ["P"])] == ["2"]
    assert store.pulls.missing(run.id, "hub", ["Q"]) == []
    assert store.items.sizes(run.id) == {("hub", "P"): 2, ("hub", "Q"): 1}


def test_a_direct_read_counts_as_shown(store, sync, item):
    sync.sync([item("1"), item("2")])
    run = sync.begin()
    sync.walk(run, [item("1")])
    assert store.pulls.stage_read(run.id, "hub", [item("2", "Q", minute=5)], sync.lease) == Staged(1, 1)
    assert store.pulls.missing(run.id, "hub", ["P"]) == []
    published = sync.publish(run)
    assert (published.new, published.changed, published.removed) == (0, 1, 0)
    assert store.items.frame(run.id)["partition"].to_list() == ["P", "Q"]


def test_states_are_the_last_known_as_of_a_run(store, sync, driver, item):
    run = sync.sync([item("1")])
    other = driver(store, "other")
    later = other.begin()
    reason = "403 from the tool"
    other.publish(later, states=[PartitionState("other", "X", "forbidden", reason)])
    assert [(s.source, s.state, s.run) for s in store.pulls.states()] == [
        ("hub", "fresh", run.id),
        ("other", "forbidden", later.id),
    ]
    assert [s.source for s in store.pulls.states(run=run.id)] == ["hub"]
    (state,) = store.pulls.states(source="other")
    assert state == PartitionState("other", "X", "forbidden", reason, run=later.id)
    assert store.pulls.states(source="hub")[0].read_at == sync.at


def test_cursors_are_kept_replaced_and_forgotten(store, sync):
    run = sync.begin()
    sync.publish(run, cursors={"P": {"since": "1"}, "Q": {"since": 2}})
    assert store.pulls.cursors("hub") == {"P": {"since": "1"}, "Q": {"since": 2}}
    assert store.pulls.cursors("other") == {}
    sync.publish(run, cursors={"P": {"since": "3"}, "Q": None})
    assert store.pulls.cursors("hub") == {"P": {"since": "3"}}


def test_frozen_items_are_unreadable_until_they_are_seen_or_thawed(store, sync, item):
    first = sync.sync([item("1"), item("2"), item("3")])
    run = sync.begin()
    sync.publish(run, frozen={"1": "forbidden", "2": "forbidden", "3": "forbidden"})
    sync.finish(run)
    assert store.items.frame(run.id)["unreadable"].to_list() == [True, True, True]
    later = sync.begin()
    store.pulls.stage_read(later.id, "hub", [item("1")], sync.lease)
    sync.publish(later, thawed=["2"], frozen={"3": "vanished"})
    assert store.items.frame(later.id)["unreadable"].to_list() == [False, False, True]
    assert store.items.frame(run.id)["unreadable"].to_list() == [True, True, True]
    assert store.items.frame(first.id)["unreadable"].to_list() == [False, False, False]


def test_an_item_is_unreadable_where_all_its_partitions_are(store, sync, item):
    run = sync.sync([item("1", "A", "B"), item("2", "B"), item("3", "C")], partitions=["A", "B", "C"])
    unreadable = {("hub", "B"), ("other", "C")}
    assert store.items.frame(run.id, unreadable=unreadable)["unreadable"].to_list() == [False, True, False]
    both = unreadable | {("hub", "A")}
    assert store.items.frame(run.id, unreadable=both)["unreadable"].to_list() == [True, True, False]


def test_runs_keep_their_documents_and_summary(store, sync):
    first = sync.begin({"strategy.yaml": "a: 1\n", "mapping.yaml": "same"})
    sync.finish(first, degraded=True, summary={"sources": {"hub": {"items": 3}}})
    second = sync.begin({"strategy.yaml": "a: 2\n", "mapping.yaml": "same"})
    assert store.runs.documents(first.id) == {"mapping.yaml": "same", "strategy.yaml": "a: 1\n"}
    assert store.runs.documents(second.id)["strategy.yaml"] == "a: 2\n"
    assert first.digest != second.digest
    done = store.runs.get(first.id)
    assert (done.status, done.degraded, done.wrote) == ("done", True, False)
    assert done.summary == {"sources": {"hub": {"items": 3}}}
    assert done.at == first.at
    assert store.runs.latest() == done
    assert store.runs.latest(before=done.at) is None
    assert store.runs.latest(before=done.at + timedelta(seconds=1)) == done
    assert [run.id for run in store.runs.list()] == [second.id, first.id]
    assert [run.id for run in store.runs.list(limit=1)] == [second.id]
    assert store.runs.get(99) is None


def test_a_run_that_ended_or_was_left_behind_takes_nothing_more(store, sync, item):
    run = sync.sync([item("1")])
    with pytest.raises(StoreError, match="ended"):
        sync.publish(run)
    with pytest.raises(StoreError, match="not running"):
        sync.finish(run)
    left = sync.begin()
    sync.begin()
    assert store.runs.get(left.id).status == "failed"
    with pytest.raises(StoreError, match=r"ended \(failed\)"):
        store.pulls.begin(left.id, "hub", Shard("P", ("P",)), sync.lease)


def test_results_of_a_later_run_close_the_book_on_an_earlier_one(store, driver, item, results):
    early = driver(store, "a")
    run = early.begin()
    late = driver(store, "b")
    later = late.begin()
    store.results.save(later.id, *results(), late.lease)
    with pytest.raises(StoreError, match="measured meanwhile"):
        early.publish(run)
    assert isinstance(store.items.frame(later.id), pl.DataFrame)
