"""A page into the store: what it showed is noted, what differs from the published version is staged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import BigInteger, Connection, CursorResult, Executable, Text, bindparam, delete, select, update

from veaf_sync.store import tables
from veaf_sync.store.engine import Database
from veaf_sync.store.records import Staged
from veaf_sync.store.rows import CONTENT, Reading, newest
from veaf_sync.store.values import join

_i = tables.items.c
_s = tables.seen.c
_VERSION = ("source", "id", "generation")
_SEEN = (*_VERSION, "run", "page", "updated", "fate")
_SOURCE = bindparam("this_source", type_=Text)
_GENERATION = bindparam("this_generation", type_=BigInteger)


def stage(
    database: Database, connection: Connection, run: int, source: str, generation: int, shown: Sequence[Reading]
) -> Staged:
    """Note what was `shown` as seen by `generation` and stage those whose content differs from the published version.

    Of several readings of an item in one generation the newest counts. The number of statements does not
    depend on the number of items.
    """
    readings = newest(shown)
    if not readings:
        return Staged(0, 0)
    page = database.run(connection, _next_page, this_run=run).scalar_one()
    ids = database.listed(readings)
    own = {"this_source": source, "ids": ids}
    before = _pairs(database.run(connection, _seen_before, this_generation=generation, **own))
    published = _pairs(database.run(connection, _published, **own))
    fresh = [reading for reading in readings.values() if before.get(reading.id, reading.updated) <= reading.updated]
    changed = [reading for reading in fresh if published.get(reading.id) != reading.hash]
    changed_ids = {reading.id for reading in changed}
    again = [reading.id for reading in fresh if reading.id in before]
    if again:
        database.run(connection, _unstage, this_source=source, this_generation=generation, ids=database.listed(again))
    noted = [
        (
            source,
            reading.id,
            generation,
            run,
            page,
            reading.updated,
            tables.CHANGED if reading.id in changed_ids else tables.SAME,
        )
        for reading in fresh
    ]
    database.put(connection, tables.seen, _SEEN, noted, replace=_SEEN[3:])
    _write(database, connection, source, generation, changed)
    return Staged(len(readings), len(changed))


def _next_page(_database: Database) -> Executable:
    number = tables.runs.c.pages
    mine = tables.runs.c.id == bindparam("this_run", type_=BigInteger)
    return update(tables.runs).where(mine).values(pages=number + 1).returning(number)


def _seen_before(database: Database) -> Executable:
    return select(_s.id, _s.updated).where(
        _s.source == _SOURCE, database.among(_s.id, database.many("ids")), _s.generation == _GENERATION
    )


def _published(database: Database) -> Executable:
    current = _i.since.is_not(None) & _i.until.is_(None)
    return select(_i.id, _i.hash).where(_i.source == _SOURCE, database.among(_i.id, database.many("ids")), current)


def _unstage(database: Database) -> Executable:
    own = (_i.source == _SOURCE) & database.among(_i.id, database.many("ids")) & (_i.generation == _GENERATION)
    return delete(tables.items).where(own & tables.staged)


def _pairs(rows: CursorResult[Any]) -> dict[str, Any]:
    return dict(cast("Sequence[tuple[str, Any]]", rows.all()))


def _write(database: Database, connection: Connection, source: str, generation: int, readings: list[Reading]) -> None:
    items = [(source, reading.id, generation, reading.hash, *reading.content) for reading in readings]
    memberships = [
        (source, reading.id, generation, place.partition, place.handle, join(place.tags))
        for reading in readings
        for place in reading.places
    ]
    aliases = [(source, reading.id, generation, alias) for reading in readings for alias in reading.aliases]
    descriptions = [
        (source, reading.id, generation, reading.description) for reading in readings if reading.description
    ]
    database.put(connection, tables.items, (*_VERSION, "hash", *CONTENT), items)
    database.put(connection, tables.memberships, (*_VERSION, "partition", "handle", "tags"), memberships)
    database.put(connection, tables.aliases, (*_VERSION, "alias"), aliases)
    database.put(connection, tables.descriptions, (*_VERSION, "description"), descriptions)
