"""Walks that are interrupted, overlap, or contradict each other; and publications that break off."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
import sqlalchemy as sa

from veaf_sync.connector import Page, Shard
from veaf_sync.errors import StoreError
from veaf_sync.store import Published

SHARD = Shard("P", ("P",))


def titles(store, run):
    return dict(store.items.frame(run.id).select("id", "title").rows())


def test_an_interrupted_walk_is_gone_on_with_from_its_mark(store, sync, item):
    sync.sync([item("1"), item("9")])
    run = sync.begin()
    walk = store.pulls.begin(run.id, "hub", SHARD, sync.lease)
    assert (walk.mark, walk.resumed) == (None, False)
    sync.stage(walk, Page([item("1", title="new")], mark={"last": "1"}))
    sync.publish(run)
    sync.finish(run)
    assert titles(store, run) == {"1": "", "9": ""}

    later = sync.begin()
    again = store.pulls.begin(later.id, "hub", SHARD, sync.lease)
    assert (again.id, again.mark, again.resumed, again.run) == (walk.id, {"last": "1"}, True, later.id)
    sync.stage(again, Page([item("2")]))
    store.pulls.complete(again, sync.lease)
    assert [known.id for known in store.pulls.missing(later.id, "hub", ["P"])] == ["9"]
    sync.publish(later)
    assert titles(store, later) == {"1": "new", "2": "", "9": ""}
    with pytest.raises(StoreError, match="not open any more"):
        sync.stage(walk, Page([item("3")]))


def test_a_walk_is_not_gone_on_with_when_it_is_old_or_another(store, sync, item):
    run = sync.begin()
    other = Shard("P", ("P",), incremental=True, query={"since": 1})
    for shard in (SHARD, other, Shard("P", ("P", "Q")), Shard("P", ("P",), incremental=True, query={"since": 2})):
        walk = store.pulls.begin(run.id, "hub", shard, sync.lease)
        assert not walk.resumed
        sync.stage(walk, Page([item("1", title="old")], mark={"last": "1"}))
    sync.finish(run, status="failed")
    sync.at += timedelta(hours=25)
    later = sync.begin()
    fresh = store.pulls.begin(later.id, "hub", Shard("P", ("P",), incremental=True, query={"since": 2}), sync.lease)
    assert not fresh.resumed
    store.pulls.complete(fresh, sync.lease)
    sync.publish(later)
    assert titles(store, later) == {}


def test_restarting_forgets_the_mark_and_keeps_what_was_staged(store, sync, item):
    run = sync.begin()
    walk = sync.walk(run, [item("1")], complete=False)
    store.pulls.restart(walk, sync.lease)
    again = store.pulls.begin(run.id, "hub", SHARD, sync.lease)
    assert (again.id, again.mark) == (walk.id, None)
    store.pulls.complete(again, sync.lease)
    assert sync.publish(run) == Published(new=1, changed=0, removed=0)


def test_what_a_failed_run_completed_but_did_not_publish_is_read_again(store, sync, item):
    run = sync.begin()
    sync.walk(run, [item("1", title="unpublished")])
    later = sync.begin()
    sync.publish(later)
    assert titles(store, later) == {}
    sync.walk(later, [item("1")])
    sync.publish(later)
    assert titles(store, later) == {"1": ""}


def test_pages_that_repeat_an_item_count_it_once_and_take_the_newest(store, sync, item):
    run = sync.begin()
    walk = store.pulls.begin(run.id, "hub", SHARD, sync.lease)
    newest = item("1", title="b", minute=9)
    sync.stage(walk, Page([newest, item("1", title="a", minute=1)], mark={"n": 1}))
    sync.stage(walk, Page([item("1", title="c", minute=5), item("2")]))
    store.pulls.complete(walk, sync.lease)
    assert sync.publish(run) == Published(new=2, changed=0, removed=0)
    assert titles(store, run) == {"1": "b", "2": ""}


def test_where_equally_new_the_later_page_counts(store, sync, item):
    run = sync.begin()
    first = store.pulls.begin(run.id, "hub", Shard("A", ("A",)), sync.lease)
    second = store.pulls.begin(run.id, "hub", Shard("B", ("B",)), sync.lease)
    sync.stage(second, Page([item("1", "B", title="earlier")]))
    sync.stage(first, Page([item("1", "A", title="later")]))
    for walk in (first, second):
        store.pulls.complete(walk, sync.lease)
    sync.publish(run)
    assert titles(store, run) == {"1": "later"}


def test_an_item_that_moves_during_the_run_counts_once_and_keeps_its_history(store, sync, item):
    first = sync.sync([item("1", "A")], partitions=["A", "B"])
    run = sync.begin()
    sync.walk(run, [item("1", "B", minute=3)], partitions=["B"])
    sync.walk(run, [item("1", "A", minute=1)], partitions=["A"])
    assert store.pulls.missing(run.id, "hub", ["A", "B"]) == []
    assert store.pulls.counts(run.id, "hub") == {"B": 1}
    assert sync.publish(run) == Published(new=0, changed=1, removed=0)
    assert store.items.frame(run.id)["partitions"].to_list() == [["B"]]
    assert store.items.frame(first.id)["partitions"].to_list() == [["A"]]
    assert store.items.sizes(run.id) == {("hub", "B"): 1}


def test_a_newer_reading_that_equals_what_is_published_beats_a_staged_one(store, sync, item):
    sync.sync([item("1", "A", title="same", minute=5)], partitions=["A"])
    run = sync.begin()
    sync.walk(run, [item("1", "B", title="moved away", minute=3)], partitions=["B"])
    sync.walk(run, [item("1", "A", title="same", minute=5)], partitions=["A"])
    assert sync.publish(run) == Published(new=0, changed=0, removed=0)
    assert titles(store, run) == {"1": "same"}


def test_an_old_reading_does_not_undo_what_was_published_since(store, sync, item):
    run = sync.begin()
    sync.walk(run, [item("1", "A", title="old", minute=1), item("2", "A")], partitions=["A"], complete=False)
    sync.publish(run)
    sync.finish(run)
    middle = sync.begin()
    sync.walk(middle, [item("1", "B", title="new", minute=8), item("2", "B")], partitions=["B"])
    sync.publish(middle)
    sync.finish(middle)
    gone = sync.begin()
    sync.publish(gone, deleted=["2"])
    sync.finish(gone)
    last = sync.begin()
    resumed = sync.walk(last, [item("3", "A")], partitions=["A"])
    assert resumed.resumed
    assert sync.publish(last) == Published(new=1, changed=0, removed=0)
    assert titles(store, last) == {"1": "new", "3": ""}


def test_an_incomplete_walk_publishes_nothing_while_others_do(store, sync, item):
    run = sync.begin()
    sync.walk(run, [item("1", "A")], partitions=["A"])
    sync.walk(run, [item("2", "B")], partitions=["B"], complete=False)
    assert sync.publish(run) == Published(new=1, changed=0, removed=0)
    assert titles(store, run) == {"1": ""}


def test_what_is_deleted_and_shown_in_one_run_is_deleted(store, sync, item):
    sync.sync([item("1"), item("2")])
    run = sync.begin()
    sync.walk(run, [item("1", title="new"), item("2", title="new")])
    assert sync.publish(run, deleted=["1", "unknown"]) == Published(new=0, changed=1, removed=1)
    assert titles(store, run) == {"2": "new"}


def test_a_source_is_not_touched_by_another_of_the_same_ids(store, driver, item):
    mine, theirs = driver(store, "a"), driver(store, "b")
    mine.sync([item("1", title="mine")])
    theirs.sync([item("1", title="theirs")])
    run = theirs.sync([])
    assert store.items.frame(run.id).select("source", "title").rows() == [("a", "mine")]


@pytest.mark.parametrize("broken", ["items", "frozen", "partition_states", "cursors", "generations"])
def test_a_publication_that_breaks_off_leaves_nothing_behind(store, sync, item, broken):
    """Whatever statement fails, readers see the state before, and publishing again succeeds."""
    before = sync.sync([item("1"), item("2")])
    run = sync.begin()
    sync.walk(run, [item("1", title="new"), item("3")])
    given = {"deleted": ["2"], "frozen": {"3": "x"}, "cursors": {"P": {"n": 1}}, "states": store.pulls.states()}
    engine = store._database.engine

    def fail(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith((f"UPDATE {broken} ", f"INSERT INTO {broken} ")):
            raise KeyboardInterrupt

    sa.event.listen(engine, "after_cursor_execute", fail)
    with pytest.raises(KeyboardInterrupt):
        sync.publish(run, **given)
    sa.event.remove(engine, "after_cursor_execute", fail)
    assert titles(store, run) == titles(store, before) == {"1": "", "2": ""}
    assert store.pulls.cursors("hub") == {}
    assert sync.publish(run, **given) == Published(new=1, changed=1, removed=1, items=2)
    assert titles(store, run) == {"1": "new", "3": ""}
    assert titles(store, before) == {"1": "", "2": ""}


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from veaf_sync.store import Lease, open_store

url, run, fence = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store = open_store(url)

@sa.event.listens_for(store._database.engine, "after_cursor_execute")
def die(connection, cursor, statement, parameters, context, executemany):
    if statement.startswith("UPDATE items SET since"):
        os.kill(os.getpid(), signal.SIGKILL)

store.pulls.publish(run, "hub", deleted=["2"], lease=Lease("source:hub", "test", fence))
"""


