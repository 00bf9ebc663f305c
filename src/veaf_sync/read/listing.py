"""`items` and `orphans`."""

from __future__ import annotations

import math
from dataclasses import replace

from veaf_sync.model import Verdict
from veaf_sync.read.filters import EVERYTHING, check, over_cells, values
from veaf_sync.read.items import ItemsAnswer
from veaf_sync.read.rows import as_items, rows
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.store import Filters


def items(
    snapshot: Snapshot, filters: Filters = EVERYTHING, *, all: bool = False, limit: int | None = None
) -> ItemsAnswer:
    """The items behind a number: those that `filters` hit, the oldest first.

    Only counted ones, unless `all`. At most `limit` are shown; `total` says how many there are. Raises `UsageError`
    for an unknown source, partition or objective.
    """
    check(snapshot, filters)
    wanted = replace(filters, counted_only=not all)
    return ItemsAnswer(
        **snapshot.head,
        total=_total(snapshot, wanted),
        items=as_items(rows(snapshot, wanted, limit=limit)),
    )


def orphans(snapshot: Snapshot, filters: Filters = EVERYTHING, *, limit: int | None = None) -> ItemsAnswer:
    """`items` whose verdict is orphan, with reason and closest fix."""
    return items(snapshot, replace(filters, verdict=Verdict.ORPHAN.value), limit=limit)


def _total(snapshot: Snapshot, filters: Filters) -> int:
    """How many items `filters` hit: from the cells where they know it, since counting rows takes longer."""
    if not filters.counted_only or values(filters.objective):
        return snapshot.store.results.count(snapshot.run.id, filters)
    return round(math.fsum(over_cells(snapshot.cells, filters)["count"]))
