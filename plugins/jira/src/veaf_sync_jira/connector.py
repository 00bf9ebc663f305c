"""The Jira connector: Cloud and Data Center."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

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
    Pending,
    Preview,
    Rehearsal,
    Shard,
)
from veaf_sync.model import Outcome, TagChange, WorkItem
from veaf_sync_jira.client import Client
from veaf_sync_jira.goals import Goals, links_of
from veaf_sync_jira.reading import Reading, since_of
from veaf_sync_jira.rehearsing import Rehearsing
from veaf_sync_jira.settings import JiraSettings
from veaf_sync_jira.writing import Writing

if TYPE_CHECKING:
    from veaf_sync.http import Session


class JiraConnector(Connector[JiraSettings]):
    """Partitions are projects. A full shard is one project; what changed since the cursors is one query for all.

    Requests: serverInfo and myself when we are first identified, the fields and the roster once, then one for every
    100 issues on Cloud and every 1,000 on Data Center.
    """

    name: ClassVar[str] = "jira"
    settings: ClassVar[type[JiraSettings]] = JiraSettings
    features: ClassVar[frozenset[Feature]] = frozenset(
        {
            Feature.INCREMENTAL,
            Feature.COUNT,
            Feature.IDS,
            Feature.FIND,
            Feature.GOALS,
            Feature.WRITE,
            Feature.BULK,
        }
    )

    def __init__(self, settings: JiraSettings, session: Session, clock: Clock) -> None:
        super().__init__(settings, session, clock)
        self._client = Client(settings, session, clock)
        self._reading = Reading(self._client)
        self._writing = Writing(self._reading)

    def check(self) -> Identity:
        return self._client.identify()

    def rehearse(self) -> Rehearsal:
        return Rehearsing(self._client).rehearse([each.name for each in self._reading.partitions() if each.readable])

    def partitions(self) -> Sequence[Partition]:
        return self._reading.partitions()

    def wants(self, partition: str) -> bool:
        return not self.config.projects or partition in self.config.projects

    def shards(self, partitions: Sequence[Partition], cursors: Mapping[str, Cursor]) -> Sequence[Shard]:
        """One shard for what changed where there is a cursor, and one for each project that is read in full."""
        names = sorted(partition.name for partition in partitions if partition.readable)
        known = tuple(name for name in names if name in cursors)
        full = [Shard(name, (name,)) for name in names if name not in cursors]
        if not known:
            return full
        query: dict[str, Any] = {"since": since_of(cursors, known)}
        if self.config.reads_goals:
            query["links"] = links_of(cursors, known)
        return [Shard("changes", known, incremental=True, query=query), *full]

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        return self._reading.pages(shard, mark)

    def get(self, ids: Sequence[str]) -> Mapping[str, WorkItem | Absent]:
        return self._reading.get(ids)

    def find(self, names: Sequence[str]) -> Mapping[str, WorkItem]:
        return self._reading.find(names)

    def goals(self) -> Sequence[Goal]:
        goals = self._reading.goals or Goals(self._client)
        return [known.goal for known in goals.read(fresh=True).values()]

    def count(self, partition: str) -> int | None:
        return self._reading.count(partition)

    def ids(self, partition: str) -> Iterator[tuple[str, str | None]]:
        return self._reading.ids(partition)

    def preview(self, changes: Sequence[TagChange]) -> Preview:
        return self._writing.preview(changes)

    def batches(self, changes: Sequence[TagChange]) -> Iterator[Sequence[TagChange]]:
        return self._writing.batches(changes)

    def write(self, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        return self._writing.write(batch)

    def poll(self, task: str, batch: Sequence[TagChange]) -> Sequence[Outcome] | Pending:
        return self._writing.poll(task, batch)

    def hands_over(self) -> bool:
        """Data Center has no bulk edits: there an edit is done when it is answered."""
        return self._client.site.cloud
