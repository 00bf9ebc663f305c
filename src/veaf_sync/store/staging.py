"""A page into the store: what it showed is noted, what differs from the published version is staged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, select, update

from veaf_sync.model import WorkItem
from veaf_sync.store import tables
from veaf_sync.store.engine import Database
from veaf_sync.store.records import Staged
from veaf_sync.store.rows import Reading, Row, newest, read
from veaf_sync.store.values import join

_i = tables.items.c
_s = tables.seen.c


def stage(
    database: Database, connection: Connection, run: int, source: str, generation: int, items: Sequence[WorkItem]
) -> Staged:
    """Note `items` as seen by `generation` and stage those whose content differs from the published version.

    Of several readings of an item in one generation the newest counts. The number of statements does not
    depend on the number of items.
    """
    readings = newest([read(item) for item in items])
    if not readings:
        return Staged(0, 0)
    page = connection.execute(
        update(tables.runs)
        .where(tables.runs.c.id == run)
        .values(pages=tables.runs.c.pages + 1)
        .returning(tables.runs.c.pages)
    ).scalar_one()
    before = _seen_before(database, connection, source, generation, readings)
    fresh = [reading for reading in readings.values() if before.get(reading.id, reading.updated) <= reading.updated]
    published = _published(database, connection, source, readings)
    changed = [reading for reading in fresh if published.get(reading.id) != reading.hash]
    changed_ids = {reading.id for reading in changed}
    again = [reading.id for reading in fresh if reading.id in before]
    if again:
        _unstage(database, connection, source, generation, again)
    if fresh:
        noted = [
            {
                "source": source,
                "id": reading.id,
                "generation": generation,
                "run": run,
                "page": page,
                "updated": reading.updated,
                "fate": tables.CHANGED if reading.id in changed_ids else tables.SAME,
            }
            for reading in fresh
        ]
        database.put(connection, tables.seen, noted, replace=["run", "page", "updated", "fate"])
    if changed:
        _write(database, connection, source, generation, changed)
    return Staged(len(readings), len(changed))


def _seen_before(
    database: Database, connection: Connection, source: str, generation: int, readings: dict[str, Reading]
) -> dict[str, int]:
    query = select(_s.id, _s.updated).where(
        _s.source == source, database.among(_s.id, list(readings)), _s.generation == generation
    )
    return {row.id: row.updated for row in connection.execute(query)}


def _published(database: Database, connection: Connection, source: str, readings: dict[str, Reading]) -> dict[str, str]:
    current = _i.since.is_not(None) & _i.until.is_(None)
    query = select(_i.id, _i.hash).where(_i.source == source, database.among(_i.id, list(readings)), current)
    return {row.id: row.hash for row in connection.execute(query)}


def _unstage(database: Database, connection: Connection, source: str, generation: int, ids: list[str]) -> None:
    older = (_i.source == source) & database.among(_i.id, ids) & (_i.generation == generation) & tables.staged
    connection.execute(delete(tables.items).where(older))


def _write(database: Database, connection: Connection, source: str, generation: int, readings: list[Reading]) -> None:
    items: list[Row] = []
    memberships: list[Row] = []
    aliases: list[Row] = []
    descriptions: list[Row] = []
    for reading in readings:
        name: dict[str, Any] = {"source": source, "id": reading.id, "generation": generation}
        items.append({**name, "hash": reading.hash, **reading.content})
        memberships += [
            {**name, "partition": place.partition, "handle": place.handle, "tags": join(place.tags)}
            for place in reading.places
        ]
        aliases += [{**name, "alias": alias} for alias in reading.aliases]
        if reading.description:
            descriptions.append({**name, "description": reading.description})
    for table, rows in (
        (tables.items, items),
        (tables.memberships, memberships),
        (tables.aliases, aliases),
        (tables.descriptions, descriptions),
    ):
        database.put(connection, table, rows)
