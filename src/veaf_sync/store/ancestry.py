"""Items and those above them, by the parents that a run's results were made with."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from veaf_sync.model import ItemRef
from veaf_sync.store import tables
from veaf_sync.store.choosing import as_of

_v = tables.verdicts.c


def lines(connection: Connection, run: int, items: Collection[ItemRef]) -> set[ItemRef]:
    """`items` and their ancestors."""
    first = (
        select(_v.source, _v.id, _v.parent_source, _v.parent_id)
        .where(any_of(_v.source, _v.id, items), as_of(_v, run))
        .cte("line", recursive=True)
    )
    above = tables.verdicts.alias("above")
    parent = (above.c.source == first.c.parent_source) & (above.c.id == first.c.parent_id) & as_of(above.c, run)
    step = select(above.c.source, above.c.id, above.c.parent_source, above.c.parent_id).join_from(first, above, parent)
    rows = connection.execute(select(first.union(step)))
    return {*items, *(ItemRef(row.source, row.id) for row in rows)}


def any_of(source: ColumnElement[str], id_: ColumnElement[str], refs: Collection[ItemRef]) -> ColumnElement[Any]:
    """The condition that a row is about one of some hundred items."""
    ids: dict[str, list[str]] = {}
    for ref in sorted(refs):
        ids.setdefault(ref.source, []).append(ref.id)
    return or_(false(), *(and_(source == name, id_.in_(found)) for name, found in ids.items()))
