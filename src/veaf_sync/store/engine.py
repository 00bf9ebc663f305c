"""The database behind the store: connections, transactions, and the few things the two engines say differently."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    URL,
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Engine,
    Executable,
    Table,
    Text,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    literal,
    literal_column,
    select,
    update,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.sql.dml import Insert
from sqlalchemy.types import TypeEngine

from veaf_sync.errors import FenceLost, StoreError
from veaf_sync.store import tables
from veaf_sync.store.arrow import Arrow
from veaf_sync.store.failures import explain
from veaf_sync.store.records import Lease
from veaf_sync.store.values import as_json

BUSY_SECONDS = 30.0
"""How long a writer waits for another on SQLite; `?timeout=` in the URL overrides it."""

CHECKPOINT_PAGES = 8_000
"""32 MB of write-ahead log before it is copied into the database: a hot page is then copied once, not at every turn."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A compiled statement: its parameters in order, and the values of those that are its own."""

    sql: str
    names: tuple[str, ...]
    own: Mapping[str, Any]

    def with_values(self, values: Mapping[str, object]) -> tuple[str, tuple[Any, ...]]:
        return self.sql, tuple([values[name] if name in values else self.own[name] for name in self.names])


class Database:
    """One database. `name` is how people call it, without a password."""

    def __init__(self, url: URL, name: str = "") -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        self.name = name or url.render_as_string()
        self.engine = _sqlite(url) if self.sqlite else create_engine(url, pool_pre_ping=True)
        self.arrow = None if self.sqlite else Arrow(url, self.name)
        event.listen(self.engine, "handle_error", self._explain, retval=True)
        self._positional = _positional(self.engine.dialect)
        self._list = _list_type(sqlite=self.sqlite)
        self._inserts: dict[tuple[str, tuple[str, ...], tuple[str, ...]], str] = {}
        self._statements: dict[Callable[[Database], Executable], _Prepared] = {}

    def _explain(self, context: ExceptionContext) -> StoreError | None:
        """What the database refused becomes a `StoreError`; what is no word of the database stays what it is."""
        error = context.original_exception
        return explain(self.name, error) if context.sqlalchemy_exception is not None else None

    def close(self) -> None:
        if self.arrow is not None:
            self.arrow.close()
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads: what it sees does not change under it."""
        with self.engine.connect() as connection:
            if not self.sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def unfenced(self, *, lasting: bool = True) -> Iterator[Connection]:
        """A transaction that writes without a lease: for leases themselves and for the schema."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(writing=True, lasting=lasting)
            with connection.begin():
                if not lasting and not self.sqlite:
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection

    @contextmanager
    def writing(self, lease: Lease, *, lasting: bool = True) -> Iterator[Connection]:
        """A transaction that writes under `lease`. Raises `FenceLost`, before anything is written, where it is lost.

        The lease's row is locked until the end, so that nobody can acquire it in the meantime, and renewed then, as
        nobody else can. On SQLite the whole store is locked, and all that the holder holds is renewed. Not `lasting`:
        a power cut may take the latest of such transactions back, each as a whole, until a lasting one follows. That is
        for what would be read again; it saves waiting for the disk.
        """
        with self.unfenced(lasting=lasting) as connection:
            row = self.run(connection, _lease_row, this_lease=lease.name).one_or_none()
            if row is None or row.fence != lease.fence or row.holder != lease.holder or not row.holder:
                raise fence_lost(lease, row.holder if row is not None else None)
            yield connection
            self.run(connection, _held_on, this_holder=lease.holder, this_lease=lease.name)

    def insert(self, table: Table) -> Any:
        """An insert with `on_conflict_do_update`, which both engines have and SQLAlchemy keeps per dialect."""
        if self.sqlite:
            from sqlalchemy.dialects import sqlite

            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)

    def upsert(self, table: Table, *, replace: Sequence[str]) -> Insert:
        """An insert that overwrites the columns `replace` of a row with the same primary key."""
        statement = self.insert(table)
        return cast(
            "Insert",
            statement.on_conflict_do_update(
                index_elements=list(table.primary_key.columns),
                set_={name: statement.excluded[name] for name in replace},
            ),
        )

    def put(
        self,
        connection: Connection,
        table: Table,
        columns: tuple[str, ...],
        rows: Sequence[tuple[Any, ...]],
        *,
        replace: tuple[str, ...] = (),
    ) -> None:
        """Insert `rows`, whose values stand in the order of `columns`; with `replace` as `upsert` does.

        For the hot path of a pull: the statement is compiled once, and the driver gets the tuples as they are.
        """
        if not rows:
            return
        key = (table.name, columns, replace)
        if key not in self._inserts:
            statement = self.upsert(table, replace=replace) if replace else self.insert(table)
            compiled = statement.compile(dialect=self._positional, column_keys=columns)
            if compiled.positiontup != list(columns):
                raise ValueError(f"the columns of {table.name} are not in the table's order")
            self._inserts[key] = str(compiled)
        connection.exec_driver_sql(self._inserts[key], cast("Any", rows))

    def run(
        self, connection: Connection, build: Callable[[Database], Executable], **values: object
    ) -> CursorResult[Any]:
        """Execute what `build` makes, with `values` for its named parameters. It is built and compiled once."""
        if build not in self._statements:
            compiled = build(self).compile(dialect=self._positional)  # type: ignore[attr-defined]
            self._statements[build] = _Prepared(str(compiled), tuple(compiled.positiontup), compiled.params)
        return connection.exec_driver_sql(*self._statements[build].with_values(values))

    def among(
        self, column: ColumnElement[str] | Column[str], values: Collection[str] | BindParameter[Any]
    ) -> ColumnElement[bool]:
        """`column` is one of `values`, as one parameter however many there are (for `run`: by name, from `listed`)."""
        bound = values if isinstance(values, BindParameter) else literal(self.listed(values), self._list)
        if self.sqlite:
            return column.in_(select(func.json_each(bound).table_valued("value").c.value))
        return column == any_(bound)

    def many(self, name: str) -> BindParameter[Any]:
        """A named parameter for `among`; its value comes from `listed`."""
        return bindparam(name, type_=self._list)

    def listed(self, values: Collection[str]) -> Any:
        """`values` as the one parameter that `among` takes."""
        return as_json(list(values)) if self.sqlite else list(values)

    def refresh_statistics(self, *named: Table) -> None:
        """Tell PostgreSQL how much is in tables that just grew: its own look comes too late for the next query."""
        if not self.sqlite:
            with self.unfenced() as connection:
                connection.exec_driver_sql(f"ANALYZE {', '.join(table.name for table in named)}")

    @property
    def now(self) -> ColumnElement[int]:
        """The database's own clock in microseconds; the only one that leases ask."""
        if self.sqlite:
            return literal_column(
                "(CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000)", BigInteger
            )
        return literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)", BigInteger)


