"""How fresh the reading is: the state of every partition, and why a snapshot is DEGRADED."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from veaf_sync.model import Verdict
from veaf_sync.read.answer import Instant, Part
from veaf_sync.read.snapshot import Snapshot
from veaf_sync.store import PartitionState, Standing

_WORST: tuple[Standing, ...] = ("unreadable", "late", "fresh")


class PartitionReading(Part):
    """A partition as it was read. `frozen` counted items are unreadable; `read_at` null: never read completely.

    `changed` items came in or changed in this run, `removed` ones left (deleted, or moved to another partition).
    `fix` is the command that helps where it is not fresh or not whole; `title` is what people call it in the tool.
    """

    source: str
    partition: str
    state: Standing
    reason: str
    read_at: Instant | None
    items: int
    changed: int
    removed: int
    frozen: int
    fix: str = ""
    title: str = ""


class SourceReading(Part):
    """A source: the worst state of its partitions, its oldest complete reading, and sums over them.

    `changed` and `removed` count an item once, wherever it lives; one that moved is changed.
    """

    source: str
    connector: str
    state: Standing
    read_at: Instant | None
    items: int
    changed: int
    removed: int
    frozen: int
    partitions: list[PartitionReading]


class Degradation(Part):
    """One reason why the snapshot is DEGRADED, and the command that helps.

    `partitions` are empty where it is the whole source; `since` is the last complete reading; `items` known items are
    affected, `frozen` counted ones unreadable (0: within its freshness promise, counted as last read).
    """

    source: str
    partitions: list[str]
    reason: str
    since: Instant | None
    items: int
    frozen: int
    fix: str


def sources(snapshot: Snapshot) -> list[SourceReading]:
    """Every source with its partitions, sorted by name."""
    frozen = _frozen(snapshot)
    moved = {row["source"]: row for row in snapshot.run.summary.get("sources", []) if "source" in row}
    configured = snapshot.config.settings.sources
    by_source: dict[str, list[PartitionReading]] = defaultdict(list)
    for state in snapshot.states:
        by_source[state.source].append(_partition(snapshot, state, frozen))
    return [
        _source(name, configured[name].connector if name in configured else "", rows, moved.get(name, {}))
        for name, rows in sorted(by_source.items())
    ]


def degradations(snapshot: Snapshot) -> list[Degradation]:
    """Why the snapshot is DEGRADED: per source, one reason for all partitions that share it."""
    found = []
    for source in sources(snapshot):
        groups: dict[tuple[Standing, str], list[PartitionReading]] = defaultdict(list)
        for row in source.partitions:
            if row.state != "fresh" or row.reason or row.frozen:
                groups[row.state, row.reason or _why(row)].append(row)
        found += [_degradation(source, reason, rows) for (_, reason), rows in sorted(groups.items())]
    return found


def never_read(snapshot: Snapshot) -> list[str]:
    """What no run has read completely, so that no figure holds its work: `SOURCE`, else `PARTITION of SOURCE`."""
    tried = {row["source"] for row in snapshot.run.summary.get("sources", []) if "source" in row}
    known = sources(snapshot)
    found = sorted(set(snapshot.config.settings.sources) - tried - {source.source for source in known})
    for source in known:
        unread = [row.partition for row in source.partitions if row.read_at is None]
        whole = len(unread) == len(source.partitions)
        found += [source.source] if whole else [f"{name} of {source.source}" for name in unread]
    return found


def _why(row: PartitionReading) -> str:
    """Why a partition without a reason of its own is not fresh, or not whole."""
    return "not read within its freshness promise" if row.state != "fresh" else "holds items that may not be read"


def _partition(snapshot: Snapshot, state: PartitionState, frozen: Mapping[tuple[str, str], int]) -> PartitionReading:
    standing = state.standing(snapshot.config.freshness(state.source), snapshot.run.at)
    now = state.run == snapshot.run.id
    held = frozen.get((state.source, state.partition), 0)
    fix = f"veaf-sync sync --source {state.source}" if standing != "fresh" and not state.reason else state.fix
    return PartitionReading(
        source=state.source,
        partition=state.partition,
        title=state.title,
        state=standing,
        reason=state.reason,
        read_at=state.read_at,
        items=state.items,
        changed=state.changed if now else 0,
        removed=state.removed if now else 0,
        frozen=held,
        fix=fix if standing != "fresh" or state.reason or held else "",
    )


def _source(name: str, connector: str, rows: list[PartitionReading], moved: Mapping[str, Any]) -> SourceReading:
    readings = [row.read_at for row in rows]
    return SourceReading(
        source=name,
        connector=connector,
        state=min((row.state for row in rows), key=_WORST.index),
        read_at=None if None in readings else min(instant for instant in readings if instant),
        items=sum(row.items for row in rows),
        changed=int(moved.get("new", 0)) + int(moved.get("changed", 0)),
        removed=int(moved.get("removed", 0)),
        frozen=sum(row.frozen for row in rows),
        partitions=rows,
    )


def _degradation(source: SourceReading, reason: str, rows: Sequence[PartitionReading]) -> Degradation:
    readings: list[datetime] = [row.read_at for row in rows if row.read_at]
    whole = len(rows) == len(source.partitions)
    return Degradation(
        source=source.source,
        partitions=[] if whole else [row.partition for row in rows],
        reason=reason,
        since=min(readings) if len(readings) == len(rows) else None,
        items=sum(row.items for row in rows),
        frozen=sum(row.frozen for row in rows),
        fix="; ".join(dict.fromkeys(row.fix for row in rows)),
    )


def _frozen(snapshot: Snapshot) -> dict[tuple[str, str], int]:
    """Counted unreadable items by the place where they stand."""
    cells = snapshot.cells.filter(pl.col("verdict") == Verdict.UNREADABLE.value)
    sums = cells.group_by("source", "partition").agg(pl.col("count").sum())
    return {(source, partition): round(count) for source, partition, count in sums.iter_rows()}
