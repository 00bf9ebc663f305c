"""Walks of shards: begun, gone on with, completed; and what is thrown away of those that nobody goes on with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Row,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from veaf_sync.connector import Shard
from veaf_sync.errors import StoreError
from veaf_sync.store import tables
from veaf_sync.store.engine import Database
from veaf_sync.store.records import Generation
from veaf_sync.store.values import as_json, clean, from_json, join, split

RECENT = timedelta(hours=24) // timedelta(microseconds=1)
"""An interrupted walk is gone on with when the run that left it is at most this old; else it starts anew."""

DIRECT = ""
"""The shard's name of items that a run read one by one."""

_g = tables.generations.c


def running(connection: Connection, run: int) -> Row[Any]:
    """The run's row. Raises `StoreError` where it may not store anything any more."""
    row = connection.execute(select(tables.runs).where(tables.runs.c.id == run)).one_or_none()
    if row is None or row.status != "running":
        what = "is not known" if row is None else f"has ended ({row.status})"
        raise StoreError(f"Run {run} {what}, so nothing can be stored for it.", fix="Start again: veaf-sync sync")
    later = select(tables.runs.c.id).where(tables.runs.c.id > run, tables.runs.c.measured == 1).limit(1)
    if (found := connection.execute(later).scalar_one_or_none()) is not None:
        raise StoreError(
            f"Run {found} has been measured meanwhile, so run {run} may not change what that one saw.",
            fix="Start again: veaf-sync sync",
        )
    return row


def begin(connection: Connection, run: int, source: str, shard: Shard, settings: str) -> Generation:
    """Go on with a recent open walk of the same shard, read with the same settings, else begin one; older ones go."""
    at = running(connection, run).at
    same = {
        "source": source,
        "shard": clean(shard.name),
        "partitions": join(sorted(shard.partitions)),
        "incremental": int(shard.incremental),
        "query": as_json(shard.query) if shard.query is not None else "",
        "settings": settings,
    }
    earlier = connection.execute(
        select(tables.generations, tables.runs.c.at.label("run_at"))
        .join_from(tables.generations, tables.runs, tables.runs.c.id == _g.run)
        .where(_g.source == source, _g.shard == same["shard"], _g.status != "published")
        .order_by(_g.id.desc())
    ).all()
    kept: Row[Any] | None = None
    dropped: list[int] = []
    for row in earlier:
        alike = all(getattr(row, name) == value for name, value in same.items())
        if kept is None and row.status == "open" and alike and at - row.run_at <= RECENT:
            kept = row
        else:
            dropped.append(row.id)
    if dropped:
        discard(connection, source, _g.id.in_(dropped))
    if kept is not None:
        connection.execute(update(tables.generations).where(_g.id == kept.id).values(run=run))
        return _generation(kept, run, resumed=True)
    values = {**same, "run": run, "mark": "", "status": "open"}
    row = connection.execute(insert(tables.generations).values(**values).returning(*tables.generations.c)).one()
    return _generation(row, run, resumed=False)


def direct(connection: Connection, run: int, source: str) -> int:
    """The id of the generation that holds what `run` read item by item. It is complete at any time."""
    wanted = (_g.source == source) & (_g.run == run) & (_g.shard == DIRECT) & (_g.status == "complete")
    found = connection.execute(select(_g.id).where(wanted)).scalar_one_or_none()
    if found is not None:
        return int(found)
    values = {"source": source, "run": run, "shard": DIRECT, "status": "complete"}
    return int(connection.execute(insert(tables.generations).values(**values).returning(_g.id)).scalar_one())


def of_run(run: int, source: str) -> ColumnElement[bool]:
    """The condition on generations: complete and to be published by `run`."""
    return (_g.source == source) & (_g.run == run) & (_g.status == "complete")


def complete(connection: Connection, generation: Generation) -> None:
    """Close an open generation of this run. Raises `StoreError` where it is not open any more."""
    own = (_g.id == generation.id) & (_g.status == "open") & (_g.run == generation.run)
    _must_be_one(generation, connection.execute(update(tables.generations).where(own).values(status="complete")))


def advance(database: Database, connection: Connection, generation: Generation, mark: str) -> None:
    """Set the mark of an open generation of this run. Raises `StoreError` where it is not open any more."""
    own = {"this_id": generation.id, "this_run": generation.run}
    _must_be_one(generation, database.run(connection, _advance, new_mark=mark, **own))


def _advance(_database: Database) -> Executable:
    own = (_g.id == bindparam("this_id", type_=BigInteger)) & (_g.run == bindparam("this_run", type_=BigInteger))
    return update(tables.generations).where(own, _g.status == "open").values(mark=bindparam("new_mark", type_=Text))


def _must_be_one(generation: Generation, result: CursorResult[Any]) -> None:
    if not result.rowcount:
        raise StoreError(
            f"The walk of {generation.source}, shard {generation.shard!r}, is not open any more: "
            "it was completed, or another run goes on with it. Nothing was stored.",
            fix="Start again: veaf-sync sync",
        )


def discard(connection: Connection, source: str, which: ColumnElement[bool]) -> None:
    """Throw away what unpublished generations of `source` staged, and the generations."""
    ids = select(_g.id).where(_g.source == source, which)
    staged = (tables.items.c.source == source) & tables.staged & tables.items.c.generation.in_(ids)
    connection.execute(delete(tables.items).where(staged))
    connection.execute(delete(tables.seen).where(tables.seen.c.source == source, tables.seen.c.generation.in_(ids)))
    connection.execute(delete(tables.generations).where(_g.source == source, which))


def _generation(row: Row[Any], run: int, *, resumed: bool) -> Generation:
    return Generation(
        id=row.id,
        run=run,
        source=row.source,
        shard=row.shard,
        partitions=split(row.partitions),
        incremental=bool(row.incremental),
        mark=from_json(row.mark),
        resumed=resumed,
    )
