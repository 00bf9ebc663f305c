"""What a person typed → items."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, select

from veaf_sync.store import tables
from veaf_sync.store.choosing import as_of, same_version
from veaf_sync.store.records import Found
from veaf_sync.store.values import clean

_a = tables.aliases.c
_i = tables.items.c


def find(connection: Connection, text: str, run: int) -> list[Found]:
    """See `Items.find`."""
    wanted = clean(text).strip()
    if not wanted:
        return []
    if "://" in wanted:
        return _urls(connection, wanted, run)
    source, colon, key = wanted.partition(":")
    known = _i.source == source
    if colon and source and key and connection.execute(select(_i.id).where(known).limit(1)).first() is not None:
        return _names(connection, key, run, known)
    return _names(connection, wanted, run, None)


def _urls(connection: Connection, url: str, run: int) -> list[Found]:
    bare = url.split("#")[0].split("?")[0]
    for form in dict.fromkeys((url, bare, bare.rstrip("/"), bare.rstrip("/") + "/")):
        if found := _items(connection, run, _i.url == form, None):
            return found
    return []


def _names(connection: Connection, key: str, run: int, source: ColumnElement[bool] | None) -> list[Found]:
    folded = _i.folded == key.casefold()
    ways: tuple[Callable[[], list[Found]], ...] = (
        lambda: _items(connection, run, folded & (_i.key == key), source),
        lambda: _aliases(connection, run, key, source),
        lambda: _earlier(connection, run, folded & (_i.key == key), source),
        lambda: _items(connection, run, folded, source),
    )
    for way in ways:
        if found := way():
            return found
    return []


def _items(
    connection: Connection, run: int, named: ColumnElement[bool], source: ColumnElement[bool] | None
) -> list[Found]:
    query = select(_i.source, _i.id, _i.key).where(named, as_of(_i, run))
    rows = connection.execute(query if source is None else query.where(source))
    return sorted((Found(*row) for row in rows), key=lambda found: (found.source, found.id))


def _aliases(connection: Connection, run: int, alias: str, source: ColumnElement[bool] | None) -> list[Found]:
    query = (
        select(_i.source, _i.id, _i.key)
        .join_from(tables.aliases, tables.items, same_version(_a, _i))
        .where(_a.alias == alias, as_of(_i, run))
    )
    rows = connection.execute(query if source is None else query.where(source))
    return sorted((Found(*row) for row in rows), key=lambda found: (found.source, found.id))


def _earlier(
    connection: Connection, run: int, named: ColumnElement[bool], source: ColumnElement[bool] | None
) -> list[Found]:
    """Items that had this key in an earlier version of ours."""
    now = tables.items.alias("now")
    query = (
        select(now.c.source, now.c.id, now.c.key)
        .join_from(tables.items, now, (now.c.source == _i.source) & (now.c.id == _i.id))
        .where(named, _i.since <= run, as_of(now.c, run))
        .distinct()
    )
    rows = connection.execute(query if source is None else query.where(source))
    return sorted((Found(*row) for row in rows), key=lambda found: (found.source, found.id))
