"""Frames out of the database and into it, in bulk.

PostgreSQL is read by ADBC: columns, not rows. SQLite is read through the library that Python brings and writes
with, although ADBC would be faster: two copies of SQLite in one process undo each other's file locks, and the one
that closes last deletes the other's write-ahead log (https://sqlite.org/howtocorrupt.html, section 2.2.1).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, Table

from veaf_sync.frames import TEXTS, TIME
from veaf_sync.store.engine import Database
from veaf_sync.store.failures import explain
from veaf_sync.store.values import SEPARATOR

_CHUNK = 20_000


def columns(source: Mapping[str, Any] | Any, schema: Mapping[str, pl.DataType]) -> list[ColumnElement[Any]]:
    """The columns of a table (or of a mapping by name) that `schema` names."""
    return [source[name].label(name) for name in schema]


def load(database: Database, query: Select[Any], schema: pl.Schema) -> pl.DataFrame:
    """Run `query`, whose columns are those of `schema` in the stored form, and bring them as `schema` says."""
    compiled = query.compile(dialect=database.engine.dialect, compile_kwargs={"literal_binds": True})
    if database.arrow is None:
        frame = _by_rows(database, str(compiled), schema)
    else:  # the dialect doubles percent signs for its own driver; this one takes the text as it is
        frame = pl.DataFrame(database.arrow.fetch(str(compiled).replace("%%", "%")), schema=list(schema))
    return frame.select([_restored(name, dtype).alias(name) for name, dtype in schema.items()])


def _by_rows(database: Database, sql: str, schema: pl.Schema) -> pl.DataFrame:
    stored_as = {name: _stored_as(dtype) for name, dtype in schema.items()}
    frames = [pl.DataFrame(schema=stored_as)]
    with database.reading() as connection:
        raw: Any = connection.connection.driver_connection
        try:
            with closing(raw.cursor()) as cursor:
                cursor.execute(sql)
                while rows := cursor.fetchmany(_CHUNK):
                    series = zip(stored_as.items(), zip(*rows, strict=True), strict=True)
                    frames.append(pl.DataFrame([pl.Series(name, values, dtype) for (name, dtype), values in series]))
        except sqlite3.Error as error:
            raise explain(database.name, error) from error
    return pl.concat(frames)


def _stored_as(dtype: pl.DataType) -> pl.DataType:
    if dtype in (TIME, pl.Boolean()):
        return pl.Int64()
    return pl.String() if dtype == TEXTS else dtype


def _restored(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype == TEXTS:
        return pl.when(column == "").then(pl.lit([], dtype=TEXTS)).otherwise(column.str.split(SEPARATOR))
    if dtype == pl.Boolean():
        return column.cast(pl.Int64()) != 0
    if dtype == TIME:
        return column.cast(pl.Int64()).cast(TIME)
    return column.cast(dtype)


def insert_frame(database: Database, connection: Connection, table: Table, frame: pl.DataFrame) -> None:
    """Insert a frame whose columns are those of `table` in the stored form, within the transaction of `connection`."""
    if frame.is_empty():
        return
    names = [f'"{name}"' for name in frame.columns]
    if database.sqlite:
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
        for part in frame.iter_slices(100_000):
            connection.exec_driver_sql(statement, part.rows())
        return
    raw: Any = connection.connection.driver_connection
    with raw.cursor() as cursor, cursor.copy(f"COPY {table.name} ({', '.join(names)}) FROM STDIN (FORMAT csv)") as copy:
        for part in frame.iter_slices(100_000):
            copy.write(part.write_csv(include_header=False, quote_style="non_numeric").encode())


def stored(names: Iterable[tuple[str, pl.DataType]]) -> list[pl.Expr]:
    """Expressions that bring the columns of a frame into the stored form (truth as 0 or 1, no infinite numbers)."""
    expressions = []
    for name, dtype in names:
        column = pl.col(name)
        if dtype == pl.Boolean():
            column = column.cast(pl.Int16())
        elif dtype == pl.Float64():
            column = pl.when(column.is_finite()).then(column)
        elif dtype == pl.String():
            column = column.fill_null("").str.replace_all(f"[\x00{SEPARATOR}]", "")
        expressions.append(column.alias(name))
    return expressions
