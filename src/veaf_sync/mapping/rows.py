"""Rows in their fixed order, and what belongs to the same item."""

from __future__ import annotations

import polars as pl

KEY = ("source", "id")
ROW = pl.UInt32


def in_order(items: pl.DataFrame) -> pl.DataFrame:
    """`items` sorted by (`source`, `id`), so that the order of the input changes nothing."""
    source, identity = pl.col("source"), pl.col("id")
    rising = (source > source.shift()) | ((source == source.shift()) & (identity >= identity.shift()))
    return items if items.select(rising.all()).item() else items.sort(KEY)


def beside(items: pl.DataFrame, hierarchy: pl.DataFrame) -> pl.DataFrame:
    """The rows of `hierarchy` (HIERARCHY) for `items`, in their order; without one: no parent, no team."""
    if hierarchy.height == items.height and all(hierarchy[name].equals(items[name]) for name in KEY):
        return hierarchy
    found = items.select(KEY).join(hierarchy, on=KEY, how="left", maintain_order="left")
    return found.with_columns(pl.col(pl.String).fill_null(""), pl.col("ring", "mirror").fill_null(False))


def parent_rows(hierarchy: pl.DataFrame) -> pl.Series:
    """For every row of `hierarchy` the number of its parent's row (UInt32), null where there is none."""
    numbered = hierarchy.select(*KEY, pl.int_range(pl.len(), dtype=ROW).alias("row"))
    children = hierarchy.select(
        "parent_source", pl.when(pl.col("parent_source") != "").then("parent_id").alias("parent_id")
    )
    given = ["parent_source", "parent_id"]
    return children.join(numbered, left_on=given, right_on=KEY, how="left", maintain_order="left")["row"]
