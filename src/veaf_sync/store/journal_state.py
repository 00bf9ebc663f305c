"""What the journal says about each value as of a run: the newest settled entry of a value decides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl
from sqlalchemy import Select, func, select

from veaf_sync.frames import TEXT
from veaf_sync.model import ItemRef
from veaf_sync.store import tables
from veaf_sync.store.ancestry import any_of
from veaf_sync.store.engine import Database
from veaf_sync.store.loading import load

_j = tables.journal.c
_MARKS = pl.Schema({"source": TEXT, "id": TEXT, "value": TEXT, "effect": TEXT})


def state(run: int | None) -> Select[Any]:
    """(source, id, value, effect: written | withdrawn) as of `run` (`None`: now)."""
    rank = func.row_number().over(partition_by=(_j.source, _j.item, _j.value), order_by=_j.id.desc()).label("rank")
    settled = select(_j.source, _j.item.label("id"), _j.value, _j.effect, rank).where(_j.effect != "")
    if run is not None:
        settled = settled.where(_j.since <= run)
    newest = settled.subquery("newest")
    return select(newest.c.source, newest.c.id, newest.c.value, newest.c.effect).where(
        newest.c.rank == 1, newest.c.effect != "none"
    )


def marks(database: Database, run: int, refs: Collection[ItemRef] | None) -> pl.DataFrame:
    """(source, id, written: list, withdrawn: list), one row per item with either; values sorted."""
    query = state(run)
    if refs is not None:
        newest = query.get_final_froms()[0]
        query = query.where(any_of(newest.c.source, newest.c.id, refs))
    values = load(database, query, _MARKS).sort("value")
    lists = [pl.col("value").filter(pl.col("effect") == effect).alias(effect) for effect in ("written", "withdrawn")]
    return values.group_by("source", "id", maintain_order=True).agg(lists)
