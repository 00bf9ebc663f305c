"""A tracker in memory and the connector for it: every feature of the contract, no network.

The tool is the place where tests edit, delete, move, hide and write; the connector only reads and tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from veaf_sync.clock import Clock, ManualClock
from veaf_sync.connector import (
    LABELS,
    Absent,
    Connector,
    Cursor,
    Feature,
    Identity,
    Mark,
    Page,
    Partition,
    Shard,
    SourceSettings,
)
from veaf_sync.errors import Forbidden, SourceError
from veaf_sync.model import Membership, Outcome, Result, TagChange, WorkItem

PAGE = 3


class MemoryTool:
    """What the tracker holds. `broken` maps a partition to the error that walking it raises."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.items: dict[str, WorkItem] = {}
        self.hidden: set[str] = set()
        self.broken: dict[str, SourceError] = {}
        self.writes = 0
        self._partitions: set[str] = set()

    def add(self, partition: str, key: str, **fields: Any) -> WorkItem:
        """A new item of `partition`; its id is made from its key and stays when it moves."""
        now = self.clock.now()
        self._partitions.add(partition)
        item = WorkItem(
            id=f"id-{key}", key=key, partitions=(Membership(partition),), title=key, created=now, updated=now
        )
        item = replace(item, **fields)
        self.items[item.id] = item
        return item

    def edit(self, item_id: str, **fields: Any) -> None:
        self.items[item_id] = replace(self.items[item_id], **{"updated": self.clock.now(), **fields})

    def move(self, item_id: str, partition: str) -> None:
        self._partitions.add(partition)
        self.edit(item_id, partitions=(Membership(partition),))

    def delete(self, item_id: str) -> None:
        del self.items[item_id]

    def partitions(self) -> list[str]:
        """Every partition there ever was: one that is empty is still there."""
        return sorted(self._partitions)

    def tag(self, item_id: str, add: Sequence[str] = (), remove: Sequence[str] = (), *, target: str = LABELS) -> bool:
        """Add and remove labels, or values of the field that `target` names; true when that changed anything."""
        item = self.items[item_id]
        before = values_at(item, target)
        after = tuple(sorted({*before, *add} - set(remove)))
        if after == before:
            return False
        if target == LABELS:
            self.edit(item_id, labels=after)
        else:
            self.edit(item_id, fields={**item.fields, target.removeprefix("field:"): after})
        return True


def values_at(item: WorkItem, target: str) -> tuple[str, ...]:
    """The labels of an item of this tool, or the values of its field that `target` names."""
    return item.labels if target == LABELS else item.fields.get(target.removeprefix("field:"), ())


class MemorySettings(SourceSettings):
    """A source whose tool lives in memory; `tool` names it in `MemoryConnector.tools`."""

    targets = frozenset({"label", "field", "goal"})

    tool: str = "default"
    only: tuple[str, ...] = ()
    network: bool = True

    def hosts(self) -> tuple[str, ...]:
        """None where the tool stands for exported files."""
        return ("memory.example",) if self.network else ()