def _lease_row(_database: Database) -> Executable:
    columns = tables.leases.c
    named = columns.name == bindparam("this_lease", type_=Text)
    return select(columns.holder, columns.fence).where(named).with_for_update(key_share=True)


def _held_on(database: Database) -> Executable:
    columns = tables.leases.c
    ours = columns.holder == bindparam("this_holder", type_=Text)
    this = columns.name == bindparam("this_lease", type_=Text)
    where = ours & (this | literal(database.sqlite))
    return update(tables.leases).where(where).values(expires=database.now + columns.ttl)


def _positional(dialect: Dialect) -> Dialect:
    """The same dialect with nameless marks, so that the driver takes tuples."""
    kind: Any = type(dialect)
    return cast("Dialect", kind(paramstyle="qmark" if dialect.name == "sqlite" else "format"))


def _list_type(*, sqlite: bool) -> TypeEngine[Any]:
    """What a list of texts is as one parameter: JSON, or an array."""
    if sqlite:
        return Text()
    from sqlalchemy.dialects.postgresql import ARRAY

    return ARRAY(Text)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, connect_args={} if "timeout" in url.query else {"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver would begin by itself, and only before the first write: too late for an immediate lock.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        lasting = options.get("lasting", True)
        if connection.info.get("lasting") is not lasting:
            connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if lasting else 'NORMAL'}")
            connection.info["lasting"] = lasting
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing", False) else "BEGIN")

    return engine


def fence_lost(lease: Lease, holder: str | None) -> FenceLost:
    """The error of who writes under a lease that `holder` holds now."""
    now = f"{holder} holds it now" if holder else "nobody holds it now"
    return FenceLost(
        f"This run lost the lease {lease.name!r}: {now}. This step wrote nothing.",
        fix="Let the other run finish (veaf-sync runs), then run the same command again.",
    )
