"""Reading tasks: projects page by page, what changed since, ids, and single tasks directly."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from veaf_sync.connector import Absent, Cursor, Mark, Page, Partition, Shard, ahead
from veaf_sync.errors import SourceError, TokenExpired
from veaf_sync.model import WorkItem
from veaf_sync_asana import changes as feed
from veaf_sync_asana.changes import Changes
from veaf_sync_asana.client import AT_ONCE, Action, Client, Reply
from veaf_sync_asana.goals import Goals
from veaf_sync_asana.items import FIELDS, PLACES, ItemReader, parent_of, places_of
from veaf_sync_asana.roster import roster, visible
from veaf_sync_asana.walking import Branch, Found, Place, Walk

if TYPE_CHECKING:
    from veaf_sync.http import Patience

RESTARTS = 3
READERS = 8
HIGHEST = 50
"""So many tasks above one another are looked up; the vendor allows far fewer levels."""


class Reading:
    """Reads one source. What it learns about its projects it asks for once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = threading.RLock()
        self._roster: list[Partition] | None = None
        self._items: ItemReader | None = None
        self._changes: dict[str, Changes | SourceError] = {}
        self.goals = Goals(client) if client.settings.reads_goals else None

    def partitions(self) -> list[Partition]:
        """The roster, as first seen."""
        with self._lock:
            if self._roster is None:
                self._roster = roster(self.client)
                readable = [partition.name for partition in self._roster if partition.readable]
                self._items = ItemReader(self.client.settings, readable)
            return self._roster

    @property
    def items(self) -> ItemReader:
        with self._lock:
            self.partitions()
            assert self._items is not None  # noqa: S101  `partitions` sets it
            return self._items

    def wants(self, project: str) -> bool:
        """Whether the settings ask for a project that is not in the roster.

        One that can be seen was archived, or taken out of the portfolios; of one that cannot nobody knows.
        """
        settings = self.client.settings
        if settings.projects and not settings.portfolios:
            return project in settings.projects
        if project in settings.projects:
            return True
        try:
            return not visible(self.client, project)
        except SourceError:
            return True

    def shards(self, names: Sequence[str], cursors: Mapping[str, Cursor]) -> list[Shard]:
        """A shard for each project: what changed where the feed still knows the place of its cursor, else all of it.

        A link to a goal moves no clock and is in no feed: where any changed, everything is read.
        """
        links = self._links()
        held = {name: cursors[name] for name in names if "sync" in cursors.get(name, {})}
        known = [name for name, cursor in held.items() if cursor.get("goals", "") == links.get("goals", "")]
        with ThreadPoolExecutor(READERS) as pool:
            told = dict(zip(known, pool.map(lambda name: self._ask(name, cursors[name]["sync"]), known), strict=True))
        self._changes |= told
        shards = []
        for name in names:
            changes = told.get(name)
            if changes is None or (isinstance(changes, Changes) and changes.expired):
                shards.append(Shard(name, (name,)))
            else:
                query = {"sync": cursors[name]["sync"], "since": cursors[name]["since"]}
                shards.append(Shard(f"{name}, changes", (name,), incremental=True, query=query))
        return shards

    def _links(self) -> dict[str, str]:
        """What a cursor keeps of the links to goals."""
        return {} if self.goals is None else {"goals": self.goals.digest()}

    def _ask(self, name: str, token: str) -> Changes | SourceError:
        try:
            return feed.read(self.client, name, token, self.patience())
        except SourceError as error:
            return error  # it ends this project's shard, not the source

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        """Walk a shard. The cursor is the feed's place before the walk, and the server's time then, minus the lag."""
        (name,) = shard.partitions
        lag = self.client.settings.lag.total_seconds()
        if shard.incremental:
            changes = self._changes.pop(name, None) or self._ask(name, (shard.query or {})["sync"])
            if isinstance(changes, SourceError):
                raise changes
            if changes.expired:
                raise TokenExpired(f"Reading what changed in project {name}: the feed begins later.")
            cursor = {"sync": changes.token, "since": self.client.site.time.timestamp() - lag, **self._links()}
            yield from self._changed(name, changes, float((shard.query or {})["since"]), cursor)
            return
        begun = (mark or {}).get("cursor")
        if begun is None:
            told = self._changes.pop(name, None)
            token = told.token if isinstance(told, Changes) else feed.begin(self.client, name, self.patience())
            begun = {"sync": token, "since": self.client.site.time.timestamp() - lag, **self._links()}
        for found, place in ahead(self._whole(name, (mark or {}).get("place"))):
            items = self._read(found)
            yield Page(items, cursor=begun) if place is None else Page(items, {"place": place, "cursor": begun})

    def _whole(self, name: str, place: Mapping[str, Any] | None) -> Iterator[tuple[list[Found], dict[str, Any] | None]]:
        """A whole project; a place in it that is no longer known costs a new start."""
        what, restarts = f"Reading project {name}", 0
        while True:
            walk = Walk(self.client, self.items.projects, FIELDS, self.patience())
            try:
                for step in walk.project(name, Place.of(place), what):
                    yield step.found, None if step.place is None else step.place.as_json()
                return
            except TokenExpired:
                restarts += 1
                if restarts > RESTARTS:
                    raise
                place = None

    def _changed(self, name: str, changes: Changes, since: float, cursor: Cursor) -> Iterator[Page]:
        """What changed: by the list where there is something, the rest of it one by one, and what is below arrivals."""
        what = f"Reading what changed in project {name}"
        into = None if changes.whole else changes.arrived
        walk = Walk(self.client, self.items.projects, FIELDS, self.patience(), into)
        found: dict[str, Found] = {}
        if changes.any:
            after = datetime.fromtimestamp(since, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            filters = {} if changes.whole else {"modified_since": after}
            for step in walk.project(name, Place(), what, **filters):
                found |= {str(one.raw["gid"]): one for one in step.found}
        single = [gid for gid in sorted(changes.touched | changes.arrived) if gid not in found]
        suspects = set(changes.left)
        for gid, one in self._one_by_one(single).items():
            if isinstance(one, Found) and one.places:
                found[gid] = one
            else:
                suspects.add(gid)
        branches = [
            Branch(gid, found[gid].places)
            for gid in sorted(changes.arrived)
            if gid in found and gid in single and found[gid].raw.get("num_subtasks")
        ]
        place = Place(listed=True)
        place.branches.extend(branches)
        for step in walk.below(place, what):
            found |= {str(one.raw["gid"]): one for one in step.found}
        yield Page(self._read([found[gid] for gid in sorted(found)]), cursor=cursor, suspects=sorted(suspects))

    def _read(self, found: Sequence[Found]) -> list[WorkItem]:
        return [self._item(one) for one in found if one.places]

    def _item(self, one: Found) -> WorkItem:
        item = self.items.read(one.raw, one.places)
        return item if self.goals is None else self.goals.onto(item)

    def ids(self, name: str) -> Iterator[tuple[str, str | None]]:
        """Ids of a project's tasks and of those below them, by a thin walk."""
        walk = Walk(self.client, self.items.projects, PLACES, self.patience())
        shown: dict[str, str | None] = {}
        for step in walk.project(name, Place(), f"Listing project {name}"):
            shown |= {str(one.raw["gid"]): one.raw.get("modified_at") for one in step.found if name in one.places}
        yield from sorted(shown.items())

    def get(self, ids: Sequence[str]) -> dict[str, WorkItem | Absent]:
        """Tasks read directly.

        One that Asana does not know is `GONE`, unless a project that was asked for may not be seen: it could be there.
        """
        answers: dict[str, WorkItem | Absent] = {}
        hidden = any(not partition.readable for partition in self.partitions())
        if self.goals is not None:
            self.goals.read(fresh=True)
        for gid, one in self._one_by_one(list(dict.fromkeys(ids))).items():
            if isinstance(one, Absent):
                answers[gid] = Absent.UNKNOWN if hidden and one is Absent.GONE else one
            elif hidden and not one.places:
                answers[gid] = Absent.UNKNOWN
            else:
                answers[gid] = self._item(one)
        return answers

    def find(self, names: Sequence[str]) -> dict[str, WorkItem]:
        """Tasks by their number or by the address of their page."""
        gids = {name: gid for name in names if (gid := self._named(name))}
        answers = self.get(list(gids.values())) if gids else {}
        found = ((name, answers[gid]) for name, gid in gids.items())
        return {name: item for name, item in found if isinstance(item, WorkItem) and item.partitions}

    def _named(self, name: str) -> str:
        """The number of the task that a person named; "" where it cannot be one of this site."""
        if "://" not in name:
            return name if name.isdigit() else ""
        path = name.partition("?")[0].removeprefix(self.client.settings.site)
        parts = [part for part in path.strip("/").split("/") if part not in ("f", "task")]
        return parts[-1] if path.startswith(("/0/", "/1/")) and parts[-1].isdigit() else ""

    def _one_by_one(self, gids: Sequence[str]) -> dict[str, Found | Absent]:
        """Each task with the projects it lives in, looked up along the tasks above it where it names none."""
        raws = self._ask_for(gids, FIELDS)
        above: dict[str, Reply] = {}
        wanted = {parent_of(reply.data) for reply in raws.values() if reply.good and not self._own(reply.data)} - {""}
        for _ in range(HIGHEST):
            missing = sorted(wanted - above.keys())
            if not missing:
                break
            above |= self._ask_for(missing, PLACES)
            wanted = {
                parent_of(above[gid].data) for gid in missing if above[gid].good and not self._own(above[gid].data)
            } - {""}
        return {gid: self._located(raws[gid], above) for gid in gids}

    def _located(self, reply: Reply, above: Mapping[str, Reply]) -> Found | Absent:
        if not reply.good:
            return {404: Absent.GONE, 403: Absent.FORBIDDEN}.get(reply.status, Absent.UNKNOWN)
        places, raw = self._own(reply.data), reply.data
        for _ in range(HIGHEST):
            if places or not (parent := parent_of(raw)):
                break
            higher = above.get(parent)
            if higher is None or not higher.good:
                return Absent.UNKNOWN  # where it lives cannot be said
            raw = higher.data
            places = self._own(raw)
        return Found(reply.data, places)

    def _own(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        return places_of(raw, self.items.projects)

    def _ask_for(self, gids: Sequence[str], fields: str) -> dict[str, Reply]:
        """A reply for each task, ten a request. A reply without an object is none."""
        found: dict[str, Reply] = {}
        for start in range(0, len(gids), AT_ONCE):
            chunk = gids[start : start + AT_ONCE]
            actions = [Action("get", f"/tasks/{gid}", {"opt_fields": fields}) for gid in chunk]
            replies = self.client.batch(actions, f"Reading {len(chunk)} tasks")
            for gid, reply in zip(chunk, replies, strict=True):
                found[gid] = _of_task(gid, reply)
        return found

    def patience(self) -> Patience:
        """The waiting that one piece of work may do."""
        from veaf_sync.http import Patience

        return Patience(self.client.session.limits.wait_budget)


def _of_task(gid: str, reply: Reply) -> Reply:
    """A reply about a task, under the number that was asked for; one that holds no task is as good as none (500)."""
    if not reply.good:
        return reply
    return Reply(reply.status, {"data": {**reply.data, "gid": gid}}) if isinstance(reply.data, dict) else Reply(500, {})
