"""Opening a store: whose database is it, of which version, and is it whole."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, inspect, make_url, select, text
from sqlalchemy.exc import ArgumentError

from veaf_sync import __version__
from veaf_sync.errors import StoreError
from veaf_sync.store import tables
from veaf_sync.store.engine import Database
from veaf_sync.store.failures import explain
from veaf_sync.store.store import Store

REVISIONS = ("0001", "0002")
"""Every revision of the schema, oldest first; the last one is what this version works with."""
HEAD = REVISIONS[-1]

_SCHEMA_LOCK = 0x5EAF


def open_store(url: str, *, folder: Path | None = None, create: bool = True) -> Store:
    """Open the store at `url`, create it where there is none (unless `create` is false), bring its schema up to date.

    `url` is `sqlite:///veaf-sync.db` (a relative path counts from `folder`, default: the working folder) or
    `postgresql://user@host/database`. A new SQLite file can be read by its owner only. One that may only be read is
    opened so that nothing is written beside it, where `create` is false.

    Raises `StoreError`: not there, not ours, damaged, of a newer version, locked, read-only, unreachable.
    """
    address = _address(url, folder or Path())
    reads_only = False
    name = ""
    if address.get_backend_name() == "sqlite":
        path = Path(str(address.database))
        _create_file(path, create=create)
        name, reads_only = path.name, not create and not _may_write(path)
        if reads_only:
            address = _for_reading(address, path)
    database = _connect(address, name)
    try:
        if not reads_only:
            _use_wal(database)
        with database.reading() as connection:
            revision = _revision(connection, database.name)
        if revision is None and not create:
            raise _absent(database.name)
        if revision != HEAD:
            _upgrade(database)
    except sqlite3.Error as error:
        database.close()
        raise explain(database.name, error) from error
    except BaseException:
        database.close()
        raise
    return Store(database)


def _address(url: str, folder: Path) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError(
            "The setting `store` is not a URL.",
            fix="Examples: sqlite:///veaf-sync.db · postgresql://user@host/database",
        ) from None
    if address.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername != "sqlite":
        raise StoreError(
            f"A store of the kind {address.drivername!r} is not known.",
            fix="Known: sqlite:///veaf-sync.db · postgresql://user@host/database",
        )
    if not address.database or address.database == ":memory:":
        raise StoreError("A store needs a file.", fix="Example: store: sqlite:///veaf-sync.db")
    return address.set(database=str((folder / address.database).absolute()))


def _may_write(path: Path) -> bool:
    """Whether SQLite may write the file and the two that it keeps beside it."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _for_reading(address: URL, path: Path) -> URL:
    """The address of a file that may only be read (https://sqlite.org/wal.html#read_only_databases).

    A writer that is at work keeps a log, be it empty, and the log's index beside the file; its changes are read as they
    come. Else the file is all there is, and nothing is created beside it that its owner could not use.
    """
    log, index = (path.with_name(path.name + ending) for ending in ("-wal", "-shm"))
    logged = log.exists() and log.stat().st_size > 0
    if logged and not index.exists():
        raise StoreError(
            f"The store {path.name} may only be read here, and its last changes are still in {log.name}, which cannot "
            "be read without writing. Nothing was read.",
            fix=f"Copy {path.name} and {log.name} together into a folder where you may write, and read them there.",
        )
    how = {"mode": "ro"} if log.exists() and index.exists() else {"mode": "ro", "immutable": "1"}
    return address.set(database=f"file:{quote(str(path))}", query={**address.query, **how, "uri": "true"})


def _connect(address: URL, name: str = "") -> Database:
    try:
        return Database(address, name)
    except ImportError as error:
        raise StoreError(
            "The store is a PostgreSQL database, and its driver is not installed.",
            fix="Install it with: pip install 'veaf-sync[postgres]'",
        ) from error


def _create_file(path: Path, *, create: bool) -> None:
    """Create the file, where there is none, so that only its owner can read it.

    A file that is there is never opened here: closing it would undo the locks that this process holds on it
    (https://sqlite.org/howtocorrupt.html, section 2.2). SQLite itself finds out whether it is whole.
    """
    if path.exists():
        return
    if not create:
        raise _absent(path.name)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise StoreError(
            f"The store {path.name} cannot be created: {error.strerror or error}.",
            fix=f"Check that the folder {path.parent.name or path.parent}/ exists and that you may write there.",
        ) from error


def _absent(name: str) -> StoreError:
    return StoreError(f"There is no store {name} yet.", fix="Create it with a first run: veaf-sync sync")


def _use_wal(database: Database) -> None:
    """Readers beside a writer. Asked first, as setting the mode needs the file for oneself."""
    if not database.sqlite:
        return
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
            cursor.execute("PRAGMA journal_mode = WAL")
        cursor.close()
    finally:
        raw.close()


def _revision(connection: Connection, name: str) -> str | None:
    """The schema's revision, `None` for an empty database. Raises `StoreError` for a stranger's or a newer one."""
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    if not {"alembic_version", tables.about.name} <= names:
        raise StoreError(
            f"The database {name} belongs to another program: it has tables ({', '.join(sorted(names)[:3])} …), "
            "but none of veaf-sync's. Nothing was written to it.",
            fix="Name another file or database in `store:` of veaf-sync.yaml.",
        )
    revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if revision not in REVISIONS:
        writer = select(tables.about.c.value).where(tables.about.c.name == "version")
        version = connection.execute(writer).scalar_one_or_none() or "a newer version"
        raise StoreError(
            f"The store {name} was written by veaf-sync {version} (schema {revision}); this is {__version__}, "
            f"which knows schemas up to {HEAD}. Nothing was read or written.",
            fix="Update: pip install --upgrade veaf-sync",
        )
    return str(revision)


def _upgrade(database: Database) -> None:
    """Create the tables or bring them up to date, in one transaction; who comes second finds it done."""
    from veaf_sync.store.migrations import upgrade

    with database.unfenced() as connection:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        if _revision(connection, database.name) == HEAD:
            return
        upgrade(connection)
        row = {"name": "version", "value": __version__}
        connection.execute(database.upsert(tables.about, replace=["value"]), row)
