"""Opening: whose database is it, of which version, is it whole; and what it says when it is not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from veaf_sync.errors import StoreError
from veaf_sync.store import migrations, open_store, opening, tables


@pytest.fixture
def file(tmp_path):
    """A store's file with a run in it, closed."""
    with open_store("sqlite:///veaf-sync.db", folder=tmp_path):
        pass
    return tmp_path / "veaf-sync.db"


def url_of(file):
    return f"sqlite:///{file}"


def test_a_new_file_is_its_owners_only_and_counts_from_the_folder(tmp_path):
    previous = os.umask(0)
    try:
        with open_store("sqlite:///veaf-sync.db", folder=tmp_path) as store:
            store.runs.list()
            for name in ("veaf-sync.db", "veaf-sync.db-wal", "veaf-sync.db-shm"):
                assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    finally:
        os.umask(previous)


def test_opening_without_creating(tmp_path, new_url):
    with pytest.raises(StoreError, match=r"no store veaf-sync\.db yet") as caught:
        open_store("sqlite:///veaf-sync.db", folder=tmp_path, create=False)
    assert "veaf-sync sync" in caught.value.fix
    assert list(tmp_path.iterdir()) == []


def test_an_open_store_is_opened_again_without_harm(url, driver, item):
    with open_store(url) as first, open_store(url, create=False) as second:
        run = driver(first).sync([item("1")])
        open_store(url).close()
        assert second.items.frame(run.id).height == 1
    with open_store(url, create=False) as third:
        assert third.items.frame(run.id).height == 1


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://host/db", "'mysql' is not known"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("no url", "not a URL"),
        ("sqlite:////nowhere/at/all/x.db", "cannot be created"),
        ("postgresql://nobody@127.0.0.1:1/none", "cannot be reached"),
    ],
)
def test_addresses_that_lead_nowhere(url, said):
    with pytest.raises(StoreError, match=said) as caught:
        open_store(url)
    assert caught.value.fix


def test_a_password_is_never_shown(url):
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://nobody:hunter2@127.0.0.1:1/none")
    shown = [str(caught.value), caught.value.fix, repr(caught.value)]
    assert "hunter2" not in "".join(shown)


@pytest.mark.parametrize("content", [b"hello", b"hello world, this is no database" * 1000, b"SQLite"])
def test_a_file_that_is_no_database(tmp_path, content):
    path = tmp_path / "veaf-sync.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not a database of veaf-sync") as caught:
        open_store(url_of(path))
    assert "Restore a copy" in caught.value.fix
    assert path.read_bytes() == content


def test_who_may_only_read_sees_what_a_writer_at_work_writes(file, driver, item, monkeypatch):
    """Also where the writer's log was empty when the reader came."""
    with open_store(url_of(file)) as writer:
        raw = sqlite3.connect(file)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        raw.close()
        monkeypatch.setattr(opening, "_may_write", lambda path: False)
        with open_store(url_of(file), create=False) as reader:
            run = driver(writer).sync([item("1")])
            assert reader.items.frame(run.id).height == 1


@pytest.mark.parametrize("size", [150, 5_000, 20_000, -4096])
def test_a_truncated_file(file, size):
    data = file.read_bytes()
    file.write_bytes(data[:size])
    with pytest.raises(StoreError, match=r"damaged|not a database") as caught:
        open_store(url_of(file))
    assert "Restore a copy" in caught.value.fix
    assert file.read_bytes() == data[:size]


def test_flipped_bytes_are_an_error_and_no_traceback(file, driver, item):
    with open_store(url_of(file)) as store:
        driver(store).sync([item(str(n), title="x" * 500) for n in range(300)])
    data = bytearray(file.read_bytes())
    for page in range(4096, len(data), 4096):
        data[page : page + 100] = b"\xff" * 100
    file.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"), open_store(url_of(file)) as store:
        store.items.frame(1)


def test_a_strangers_database(url):
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        metadata.drop_all(connection)
        connection.execute(sa.text("CREATE TABLE customers (id INTEGER)"))
    engine.dispose()
    with pytest.raises(StoreError, match="belongs to another program") as caught:
        open_store(url)
    assert "customers" in caught.value.message
    assert "store:" in caught.value.fix


