"""Reading items: projects page by page, what changed since, counts, ids, and single items directly."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from veaf_sync.connector import Absent, Cursor, Mark, Page, Partition, Shard, ahead
from veaf_sync.errors import Incomplete, SourceError, TokenExpired
from veaf_sync.model import Membership, WorkItem
from veaf_sync_github import queries
from veaf_sync_github.client import Client
from veaf_sync_github.items import ItemReader
from veaf_sync_github.judging import next_of, nodes_of
from veaf_sync_github.roster import Project, roster, visible
from veaf_sync_github.sweeping import MOST_PAGES, Pages, Swept, partial, sweep

if TYPE_CHECKING:
    from veaf_sync.http import Patience

AT_ONCE = 100
"""Items that one request reads by id."""
RESTARTS = 3
_KEY = re.compile(r"([\w.-]+)/([\w.-]+)#(\d{1,9})", re.ASCII)
_PAGE = re.compile(r"([\w.-]+)/([\w.-]+)/(?:issues|pull)/(\d{1,9})(?:[/?#].*)?", re.ASCII)


class Reading:
    """Reads one source. What it learns about its projects it asks for once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = threading.RLock()
        self._projects: dict[str, Project] | None = None
        self._hidden: list[Partition] = []
        self._items: ItemReader | None = None
        self._swept: dict[str, Swept] = {}
        self._known: dict[str, tuple[Membership, ...]] = {}
        """Where the items live that were read directly last."""

    @property
    def projects(self) -> Mapping[str, Project]:
        """The visible projects by name, as first seen."""
        with self._lock:
            if self._projects is None:
                found, self._hidden = roster(self.client)
                self._projects = {project.name: project for project in found}
                self._items = ItemReader(self.client.settings, found)
            return self._projects

    @property
    def items(self) -> ItemReader:
        with self._lock:
            _ = self.projects
            assert self._items is not None  # noqa: S101  `projects` sets it
            return self._items

    def partitions(self) -> list[Partition]:
        """The roster: the visible projects, and those asked for that are not visible."""
        tag = self.client.settings.tag
        shown = [project.partition(tag.field if tag else None) for project in self.projects.values()]
        return sorted([*shown, *self._hidden], key=lambda partition: partition.name)

    def wants(self, name: str) -> bool:
        """Whether the settings ask for a project that is not in the roster.

        Of an owner all open projects are read: one that can be seen was closed; of one that cannot nobody knows.
        """
        settings = self.client.settings
        if name in settings.projects or name.partition("/")[0] not in settings.owners:
            return name in settings.projects
        try:
            return not visible(self.client, name)
        except SourceError:
            return True

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        """Walk a shard. The cursor is the server's time when the command first asked it, minus the lag."""
        (name,) = shard.partitions
        project = self._project(name)
        begun = (mark or {}).get("started")
        started = float(begun) if begun is not None else self.client.server.time.timestamp()
        cursor = {"since": started - self.client.settings.lag.total_seconds()}
        if shard.incremental:
            yield from self._changes(project, float((shard.query or {})["since"]), started, cursor)
            return
        for nodes, after, swept in ahead(self._walk(project, (mark or {}).get("after"))):
            items = [item for raw in nodes if (item := self._read(raw, swept)) is not None]
            if after is None:
                if swept.whole:
                    self._swept[name] = swept
                yield Page(items, cursor=cursor)
            else:
                yield Page(items, {"after": after, "started": started})

    def _walk(self, project: Project, after: str | None) -> Iterator[tuple[Sequence[Any], str | None, Swept]]:
        """Every item of a project, whole, as it came; the place behind each page; and what the walk is noted in.

        One that came without a part of its own is left out, neither read nor noted: the core asks for it by id, is told
        that it may not be read, and keeps it as it was. A place that is no longer known costs a new start.
        """
        what = f"Reading {project.name}"
        pages = Pages(self.client, project, what, self.patience())
        query, names = queries.items(len(self.items.names), self.client.server), self._names()
        swept, restarts, seen = Swept(whole=after is None), 0, set[str]()
        for _ in range(MOST_PAGES):
            try:
                result, shown = pages.ask(query, after, **names)
            except TokenExpired:
                restarts += 1
                if restarts > RESTARTS:
                    raise
                swept, after = Swept(), None
                seen.clear()
                continue
            partial(result, what)
            broken = result.broken("node", "items", "nodes")
            nodes = [raw for place, raw in enumerate(nodes_of(shown, what)) if place not in broken]
            after = next_of(shown, what)
            if after in seen:
                raise Incomplete(f"{what}: the same place was answered twice; the walk would not end.")
            if after is not None:
                seen.add(after)
            yield nodes, after, swept
            if after is None:
                return
        raise Incomplete(f"{what}: more than {MOST_PAGES} pages.")

    def _read(self, raw: Any, swept: Swept) -> WorkItem | None:
        item = self.items.read(raw, raw.get("content")) if isinstance(raw, dict) else None
        if item is None:
            swept.redacted += 1
        else:
            swept.clocks[item.id] = item.updated or datetime.min.replace(tzinfo=UTC)
        return item

    def _changes(self, project: Project, since: float, started: float, cursor: Cursor) -> Iterator[Page]:
        swept = self._swept[project.name] = sweep(self.client, project, self.patience())
        changed = [id_ for id_, clock in swept.clocks.items() if clock.timestamp() >= since]
        chunks = [changed[start : start + AT_ONCE] for start in range(0, len(changed), AT_ONCE)]
        for place, chunk in enumerate(chunks or [[]], 1):
            found = self._by_ids(chunk) if chunk else {}
            for id_, item in found.items():
                if isinstance(item, Absent):
                    del swept.clocks[id_]  # as if it were not listed: so the core asks, and keeps it as it was
            items = [item for item in found.values() if isinstance(item, WorkItem) and item.partitions]
            more = place < len(chunks)
            yield Page(items, mark={"done": place, "started": started}) if more else Page(items, cursor=cursor)

    def count(self, name: str) -> int:
        """How many items a project holds that this token may see."""
        if name not in self._swept:
            project = self._project(name)
            what = f"Counting {name}"
            result = self.client.ask(queries.count(self.client.server), {"project": project.id}, what)
            node = result.complete(what).get("node")
            number = ((node or {}).get("items") or {}).get("totalCount")
            if not isinstance(number, int):
                raise Incomplete(f"{what}: the answer holds no number.")
            return number
        return len(self._swept[name].clocks)

    def ids(self, name: str) -> Iterator[tuple[str, str | None]]:
        """Ids of a project's items, by the walk of this command where it walked, else by a thin one."""
        for id_, clock in sorted(self._sweep(name).clocks.items()):
            yield id_, clock.isoformat()

    def get(self, ids: Sequence[str]) -> dict[str, WorkItem | Absent]:
        """Items read directly.

        An id that GitHub does not know is `GONE`, unless items of these projects may not be seen, or a project that
        was asked for may not: it could be one of those then, and is `UNKNOWN`.
        """
        wanted = list(dict.fromkeys(ids))
        found: dict[str, WorkItem | Absent | None] = {}
        for start in range(0, len(wanted), AT_ONCE):
            found |= self._by_ids(wanted[start : start + AT_ONCE])
        answers: dict[str, WorkItem | Absent] = {}
        for id_, item in found.items():
            nowhere = isinstance(item, WorkItem) and not item.partitions
            if item is None or (nowhere and self._hidden):
                answers[id_] = self._absence()
            else:
                answers[id_] = item
            if isinstance(item, WorkItem):
                self._known[id_] = item.partitions
        return answers

    def know(self, ids: Sequence[str]) -> None:
        """Read those of `ids` directly of which it is not known yet where they live."""
        if unknown := [id_ for id_ in ids if id_ not in self._known]:
            self.get(unknown)

    def known(self, id_: str) -> tuple[Membership, ...]:
        """Where an item lives, as it was read directly last."""
        return self._known.get(id_, ())

    def find(self, names: Sequence[str]) -> dict[str, WorkItem]:
        """Issues and pull requests by `owner/repository#number` or by the address of their page."""
        wanted = {name: found for name in names if (found := self._number(name))}
        asked = list(wanted.values())[:AT_ONCE]
        if not asked:
            return {}
        given = {f"{of}{n}": part for n, parts in enumerate(asked) for of, part in zip("orn", parts, strict=True)}
        what = f"Looking for {len(asked)} items"
        result = self.client.ask(queries.numbered(len(asked)), given, what)
        for error in result.errors:
            if not error.missing:
                raise error.raised(what)
        ids = {}
        for place, name in enumerate(list(wanted)[:AT_ONCE]):
            node = (result.data.get(f"i{place}") or {}).get("issueOrPullRequest") or {}
            if node.get("id"):
                ids[name] = str(node["id"])
        items = self._by_ids(list(dict.fromkeys(ids.values()))) if ids else {}
        return {name: item for name, id_ in ids.items() if isinstance(item := items[id_], WorkItem)}

    def _number(self, name: str) -> tuple[str, str, int] | None:
        """Owner, repository and number that a key or an address of this site names; `None` where it names none."""
        if "://" in name:
            page = f"{self.client.settings.site}/"
            found = _PAGE.fullmatch(name.removeprefix(page)) if name.startswith(page) else None
        else:
            found = _KEY.fullmatch(name)
        return (found[1], found[2], int(found[3])) if found else None

    def _by_ids(self, ids: Sequence[str]) -> dict[str, WorkItem | Absent | None]:
        """By id the item, `None` where GitHub knows none of that id, `UNKNOWN` where it does not say.

        What is too heavy for the server together is read in halves.
        """
        from veaf_sync.http import Unavailable

        what = f"Reading {len(ids)} items"
        query = queries.works(len(self.items.names), self.client.server)
        try:
            result = self.client.ask(query, {"ids": list(ids), **self._names()}, what, less=len(ids) > 1)
        except Unavailable:
            half = len(ids) // 2
            if not half:
                raise
            return self._by_ids(ids[:half]) | self._by_ids(ids[half:])
        nodes = result.data.get("nodes")
        if not isinstance(nodes, list) or len(nodes) != len(ids):
            result.complete(what)
            raise Incomplete(f"{what}: the answer holds another number of items.")
        found: dict[str, WorkItem | Absent | None] = {}
        broken = result.broken("nodes")
        for place, (id_, raw) in enumerate(zip(ids, nodes, strict=True)):
            errors = [broken[place]] if place in broken else result.under("nodes", place)
            if isinstance(raw, dict) and place not in broken:
                draft = raw.get("__typename") == "ProjectV2Item"
                item = self.items.read(raw, raw.get("content")) if draft else self.items.read(None, raw)
                found[id_] = item if item is not None else Absent.FORBIDDEN
            elif errors and (isinstance(raw, dict) or not errors[0].missing):
                found[id_] = Absent.FORBIDDEN if errors[0].kind == "FORBIDDEN" else Absent.UNKNOWN
            else:
                found[id_] = None
        return found

    def _absence(self) -> Absent:
        """What it means that GitHub does not know an id."""
        if self._hidden:
            return Absent.UNKNOWN
        try:
            redacted = any(self._sweep(name).redacted for name in self.projects)
        except SourceError:
            return Absent.UNKNOWN
        return Absent.UNKNOWN if redacted else Absent.GONE

    def _sweep(self, name: str) -> Swept:
        if name not in self._swept:
            self._swept[name] = sweep(self.client, self._project(name), self.patience())
        return self._swept[name]

    def _project(self, name: str) -> Project:
        if name not in self.projects:
            raise Incomplete(f"{name} is not among the visible projects any more.")
        return self.projects[name]

    def _names(self) -> dict[str, str]:
        return {f"f{n}": name for n, name in enumerate(self.items.names)}

    def patience(self) -> Patience:
        from veaf_sync.http import Patience  # requests costs start-up time

        return Patience(self.client.session.limits.wait_budget)
