"""Cells: the totals that every page and command adds up."""

from __future__ import annotations

import polars as pl

from veaf_sync.frames import CELLS
from veaf_sync.measure.rows import KEY, beside, by_item, first_of_item, total

GROUPS = ("source", "partition", "team", "level", "objective", "verdict", "exemption")
_MEASURES = ("count", "points", "hours", "people", "points_imputed")
_MISSING = ("points_missing", "hours_missing", "people_missing")


def make_cells(
    items: pl.DataFrame, hierarchy: pl.DataFrame, verdicts: pl.DataFrame, weights: pl.DataFrame
) -> pl.DataFrame:
    """Σ weight × share of counted items, in every weight: CELLS from ITEMS, HIERARCHY, VERDICTS and WEIGHTS.

    An item stands once, in its first partition by name. Raises `ValueError` where a counted item has no verdict.
    """
    placed = beside(by_item(items.select(*KEY, "partition", "level")), by_item(hierarchy.select(*KEY, "team")))
    rows = counted_shares(verdicts, weights, placed).with_columns(pl.col("partition", "level", "team").fill_null(""))
    sums = [total(pl.col(name)).alias(name) for name in (*_MEASURES, *_MISSING)]
    cells = rows.group_by(GROUPS).agg(sums).sort(GROUPS)
    if weights["points"].null_count():
        nothing = pl.lit(None, pl.Float64)
        cells = cells.with_columns(points=nothing, points_imputed=nothing)
    return cells.select(CELLS.names()).match_to_schema(CELLS)


def counted_shares(verdicts: pl.DataFrame, weights: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """A row per counted item and share: `source`, `id`, `objective`, `verdict`, `exemption`, measures × share, `facts`.

    `facts` are columns of each item, sorted by item. Raises `ValueError` where a counted item has no verdict, since
    totals would no longer add up.
    """
    shares = by_item(verdicts.select(*KEY, "objective", "verdict", "exemption", "share"))
    weights = by_item(weights)
    rows = beside(beside(shares, weights), facts).filter(pl.col("counted").fill_null(False))
    judged, counted = rows.select(first_of_item().sum()).item(), weights["counted"].sum()
    if judged != counted:
        raise ValueError(f"{counted - judged} of {counted} counted items have no verdict")
    return rows.with_columns(pl.col(*_MEASURES, *_MISSING).cast(pl.Float64) * pl.col("share"))
