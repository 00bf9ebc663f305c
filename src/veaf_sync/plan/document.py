"""A plan as data: what would change in the tools, why, and the state it was made from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from veaf_sync.connector import Refusal
from veaf_sync.model import ItemRef, TagChange

FORMAT_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that stands, or is gone, otherwise than we would have it, because people left it so."""

    item: ItemRef
    key: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Counts:
    """`set`, `clear` and `refused` count values; `skip` counts what people left otherwise."""

    set: int = 0
    clear: int = 0
    skip: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """What a plan was made from, by digests: nothing else would have given this plan.

    `documents` are the SHA-256 of settings, strategy and mapping by name; `sources` says, by source, as of when
    it was read; `targets` are the tag targets by source (`labels`, `field:NAME`, `property:KEY`), `patterns` what
    stands there (`okr:{objective}`).
    """

    documents: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, str] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """Wanted − seen. `changes` are sorted by source and key in natural order, one per item; `partitions` names, at the
    same place, the first partition by name in which that item lives. `undoes` is the run that it takes back; 0: none.
    """

    run: int
    at: datetime
    degraded: bool
    state: State
    changes: tuple[TagChange, ...] = ()
    partitions: tuple[str, ...] = ()
    skipped: tuple[Kept, ...] = ()
    refused: tuple[Refusal, ...] = ()
    undoes: int = 0

    @property
    def counts(self) -> Counts:
        return Counts(
            set=sum(len(change.adds) for change in self.changes),
            clear=sum(len(change.removes) for change in self.changes),
            skip=len(self.skipped),
            refused=sum(len(each.change.adds) + len(each.change.removes) for each in self.refused),
        )


def restrict(plan: Plan, items: Collection[ItemRef]) -> Plan:
    """The part of the plan that is about `items`."""
    kept = [pair for pair in zip(plan.changes, plan.partitions, strict=True) if pair[0].item in items]
    return replace(
        plan,
        changes=tuple(change for change, _ in kept),
        partitions=tuple(partition for _, partition in kept),
        skipped=tuple(each for each in plan.skipped if each.item in items),
        refused=tuple(each for each in plan.refused if each.change.item in items),
    )


def refuse(plan: Plan, refusals: Sequence[Refusal]) -> Plan:
    """The plan without the changes that a tool would not take (`Preview.refused`); they are listed as refused."""
    gone = {refusal.change.item for refusal in refusals}
    kept = [pair for pair in zip(plan.changes, plan.partitions, strict=True) if pair[0].item not in gone]
    return replace(
        plan,
        changes=tuple(change for change, _ in kept),
        partitions=tuple(partition for _, partition in kept),
        refused=(*plan.refused, *refusals),
    )
