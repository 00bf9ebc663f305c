"""What the store hands out: frozen records, one per noun. Times are aware UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from veaf_sync.connector import Cursor, Freshness, Mark
from veaf_sync.model import ItemRef

RunStatus = Literal["running", "done", "failed", "interrupted"]
Reading = Literal["fresh", "failed", "forbidden", "vanished", "doubted", "dropped"]
"""How reading a partition went.

`doubted`: it shows too little of what is known to be believed. `dropped`: the configuration does not ask for it any
more; it is not listed.
"""
Standing = Literal["fresh", "late", "unreadable"]
"""How a partition stands against its source's freshness promise."""
Effect = Literal["", "none", "written", "withdrawn"]
"""What a journal entry makes of its value: nothing, not ours, ours, or taken away from us."""
Choice = str | Sequence[str] | None
"""A filter: one value, any of several, or (`None`, `""`, `()`) no filter. `("",)` asks for the empty value."""


@dataclass(frozen=True, slots=True)
class Run:
    """One pass. `at` is its instant; `started`, `finished` are the database's clock; `digest` is over its documents."""

    id: int
    at: datetime
    started: datetime
    finished: datetime | None
    status: RunStatus
    degraded: bool
    metric_version: str
    digest: str
    wrote: bool
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write under `name`, good as long as nobody else acquired it: `fence` grows at every acquisition."""

    name: str
    holder: str
    fence: int


@dataclass(frozen=True, slots=True)
class PartitionState:
    """How the reading of a partition went. `read_at`: the last complete reading; `run`: the run that noted this.

    `title` is what people call the partition in the tool.

    `reason` says why it was not read whole; a fresh one has a reason where single items may not be read. `changed`
    items came in or changed, `removed` ones left, in that run.
    """

    source: str
    partition: str
    state: Reading
    reason: str = ""
    read_at: datetime | None = None
    items: int = 0
    changed: int = 0
    removed: int = 0
    run: int = 0
    title: str = ""

    @property
    def fix(self) -> str:
        """The command that helps where it was not read whole."""
        if self.state in ("doubted", "vanished"):
            return f"veaf-sync check --online; if really gone: veaf-sync sync --source {self.source} --accept-empty"
        return "veaf-sync check --online"

    def standing(self, promise: Freshness, at: datetime) -> Standing:
        """How the partition stands at `at`.

        Unreadable: not read completely, and the last complete reading is older than `promise.error_after` (not set:
        at once). Late: not read completely but within that, or read longer ago than any of the two bounds.
        """
        age = at - self.read_at if self.read_at else None
        if self.state != "fresh":
            patience = promise.error_after
            return "unreadable" if patience is None or age is None or age > patience else "late"
        bounds = [bound for bound in (promise.warn_after, promise.error_after) if bound is not None]
        return "late" if bounds and age is not None and age > min(bounds) else "fresh"


@dataclass(frozen=True, slots=True)
class Generation:
    """One walk of a shard. `mark`: where it goes on; `resumed`: an earlier walk is continued."""

    id: int
    run: int
    source: str
    shard: str
    partitions: tuple[str, ...]
    incremental: bool
    mark: Mark | None
    resumed: bool


@dataclass(frozen=True, slots=True)
class Staged:
    """What a page brought: items `seen`, and how many of them are staged as `changed`."""

    seen: int
    changed: int


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication changed: items that are new, changed and removed; `items` are there now, in all partitions.

    An item that lives in several partitions stands in each of them, so it is in `items` more than once.
    """

    new: int
    changed: int
    removed: int
    items: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """A published item that a complete reading did not show."""

    id: str
    key: str
    partitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """An item that a person's text may mean."""

    source: str
    id: str
    key: str

    @property
    def ref(self) -> ItemRef:
        return ItemRef(self.source, self.id)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which items `Results.list` brings. `partition` is the first one by name, `objective` that of any share.

    `places` are (source, partition): any of them, where there are any.
    """

    source: Choice = None
    partition: Choice = None
    team: Choice = None
    level: Choice = None
    objective: Choice = None
    verdict: Choice = None
    counted_only: bool = True
    places: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal: one value of one item.

    `action`: add | remove | withdraw | adopt-ours | adopt-people. `result`: "" while the outcome is open, else
    applied | unchanged | conflict | failed. `since`: the first run that counts with its `effect`.
    """

    id: int
    run: int
    at: datetime
    item: ItemRef
    key: str
    partition: str
    handle: str
    target: str
    value: str
    action: str
    reason: str
    rule: str
    digest: str
    task: str
    result: str
    detail: str
    settled: datetime | None
    effect: Effect
    since: int | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the audit. `who` is the account, machine and process; `seal` is over it and the entry before."""

    id: int
    at: datetime
    run: int
    who: str
    event: str
    source: str
    detail: Mapping[str, Any]
    previous: str
    seal: str


__all__ = [
    "AuditEntry",
    "Choice",
    "Cursor",
    "Effect",
    "Entry",
    "Filters",
    "Found",
    "Generation",
    "Known",
    "Lease",
    "Mark",
    "PartitionState",
    "Published",
    "Reading",
    "Run",
    "RunStatus",
    "Staged",
    "Standing",
]
