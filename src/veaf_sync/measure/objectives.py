"""The objective side: which objectives are worked on, and how that compares with the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from veaf_sync.frames import OBJECTIVES
from veaf_sync.measure.cells import counted_shares
from veaf_sync.measure.coverage import ratio
from veaf_sync.measure.key_results import is_met
from veaf_sync.measure.rows import KEY, by_item, total
from veaf_sync.measure.settings import WEIGHT_NAMES, Allocation
from veaf_sync.model import StateCategory, Verdict
from veaf_sync.strategy import Objective, Tree

_EDGE = 1e-9  # the same shares summed another way may differ by float rounding; no state hangs on that


@dataclass(frozen=True, slots=True)
class _Work:
    """Aligned counted items: how many shares, of these open, of these updated lately, and Σ of each weight."""

    rows: int = 0
    open: int = 0
    moving: int = 0
    sums: tuple[float, ...] = (0.0,) * len(WEIGHT_NAMES)

    def __add__(self, other: _Work) -> _Work:
        sums = tuple(mine + theirs for mine, theirs in zip(self.sums, other.sums, strict=True))
        return _Work(self.rows + other.rows, self.open + other.open, self.moving + other.moving, sums)

    def of(self, weight: str) -> float:
        return self.sums[WEIGHT_NAMES.index(weight)]


def objective_side(
    items: pl.DataFrame,
    verdicts: pl.DataFrame,
    weights: pl.DataFrame,
    tree: Tree,
    *,
    at: datetime,
    tz: ZoneInfo,
    allocation: Allocation,
    stalled_after: timedelta,
) -> pl.DataFrame:
    """OBJECTIVES from ITEMS, VERDICTS and WEIGHTS, one row per objective of `tree`.

    The state is the first that holds, over an objective's items and those of objectives below it: inactive ·
    unserved (no aligned counted item) · closed-unmet (only done items, and a key result of its own that has not
    reached its target; one without a value has not) · stalled (open items, none of them updated in the
    last `stalled_after`) · underfunded (actual share below planned share − tolerance) · served.
    `actual_share` is the part of all counted work in the weight of `allocation`, null where that is n/a or 0.
    """
    own = _own_work(items, verdicts, weights, since=at - stalled_after)
    everything = weights.select(total(pl.col(name)).alias(name) for name in WEIGHT_NAMES).row(0, named=True)
    absent = [name for name in WEIGHT_NAMES if weights[name].null_count()]
    day = at.astimezone(tz).date()
    records = []
    for objective in sorted(tree.objectives.values(), key=lambda o: o.id):
        work = sum((own.get(below, _Work()) for below in tree.below(objective.id)), start=_Work())
        share = (
            None if allocation.weight in absent else ratio(work.of(allocation.weight), everything[allocation.weight])
        )
        missed = any(not is_met(result, day) for result in objective.key_results)
        mine = own.get(objective.id, _Work())
        record = {
            "objective": objective.id,
            "declared": objective.state.value,
            "state": _state(
                objective, work, share, alive=tree.active(objective.id), missed=missed, allocation=allocation
            ),
            "planned_share": objective.planned_share,
            "actual_share": share,
            "items": work.of("count"),
        }
        record |= {name: None if name in absent else mine.of(name) for name in WEIGHT_NAMES}
        records.append(record)
    return pl.DataFrame(records, schema=OBJECTIVES)


def _state(
    objective: Objective, work: _Work, share: float | None, *, alive: bool, missed: bool, allocation: Allocation
) -> str:
    if not alive:
        return "inactive"
    if not work.rows:
        return "unserved"
    if not work.open and missed:
        return "closed-unmet"
    if work.open and not work.moving:
        return "stalled"
    if objective.planned_share is not None and share is not None:
        short = objective.planned_share - allocation.tolerance - share
        return "underfunded" if short > _EDGE else "served"
    return "served"


def _own_work(
    items: pl.DataFrame, verdicts: pl.DataFrame, weights: pl.DataFrame, *, since: datetime
) -> dict[str, _Work]:
    """By objective, the work of its own aligned counted items; updated at `since` or later is moving."""
    progress = items.select(
        *KEY,
        (pl.col("state_category") != StateCategory.DONE.value).alias("open"),
        (pl.col("updated") >= since).fill_null(False).alias("recent"),
    )
    rows = counted_shares(verdicts, weights, by_item(progress)).filter(pl.col("verdict") == Verdict.ALIGNED.value)
    sums = [total(pl.col(name)).alias(name) for name in WEIGHT_NAMES]
    moving = (pl.col("open") & pl.col("recent")).sum().alias("moving")
    found = rows.group_by("objective").agg(pl.len().alias("rows"), pl.col("open").sum(), moving, *sums)
    return {
        row["objective"]: _Work(row["rows"], row["open"], row["moving"], tuple(row[name] for name in WEIGHT_NAMES))
        for row in found.iter_rows(named=True)
    }
