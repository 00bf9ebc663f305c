"""Which items speak of each other across sources: by an address among their links, or by a field that syncs them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import orjson
import polars as pl
from sqlalchemy import or_, select

from veaf_sync.frames import LINKED
from veaf_sync.store import tables
from veaf_sync.store.choosing import as_of
from veaf_sync.store.engine import Database
from veaf_sync.store.values import MOST_ADDRESSES, bare, split

_i = tables.items.c


def linked(database: Database, run: int, fields: Collection[str]) -> pl.DataFrame:
    """LINKED as of `run`: items with an address of an item of another source, or its key, id or address in `fields`.

    Reads only items that name any; one indexed look-up for what they name.
    """
    naming = _i.links != ""
    if fields:
        naming = or_(naming, *(_i.fields.contains(orjson.dumps(name).decode(), autoescape=True) for name in fields))
    query = select(_i.source, _i.id, _i.title, _i.links, _i.fields).where(as_of(_i, run), naming)
    with database.reading() as connection:
        said = [saying for row in connection.execute(query) for saying in _sayings(row, fields)]
        if not said:
            return pl.DataFrame(schema=LINKED)
        names = sorted({name for *_, name, _ in said})
        by_key = [name for name in names if "://" not in name]
        other = select(_i.source, _i.id, _i.key, _i.title, _i.url).where(
            as_of(_i, run),
            or_(
                database.among(_i.url, names),
                *([database.among(_i.key, by_key), database.among(_i.id, by_key)] if by_key else []),
            ),
        )
        others: dict[str, list[Any]] = {}
        for row in connection.execute(other):
            for name in {row.url, row.key, row.id}:
                others.setdefault(name, []).append(row)
    rows = [
        (source, id, title, found.source, found.id, found.title, by_field)
        for source, id, title, name, by_field in said
        for found in others.get(name, ())
        if found.source != source and (by_field or found.url == name)
    ]
    return pl.DataFrame(rows, schema=LINKED, orient="row").unique().sort(LINKED.names())


def _sayings(row: Any, fields: Collection[str]) -> Iterator[tuple[str, str, str, str, bool]]:
    """(source, id, title, what is named, whether a field names it) of an item."""
    for link in split(row.links):
        yield row.source, row.id, row.title, link, False
    held = orjson.loads(row.fields) if fields and row.fields else {}
    for name in fields:
        for value in held.get(name, ())[:MOST_ADDRESSES]:
            yield row.source, row.id, row.title, bare(value) if "://" in value else value.strip(), True
