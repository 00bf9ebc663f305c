"""The connector contract. Read the module docstring of `veaf_sync.connector` first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from veaf_sync.connector.settings import SourceSettings
from veaf_sync.model import Outcome, TagChange, WorkItem

if TYPE_CHECKING:
    from veaf_sync.clock import Clock
    from veaf_sync.http import Session

S = TypeVar("S", bound=SourceSettings)

Cursor = Mapping[str, Any]
"""Where an incremental pull goes on: JSON-able, the connector's own words. Kept per partition."""
Mark = Mapping[str, Any]
"""Where an interrupted shard goes on: JSON-able, with the last key read, so that a lost page token costs one query."""


class Feature(StrEnum):
    """What a connector can do beyond reading everything."""

    INCREMENTAL = "incremental"  # pages bring a cursor, and `shards` uses it
    COUNT = "count"  # `count` answers cheaply
    IDS = "ids"  # `ids` walks ids only
    FIND = "find"  # `find` reads items by key or address
    DEPARTURES = "departures"  # what changed names what may have left, so `ids` are only compared at a census
    GOALS = "goals"  # `goals` reads the vendor's own objectives
    WRITE = "write"  # tags can be written
    BULK = "bulk"  # writes may be `Pending` and are polled


class Absent(Enum):
    """Why `get` brings no item."""

    GONE = "gone"  # its partition is visible and the item is not there any more: deleted
    FORBIDDEN = "forbidden"  # it, or its partition, may not be read
    UNKNOWN = "unknown"  # the tool did not answer clearly


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the credential is, and the tool's clock. `notes`: what cannot be read or written, one sentence each."""

    user: str
    server_time: datetime
    time_zone: str = "UTC"
    product: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Partition:
    """A project, board or repository. `readable` is false where it is known but may not be read.

    `target` is false where it lacks the field in which our tags stand: nobody took away what does not show then.
    """

    name: str
    title: str = ""
    url: str = ""
    size: int | None = None
    readable: bool = True
    reason: str = ""
    target: bool = True


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a source that is walked on its own, disjoint from the others.

    A full shard reads its `partitions` wholly, so that what it does not show is absent from them; an
    incremental shard shows only what changed in them since the cursor. `query` is the
    connector's own, JSON-able; `name` identifies the shard from run to run.
    """

    name: str
    partitions: tuple[str, ...]
    incremental: bool = False
    query: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Items, and the mark from which the walk goes on behind them. The last page has no mark and brings the cursor.

    `suspects` are ids of items that may have left the shard's partitions, or the tool: they, and what is known below
    them, are read directly. Feature.DEPARTURES; a walk that is gone on with names all of them again.
    """

    items: Sequence[WorkItem]
    mark: Mark | None = None
    cursor: Cursor | None = None
    suspects: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change the tool would not take, and why."""

    change: TagChange
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What writing would cost: requests, what would be refused, and how many people would be mailed (None: unknown)."""

    requests: int
    refused: tuple[Refusal, ...] = ()
    mailed: int | None = 0


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would keep tags from being written, and what is good to know before, one sentence each."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """An objective that the tool itself keeps. `parent` is the key of the goal above, where one is visible.

    `key` is what people and `goal:` of strategy.yaml call it; `items` are keys of the work items linked to it,
    `partitions` those linked as a whole. A goal that is not `open` was reached, dropped or archived: `state` is the
    tool's own word. `start`, `target` and `current` are its metric's, in `unit`.
    """

    key: str
    title: str
    parent: str = ""
    state: str = ""
    open: bool = True
    owner: str = ""
    due: date | None = None
    unit: str = ""
    start: float | None = None
    target: float | None = None
    current: float | None = None
    url: str = ""
    items: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """A bulk task that goes on in the tool; `poll` asks for it."""

    task: str


class Connector(Generic[S]):
    """Base class of every connector. Only `check`, `partitions` and `pages` must be written."""

    name: ClassVar[str]
    api: ClassVar[int] = 1
    settings: ClassVar[type[SourceSettings]] = SourceSettings
    features: ClassVar[frozenset[Feature]] = frozenset()
    shard_size: ClassVar[int] = 20_000
    """Partitions are grouped into shards of about this many items where their size is known."""

    def __init__(self, settings: S, session: Session, clock: Clock) -> None:
        self.config = settings
        self.session = session
        self.clock = clock

    def check(self) -> Identity:
        """Who we are; the tool is asked once. Raises `AuthError` when the credential is refused or answers as nobody.

        A pull calls `partitions` first, which raises the same: what both need can so be asked at once.
        """
        raise NotImplementedError

    def examine(self) -> Sequence[str]:
        """What keeps the source from being read whole, one sentence each; for `check --online` only.

        For sources whose content can be wrong, such as files; a tool is asked by `check` and `partitions`.
        """
        return ()

    def rehearse(self) -> Rehearsal:
        """Whether tags could be written, without writing any; for `check --online` only, with the write credential."""
        return Rehearsal()

    def partitions(self) -> Sequence[Partition]:
        """The visible roster, sorted by name."""
        raise NotImplementedError

    def shards(self, partitions: Sequence[Partition], cursors: Mapping[str, Cursor]) -> Sequence[Shard]:
        """Cut `partitions` into shards. A partition without a cursor is read in full.

        The default reads everything in full, grouped by size: each shard up to `shard_size` items.
        """
        shards: list[Shard] = []
        group: list[Partition] = []
        for partition in sorted(partitions, key=lambda p: p.name):
            size = sum(p.size if p.size is not None else self.shard_size for p in [*group, partition])
            if group and size > self.shard_size:
                shards.append(_shard_of(group))
                group = []
            group.append(partition)
        if group:
            shards.append(_shard_of(group))
        return shards

    def wants(self, partition: str) -> bool:
        """Whether the settings still ask for `partition`.

        A known partition that is wanted and not in the roster has vanished (its items are frozen); one that is
        not wanted any more was taken out of the configuration (its items leave).
        """
        return True

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        """Walk a shard from `mark` (None: from its start). Repeats are allowed, omissions are not.

        Raises `Incomplete`, `Forbidden`, `TokenExpired`, `AuthError`.
        """
        raise NotImplementedError

    def get(self, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        """Read items by id, directly and not by search; every id has an answer."""
        raise NotImplementedError

    def find(self, names: Sequence[str]) -> Mapping[str, WorkItem]:
        """Read items by what people call them: a key, or the address of the item's page. Feature.FIND.

        A name of which the tool shows nothing is left out; of one that cannot be one of its own, it is not asked.
        """
        raise NotImplementedError

    def goals(self) -> Sequence[Goal]:
        """The goals that the tool keeps, parents before children. Feature.GOALS.

        Items are linked to them by `fields["goals"]` of `WorkItem`, which holds the goals' keys. Raises as `pages`.
        """
        raise NotImplementedError

    def count(self, partition: str) -> int | None:
        """How many items the tool holds in `partition`; None = it does not say. Feature.COUNT."""
        return None

    def ids(self, partition: str) -> Iterator[tuple[str, str | None]]:
        """Ids of a partition's items, with a version where the tool has one. Feature.IDS."""
        raise NotImplementedError

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        """What writing `changes` would cost and which would be refused. Writes nothing."""
        return Preview(requests=len(changes))

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        """Group changes into the batches that `write` takes. Default: singly."""
        for change in changes:
            yield (change,)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        """Add and remove tags; set whole only what the tool lets nobody add to. Feature.WRITE.

        Raises `AuthError` only where nothing of the batch was written. What is set whole is not repeated behind a wait,
        as a person may have edited it meanwhile: such an outcome failed, `again` after so many seconds. So did what the
        batches were not cut for, as a right turned out to be missing: `unsent`, `again` at once.
        """
        raise NotImplementedError

    def poll(self, task: str, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        """Ask once for a bulk task. Feature.BULK."""
        raise NotImplementedError

    def hands_over(self) -> bool:
        """Whether a write whose answer was lost may still be at work in the tool, as a task of unknown number.

        What it was to write is waited for before it is sent again; else a direct read decides at once. Asked behind
        `check`. The default: where writes may be `Pending`; for tools of which only some editions have tasks.
        """
        return Feature.BULK in self.features

    def close(self) -> None:
        """Let go of what the connector holds."""


def _shard_of(partitions: Sequence[Partition]) -> Shard:
    names = tuple(p.name for p in partitions)
    return Shard(name="+".join(names), partitions=names)
