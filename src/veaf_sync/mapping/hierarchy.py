"""Parents across sources, rings of parents, and the teams that the strategy gives to items."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from veaf_sync.conditions import NOT_FOR_TEAMS, Condition, Lineage, parse, prepare, ring_rows
from veaf_sync.frames import HIERARCHY
from veaf_sync.mapping.rows import ROW, in_order
from veaf_sync.strategy import Strategy

_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""A team's items do not depend on their age, so any instant will do."""


def resolve(items: pl.DataFrame, strategy: Strategy, mirrors: pl.DataFrame | None = None) -> pl.DataFrame:
    """The HIERARCHY of ITEMS, sorted by (`source`, `id`).

    A parent is looked for in the item's own source, then in the others by name; in each by key, then by
    former key. Links that form a ring count as absent. An item's team is its own, else the first team of the
    strategy whose `items` condition holds. A copy (MIRRORS) stands below its original, and an original without a
    parent below the parent of its first copy that has one.
    """
    items = in_order(items)
    parents = _parents(items)
    mirror = pl.repeat(False, items.height, eager=True)
    if mirrors is not None and mirrors.height:
        parents, mirror = _mirrored(items, parents, mirrors)
    in_rings = ring_rows(parents)
    ring = pl.repeat(False, items.height, eager=True)
    if len(in_rings):
        ring = ring.scatter(in_rings, True)
        parents = parents.scatter(in_rings, None)
    found = items.select(
        "source",
        "id",
        pl.col("source").gather(parents).fill_null("").alias("parent_source"),
        pl.col("id").gather(parents).fill_null("").alias("parent_id"),
        ring.alias("ring"),
        (mirror & parents.is_not_null()).alias("mirror"),
        _teams(items, parents, strategy).alias("team"),
    )
    return found.match_to_schema(HIERARCHY)


def _parents(items: pl.DataFrame) -> pl.Series:
    """For every row the number of the row that its parent's key leads to (UInt32), null where nowhere."""
    keys = items.select("source", pl.col("key").alias("name"), pl.int_range(pl.len(), dtype=ROW).alias("above"))
    wanted = items.select(
        "source",
        pl.when(pl.col("parent") != "").then("parent").alias("name"),
        pl.int_range(pl.len(), dtype=ROW).alias("row"),
    )
    found = wanted.join(keys, on=["source", "name"], how="left", maintain_order="left_right")
    if found.height > items.height:  # keys that are not unique in their source: the first id
        found = found.unique("row", keep="first", maintain_order=True)
    lost = found.filter(pl.col("above").is_null() & pl.col("name").is_not_null()).drop("above")
    parents = found["above"]
    if lost.height:
        elsewhere = _elsewhere(items, keys, lost)
        parents = parents.scatter(elsewhere["row"], elsewhere["above"])
    return parents


def _mirrored(items: pl.DataFrame, parents: pl.Series, mirrors: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """`parents` with copies below their originals, and which rows are copies."""
    rows = items.select("source", "id", pl.int_range(pl.len(), dtype=ROW).alias("row"))
    originals = rows.rename({"source": "original_source", "id": "original_id", "row": "original"})
    pairs = mirrors.join(rows, on=["source", "id"]).join(originals, on=["original_source", "original_id"])
    pairs = pairs.sort("original", "row")
    pairs = pairs.with_columns(parents.gather(pairs["row"]).alias("above"))
    lent = pairs.filter(pl.col("above").is_not_null() & parents.gather(pairs["original"]).is_null())
    lent = lent.filter(pl.col("above") != pl.col("original")).unique("original", keep="first", maintain_order=True)
    parents = parents.scatter(lent["original"], lent["above"]).scatter(pairs["row"], pairs["original"])
    mirror = pl.Series(pl.repeat(False, items.height, eager=True)).scatter(pairs["row"], True)
    return parents, mirror


def _elsewhere(items: pl.DataFrame, keys: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """Rows (`row`, `above`) of `lost` (`source`, `name`, `row`) found by a former key, or in another source."""
    former = items.select("source", "aliases", pl.int_range(pl.len(), dtype=ROW).alias("above"))
    former = former.filter(pl.col("aliases").list.len() > 0).explode("aliases").rename({"aliases": "name"})
    names = pl.concat(
        [
            keys.select("source", "name", "above", pl.lit(False).alias("former")),
            former.select("source", "name", "above", pl.lit(True).alias("former")),
        ]
    ).join(lost.select("name").unique(), on="name", how="semi")
    found = lost.join(names, on="name", how="inner", suffix="_above")
    order = [
        pl.col("row"),
        pl.col("source") != pl.col("source_above"),
        pl.col("source_above"),
        pl.col("former"),
        pl.col("above"),
    ]
    return found.sort(order).unique("row", keep="first", maintain_order=True).select("row", "above")


def team_conditions(strategy: Strategy) -> list[tuple[str, Condition]]:
    """The teams that claim items by a condition, in the order of the document."""
    return [
        (name, team.items if isinstance(team.items, Condition) else parse(team.items, refused=NOT_FOR_TEAMS))
        for name, team in strategy.teams.items()
        if team.items is not None
    ]


def _teams(items: pl.DataFrame, parents: pl.Series, strategy: Strategy) -> pl.Series:
    """The items' own team, else the first of the strategy's teams that claims them, else `""`."""
    teams = dict(team_conditions(strategy))
    found = items["team"]
    if not teams or not (found == "").any():
        return found
    claims = prepare(items, teams.values(), at=_ANY_TIME, lineage=Lineage(parents)).ask(teams)
    missing = found == ""
    for name in reversed(teams):
        found = pl.select(pl.when(missing & claims[name]).then(pl.lit(name)).otherwise(found)).to_series()
    return found