class MemoryConnector(Connector[MemorySettings]):
    """Reads and tags a `MemoryTool`."""

    name = "memory"
    settings = MemorySettings
    features = frozenset({Feature.INCREMENTAL, Feature.COUNT, Feature.IDS, Feature.FIND, Feature.WRITE})
    tools: ClassVar[dict[str, MemoryTool]] = {}

    @property
    def tool(self) -> MemoryTool:
        return self.tools[self.config.tool]

    def check(self) -> Identity:
        return Identity(user="tester", server_time=self.tool.clock.now(), product="memory")

    def wants(self, partition: str) -> bool:
        return not self.config.only or partition in self.config.only

    def partitions(self) -> Sequence[Partition]:
        names = [n for n in self.tool.partitions() if n not in self.tool.hidden and self.wants(n)]
        return [Partition(name=name, size=self.count(name)) for name in names]

    def shards(self, partitions: Sequence[Partition], cursors: Mapping[str, Cursor]) -> Sequence[Shard]:
        full = [Shard(name=p.name, partitions=(p.name,)) for p in partitions if p.name not in cursors]
        changed = tuple(p.name for p in partitions if p.name in cursors)
        if not changed:
            return full
        since = min(cursors[name]["since"] for name in changed)
        return [*full, Shard(name="changes", partitions=changed, incremental=True, query={"since": since})]

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        cursor = {"since": (self.tool.clock.now() - self.config.lag).isoformat()}
        last = str(mark["last"]) if mark else ""
        since = datetime.fromisoformat(shard.query["since"]) if shard.incremental and shard.query else None
        while True:
            for name in shard.partitions:
                if name in self.tool.broken:
                    raise self.tool.broken[name]
                if name in self.tool.hidden:
                    raise Forbidden(f"{name} may not be read.")
            rest = [self._shown(i) for i in self._living(shard.partitions) if i.id > last and _since(i, since)]
            page, more = rest[:PAGE], len(rest) > PAGE
            last = page[-1].id if page else last
            yield Page(items=page, mark={"last": last} if more else None, cursor=None if more else cursor)
            if not more:
                return

    def get(self, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        return {item_id: self._answer(item_id) for item_id in ids}

    def find(self, names: Sequence[str]) -> Mapping[str, WorkItem]:
        ids = {item.key: item.id for item in self.tool.items.values()}
        answers = {name: self._answer(ids[name]) for name in names if name in ids}
        return {name: answer for name, answer in answers.items() if isinstance(answer, WorkItem)}

    def count(self, partition: str) -> int | None:
        return len(self._living((partition,)))

    def ids(self, partition: str) -> Iterator[tuple[str, str | None]]:
        for item in self._living((partition,)):
            yield item.id, None

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        outcomes = []
        for change in batch:
            self.tool.writes += 1
            changed = self.tool.tag(change.handle, change.adds, change.removes, target=change.target)
            outcomes.append(Outcome(change.item, Result.APPLIED if changed else Result.UNCHANGED))
        return outcomes

    def _living(self, partitions: Sequence[str]) -> list[WorkItem]:
        wanted = set(partitions) - self.tool.hidden
        found = [i for i in self.tool.items.values() if any(p.partition in wanted for p in i.partitions)]
        return sorted(found, key=lambda item: item.id)

    def _answer(self, item_id: str) -> WorkItem | Absent:
        item = self.tool.items.get(item_id)
        if item is None:
            return Absent.GONE
        if all(place.partition in self.tool.hidden for place in item.partitions):
            return Absent.FORBIDDEN
        return self._shown(item)

    def _shown(self, item: WorkItem) -> WorkItem:
        tag = self.config.tag
        seen = () if tag is None else values_at(item, tag.target)
        if tag is not None and tag.target == LABELS:
            seen = tuple(value for value in seen if tag.objective(value) is not None)
        places = tuple(replace(place, handle=item.id, tags=seen) for place in item.partitions)
        return replace(item, partitions=places)


def _since(item: WorkItem, since: datetime | None) -> bool:
    return since is None or item.updated is None or item.updated >= since


class MemorySubject:
    """A small tool for the contract's tests, and an example of a `Subject`."""

    can = frozenset({"edit", "delete", "hide", "tags"})

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.tool = MemoryTool(clock)
        for number in range(8):
            self.tool.add("PAY" if number < 5 else "SHOP", f"K-{number}", labels=("theirs",))
        MemoryConnector.tools["contract"] = self.tool

    def connector(self) -> MemoryConnector:
        settings = MemorySettings.model_validate(
            {"connector": "memory", "tool": "contract", "tag": {"label": "okr:{objective}"}}
        )
        return MemoryConnector(settings, session=None, clock=self.clock)  # type: ignore[arg-type]

    def expected(self) -> Mapping[str, str]:
        return {item.id: item.key for item in self.tool.items.values()}

    def edit(self, item_id: str) -> None:
        self.clock.advance(timedelta(hours=1).total_seconds())
        self.tool.edit(item_id, title="edited")

    def delete(self, item_id: str) -> None:
        self.tool.delete(item_id)

    def hide(self, partition: str) -> None:
        self.tool.hidden.add(partition)

    def tags(self, item_id: str) -> frozenset[str]:
        return frozenset(self.tool.items[item_id].labels)
