"""What complete walks brought becomes what readers see: set-based, in the one transaction of the caller."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, CursorResult, Select, case, delete, exists, func, literal, select, update

from veaf_sync.connector import Cursor
from veaf_sync.store import tables
from veaf_sync.store.choosing import current, same_version, seen_by_run, to_choose
from veaf_sync.store.engine import Database
from veaf_sync.store.generations import RECENT, discard, of_run, running
from veaf_sync.store.records import PartitionState, Published
from veaf_sync.store.values import SEPARATOR, as_json, clean, micros

_f = tables.frozen.c
_g = tables.generations.c
_i = tables.items.c
_m = tables.memberships.c
_s = tables.seen.c


def publish_items(
    database: Database, connection: Connection, run: int, source: str, deleted: Collection[str]
) -> Published:
    """Close what is superseded or `deleted`, open what was chosen. Later runs see it from `run` on."""
    running(connection, run)
    connection.execute(update(tables.seen).where(to_choose(run, source)).values(fate=tables.CHOSEN))
    gone = list(deleted)
    if gone:
        revoked = (_s.source == source) & database.among(_s.id, gone) & (_s.fate == tables.CHOSEN)
        connection.execute(update(tables.seen).where(revoked).values(fate=tables.CHANGED))
    picked = exists().where(_s.source == _i.source, _s.id == _i.id, _s.fate == tables.CHOSEN)
    own = _i.source == source
    replaced = own & current(_i) & picked
    closed = 0
    if connection.execute(select(exists().where(replaced))).scalar_one():
        _keep_former_keys(connection, source)
        closed = _count(connection.execute(update(tables.items).where(replaced).values(until=run)))
    exactly = exists().where(
        _s.source == _i.source, _s.id == _i.id, _s.generation == _i.generation, _s.fate == tables.CHOSEN
    )
    opened = _count(connection.execute(update(tables.items).where(own, tables.staged, exactly).values(since=run)))
    removed = 0
    if gone:
        ended = own & current(_i) & database.among(_i.id, gone)
        removed = _count(connection.execute(update(tables.items).where(ended).values(until=run)))
    return Published(new=opened - closed, changed=closed, removed=removed)


def with_movements(
    database: Database,
    connection: Connection,
    run: int,
    source: str,
    deleted: Collection[str],
    published: Published,
    states: Sequence[PartitionState],
) -> list[PartitionState]:
    """`states` with the items now in each partition, those that `published` brought or changed, and those that left."""
    picked = (_s.source == source) & (_s.fate == tables.CHOSEN)
    came = (
        select(_m.partition, func.count())
        .join_from(tables.seen, tables.memberships, same_version(_m, _s))
        .where(picked)
        .group_by(_m.partition)
    )
    now, there = tables.items.alias("now"), tables.memberships.alias("there")
    still = exists().where(
        now.c.source == _i.source,
        now.c.id == _i.id,
        current(now.c),
        same_version(there.c, now.c),
        there.c.partition == _m.partition,
    )
    went = (
        select(_m.partition, func.count())
        .join_from(tables.items, tables.memberships, same_version(_m, _i))
        .where(_i.source == source, _i.until == run, ~still)
        .group_by(_m.partition)
    )
    changed = _sums(connection, came)
    living = (
        select(_m.partition, func.count())
        .join_from(tables.items, tables.memberships, same_version(_m, _i))
        .where(_i.source == source, current(_i))
        .group_by(_m.partition)
    )
    anything_before = select(exists().where(_g.source == source, _g.status == "published"))
    items = _sums(connection, living) if connection.execute(anything_before).scalar_one() else changed
    removed: Counter[str] = Counter()
    if published.changed:
        removed += _sums(connection, went.where(_i.id.in_(select(_s.id).where(picked))))
    if published.removed:
        removed += _sums(connection, went.where(database.among(_i.id, list(deleted))))
    return [
        replace(state, items=items[name], changed=changed[name], removed=removed[name])
        for state, name in ((state, clean(state.partition)) for state in states)
    ]


def _sums(connection: Connection, query: Select[Any]) -> Counter[str]:
    return Counter({row[0]: row[1] for row in connection.execute(query)})


def _keep_former_keys(connection: Connection, source: str) -> None:
    """An item that got another key stays known by the earlier ones, whether its tool says so or not."""
    before = tables.items.alias("before")
    former = case(
        (before.c.key == _i.key, before.c.former),
        (before.c.former == "", before.c.key),
        else_=before.c.former + literal(SEPARATOR) + before.c.key,
    )
    previous = (before.c.source == _i.source) & (before.c.id == _i.id) & current(before.c)
    renamed = previous & ((before.c.key != _i.key) | (before.c.former != ""))
    picked = exists().where(_s.source == _i.source, _s.id == _i.id, _s.fate == tables.CHOSEN)
    connection.execute(
        update(tables.items)
        .where(_i.source == source, tables.staged, picked, exists().where(renamed))
        .values(former=select(former).where(previous).scalar_subquery())
    )


def freeze(
    database: Database,
    connection: Connection,
    run: int,
    source: str,
    frozen: Mapping[str, str],
    *,
    over: Collection[str],
) -> None:
    """Mark `frozen` items (id → reason); end the marks of those in `over` and of those that this run saw."""
    marked = (_f.source == source) & _f.until.is_(None)
    reasons = {row.id: row.reason for row in connection.execute(select(_f.id, _f.reason).where(marked))}
    wanted = {id_: clean(reason) for id_, reason in frozen.items()}
    shown = exists().where(_s.id == _f.id, seen_by_run(run, source))
    ended = set(over) | set(connection.execute(select(_f.id).where(marked, shown)).scalars()) if reasons else set(over)
    closing = [id_ for id_, reason in reasons.items() if wanted.get(id_, None if id_ in ended else reason) != reason]
    if closing:
        connection.execute(update(tables.frozen).where(marked, database.among(_f.id, closing)).values(until=run))
    opening = [
        {"source": source, "id": id_, "since": run, "until": None, "reason": reason}
        for id_, reason in wanted.items()
        if reasons.get(id_) != reason
    ]
    if opening:
        connection.execute(database.upsert(tables.frozen, replace=["until", "reason"]), opening)


def note_states(
    database: Database, connection: Connection, run: int, source: str, states: Sequence[PartitionState]
) -> None:
    rows = [
        {
            "source": source,
            "partition": clean(state.partition),
            "run": run,
            "title": clean(state.title),
            "state": state.state,
            "reason": clean(state.reason),
            "read_at": micros(state.read_at),
            "items": state.items,
            "changed": state.changed,
            "removed": state.removed,
        }
        for state in states
    ]
    if rows:
        replaced = ["title", "state", "reason", "read_at", "items", "changed", "removed"]
        connection.execute(database.upsert(tables.partition_states, replace=replaced), rows)


def keep_cursors(database: Database, connection: Connection, source: str, cursors: Mapping[str, Cursor | None]) -> None:
    columns = tables.cursors.c
    forgotten = [clean(partition) for partition, cursor in cursors.items() if cursor is None]
    if forgotten:
        which = (columns.source == source) & database.among(columns.partition, forgotten)
        connection.execute(delete(tables.cursors).where(which))
    rows = [
        {"source": source, "partition": clean(partition), "cursor": as_json(cursor)}
        for partition, cursor in cursors.items()
        if cursor is not None
    ]
    if rows:
        connection.execute(database.upsert(tables.cursors, replace=["cursor"]), rows)


def tidy(connection: Connection, run: int, source: str) -> None:
    """Let go of what this run's walks staged in vain, and of walks that nobody will go on with."""
    mine = select(_g.id).where(of_run(run, source))
    lost = (_i.source == source) & tables.staged & _i.generation.in_(mine)
    connection.execute(delete(tables.items).where(lost))
    connection.execute(delete(tables.seen).where(seen_by_run(run, source)))
    connection.execute(update(tables.generations).where(of_run(run, source)).values(status="published", mark=""))
    at = running(connection, run).at
    runs = tables.runs.c
    old = _g.run.in_(select(runs.id).where(runs.id < run, runs.at < at - RECENT)) & (_g.status == "open")
    never = (_g.run < run) & (_g.status == "complete")
    discard(connection, source, old | never)


def _count(result: CursorResult[Any]) -> int:
    return max(0, result.rowcount)
