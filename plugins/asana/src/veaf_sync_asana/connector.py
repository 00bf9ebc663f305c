"""The Asana connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from veaf_sync.clock import Clock
from veaf_sync.connector import (
    Absent,
    Connector,
    Cursor,
    Feature,
    Goal,
    Identity,
    Mark,
    Page,
    Partition,
    Preview,
    Rehearsal,
    Shard,
)
from veaf_sync.model import Outcome, TagChange, WorkItem
from veaf_sync_asana.client import Client
from veaf_sync_asana.goals import Goals
from veaf_sync_asana.reading import Reading
from veaf_sync_asana.settings import AsanaSettings
from veaf_sync_asana.writing import Writing

if TYPE_CHECKING:
    from veaf_sync.http import Session


class AsanaConnector(Connector[AsanaSettings]):
    """Partitions are projects, by their number; each is a shard of its own.

    Requests: one to learn who we are, one for every 100 projects (10 that are named), then for each project one for
    its place in the change feed, one for every 100 tasks in full, and one for every 10 tasks with sub-tasks. What
    changed is one request a project, and as many again as 100 changed tasks need.
    """

    name: ClassVar[str] = "asana"
    settings: ClassVar[type[AsanaSettings]] = AsanaSettings
    features: ClassVar[frozenset[Feature]] = frozenset(
        {Feature.INCREMENTAL, Feature.IDS, Feature.DEPARTURES, Feature.FIND, Feature.GOALS, Feature.WRITE}
    )

    def __init__(self, settings: AsanaSettings, session: Session, clock: Clock) -> None:
        super().__init__(settings, session, clock)
        self._client = Client(settings, session, clock)
        self._reading = Reading(self._client)
        self._writing = Writing(self._client, self._reading.goals)

    def check(self) -> Identity:
        return self._client.identify()

    def rehearse(self) -> Rehearsal:
        return self._writing.rehearse()

    def partitions(self) -> Sequence[Partition]:
        return self._reading.partitions()

    def wants(self, partition: str) -> bool:
        return self._reading.wants(partition)

    def shards(self, partitions: Sequence[Partition], cursors: Mapping[str, Cursor]) -> Sequence[Shard]:
        """Each project is a shard. Asks the change feed of those with a cursor: one request each."""
        return self._reading.shards(sorted(each.name for each in partitions if each.readable), cursors)

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        return self._reading.pages(shard, mark)

    def get(self, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        return self._reading.get(ids)

    def find(self, names: Sequence[str]) -> Mapping[str, WorkItem]:
        return self._reading.find(names)

    def goals(self) -> Sequence[Goal]:
        return list((self._reading.goals or Goals(self._client)).read(fresh=True).values())

    def ids(self, partition: str) -> Iterator[tuple[str, str | None]]:
        return self._reading.ids(partition)

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        return self._writing.preview(changes)

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        return self._writing.batches(changes)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome]:
        return self._writing.write(batch)
