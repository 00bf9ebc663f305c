"""The closest change that would align an item, for the items that somebody looks at."""

from __future__ import annotations

import polars as pl

from veaf_sync import mapping
from veaf_sync.frames import TEXT
from veaf_sync.model import ItemRef, Verdict
from veaf_sync.read.snapshot import Snapshot

FIXABLE = (Verdict.ORPHAN.value, Verdict.DANGLING.value, Verdict.AMBIGUOUS.value)
UNREADABLE_FIX = "veaf-sync check --online tells why it cannot be read"
FEW = 100_000
"""Up to so many items are loaded with their ancestors, which costs less than all items of a large store."""
_SCHEMA = pl.Schema({"source": TEXT, "id": TEXT, "fix": TEXT})


def fixes(snapshot: Snapshot, rows: pl.DataFrame) -> pl.DataFrame:
    """(`source`, `id`, `fix`) for those of `rows` (columns `source`, `id`, `verdict`) that something could mend."""
    unread = rows.filter(pl.col("verdict") == Verdict.UNREADABLE.value)
    mended = unread.select("source", "id", fix=pl.lit(UNREADABLE_FIX))
    return pl.concat([_aligning(snapshot, rows), mended])


def _aligning(snapshot: Snapshot, rows: pl.DataFrame) -> pl.DataFrame:
    """The same for those that something could align."""
    wanted = rows.filter(pl.col("verdict").is_in(FIXABLE)).select("source", "id")
    if not wanted.height:
        return pl.DataFrame(schema=_SCHEMA)
    if wanted.height <= FEW:
        items = family(snapshot, wanted)
        hierarchy = mapping.resolve(items, snapshot.config.strategy, snapshot.mirrors)
    else:
        items, hierarchy = snapshot.items, snapshot.hierarchy
    found = mapping.fixes(
        items,
        hierarchy,
        snapshot.config.mapping,
        snapshot.config.strategy,
        at=snapshot.run.at,
        tz=snapshot.zone,
    )
    return found.join(wanted, on=["source", "id"], how="semi").select(_SCHEMA.names())


def family(snapshot: Snapshot, wanted: pl.DataFrame) -> pl.DataFrame:
    """ITEMS of the wanted (`source`, `id`) and everything above them, our own tags taken out."""
    refs = [ItemRef(source, id_) for source, id_ in snapshot.with_copies(wanted).iter_rows()]
    return snapshot.claimed(
        snapshot.store.items.families(
            snapshot.run.id, refs, unreadable=snapshot.unreadable, targets=snapshot.config.targets
        )
    )
