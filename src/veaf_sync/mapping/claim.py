"""Our own tags are output, never input: taken out of what people say before anything is mapped."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

import polars as pl

from veaf_sync.connector import Tag

UNCLAIMED = pl.Schema({"source": pl.String(), "id": pl.String(), "value": pl.String()})
_TEXTS = pl.List(pl.String())


@dataclass(frozen=True, slots=True)
class Claimed:
    """`items`: ITEMS without our own values in `labels`, `withdrawn` as objective ids.

    `unclaimed`: a frame (`source`, `id`, `value`), sorted, of values that look like ours in sources for which
    the journal knows no write and no adoption: neither input nor ours to clear.
    """

    items: pl.DataFrame
    unclaimed: pl.DataFrame


def claim(items: pl.DataFrame, tags: Mapping[str, Tag], claimed: Set[str]) -> Claimed:
    """Take what we wrote out of the `labels` of ITEMS, and name the objectives that people withdrew.

    `tags` holds the tag target by source, `claimed` the sources for which the journal holds a write or an
    adoption. In the other sources with a tag everything under its prefix is taken out, as unclaimed.
    """
    rows = items.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), "source", "id", "labels", "tags", "written", "withdrawn"
    )
    unclaimed = _unclaimed(rows, {source: tag for source, tag in tags.items() if source not in claimed})
    ours = rows.select("row", pl.col("written").alias("value")).filter(pl.col("value").list.len() > 0)
    ours = pl.concat([ours.explode("value"), unclaimed.select("row", "value")])
    changed = items.with_columns(_without(rows, ours), _objectives(rows, tags))
    return Claimed(changed, unclaimed.select(UNCLAIMED.names()).unique().sort(UNCLAIMED.names()))


def _unclaimed(rows: pl.DataFrame, tags: Mapping[str, Tag]) -> pl.DataFrame:
    """Rows (`row`, `source`, `id`, `value`) with every value that has the form of a source's tag."""
    seen = rows.filter(pl.col("source").is_in(list(tags)))
    values = seen.select("row", "source", "id", pl.concat_list("labels", "tags").alias("value"))
    values = values.filter(pl.col("value").list.len() > 0).explode("value")
    return values.filter(_objective_of(tags).is_not_null())


def _without(rows: pl.DataFrame, ours: pl.DataFrame) -> pl.Series:
    """The labels without the values (`row`, `value`) that are ours."""
    labels = rows["labels"]
    affected = ours.select("row").unique().sort("row")
    if not affected.height:
        return labels
    kept = rows.select("row", "labels").join(affected, on="row", how="semi").explode("labels").drop_nulls()
    kept = kept.join(ours, left_on=["row", "labels"], right_on=["row", "value"], how="anti", maintain_order="left")
    kept = affected.join(kept.group_by("row", maintain_order=True).agg("labels"), on="row", how="left")
    kept = kept.select("row", pl.col("labels").fill_null([]).alias("kept"))
    both = rows.select("row", "labels").join(kept, on="row", how="left", maintain_order="left")
    return both.select(pl.coalesce("kept", "labels").alias("labels")).to_series()


def _objectives(rows: pl.DataFrame, tags: Mapping[str, Tag]) -> pl.Series:
    """The objectives that the values in `withdrawn` stand for."""
    held = rows.select("row", "source", pl.col("withdrawn").alias("value")).filter(pl.col("value").list.len() > 0)
    if not held.height:
        return rows["withdrawn"]
    values = held.explode("value").with_columns(_objective_of(tags).alias("objective")).drop_nulls("objective")
    by_row = values.group_by("row").agg(pl.col("objective").unique().sort())
    every = rows.select("row").join(by_row, on="row", how="left", maintain_order="left")
    return every["objective"].fill_null([]).alias("withdrawn")


def _objective_of(tags: Mapping[str, Tag]) -> pl.Expr:
    """The objective that `value` stands for at its `source`'s tag target; null where it is not a tag of ours."""
    value = pl.col("value")
    found = pl.lit(None, dtype=pl.String())
    for source, tag in tags.items():
        inner = value.str.strip_prefix(tag.prefix).str.strip_suffix(tag.suffix)
        ours = (pl.col("source") == source) & (value == tag.prefix + inner + tag.suffix) & (inner != "")
        found = pl.when(ours).then(inner).otherwise(found)
    return found
