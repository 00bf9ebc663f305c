"""Who stands above whom, as row positions: containers, and where the work of sub-tasks goes."""

from __future__ import annotations

import polars as pl

from veaf_sync.measure.rows import KEY

INDEX = pl.UInt32


def parents(items: pl.DataFrame) -> pl.Series:
    """For each row of `items` (`source`, `id`, `parent_source`, `parent_id`) the row of its parent, null where none."""
    rows = items.select(*KEY, pl.int_range(pl.len(), dtype=INDEX).alias("above"))
    children = items.select(
        pl.int_range(pl.len(), dtype=INDEX).alias("row"),
        pl.col("parent_source").alias("source"),
        pl.col("parent_id").alias("id"),
    ).filter(pl.col("source") != "")
    found = children.join(rows, on=list(KEY), how="inner", maintain_order="left")
    return _spread(found["row"], found["above"], items.height)


def owners(parent: pl.Series, subtask: pl.Series) -> pl.Series:
    """For each row the row its work belongs to: itself, or for sub-tasks with a parent the nearest other ancestor.

    Every step doubles the distance walked, so a chain of any depth takes few steps.
    """
    rows = pl.DataFrame({"parent": parent, "subtask": subtask})
    owner = rows.select(
        pl.when(pl.col("subtask") & pl.col("parent").is_not_null())
        .then(pl.col("parent"))
        .otherwise(pl.int_range(pl.len(), dtype=INDEX))
    ).to_series()
    for _ in range(max(1, len(owner).bit_length())):
        further = owner.gather(owner)
        if further.equals(owner):
            break
        owner = further
    return owner


def containers(parent: pl.Series, counts: pl.Series) -> pl.Series:
    """For each row whether any descendant, at any depth, has `counts` true."""
    held = pl.Series(pl.repeat(False, len(parent), eager=True))
    frontier = parent.filter(counts).drop_nulls().unique()
    while len(frontier):
        held = held | _marked(frontier, len(parent))
        above = parent.gather(frontier).drop_nulls().unique()
        frontier = above.filter(~held.gather(above))
    return held


def _marked(rows: pl.Series, height: int) -> pl.Series:
    return pl.Series(pl.repeat(False, height, eager=True)).scatter(rows, True)


def _spread(rows: pl.Series, values: pl.Series, height: int) -> pl.Series:
    empty = pl.Series(pl.repeat(None, height, dtype=INDEX, eager=True))
    return empty.scatter(rows, values) if len(rows) else empty
