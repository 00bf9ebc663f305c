"""A copy of the store: whole, by itself, for its owner only, whoever writes meanwhile."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing

import pytest

from veaf_sync.errors import StoreError
from veaf_sync.store import open_store


@pytest.fixture
def store(new_url):
    with open_store(new_url("sqlite")) as store:
        yield store


def test_a_copy_is_a_store_by_itself(store, driver, item, tmp_path):
    run = driver(store).sync([item(str(n)) for n in range(50)])
    copy = tmp_path / "copy.db"
    store.copy_to(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("*copy*")] == ["copy.db"]
    with open_store(f"sqlite:///{copy}", create=False) as other:
        assert other.items.frame(run.id).equals(store.items.frame(run.id))
        assert other.audit.verify() == []


def test_while_somebody_writes_it_is_as_before_that(store, driver, item, tmp_path):
    sync = driver(store)
    first = sync.sync([item("1")])
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(store.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM items")
        store.copy_to(copy)
        other.execute("ROLLBACK")
    with open_store(f"sqlite:///{copy}", create=False) as whole:
        assert whole.items.frame(first.id)["id"].to_list() == ["1"]


def test_what_was_there_is_replaced_by_a_whole_copy_or_stays(store, driver, item, tmp_path):
    sync = driver(store)
    sync.sync([item("1")])
    copy = tmp_path / "copy.db"
    store.copy_to(copy)
    before = copy.read_bytes()
    sync.sync([item("1"), item("2")])
    store.copy_to(copy)
    assert copy.read_bytes() != before
    with pytest.raises(OSError, match="No such file"):
        store.copy_to(tmp_path / "nowhere" / "copy.db")


def test_the_store_is_never_overwritten_by_its_copy(store, tmp_path):
    file = store.url.removeprefix("sqlite:///")
    link = tmp_path / "link.db"
    os.symlink(file, link)
    for path in (file, link):
        with pytest.raises(StoreError, match="is the store itself"):
            store.copy_to(tmp_path / path)


def test_a_server_names_its_own_tools(new_url, tmp_path):
    with open_store(new_url("postgresql")) as store, pytest.raises(StoreError, match="on a server") as caught:
        store.copy_to(tmp_path / "copy.db")
    assert "pg_dump" in caught.value.fix
    assert list(tmp_path.glob("*copy*")) == []
