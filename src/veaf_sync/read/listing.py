"""`items` and `orphans`."""

from __future__ import annotations

import math
from dataclasses import replace

from veaf_sync.model import Verdict
from veaf_sync.read.filters import EVERYTHING, over_cells, resolve, values
from veaf_sync.read.items import ItemsAnswer
from veaf_sync.read.rows import as_items, rows
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.store import Filters


def items(
    snapshot: Snapshot,
    filters: Filters = EVERYTHING,
    *,
    all: bool = False,
    below: bool = False,
    limit: int | None = None,
) -> ItemsAnswer:
    """The items behind a number: those that `filters` hit, the oldest first.

    Only counted ones, unless `all`; `below` adds the objectives below those of the filter. At most `limit` are shown;
    `total` says how many there are, `count` what they count as where some give the filter's objectives only a share.
    Raises `UsageError` for a name that does not exist.
    """
    wanted = replace(resolve(snapshot, filters, below=below), counted_only=not all)
    counted = None if all else math.fsum(over_cells(snapshot.cells, wanted)["count"])
    # cells know how many there are, and counting rows takes longer; a split item has a cell for each objective
    of_cells = counted is not None and not values(wanted.objective)
    total = round(counted or 0.0) if of_cells else snapshot.store.results.count(snapshot.run.id, wanted)
    return ItemsAnswer(
        **snapshot.head,
        total=total,
        count=counted,
        not_counted=0
        if all or total
        else snapshot.store.results.count(snapshot.run.id, replace(wanted, counted_only=False)),
        items=as_items(rows(snapshot, wanted, limit=limit)),
    )


def orphans(
    snapshot: Snapshot, filters: Filters = EVERYTHING, *, below: bool = False, limit: int | None = None
) -> ItemsAnswer:
    """`items` whose verdict is orphan, with reason and closest fix."""
    return items(snapshot, replace(filters, verdict=Verdict.ORPHAN.value), below=below, limit=limit)
