"""Results: only what changed is written, and every old run lists what it listed then."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
import sqlalchemy as sa
from polars.testing import assert_frame_equal

from veaf_sync.frames import CELLS, OBJECTIVES
from veaf_sync.model import ItemRef, Level
from veaf_sync.store import Filters


def rows_written(store):
    with store._database.engine.connect() as connection:
        return connection.execute(sa.text("SELECT count(*) FROM verdicts")).scalar_one()


@pytest.fixture
def measured(store, sync, item, results):
    """Runs a pass with these items and result rows, and brings the run."""

    def measure(items, *rows):
        run = sync.begin()
        sync.walk(run, items)
        sync.publish(run)
        store.results.save(run.id, *results(*rows), sync.lease)
        sync.finish(run)
        return run

    return measure


def split(id):
    return (
        {"id": id, "verdict": "aligned", "objective": "fast", "share": 0.6, "origin": "rule", "rule": "r"},
        {"id": id, "verdict": "aligned", "objective": "cheap", "share": 0.4, "origin": "rule", "rule": "r"},
    )


def test_a_rerun_without_changes_writes_nothing(store, measured, item):
    items = [item("1"), item("2")]
    rows = (*split("1"), {"id": "2", "reason": "nothing matched", "team": "core"})
    first = measured(items, *rows)
    assert rows_written(store) == 3
    second = measured(items, *rows)
    assert rows_written(store) == 3
    assert_frame_equal(store.results.list(first.id), store.results.list(second.id))


def test_only_items_that_changed_get_new_rows_and_the_old_run_stays(store, measured, item):
    items = [item("1"), item("2"), item("3")]
    first = measured(items, *split("1"), {"id": "2"}, {"id": "3"})
    before = store.results.list(first.id)
    second = measured(items, {"id": "1", "verdict": "aligned", "objective": "fast"}, {"id": "2"})
    assert rows_written(store) == 5
    assert store.results.list(second.id).select("id", "objective", "share").rows() == [
        ("1", "fast", 1.0),
        ("2", "", 1.0),
    ]
    assert_frame_equal(store.results.list(first.id), before)
    assert (store.results.count(first.id), store.results.count(second.id)) == (3, 2)


def test_saving_again_in_the_same_run_replaces(store, sync, item, results):
    sync.sync([item("1"), item("2")])
    run = sync.begin()
    store.results.save(run.id, *results({"id": "1"}, {"id": "2"}), sync.lease)
    sync.finish(run)
    again = sync.begin()
    for verdict in ("exempt", "dangling"):
        store.results.save(again.id, *results({"id": "1", "verdict": verdict}), sync.lease)
    assert store.results.list(again.id).select("id", "verdict").rows() == [("1", "dangling")]
    assert store.results.list(run.id).select("id", "verdict").rows() == [("1", "orphan"), ("2", "orphan")]
    store.results.save(again.id, *results({"id": "1"}, {"id": "2"}), sync.lease)
    assert rows_written(store) == 2


def test_list_shows_the_item_with_its_results(store, measured, item):
    made = item("1").updated
    one = item(
        "1", title="T", url="https://x.example/1", type="Bug", state="Doing", assignees=("ann", "bob"), points=2.0,
        created=made, parent="K-0",
    )  # fmt: skip
    run = measured([one], *split("1"))
    row = store.results.list(run.id).filter(pl.col("objective") == "fast").row(0, named=True)
    assert row == {
        "source": "hub",
        "id": "1",
        "key": "K-1",
        "title": "T",
        "url": "https://x.example/1",
        "type": "Bug",
        "level": "standard",
        "state": "Doing",
        "state_category": "todo",
        "partition": "P",
        "parent": "K-0",
        "parent_source": "",
        "parent_id": "",
        "team": "",
        "assignees": ["ann", "bob"],
        "created": made,
        "updated": made,
        "completed": None,
        "points": 2.0,
        "hours": None,
        "verdict": "aligned",
        "objective": "fast",
        "share": 0.6,
        "origin": "rule",
        "rule": "r",
        "exemption": "",
        "reason": "",
        "in_scope": True,
        "counted": True,
    }


def test_filters_order_and_limit(store, measured, item):
    first = item("0").updated
    items = [
        item("1", "A", created=first + timedelta(days=2)),
        item("2", "B", "A", created=first),
        item("3", "B", level=Level.EPIC, created=None),
        item("4", "B", created=first + timedelta(days=1)),
    ]
    rows = (*split("1"), {"id": "2", "team": "core"}, {"id": "3", "counted": False}, {"id": "4", "verdict": "exempt"})
    run = measured(items, *rows)

    def ids(filters=None, **given):
        return list(dict.fromkeys(store.results.list(run.id, filters=filters or Filters(), **given)["id"]))

    assert ids() == ["1", "2", "4"]
    assert ids(Filters(counted_only=False)) == ["1", "2", "3", "4"]
    assert ids(Filters(partition="A")) == ["1", "2"]
    assert ids(Filters(team="core")) == ["2"]
    assert ids(Filters(team=("",))) == ["1", "4"]
    assert ids(Filters(verdict=["orphan", "exempt"])) == ["2", "4"]
    assert ids(Filters(level="epic", counted_only=False)) == ["3"]
    assert ids(Filters(source="other")) == []
    assert ids(Filters(objective="cheap")) == ["1"]
    assert store.results.list(run.id, filters=Filters(objective="cheap"))["objective"].to_list() == ["cheap", "fast"]
    assert ids(Filters(counted_only=False), oldest_first=True) == ["2", "4", "1", "3"]
    assert ids(oldest_first=True, limit=2) == ["2", "4"]
    assert ids(limit=1) == ["1"]
    assert ids(limit=0) == []
    assert store.results.count(run.id, Filters(objective="cheap")) == 1
    assert store.results.count(run.id, Filters(counted_only=False)) == 4


def test_measures_come_back_as_they_were_saved(store, sync):
    run = sync.begin()
    cells = pl.DataFrame(
        {
            "source": ["b", "a"],
            "partition": ["P", "Q"],
            "team": ["", "core"],
            "level": ["standard", "epic"],
            "objective": ["fast", ""],
            "verdict": ["aligned", "orphan"],
            "exemption": ["", ""],
            "count": [1 / 3, 2.0],
            "points": [None, None],
            "hours": [0.0, 1.5],
            "people": [0.1, 0.2],
            "points_imputed": [None, None],
            "points_missing": [1.0, 0.0],
            "hours_missing": [0.0, 0.0],
            "people_missing": [0.0, 0.0],
        },
        schema=CELLS,
    )
    side = pl.DataFrame(
        [{"objective": "z", "declared": "active", "state": "served"}, {"objective": "a"}], schema=OBJECTIVES
    )
    for _ in range(2):
        store.results.save_measures(run.id, cells, side, sync.lease)
    assert_frame_equal(store.results.cells(run.id), cells.sort("source"))
    filled = side.with_columns(pl.col("declared", "state").fill_null("")).sort("objective")
    assert_frame_equal(store.results.objectives(run.id), filled)
    assert store.results.cells(run.id + 1).schema == CELLS


def test_texts_with_quotes_and_line_breaks_survive_the_bulk_load(store, measured, item):
    nasty = 'a "quoted", line\nbreak; \\N \\. and ünïcode'
    run = measured([item("1")], {"id": "1", "reason": nasty, "team": nasty})
    assert store.results.list(run.id).select("reason", "team").rows() == [(nasty, nasty)]
    again = measured([item("1")], {"id": "1", "reason": nasty, "team": nasty})
    assert rows_written(store) == 1
    assert store.results.count(again.id) == 1


def test_a_family_is_the_item_and_its_ancestors(store, sync, measured, item):
    items = [item("1", description="d"), item("2", parent="K-1"), item("3", parent="K-2"), item("4"), item("5")]
    rows = [{"id": "1"}, {"id": "2", "parent": "1"}, {"id": "3", "parent": "2"}, {"id": "4", "parent": "5"}]
    run = measured(items, *rows, {"id": "5", "parent": "4"})
    family = store.items.families(run.id, [ItemRef("hub", "3")])
    assert family["id"].to_list() == ["1", "2", "3"]
    assert family["description"].to_list() == ["d", "", ""]
    assert store.items.families(run.id, [ItemRef("hub", "1")])["id"].to_list() == ["1"]
    assert store.items.families(run.id, [ItemRef("hub", "4")])["id"].to_list() == ["4", "5"]
    store.journal.withdraw(run.id, "hub", [("2", "okr:x"), ("4", "okr:x")], sync.lease, target="labels")
    later = store.items.families(run.id + 1, [ItemRef("hub", "3")])
    assert later["withdrawn"].to_list() == [[], ["okr:x"], []]
    assert store.items.families(run.id, [ItemRef("hub", "unknown")]).is_empty()


def test_items_are_found_by_what_people_type(store, driver, item):
    hub, jira = driver(store, "hub"), driver(store, "jira")
    hub.sync([item("1", key="acme/shop#88", url="https://x.example/issues/88"), item("2", key="PAY-1")])
    jira.sync([item("7", key="PAY-1", aliases=("OLD-1",)), item("8", key="OLD-2"), item("9", key="pay-3")])
    run = jira.sync([item("7", key="PAY-1", aliases=("OLD-1",)), item("8", key="NEW-2"), item("9", key="pay-3")])

    def found(text):
        return [(each.source, each.id) for each in store.items.find(text, run.id)]

    assert found("hub:acme/shop#88") == found("acme/shop#88") == [("hub", "1")]
    assert found("https://x.example/issues/88/?tab=1#c") == [("hub", "1")]
    assert found("https://x.example/issues/89") == []
    assert found("PAY-1") == [("hub", "2"), ("jira", "7")]
    assert found("jira:PAY-1") == [("jira", "7")]
    assert found("OLD-1") == found("jira:OLD-1") == [("jira", "7")]
    assert found("OLD-2") == [("jira", "8")]
    assert found("PAY-3") == found("jira:Pay-3") == [("jira", "9")]
    assert found("hub:OLD-1") == found("nowhere:PAY-1") == found("") == found("  ") == []
    (best,) = store.items.find("OLD-1", run.id)
    assert best.ref == ItemRef("jira", "7")
    assert best.key == "PAY-1"


def test_an_exact_key_beats_an_alias_and_an_alias_beats_another_case(store, sync, item):
    items = [item("1", key="A-1"), item("2", key="B-1", aliases=("A-1", "C-1")), item("3", key="c-1")]
    run = sync.sync(items)
    assert [found.id for found in store.items.find("A-1", run.id)] == ["1"]
    assert [found.id for found in store.items.find("C-1", run.id)] == ["2"]


def test_an_item_stays_known_by_its_earlier_keys(store, sync, item):
    """A child that was read before its epic was moved still names the epic by the old key."""
    sync.sync([item("1", key="A-1"), item("2")])
    sync.sync([item("1", key="B-1", aliases=("T-1",)), item("2")])
    third = sync.sync([item("1", key="C-1"), item("2")])
    back = sync.sync([item("1", key="A-1"), item("2")])
    aliases = dict(store.items.frame(third.id).select("id", "aliases").rows())
    assert {id: sorted(names) for id, names in aliases.items()} == {"1": ["A-1", "B-1"], "2": []}
    assert sorted(store.items.frame(back.id)["aliases"][0]) == ["B-1", "C-1"]
    assert [found.key for found in store.items.find("B-1", back.id)] == ["A-1"]
