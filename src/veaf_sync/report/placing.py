"""Rows of the report that lay several answers beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from veaf_sync.read import Bounds, Objective, PartitionReading, Weight
from veaf_sync.report.drill import Tokens
from veaf_sync.report.pack import Pack

NOTHING = Weight(
    total=0,
    aligned=0,
    dangling=0,
    ambiguous=0,
    exempt=0,
    orphan=0,
    unreadable=0,
    coverage=Bounds(value=None, low=None, high=None),
    imputed_share=None,
    missing_share=None,
)
"""The weight of a place without counted items."""


@dataclass(frozen=True, slots=True)
class SplitRow:
    """One row of the picture that adds up to all counted items. `share` is of all of them."""

    label: str
    depth: int
    verdict: str
    value: float
    share: float
    tokens: str
    what: str


def split(pack: Pack, tokens: Tokens) -> list[SplitRow]:
    """Each objective's own aligned items in the order of the tree, then the verdicts that serve nothing alive."""
    weight = pack.status.weights.count
    whole = weight.total or 1.0
    rows = [
        SplitRow(
            label=row.title or row.objective,
            depth=min(row.depth, 4),
            verdict="aligned",
            value=row.count,
            share=row.count / whole,
            tokens=tokens.of("objective", row.objective),
            what=f"aligned items of {row.objective} itself",
        )
        for row in _tree_order(pack)
    ]
    for verdict in ("exempt", "orphan", "dangling", "ambiguous", "unreadable"):
        value = weight.verdict(verdict)
        rows.append(SplitRow(verdict, 1, verdict, value, value / whole, "", f"{verdict} items"))
    return rows


def _tree_order(pack: Pack) -> list[Objective]:
    children: dict[str, list[Objective]] = {}
    for row in pack.objectives.objectives:
        children.setdefault(row.supports, []).append(row)
    known = {row.objective for row in pack.objectives.objectives}
    ordered: list[Objective] = []
    waiting = [row for row in reversed(pack.objectives.objectives) if row.supports not in known]
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting.extend(reversed(children.get(row.objective, [])))
    return ordered


@dataclass(frozen=True, slots=True)
class PartitionRow:
    """A partition's reading beside what is counted in it."""

    partition: str
    title: str
    state: str
    reason: str
    read_at: datetime | None
    known: int
    weight: Weight
    tokens: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source's reading beside what is counted in it."""

    source: str
    connector: str
    state: str
    read_at: datetime | None
    known: int
    weight: Weight
    tokens: str
    partitions: list[PartitionRow]


def readings(pack: Pack, tokens: Tokens) -> list[SourceRow]:
    """Sources and partitions, read or counted, sorted by name."""
    by_source = {group.group: group.weights.count for group in pack.groups["source"].groups}
    by_place = {(group.source, group.group): group.weights.count for group in pack.groups["partition"].groups}
    found = []
    for source in pack.status.sources:
        read: dict[str, PartitionReading | None] = {row.partition: row for row in source.partitions if row.partition}
        for place, partition in by_place:
            if place == source.source:
                read.setdefault(partition, None)
        rows = [
            PartitionRow(
                partition=name,
                title=row.title if row and row.title != name else "",
                state=row.state if row else source.state,
                reason=row.reason if row else "",
                read_at=row.read_at if row else source.read_at,
                known=row.items if row else 0,
                weight=by_place.get((source.source, name), NOTHING),
                tokens=tokens.of("partition", source.source, name),
            )
            for name, row in sorted(read.items())
        ]
        found.append(
            SourceRow(
                source=source.source,
                connector=source.connector,
                state=source.state,
                read_at=source.read_at,
                known=source.items,
                weight=by_source.get(source.source, NOTHING),
                tokens=tokens.of("source", source.source),
                partitions=rows,
            )
        )
    return found
