"""What the journal says about each value as of a run: the newest settled entry of a value at its target decides."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union

from veaf_sync.connector import LABELS
from veaf_sync.frames import TEXT
from veaf_sync.model import Action, ItemRef
from veaf_sync.store import tables
from veaf_sync.store.ancestry import any_of
from veaf_sync.store.engine import Database
from veaf_sync.store.loading import load

_j = tables.journal.c
_MARKS = pl.Schema({"source": TEXT, "id": TEXT, "value": TEXT, "effect": TEXT})
_PLACED = pl.Schema({"source": TEXT, "id": TEXT, "target": TEXT, "value": TEXT})

Targets = Mapping[str, str]
"""The present tag target by source (`labels`, `field:NAME`, `property:KEY`); of a source without one, `labels`."""


def state(run: int | None) -> Select[Any]:
    """(source, id, target, value, effect: written | withdrawn) as of `run` (`None`: now)."""
    place = (_j.source, _j.item, _j.target, _j.value)
    rank = func.row_number().over(partition_by=place, order_by=_j.id.desc()).label("rank")
    settled = select(_j.source, _j.item.label("id"), _j.target, _j.value, _j.effect, rank).where(_j.effect != "")
    if run is not None:
        settled = settled.where(_j.since <= run)
    newest = settled.subquery("newest")
    columns = (newest.c[name] for name in ("source", "id", "target", "value", "effect"))
    return select(*columns).where(newest.c.rank == 1, newest.c.effect != "none")


def _open(run: int | None) -> Select[Any]:
    """As `state`, written, of adds that earlier runs (`None`: any) began and whose outcome `run` did not know."""
    unknown = _j.result == "" if run is None else and_(_j.run < run, (_j.result == "") | (_j.since > run))
    columns = (_j.source, _j.item.label("id"), _j.target, _j.value, literal("written").label("effect"))
    return select(*columns).where(_j.action == str(Action.ADD), unknown)


def marks(database: Database, run: int, refs: Collection[ItemRef] | None, targets: Targets) -> pl.DataFrame:
    """(source, id, written: list, withdrawn: list) at the present `targets`, one row per item with either.

    Values are sorted. Written are also values that we may have written: intents without an outcome as of `run`.
    """
    parts = []
    for part in (state(run).subquery("settled"), _open(run).subquery("open")):
        query = select(*(part.c[name] for name in _MARKS)).where(_here(part.c.source, part.c.target, targets))
        parts.append(query if refs is None else query.where(any_of(part.c.source, part.c.id, refs)))
    values = load(database, select(union(*parts).subquery("marks")), _MARKS).sort("value")
    lists = [pl.col("value").filter(pl.col("effect") == effect).alias(effect) for effect in ("written", "withdrawn")]
    return values.group_by("source", "id", maintain_order=True).agg(lists)


def elsewhere(database: Database, run: int | None, targets: Targets) -> pl.DataFrame:
    """(source, id, target, value) of what is, or may be, ours at other targets than the present `targets`."""
    parts = []
    for part in (state(run).subquery("settled"), _open(run).subquery("open")):
        away = ~_here(part.c.source, part.c.target, targets) & (part.c.effect == "written")
        parts.append(select(*(part.c[name] for name in _PLACED)).where(away))
    return load(database, select(union(*parts).subquery("elsewhere")), _PLACED)


def _here(source: ColumnElement[str], target: ColumnElement[str], targets: Targets) -> ColumnElement[bool]:
    named = (and_(source == name, target == wanted) for name, wanted in sorted(targets.items()))
    return or_(and_(source.not_in(sorted(targets)), target == LABELS), *named)
