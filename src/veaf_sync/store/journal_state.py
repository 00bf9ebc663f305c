"""What the journal says about each value as of a run: the newest settled entry of a value decides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import polars as pl
from sqlalchemy import Select, func, literal, select, union

from veaf_sync.frames import TEXT
from veaf_sync.model import Action, ItemRef
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


def _open(run: int) -> Select[Any]:
    """(source, id, value, effect: written) of adds that earlier runs began, and whose outcome `run` did not know."""
    return select(_j.source, _j.item.label("id"), _j.value, literal("written").label("effect")).where(
        _j.action == str(Action.ADD), _j.run < run, (_j.result == "") | (_j.since > run)
    )


def marks(database: Database, run: int, refs: Collection[ItemRef] | None) -> pl.DataFrame:
    """(source, id, written: list, withdrawn: list), one row per item with either; values sorted.

    Written are also values that we may have written: intents without an outcome as of `run`.
    """
    parts = []
    for part in (state(run).subquery("settled"), _open(run).subquery("open")):
        query = select(part)
        parts.append(query if refs is None else query.where(any_of(part.c.source, part.c.id, refs)))
    values = load(database, select(union(*parts).subquery("marks")), _MARKS).sort("value")
    lists = [pl.col("value").filter(pl.col("effect") == effect).alias(effect) for effect in ("written", "withdrawn")]
    return values.group_by("source", "id", maintain_order=True).agg(lists)
