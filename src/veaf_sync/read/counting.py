"""Why an item is not counted, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from veaf_sync.model import Level, StateCategory
from veaf_sync.read.snapshot import Snapshot


def why_not_counted(snapshot: Snapshot, item: Mapping[str, Any], family: pl.DataFrame) -> str:
    """The first reason that holds for an item that is not counted: sub-task, out of scope, else container.

    `item` is its row of ITEMS with its row of HIERARCHY, `family` ITEMS with its ancestors.
    """
    above = family.filter((pl.col("source") == item["parent_source"]) & (pl.col("id") == item["parent_id"]))
    parent = f"{item['parent_source']}:{above['key'][0] if above.height else item['parent_id']}"
    if item["mirror"]:
        return f"a copy of {parent}: the work item is counted once, there"
    if item["level"] == Level.SUBTASK.value and item["parent_id"]:
        return f"sub-task of {parent}: its hours and people go to the nearest item above that is no sub-task"
    outside = _out_of_scope(snapshot, item)
    return f"out of scope: {outside}" if outside else "container: what is below it is counted in its place"


def _out_of_scope(snapshot: Snapshot, item: Mapping[str, Any]) -> str:
    scope, period = snapshot.config.settings.scope, snapshot.period
    if item["state_category"] != StateCategory.DONE.value:
        return "" if scope.open else "not done, and `scope` leaves out what is open"
    if scope.completed_in is None:
        return "done, and `scope` leaves out what is done"
    if item["completed"] is None:
        return "done without a completion date"
    day = item["completed"].astimezone(snapshot.zone).date()
    inside = period.first <= day <= period.last
    return "" if inside else f"done on {day}, not in {period.id} ({period.first} to {period.last})"
