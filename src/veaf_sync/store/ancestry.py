"""An item and those above it, by the parents that a run's results were made with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from veaf_sync.model import ItemRef
from veaf_sync.store import tables
from veaf_sync.store.choosing import as_of

_v = tables.verdicts.c


def line(connection: Connection, run: int, item: ItemRef) -> list[ItemRef]:
    """`item`, then its ancestors, nearest first. A ring ends the walk."""
    first = (
        select(_v.source, _v.id, _v.parent_source, _v.parent_id)
        .where(_v.source == item.source, _v.id == item.id, as_of(_v, run))
        .cte("line", recursive=True)
    )
    above = tables.verdicts.alias("above")
    parent = (above.c.source == first.c.parent_source) & (above.c.id == first.c.parent_id) & as_of(above.c, run)
    step = select(above.c.source, above.c.id, above.c.parent_source, above.c.parent_id).join_from(first, above, parent)
    rows = connection.execute(select(first.union(step)))
    parents = {ItemRef(row.source, row.id): ItemRef(row.parent_source, row.parent_id) for row in rows}
    refs = [item]
    while (parent_ref := parents.get(refs[-1])) is not None and parent_ref.id and parent_ref not in refs:
        refs.append(parent_ref)
    return refs


def any_of(source: ColumnElement[str], id_: ColumnElement[str], refs: Collection[ItemRef]) -> ColumnElement[Any]:
    """The condition that a row is about one of a few items."""
    return or_(false(), *(and_(source == ref.source, id_ == ref.id) for ref in refs))
