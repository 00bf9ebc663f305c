"""How a partition's reading stands at a run's instant."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from veaf_sync.config import Config
from veaf_sync.store import PartitionState

Standing = Literal["fresh", "late", "unreadable"]


def standing(config: Config, state: PartitionState, at: datetime) -> Standing:
    """Fresh, late or unreadable.

    Unreadable: not read completely, and the last complete reading is older than the source's `freshness.error_after`
    (not set: at once). Late: not read completely but within that promise, or older than `freshness.warn_after`.
    """
    source = config.settings.sources.get(state.source)
    promise = source.freshness if source else None
    age = at - state.read_at if state.read_at else None
    if state.state != "fresh":
        patience = promise.error_after if promise else None
        return "unreadable" if patience is None or age is None or age > patience else "late"
    warn = promise.warn_after if promise else None
    return "late" if warn is not None and age is not None and age > warn else "fresh"
