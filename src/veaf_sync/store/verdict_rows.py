"""Verdicts as stored rows, and which of them a run changed."""

from __future__ import annotations

import polars as pl
from sqlalchemy import and_, select

from veaf_sync.frames import TEXT
from veaf_sync.store import tables
from veaf_sync.store.engine import Database
from veaf_sync.store.loading import columns, load, stored

_v = tables.verdicts.c

_ROW = pl.Schema(
    {
        "source": TEXT,
        "id": TEXT,
        "part": pl.Int64(),
        "verdict": TEXT,
        "objective": TEXT,
        "share": pl.Float64(),
        "origin": TEXT,
        "rule": TEXT,
        "exemption": TEXT,
        "reason": TEXT,
        "in_scope": pl.Int64(),
        "counted": pl.Int64(),
        "team": TEXT,
        "parent_source": TEXT,
        "parent_id": TEXT,
    }
)


def rows_of(verdicts: pl.DataFrame, hierarchy: pl.DataFrame, weights: pl.DataFrame) -> pl.DataFrame:
    """One row per item and share in the stored form; `part` numbers the shares of an item by objective."""
    item = ["source", "id"]
    return (
        verdicts.join(weights.select(*item, "in_scope", "counted"), on=item, how="left")
        .join(hierarchy.select(*item, "team", "parent_source", "parent_id"), on=item, how="left")
        .sort(*item, "objective", "verdict")
        .with_columns(
            pl.int_range(pl.len()).over(item).alias("part"),
            pl.col("in_scope", "counted").fill_null(False),
        )
        .select(stored((name, dtype) for name, dtype in _ROW.items()))
        .cast({"part": pl.Int64, "in_scope": pl.Int64, "counted": pl.Int64})
    )


def stored_rows(database: Database, run: int) -> pl.DataFrame:
    """The rows that hold without `run`: those that were current before it."""
    held = and_(_v.since < run, _v.until.is_(None) | (_v.until == run))
    return load(database, select(*columns(_v, _ROW)).where(held), _ROW)


def changed(wanted: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """All rows of those items of which any row is new, different or no longer wanted."""
    item = ["source", "id"]
    every = list(_ROW)
    added = wanted.join(held, on=every, how="anti", nulls_equal=True)
    lost = held.join(wanted, on=every, how="anti", nulls_equal=True)
    touched = pl.concat([added.select(item), lost.select(item)]).unique()
    return wanted.join(touched, on=item, how="semi")


def gone(wanted: pl.DataFrame, held: pl.DataFrame) -> dict[str, list[str]]:
    """Ids, by source, of items that have rows and are to have none."""
    left = held.select("source", "id").unique().join(wanted, on=["source", "id"], how="anti")
    return {str(source): ids for source, ids in left.group_by("source").agg("id").sort("source").iter_rows()}
