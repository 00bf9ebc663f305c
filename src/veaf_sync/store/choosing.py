"""Which readings a publication takes, and what the source looks like after it. Nothing here writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, union_all

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


def chosen(run: int, source: str) -> Select[tuple[str, int]]:
    """(id, generation) of the staged rows that publishing `run` would make current.

    Of an item that several walks showed, the newest reading counts: by the item's own `updated`, then the
    later page. A reading that an earlier run made (a resumed walk) is stale where something newer was published
    since, or where the item was found deleted since.
    """
    order = (_s.updated.desc(), _s.run.desc(), _s.page.desc(), _s.generation.desc())
    rank = func.row_number().over(partition_by=_s.id, order_by=order).label("rank")
    ranked = select(_s.source, _s.id, _s.generation, _s.run, _s.updated, _s.fate, rank)
    best = ranked.where(seen_by_run(run, source)).subquery("best")
    stage = tables.items.alias("stage")
    other = tables.items.alias("other")
    heir = tables.items.alias("heir")
    newer = (other.c.since > best.c.run) & (func.coalesce(other.c.updated, UNKNOWN_UPDATED) >= best.c.updated)
    has_heir = exists().where(heir.c.source == other.c.source, heir.c.id == other.c.id, current(heir.c))
    overtaken = or_(
        current(other.c) & or_(newer, other.c.hash == stage.c.hash),
        (other.c.until > best.c.run) & ~has_heir,
    )
    return (
        select(best.c.id, best.c.generation)
        .join_from(best, stage, same_version(stage.c, best.c))
        .where(best.c.rank == 1, best.c.fate != tables.SAME)
        .where(~exists().where(other.c.source == best.c.source, other.c.id == best.c.id, overtaken))
    )


def places_after(run: int, source: str) -> Subquery:
    """(partition, id) of every item of `source` as it would be after publishing `run`."""
    taken = chosen(run, source).cte("taken")
    kept = (
        select(_m.partition, _m.id)
        .join_from(tables.memberships, tables.items, same_version(_m, _i))
        .where(_i.source == source, current(_i), ~exists().where(taken.c.id == _i.id))
    )
    coming = (
        select(_m.partition, _m.id)
        .join_from(tables.memberships, taken, (_m.id == taken.c.id) & (_m.generation == taken.c.generation))
        .where(_m.source == source)
    )
    return union_all(kept, coming).subquery("after")


def tags_after(run: int, source: str) -> Subquery:
    """(id, tags) of every item of `source` as it would be after publishing `run`."""
    taken = chosen(run, source).cte("taken")
    kept = select(_i.id, _i.tags).where(_i.source == source, current(_i), ~exists().where(taken.c.id == _i.id))
    coming = select(_i.id, _i.tags).join_from(
        tables.items, taken, (_i.id == taken.c.id) & (_i.generation == taken.c.generation)
    )
    return union_all(kept, coming.where(_i.source == source)).subquery("after")


def missing(run: int, source: str, there: ColumnElement[bool]) -> Select[Any]:
    """(id, key, partitions) of published items with a membership that is `there`, and that no complete walk showed."""
    lives_there = exists().where(same_version(_m, _i), there)
    shown = exists().where(_s.id == _i.id, seen_by_run(run, source))
    return (
        select(_i.id, _i.key, _i.partitions)
        .where(_i.source == source, current(_i), lives_there, ~shown)
        .order_by(_i.id)
    )
