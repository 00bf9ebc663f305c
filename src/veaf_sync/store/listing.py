"""Items with their results: what stands behind a number."""

from __future__ import annotations

from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Select, or_, select

from veaf_sync.frames import TEXT, TEXTS, TIME
from veaf_sync.store import tables
from veaf_sync.store.choosing import as_of
from veaf_sync.store.engine import Database
from veaf_sync.store.loading import load
from veaf_sync.store.records import Choice, Filters

_i = tables.items.c
_v = tables.verdicts.c

ALL = Filters()

LISTED = pl.Schema(
    {
        "source": TEXT,
        "id": TEXT,
        "key": TEXT,
        "title": TEXT,
        "url": TEXT,
        "type": TEXT,
        "level": TEXT,
        "state": TEXT,
        "state_category": TEXT,
        "partition": TEXT,
        "parent": TEXT,  # as the tool gives it
        "parent_source": TEXT,  # as it was resolved
        "parent_id": TEXT,
        "team": TEXT,  # with the strategy's teams
        "assignees": TEXTS,
        "created": TIME,
        "updated": TIME,
        "completed": TIME,
        "points": pl.Float64(),
        "hours": pl.Float64(),
        "verdict": TEXT,
        "objective": TEXT,
        "share": pl.Float64(),
        "origin": TEXT,
        "rule": TEXT,
        "exemption": TEXT,
        "reason": TEXT,
        "in_scope": pl.Boolean(),
        "counted": pl.Boolean(),
    }
)
"""One row per item and share."""

_RESULT = frozenset(LISTED) & frozenset(column.name for column in tables.verdicts.columns) - {"source", "id"}


def matching(run: int, filters: Filters) -> Select[Any]:
    """(source, id, created) of the items of which any share passes `filters`."""
    conditions = [as_of(_v, run)]
    if filters.counted_only:
        conditions.append(_v.counted == 1)
    for column, choice in (
        (_v.source, filters.source),
        (_v.team, filters.team),
        (_v.objective, filters.objective),
        (_v.verdict, filters.verdict),
        (_i.partition, filters.partition),
        (_i.level, filters.level),
    ):
        condition = _one_of(column, choice)
        if condition is not None:
            conditions.append(condition)
    if filters.places:
        conditions.append(or_(*((_v.source == source) & (_i.partition == name) for source, name in filters.places)))
    same = (_i.source == _v.source) & (_i.id == _v.id) & as_of(_i, run)
    return (
        select(_v.source, _v.id, _i.created)
        .join_from(tables.verdicts, tables.items, same)
        .where(*conditions)
        .group_by(_v.source, _v.id, _i.created)
    )


def _one_of(column: ColumnElement[str], choice: Choice) -> ColumnElement[bool] | None:
    if not choice:
        return None
    return column == choice if isinstance(choice, str) else column.in_(list(choice))


def listed(database: Database, run: int, filters: Filters, *, limit: int | None, oldest_first: bool) -> pl.DataFrame:
    """See `Results.list`."""
    items = matching(run, filters)
    if limit is not None:
        oldest = (_i.created.is_(None), _i.created) if oldest_first else ()
        items = items.order_by(*oldest, _v.source, _v.id).limit(limit)
    picked = items.subquery("picked")
    result = tables.verdicts.alias("result")
    shown = tables.items.alias("shown")
    query = (
        select(*((result if name in _RESULT else shown).c[name].label(name) for name in LISTED))
        .select_from(picked)
        .join(result, (result.c.source == picked.c.source) & (result.c.id == picked.c.id) & as_of(result.c, run))
        .join(shown, (shown.c.source == picked.c.source) & (shown.c.id == picked.c.id) & as_of(shown.c, run))
    )
    order = ["created"] if oldest_first else []
    return load(database, query, LISTED).sort(*order, "source", "id", "objective", nulls_last=True)
