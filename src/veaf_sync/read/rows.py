"""Items as a frame: the same rows as the answers, for files of any size."""

from __future__ import annotations

import polars as pl

from veaf_sync.frames import TEXT, TEXTS
from veaf_sync.read.ancestry import epics_above
from veaf_sync.read.filters import EVERYTHING
from veaf_sync.read.fixing import fixes
from veaf_sync.read.items import Alignment, Item
from veaf_sync.read.people import owners
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.store import Filters

ROWS = pl.Schema(
    {
        "id": TEXT,  # source:KEY
        "source": TEXT,
        "key": TEXT,
        "title": TEXT,
        "url": TEXT,
        "level": TEXT,
        "type": TEXT,
        "state": TEXT,
        "partition": TEXT,
        "team": TEXT,
        "owner": TEXT,  # as `people` says
        "age_days": pl.Int64(),  # null where the tool gives no creation date
        "counted": pl.Boolean(),
        "verdict": TEXT,
        "objectives": pl.List(pl.Struct({"objective": TEXT, "share": pl.Float64()})),  # by objective
        "exemption": TEXT,
        "origin": TEXT,  # "" where nothing was said
        "rule": TEXT,  # "" for statements
        "reason": TEXT,
        "fix": TEXT,
        "epics": TEXTS,  # the epics above it, as source:KEY
    }
)
"""One row per item, the oldest creation first, then by source and id; unknown ages last."""


SHARES = pl.struct("objective", "share").sort_by("objective").filter(pl.col("objective").sort() != "")
"""The shares of one item's rows, by objective; empty where it has none."""


def by_item(listed: pl.DataFrame) -> pl.DataFrame:
    """LISTED of the store as one row per item, in its order, with `objectives` in place of `objective` and `share`."""
    return listed.group_by("source", "id", maintain_order=True).agg(
        pl.all().exclude("source", "id", "objective", "share").first(), objectives=SHARES
    )


def rows(snapshot: Snapshot, filters: Filters = EVERYTHING, *, limit: int | None = None) -> pl.DataFrame:
    """ROWS of the items that `filters` hit, the oldest first, at most `limit` of them.

    `fix` is filled for items that are orphan, dangling or ambiguous; `epics` is left empty.
    """
    found = snapshot.store.results.list(snapshot.run.id, filters=filters, limit=limit, oldest_first=True)
    return _rows(snapshot, by_item(found), _NO_EPICS)


def counted_rows(snapshot: Snapshot) -> pl.DataFrame:
    """ROWS of every counted item, the oldest first, with the `epics` above it."""
    above = epics_above(snapshot.listed, snapshot.epic_pairs)
    return _rows(snapshot, by_item(snapshot.listed.filter("counted")), above)


def _rows(snapshot: Snapshot, listed: pl.DataFrame, above: pl.DataFrame) -> pl.DataFrame:
    key = ["source", "id"]
    age = (pl.lit(snapshot.run.at) - pl.col("created")).dt.total_days()
    told = (
        listed.with_columns(
            owners(snapshot, listed["assignees"]),
            age_days=pl.when(pl.col("created").is_not_null()).then(pl.max_horizontal(age, pl.lit(0))),
        )
        .join(fixes(snapshot, listed), on=key, how="left", maintain_order="left")
        .join(above, on=key, how="left", maintain_order="left")
    )
    return told.with_columns(
        pl.col("fix").fill_null(""),
        pl.col("epics").fill_null(pl.lit([], dtype=TEXTS)),
        id=pl.concat_str("source", pl.lit(":"), "key"),
    ).select(pl.col(name).cast(dtype) for name, dtype in ROWS.items())


_NO_EPICS = pl.DataFrame(schema={"source": TEXT, "id": TEXT, "epics": TEXTS})


def as_items(rows: pl.DataFrame) -> list[Item]:
    """Rows of `ROWS` as the models of the answers."""
    return [
        Item.model_construct(
            **{
                **row,
                "objectives": [Alignment(**share) for share in row["objectives"]],
                "origin": row["origin"] or None,
                "rule": row["rule"] or None,
            }
        )
        for row in rows.drop("epics").iter_rows(named=True)
    ]
