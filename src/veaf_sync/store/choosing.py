"""Which readings a publication takes, and what the source looks like after it. Nothing here writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, tuple_, union_all

from veaf_sync.store import tables
from veaf_sync.store.generations import of_run
from veaf_sync.store.rows import UNKNOWN_UPDATED

_i = tables.items.c
_m = tables.memberships.c
_s = tables.seen.c


def current(columns: Any) -> ColumnElement[bool]:
    """The condition on item versions: published and not superseded."""
    return and_(columns.since.is_not(None), columns.until.is_(None))


def as_of(columns: Any, run: int) -> ColumnElement[bool]:
    """The condition on versions: what a reader at `run` sees."""
    return and_(columns.since <= run, or_(columns.until.is_(None), columns.until > run))


def same_version(one: Any, other: Any) -> ColumnElement[bool]:
    return and_(one.source == other.source, one.id == other.id, one.generation == other.generation)


def seen_by_run(run: int, source: str) -> ColumnElement[bool]:
    """The condition on `seen`: shown by a complete walk of this run."""
    return (_s.source == source) & _s.generation.in_(select(tables.generations.c.id).where(of_run(run, source)))


def to_choose(run: int, source: str) -> ColumnElement[bool]:
    """The condition on `seen`: what publishing `run` would make current.

    Of an item that several walks showed, the newest reading counts: by the item's own `updated`, then the
    later page. A reading that an earlier run made (a resumed walk) is stale where something newer was published
    since, or where the item was found deleted since. Asked row by row, so that nothing has to be sorted.
    """
    rival = tables.seen.alias("rival")
    counts = exists().where(tables.generations.c.id == rival.c.generation, of_run(run, source))
    better = exists().where(rival.c.source == _s.source, rival.c.id == _s.id, _age(rival.c) > _age(_s), counts)
    stage = tables.items.alias("stage")
    other = tables.items.alias("other")
    heir = tables.items.alias("heir")
    newer = (other.c.since > _s.run) & (func.coalesce(other.c.updated, UNKNOWN_UPDATED) >= _s.updated)
    has_heir = exists().where(heir.c.source == other.c.source, heir.c.id == other.c.id, current(heir.c))
    overtaken = or_(
        current(other.c) & or_(newer, other.c.hash == stage.c.hash),
        (other.c.until > _s.run) & ~has_heir,
    )
    same_item = (other.c.source == stage.c.source) & (other.c.id == stage.c.id)
    is_overtaken = exists().where(same_item, overtaken).correlate(stage, tables.seen)
    staged = exists().where(same_version(stage.c, _s), ~is_overtaken)
    return and_(seen_by_run(run, source), _s.fate != tables.SAME, ~better, staged)


def _age(columns: Any) -> Any:
    return tuple_(columns.updated, columns.run, columns.page, columns.generation)


def places_after(run: int, source: str) -> Subquery:
    """(partition, id) of every item of `source` as it would be after publishing `run`."""
    kept = select(_m.partition, _m.id).join_from(tables.memberships, tables.items, same_version(_m, _i))
    coming = select(_m.partition, _m.id).join_from(tables.seen, tables.memberships, same_version(_m, _s))
    return union_all(kept.where(_stays(run, source)), coming.where(to_choose(run, source))).subquery("after")


def tags_after(run: int, source: str) -> Subquery:
    """(id, tags) of every item of `source` as it would be after publishing `run`."""
    kept = select(_i.id, _i.tags)
    coming = select(_i.id, _i.tags).join_from(tables.seen, tables.items, same_version(_i, _s))
    return union_all(kept.where(_stays(run, source)), coming.where(to_choose(run, source))).subquery("after")


def _stays(run: int, source: str) -> ColumnElement[bool]:
    """The condition on items: current, and publishing `run` would put nothing in its place."""
    return (_i.source == source) & current(_i) & ~exists().where(_s.id == _i.id, to_choose(run, source))


def missing(run: int, source: str, there: ColumnElement[bool]) -> Select[Any]:
    """(id, key, partitions) of published items with a membership that is `there`, and that no complete walk showed."""
    lives_there = exists().where(same_version(_m, _i), there)
    shown = exists().where(_s.id == _i.id, seen_by_run(run, source))
    return (
        select(_i.id, _i.key, _i.partitions)
        .where(_i.source == source, current(_i), lives_there, ~shown)
        .order_by(_i.id)
    )
