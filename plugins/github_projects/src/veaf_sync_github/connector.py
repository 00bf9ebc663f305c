"""The GitHub Projects connector: github.com and GitHub Enterprise Server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from veaf_sync.clock import Clock
from veaf_sync.connector import (
    Absent,
    Connector,
    Cursor,
    Feature,
    Identity,
    Mark,
    Page,
    Partition,
    Preview,
    Rehearsal,
    Shard,
)
from veaf_sync.model import Outcome, TagChange, WorkItem
from veaf_sync_github.client import Client
from veaf_sync_github.reading import Reading
from veaf_sync_github.settings import GitHubSettings
from veaf_sync_github.writing import Writing

if TYPE_CHECKING:
    from veaf_sync.http import Session


class GitHubConnector(Connector[GitHubSettings]):
    """Partitions are projects (`acme/3`), each a shard of its own.

    Requests: one to learn who we are and what the server knows, one for every 20 projects, then one for every 100
    items in full. What changed is found by a thin sweep, one request for every 100 items at one point each, which
    shows both the item's clock and its content's; then one for every 100 changed items.
    """

    name: ClassVar[str] = "github_projects"
    settings: ClassVar[type[GitHubSettings]] = GitHubSettings
    features: ClassVar[frozenset[Feature]] = frozenset(
        {Feature.INCREMENTAL, Feature.COUNT, Feature.IDS, Feature.FIND, Feature.WRITE}
    )

    def __init__(self, settings: GitHubSettings, session: Session, clock: Clock) -> None:
        super().__init__(settings, session, clock)
        self._client = Client(settings, session, clock)
        self._reading = Reading(self._client)
        self._writing = Writing(self._client, self._reading)

    def check(self) -> Identity:
        return self._client.identify()

    def rehearse(self) -> Rehearsal:
        return self._writing.rehearse(self.config.tag)

    def partitions(self) -> Sequence[Partition]:
        return self._reading.partitions()

    def wants(self, partition: str) -> bool:
        return self._reading.wants(partition)

    def shards(self, partitions: Sequence[Partition], cursors: Mapping[str, Cursor]) -> Sequence[Shard]:
        """Each project is a shard: what changed where there is a cursor, else all of it."""
        names = sorted(partition.name for partition in partitions if partition.readable)
        return [
            Shard(f"{name}, changes", (name,), incremental=True, query={"since": cursors[name]["since"]})
            if name in cursors
            else Shard(name, (name,))
            for name in names
        ]

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        return self._reading.pages(shard, mark)

    def get(self, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        return self._reading.get(ids)

    def find(self, names: Sequence[str]) -> Mapping[str, WorkItem]:
        return self._reading.find(names)

    def count(self, partition: str) -> int | None:
        return self._reading.count(partition)

    def ids(self, partition: str) -> Iterator[tuple[str, str | None]]:
        return self._reading.ids(partition)

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        return self._writing.preview(changes)

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        return self._writing.batches(changes)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        return self._writing.write(batch)
