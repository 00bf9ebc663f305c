"""Whose the tags under our prefix are that the journal knows nothing about: shown, approved, journalled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl

from veaf_sync.config import Config
from veaf_sync.store import Lease, Run, Store
from veaf_sync.sync import snapshot as snapshots
from veaf_sync.sync.holding import lease_of
from veaf_sync.sync.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """A value under our tag prefix that the journal knows nothing about."""

    source: str
    key: str
    value: str


Approve = Callable[[Sequence[Unclaimed]], bool]
"""Shows what would be claimed, and says whether it is to be."""


def adopt(
    config: Config,
    store: Store,
    run: Run,
    leases: Mapping[str, Lease],
    snapshot: Snapshot,
    by: Literal["ours", "people"],
    approve: Approve | None,
) -> Snapshot:
    """Journal whose the unclaimed tags of the sources of this pass are, and map again."""
    held = [name for name in config.settings.sources if lease_of(name) in leases]
    unclaimed = snapshot.unclaimed.filter(pl.col("source").is_in(held))
    keys = snapshot.items.select("source", "id", "key")
    named = unclaimed.join(keys, on=["source", "id"]).sort("source", "key", "value")
    shown = [Unclaimed(*row) for row in named.select("source", "key", "value").iter_rows()]
    if not shown or (approve is not None and not approve(shown)):
        return snapshot
    for (source,), rows in unclaimed.group_by("source"):
        target, lease = config.tags[str(source)].target, leases[lease_of(str(source))]
        store.journal.adopt(run.id, str(source), rows.select("id", "value").rows(), lease, target=target, by=by)
    return snapshots.take(config, store, run)
