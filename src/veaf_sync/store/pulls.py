"""Pulling: walks of shards are staged page by page and published at once.

begin → stage … → complete, for every shard; missing and counts to tell absence from deletion; stage_read for
what was asked for item by item; publish at the end. Nothing is visible to readers before `publish`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection, and_, func, select

from veaf_sync.connector import Cursor, Shard
from veaf_sync.model import Action, WorkItem
from veaf_sync.store import choosing, generations, publishing, staging, tables
from veaf_sync.store.engine import Database
from veaf_sync.store.journal_state import state
from veaf_sync.store.prepared import Prepared
from veaf_sync.store.records import Generation, Known, Lease, PartitionState, Published, Staged
from veaf_sync.store.rows import read
from veaf_sync.store.values import clean, from_json, instant_or_none, split


class Pulls:
    def __init__(self, database: Database) -> None:
        self._database = database

    def cursors(self, source: str) -> dict[str, Cursor]:
        """Where incremental pulls go on, by partition."""
        columns = tables.cursors.c
        query = select(columns.partition, columns.cursor).where(columns.source == source)
        with self._database.reading() as connection:
            return {partition: from_json(cursor) for partition, cursor in connection.execute(query)}

    def states(self, *, run: int | None = None, source: str | None = None) -> list[PartitionState]:
        """The last known state of every partition as of `run` (`None`: now), sorted by source and partition.

        `PartitionState.run` says which run noted it: an earlier one where `run` did not read that source.
        """
        columns = tables.partition_states.c
        last = select(columns.source, columns.partition, func.max(columns.run).label("run"))
        if run is not None:
            last = last.where(columns.run <= run)
        if source is not None:
            last = last.where(columns.source == source)
        newest = last.group_by(columns.source, columns.partition).subquery("newest")
        same = (
            (columns.source == newest.c.source)
            & (columns.partition == newest.c.partition)
            & (columns.run == newest.c.run)
        )
        with self._database.reading() as connection:
            rows = connection.execute(select(tables.partition_states).join_from(tables.partition_states, newest, same))
            states = [
                PartitionState(
                    source=row.source,
                    partition=row.partition,
                    state=row.state,
                    reason=row.reason,
                    read_at=instant_or_none(row.read_at),
                    items=row.items,
                    changed=row.changed,
                    removed=row.removed,
                    run=row.run,
                    title=row.title,
                )
                for row in rows
            ]
        states = [state for state in states if state.state != "dropped"]
        return sorted(states, key=lambda state: (state.source, state.partition))

    def begin(self, run: int, source: str, shard: Shard, lease: Lease, *, settings: str = "") -> Generation:
        """Begin the walk of a shard, or go on with one of the same shard that was interrupted at most a day ago.

        `settings` stands for what decides how items are read: a walk that was begun under others is thrown away.
        """
        with self._database.writing(lease) as connection:
            return generations.begin(connection, run, source, shard, settings)

    def stage(self, pages: Sequence[tuple[Generation, Prepared]], lease: Lease) -> list[Staged]:
        """Store pages, of each its changed items, the ids it showed and the mark behind it: all pages or none.

        One transaction costs more than a page's rows.
        """
        with self._database.writing(lease, lasting=False) as connection:
            return [self._stage(connection, generation, page) for generation, page in pages]

    def _stage(self, connection: Connection, generation: Generation, page: Prepared) -> Staged:
        generations.advance(self._database, connection, generation, page.mark)
        own = (generation.run, generation.source, generation.id)
        return staging.stage(self._database, connection, *own, page.readings)

    def restart(self, generation: Generation, lease: Lease) -> None:
        """Forget the mark; what was staged stays."""
        with self._database.writing(lease) as connection:
            generations.advance(self._database, connection, generation, "")

    def complete(self, generation: Generation, lease: Lease) -> None:
        """The walk showed everything: `publish` will take it, and what it did not show is missing."""
        with self._database.writing(lease) as connection:
            generations.complete(connection, generation)
        self._database.refresh_statistics(tables.items, tables.memberships, tables.seen)

    def stage_read(self, run: int, source: str, items: Sequence[WorkItem], lease: Lease) -> Staged:
        """Store items that were read directly, by id. They count as shown by a complete walk of this run."""
        readings = list(map(read, items))
        with self._database.writing(lease) as connection:
            generations.running(connection, run)
            generation = generations.direct(connection, run, source)
            return staging.stage(self._database, connection, run, source, generation, readings)

    def missing(self, run: int, source: str, partitions: Collection[str]) -> list[Known]:
        """Published items that live in these (completely read) partitions and that nothing complete showed, by id."""
        there = self._database.among(tables.memberships.c.partition, [clean(name) for name in partitions])
        with self._database.reading() as connection:
            rows = connection.execute(choosing.missing(run, source, there))
            return [Known(row.id, row.key, split(row.partitions)) for row in rows]

    def counts(self, run: int, source: str) -> dict[str, int]:
        """Items per partition as they would be after publishing `run`, missing ones included."""
        after = choosing.places_after(run, source)
        query = select(after.c.partition, func.count()).group_by(after.c.partition)
        with self._database.reading() as connection:
            return dict(sorted((partition, count) for partition, count in connection.execute(query)))

    def ids(self, run: int, source: str, partition: str) -> set[str]:
        """Ids of a partition's items as they would be after publishing `run`, missing ones included."""
        after = choosing.places_after(run, source)
        query = select(after.c.id).where(after.c.partition == clean(partition))
        with self._database.reading() as connection:
            return set(connection.execute(query).scalars())

    def below(self, source: str, ids: Collection[str]) -> set[str]:
        """Ids of the published items below these, at any depth, by the parents that the tool gave."""
        columns = tables.items.c
        own = (columns.source == source) & choosing.current(columns)
        found: set[str] = set()
        frontier = set(ids)
        with self._database.reading() as connection:
            while frontier:
                named = own & self._database.among(columns.id, sorted(frontier))
                keys = connection.execute(select(columns.key).where(named)).scalars().all()
                under = own & self._database.among(columns.parent, keys)
                children = connection.execute(select(columns.id).where(under)).scalars().all() if keys else ()
                frontier = set(children) - found - set(ids)
                found |= frontier
        return found

    def frozen(self, source: str) -> set[str]:
        """Ids of items that could not be read when last asked for."""
        columns = tables.frozen.c
        query = select(columns.id).where(columns.source == source, columns.until.is_(None))
        with self._database.reading() as connection:
            return set(connection.execute(query).scalars())

    def unseen_tags(self, run: int, source: str, target: str) -> dict[str, tuple[str, ...]]:
        """Values written by us at `target`, which is read, that the newest reading does not show, by item id.

        As they would be after publishing.
        """
        after = choosing.tags_after(run, source)
        ours = state(None).subquery("ours")
        written = select(ours.c.id, ours.c.value, after.c.tags).join_from(ours, after, ours.c.id == after.c.id)
        written = written.where(ours.c.source == source, ours.c.target == target, ours.c.effect == "written")
        unseen: dict[str, tuple[str, ...]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(written):
                if row.value not in split(row.tags):
                    unseen[row.id] = (*unseen.get(row.id, ()), row.value)
        return {id_: tuple(sorted(values)) for id_, values in sorted(unseen.items())}

    def lately_removed(self, run: int, source: str, target: str, *, within: timedelta) -> set[str]:
        """Ids of items of which the newest reading shows a value that we took away from `target` `within` that time.

        As they would be after publishing.
        """
        after = choosing.tags_after(run, source)
        line = tables.journal.c
        taken = select(line.value, after.c.id, after.c.tags).join_from(
            tables.journal, after, and_(line.item == after.c.id, line.source == source)
        )
        taken = taken.where(
            line.target == target,
            line.action == str(Action.REMOVE),
            line.effect == "none",
            line.settled >= self._database.now - within // timedelta(microseconds=1),
        )
        with self._database.reading() as connection:
            return {row.id for row in connection.execute(taken) if row.value in split(row.tags)}

    def publish(
        self,
        run: int,
        source: str,
        *,
        deleted: Collection[str] = (),
        frozen: Mapping[str, str] | None = None,
        thawed: Collection[str] = (),
        states: Sequence[PartitionState] = (),
        cursors: Mapping[str, Cursor | None] | None = None,
        lease: Lease,
    ) -> Published:
        """Make what this run's complete walks and direct reads brought the state of `source`, all or nothing.

        `deleted`: ids that are confirmed gone. `frozen`: id → why it cannot be read now; `thawed`: ids that can be
        again (what this run showed thaws by itself). `cursors`: by partition, `None` forgets one. Walks that are
        not complete stay staged and can be gone on with by the next run. What `states` say of `items`, `changed` and
        `removed` is counted here.
        """
        with self._database.writing(lease) as connection:
            published = publishing.publish_items(self._database, connection, run, source, deleted)
            over = {*deleted, *thawed}
            publishing.freeze(self._database, connection, run, source, frozen or {}, over=over)
            moved = publishing.with_movements(self._database, connection, run, source, deleted, published, states)
            publishing.note_states(self._database, connection, run, source, moved)
            publishing.keep_cursors(self._database, connection, source, cursors or {})
            publishing.tidy(connection, run, source)
        return replace(published, items=sum(state.items for state in moved))