def test_a_process_killed_while_publishing_leaves_nothing_behind(store, url, sync, item):
    before = sync.sync([item("1"), item("2")])
    run = sync.begin()
    sync.walk(run, [item("1", title="new"), item("3")])
    command = [sys.executable, "-c", KILLED, url, str(run.id), str(sync.lease.fence)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert titles(store, run) == titles(store, before) == {"1": "", "2": ""}
    assert sync.publish(run, deleted=["2"]) == Published(new=1, changed=1, removed=1)
    assert titles(store, run) == {"1": "new", "3": ""}


def test_a_page_that_breaks_off_is_staged_anew(store, sync, item):
    run = sync.begin()
    walk = sync.walk(run, [item("1")], complete=False)
    engine = store._database.engine

    def fail(connection, cursor, statement, parameters, context, executemany):
        if statement.startswith("INSERT INTO memberships"):
            raise KeyboardInterrupt

    sa.event.listen(engine, "after_cursor_execute", fail)
    with pytest.raises(KeyboardInterrupt):
        sync.stage(walk, Page([item("2")], mark={"last": "2"}))
    sa.event.remove(engine, "after_cursor_execute", fail)
    again = store.pulls.begin(run.id, "hub", SHARD, sync.lease)
    assert again.mark == {"last": 0}
    store.pulls.complete(again, sync.lease)
    sync.publish(run)
    assert titles(store, run) == {"1": ""}


class Statements:
    """Counts what is sent to the database."""

    def __init__(self, store):
        self.engine = store._database.engine
        self.sent = []

    def __enter__(self):
        sa.event.listen(self.engine, "after_cursor_execute", self.count)
        return self

    def __exit__(self, *_):
        sa.event.remove(self.engine, "after_cursor_execute", self.count)

    def count(self, connection, cursor, statement, parameters, context, executemany):
        self.sent.append(statement)


def test_the_number_of_statements_does_not_depend_on_the_number_of_items(store, driver, item):
    """20,000 items cost as many statements as two."""
    costs = []
    for source, count in (("small", 2), ("large", 20_000)):
        sync = driver(store, source)
        first = [item(f"{n:05}", labels=("a", "b"), aliases=(f"O-{n}",), description="d") for n in range(count)]
        second = [item(f"{n:05}", title="new") for n in range(0, count, max(2, count // 100))]
        cost = []
        for items in (first, second):
            run = sync.begin()
            walk = store.pulls.begin(run.id, source, SHARD, sync.lease)
            with Statements(store) as staging:
                sync.stage(walk, Page(items))
            store.pulls.complete(walk, sync.lease)
            with Statements(store) as judging:
                gone = [known.id for known in store.pulls.missing(run.id, source, ["P"])]
                store.pulls.counts(run.id, source)
            with Statements(store) as publishing:
                sync.publish(run, deleted=gone, frozen={items[0].id: "x"})
            sync.finish(run)
            cost.append((len(staging.sent), len(judging.sent), len(publishing.sent)))
        costs.append(cost)
        assert store.items.sizes(run.id)[source, "P"] == len(second)
    assert costs[0] == costs[1]
    assert max(max(cost) for cost in costs[0]) < 30