def test_a_newer_schema_names_its_version_and_is_left_alone(url):
    open_store(url).close()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(sa.text("UPDATE about SET value = '7.1.0' WHERE name = 'version'"))
    engine.dispose()
    with pytest.raises(StoreError, match=r"written by veaf-sync 7\.1\.0 \(schema 9999\)") as caught:
        open_store(url)
    assert "pip install --upgrade veaf-sync" in caught.value.fix


def test_a_locked_file_names_itself(file):
    with open_store(f"{url_of(file)}?timeout=0.05") as store:
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"veaf-sync\.db is locked"):
            store.leases.acquire("x", "y", timedelta(minutes=1))
        other.execute("ROLLBACK")
        other.close()
        assert store.leases.acquire("x", "y", timedelta(minutes=1)).fence == 1


@pytest.mark.parametrize(
    ("pragma", "said"), [("max_page_count = 1", "the disk is full"), ("query_only = on", "is read-only")]
)
def test_a_disk_that_takes_nothing_more_is_named_and_loses_nothing(file, driver, item, pragma, said):
    with open_store(url_of(file)) as store:
        sync = driver(store)
        first = sync.sync([item("1")])
        run = sync.begin()
        with every_connection(store, pragma), pytest.raises(StoreError, match=said):
            sync.walk(run, [item(str(n), description="x" * 5000) for n in range(300)])
        sync.walk(run, [item("1"), item("2")])
        sync.publish(run)
        assert store.items.frame(run.id)["id"].to_list() >= ["1", "2"]
        assert store.items.frame(first.id)["id"].to_list() == ["1"]


@contextmanager
def every_connection(store, pragma):
    """Give every connection of `store` a setting of SQLite meanwhile that makes it refuse as a disk would."""
    engine = store._database.engine
    engine.dispose()

    def configure(connection, _record):
        connection.execute(f"PRAGMA {pragma}")

    sa.event.listen(engine, "connect", configure)
    yield
    sa.event.remove(engine, "connect", configure)
    engine.dispose()


def test_migrations_bring_an_empty_database_to_what_the_tables_say(url):
    open_store(url).close()
    engine = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        # SQLite tells a default '' as text that is compared unequal to itself; PostgreSQL compares it.
        defaults = connection.dialect.name == "postgresql"
        opts = {"compare_type": True, "compare_server_default": defaults}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, tables.about.metadata) == []
    engine.dispose()


def test_a_store_of_the_first_schema_is_brought_up_to_date(url):
    with open_store(url) as store:
        engine = store._database.engine
        with engine.begin() as connection:  # as the first version left it
            connection.execute(sa.text("DROP TABLE audit"))
            if engine.dialect.name != "sqlite":
                connection.execute(sa.text("DROP FUNCTION audit_only_grows"))
            connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    with open_store(url) as store:
        lease = store.leases.acquire("run", "ada", timedelta(minutes=1))
        store.audit.note("apply", lease, run=1, detail={})
        assert [entry.event for entry in store.audit.entries()] == ["apply"]


def test_the_known_revisions_are_those_of_the_migrations():
    folder = migrations.__path__[0]
    found = [script.revision for script in ScriptDirectory(folder).walk_revisions()]
    assert tuple(reversed(found)) == opening.REVISIONS


def test_opening_a_store_of_this_version_does_not_import_alembic(file):
    code = (
        "import sys; from veaf_sync.store import open_store; "
        f"open_store({url_of(file)!r}, create=False).close(); "
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'psycopg', 'adbc_driver_manager')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_copy_of_the_file_is_a_backup(file, driver, item, tmp_path):
    with open_store(url_of(file)) as store:
        run = driver(store).sync([item("1")])
    shutil.copy(file, tmp_path / "copy.db")
    with open_store(url_of(tmp_path / "copy.db")) as copy:
        assert copy.items.frame(run.id).height == 1


def test_a_server_that_was_restarted_meanwhile_is_asked_again(new_url, item, driver):
    import psycopg

    url = new_url("postgresql")
    with open_store(url) as store:
        run = driver(store).sync([item("1")])
        assert store.items.frame(run.id)["id"].to_list() == ["1"]
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert store.items.frame(run.id)["id"].to_list() == ["1"]
