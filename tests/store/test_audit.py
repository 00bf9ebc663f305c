"""The audit: sealed entry by entry, refused changes, and a journal that cannot be altered behind its back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from veaf_sync.errors import FenceLost
from veaf_sync.model import ItemRef, Outcome, Result, TagChange
from veaf_sync.store import Store


@pytest.fixture
def written(store: Store):
    """A store with a run, two values that were written, one withdrawn and one adopted."""
    lease = store.leases.acquire("source:hub", "ada@host:1", timedelta(minutes=5))
    run = store.runs.begin(
        datetime(2026, 11, 23, 5, tzinfo=UTC), {"mapping.yaml": "rules: []"}, metric_version="1", lease=lease
    )
    changes = [
        TagChange(ItemRef("hub", id_), f"P-{id_}", "", id_, "labels", (), ("okr:fast",), "because", "rule")
        for id_ in ("1", "2")
    ]
    store.audit.note("apply", lease, run=run.id, detail={"digest": "d" * 64, "set": 2, "clear": 0})
    lines = store.journal.intend(run.id, "d" * 64, changes, lease)
    results = (Result.APPLIED, Result.FAILED)
    outcomes = {
        line: Outcome(change.item, result, "") for line, change, result in zip(lines, changes, results, strict=True)
    }
    store.journal.settle(run.id, outcomes, lease)
    store.journal.withdraw(run.id, "hub", [("1", "okr:fast")], lease, target="labels")
    store.journal.adopt(run.id, "hub", [("3", "okr:slow")], lease, target="labels", by="people")
    store.runs.finish(run.id, status="done", degraded=False, summary={}, lease=lease)
    return store


def change(store, statement):
    """What somebody with access to the database does to it behind our back."""
    engine = create_engine(store._database.url)
    try:
        with engine.begin() as connection:
            connection.execute(text(statement))
    finally:
        engine.dispose()


def without_triggers(store):
    if store.url.startswith("sqlite"):
        change(store, "DROP TRIGGER audit_no_update")
        change(store, "DROP TRIGGER audit_no_delete")
    else:
        change(store, "DROP TRIGGER audit_only_grows ON audit")


def test_every_change_has_its_entry_and_all_hold(written):
    entries = list(written.audit.entries())
    assert [entry.event for entry in entries] == ["apply", "intend", "settle", "withdraw", "adopt-people", "run"]
    assert {entry.who for entry in entries} == {"ada@host:1"}
    assert entries[0].detail == {"digest": "d" * 64, "set": 2, "clear": 0}
    assert list(entries[-1].detail["documents"]) == ["mapping.yaml"]
    assert written.audit.verify() == []
    assert written.audit.verify(entries[2].seal) == []
    assert [entry.event for entry in written.audit.entries(last=2)] == ["adopt-people", "run"]
    assert [entry.event for entry in written.audit.entries(after=entries[3].id)] == ["adopt-people", "run"]


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'eve'", "DELETE FROM audit"])
def test_the_database_itself_refuses_changes(written, statement):
    with pytest.raises(DBAPIError, match="only ever added to"):
        change(written, statement)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE audit SET who = 'eve' WHERE event = 'apply'", r"^Entry 1 was altered"),
        ("UPDATE audit SET detail = '{}' WHERE event = 'apply'", r"^Entry 1 was altered"),
        ("DELETE FROM audit WHERE event = 'settle'", r"^Entry 4 does not follow"),
        ("DELETE FROM audit WHERE event = 'run'", r"^The seal \w+ is not in the chain"),
        ("UPDATE journal SET value = 'okr:other' WHERE id = 1", r"^Journal lines 1-2 are not as entry 2"),
        ("UPDATE journal SET result = 'applied' WHERE id = 2", r"^Journal lines 1-2 are not as entry 3"),
        ("UPDATE journal SET effect = '' WHERE action = 'withdraw'", r"^Journal lines 3 are not as entry 4"),
        ("DELETE FROM journal WHERE id = 4", r"^Journal lines 4 are not as entry 5"),
        (
            "INSERT INTO journal (id, run, at, source, item, action, value, result, effect, since)"
            " VALUES (9, 1, 0, 'hub', '7', 'add', 'okr:fast', 'applied', 'written', 1)",
            r"^Journal lines 9 are in no entry",
        ),
    ],
)
def test_what_somebody_did_behind_our_back_is_named(written, statement, problem):
    head = list(written.audit.entries())[-1].seal
    without_triggers(written)
    change(written, statement)
    assert any(re.match(problem, told) for told in written.audit.verify(head)), written.audit.verify(head)


def test_an_entry_is_there_only_with_what_it_is_about(written):
    """A lost lease writes neither."""
    before = len(list(written.audit.entries()))
    stale = written.leases.acquire("source:other", "ada@host:1", timedelta(minutes=5))
    written.leases.release(stale)
    with pytest.raises(FenceLost):
        written.journal.withdraw(1, "hub", [("2", "okr:fast")], stale, target="labels")
    assert len(list(written.audit.entries())) == before
