"""Which items count, and what each weighs."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from veaf_sync.frames import WEIGHTS
from veaf_sync.measure.lineage import containers, owners, parents
from veaf_sync.measure.rows import KEY, beside, by_item, estimate, total
from veaf_sync.measure.settings import Scope
from veaf_sync.model import Level, StateCategory

_DONE = pl.col("state_category") == StateCategory.DONE.value
_ITEM_COLUMNS = (*KEY, "type", "level", "state_category", "completed", "points", "hours", "assignees")


def weigh(
    items: pl.DataFrame, hierarchy: pl.DataFrame, *, scope: Scope, period_start: datetime, period_end: datetime
) -> pl.DataFrame:
    """The weight of every item: WEIGHTS from ITEMS and HIERARCHY.

    Counted is an item in scope that is neither a sub-task with a known parent nor a container (an item with
    a descendant in scope that is not a sub-task). A copy of an item that lives in another tool too is treated as a
    sub-task of that. Hours and assignees of such sub-tasks, whatever their state,
    belong to the nearest ancestor that is none; their points count nowhere. The period is
    `period_start` ≤ completed < `period_end`. The answer does not depend on the order of rows.
    """
    rows = beside(
        by_item(items.select(_ITEM_COLUMNS)), by_item(hierarchy.select(*KEY, "parent_source", "parent_id", "mirror"))
    ).with_columns(
        pl.col("parent_source", "parent_id").fill_null(""), estimate(pl.col("points")), estimate(pl.col("hours"))
    )
    parent = parents(rows)
    subtask = (rows["level"] == Level.SUBTASK.value) | rows["mirror"].fill_null(False)
    in_scope = rows.select(_in_scope(scope, period_start, period_end)).to_series()
    below = subtask & parent.is_not_null()
    counted = in_scope & ~below & ~containers(parent, in_scope & ~subtask)
    rows = rows.with_columns(
        in_scope.alias("in_scope"), counted.alias("counted"), owners(parent, subtask).alias("owner")
    )
    measures = (_points(rows), _hours(rows), _people(rows))
    return (
        pl.concat([rows.select(*KEY, "in_scope", "counted"), *measures], how="horizontal")
        .with_columns(pl.col("counted").cast(pl.Float64).alias("count"))
        .select(WEIGHTS.names())
        .match_to_schema(WEIGHTS)
    )


def undated(items: pl.DataFrame, hierarchy: pl.DataFrame) -> dict[str, int]:
    """By source, how many items are done without a completion date, so that no period can hold them.

    Sub-tasks with a known parent are left out: they are never counted anyway.
    """
    rows = beside(
        by_item(items.select(*KEY, "level", "state_category", "completed")),
        by_item(hierarchy.select(*KEY, "parent_source")),
    )
    below = (pl.col("level") == Level.SUBTASK.value) & (pl.col("parent_source").fill_null("") != "")
    found = rows.filter(_DONE & pl.col("completed").is_null() & ~below).group_by("source").len().sort("source")
    return dict(found.iter_rows())


def _in_scope(scope: Scope, start: datetime, end: datetime) -> pl.Expr:
    chosen = pl.lit(False)
    if scope.open:
        chosen = chosen | ~_DONE
    if scope.completed_in == "period":
        inside = (pl.col("completed") >= start) & (pl.col("completed") < end)
        chosen = chosen | (_DONE & inside.fill_null(False))
    return pl.repeat(True, pl.len()) & chosen


def _points(rows: pl.DataFrame) -> pl.DataFrame:
    """Own points, else the median of positive ones of the same source and type, of the source, of all.

    Where something must be imputed and nothing is positive, the weight is n/a: null on every row.
    """
    counted, own = pl.col("counted"), pl.col("points")
    missing = counted & own.is_null()
    positive = own.filter(counted & (own > 0))
    ladder = pl.coalesce(positive.median().over("source", "type"), positive.median().over("source"), positive.median())
    measured = rows.select(
        pl.when(~counted).then(0.0).when(missing).then(ladder).otherwise(own).alias("points"),
        missing.alias("points_missing"),
    ).with_columns(pl.when("points_missing").then("points").otherwise(0.0).alias("points_imputed"))
    if measured["points"].null_count():
        nothing = pl.lit(None, pl.Float64)
        return measured.with_columns(points=nothing, points_imputed=nothing)
    return measured


def _hours(rows: pl.DataFrame) -> pl.DataFrame:
    """Logged hours, an item's own and those of its sub-tasks. Never imputed: unlogged is 0, and missing."""
    logged = rows.filter(pl.col("hours").is_not_null()).group_by("owner").agg(total(pl.col("hours")).alias("hours"))
    return _at_counted_rows(rows, logged, "hours")


def _people(rows: pl.DataFrame) -> pl.DataFrame:
    """Every person is 1, split evenly over the counted items that name the person, also through their sub-tasks."""
    pair = pl.col("owner").cast(pl.UInt64) * 2**32 + pl.col("assignees").cast(pl.Categorical).to_physical()
    named = (
        rows.select("owner", "assignees")
        .filter(rows["counted"].gather(rows["owner"]))
        .explode("assignees")
        .filter(pl.col("assignees").fill_null("") != "")
        .select(pair.alias("pair"))
        .sort("pair")
        .filter((pl.col("pair") != pl.col("pair").shift()).fill_null(True))  # once per item and person
    )
    split = named.select(
        (pl.col("pair") // 2**32).alias("owner"), (1.0 / pl.len().over(pl.col("pair") % 2**32)).alias("share")
    )
    weights = split.group_by("owner").agg(total(pl.col("share")).alias("people"))
    return _at_counted_rows(rows, weights, "people")


def _at_counted_rows(rows: pl.DataFrame, values: pl.DataFrame, name: str) -> pl.DataFrame:
    """The column `name` of `values` at its `owner` rows, 0 where not counted or absent, and `{name}_missing`."""
    spread = pl.Series(name, pl.repeat(None, rows.height, dtype=pl.Float64, eager=True))
    spread = spread.scatter(values["owner"], values[name]) if values.height else spread
    counted = pl.col("counted")
    return rows.select("counted", spread).select(
        pl.when(counted).then(pl.col(name).fill_null(0.0)).otherwise(0.0).alias(name),
        (counted & pl.col(name).is_null()).alias(f"{name}_missing"),
    )
