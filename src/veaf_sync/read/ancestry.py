"""Which epics stand above which items."""

from __future__ import annotations

import polars as pl

from veaf_sync.frames import TEXT, TEXTS
from veaf_sync.model import Level

_PAIRS = pl.Schema({"source": TEXT, "id": TEXT, "epic_source": TEXT, "epic_id": TEXT})


def epic_pairs(listed: pl.DataFrame) -> pl.DataFrame:
    """(`source`, `id`, `epic_source`, `epic_id`): every item with each epic above it, however far.

    Takes LISTED of the store: of it `source`, `id`, `level`, `parent_source` and `parent_id` as they were resolved.
    """
    known = listed.select("source", "id", "level", "parent_source", "parent_id").unique(["source", "id"])
    upwards = known.select("parent_source", "parent_id", epic_source="source", epic_id="id")
    epics = known.filter(pl.col("level") == Level.EPIC.value).select(epic_source="source", epic_id="id")
    above = known.filter(pl.col("parent_id") != "").select(
        "source", "id", epic_source="parent_source", epic_id="parent_id"
    )
    found = []
    # Rings count as absent parents, so every round ends one level higher and the walk ends
    while above.height:
        at_epics = above.join(epics, on=["epic_source", "epic_id"], how="semi")
        found.append(at_epics.select(_PAIRS.names()))
        above = (
            above.join(upwards, on=["epic_source", "epic_id"], how="inner")
            .filter(pl.col("parent_id") != "")
            .select("source", "id", epic_source="parent_source", epic_id="parent_id")
        )
    return pl.concat(found) if found else pl.DataFrame(schema=_PAIRS)


def epics_above(listed: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """(`source`, `id`, `epics`): the epics above each item as `source:KEY`, sorted; from LISTED and `epic_pairs`."""
    keys = listed.select(epic_source="source", epic_id="id", epic_key="key").unique(["epic_source", "epic_id"])
    named = pairs.join(keys, on=["epic_source", "epic_id"], how="inner")
    ref = pl.concat_str("epic_source", pl.lit(":"), "epic_key")
    return named.group_by("source", "id").agg(epics=ref.sort()).cast({"epics": TEXTS})
