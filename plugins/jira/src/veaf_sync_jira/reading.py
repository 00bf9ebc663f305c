"""Reading issues: shards page by page, counts, ids, and single issues directly."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from veaf_sync.connector import Absent, Cursor, Mark, Page, Partition, Shard, ahead
from veaf_sync.errors import Forbidden, Incomplete, Rejected
from veaf_sync.model import WorkItem
from veaf_sync_jira import jql
from veaf_sync_jira.client import Client
from veaf_sync_jira.cloud_walk import CloudWalk
from veaf_sync_jira.dc_walk import DcWalk
from veaf_sync_jira.goals import Goals
from veaf_sync_jira.items import ItemReader
from veaf_sync_jira.remote_links import with_remote_links
from veaf_sync_jira.roster import projects, roster
from veaf_sync_jira.walking import Step, Walk, given_up, keys_of

if TYPE_CHECKING:
    from veaf_sync.http import Patience

BULK = 100
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+")
_PAGE = {True: 100, False: 1000}  # Cloud gives at most 100 issues with fields, Data Center 1,000 by default
_KEYS_PAGE = {True: 5000, False: 1000}


class Reading:
    """Reads one site. What it learns about the site (projects, fields) it asks for once."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._lock = threading.Lock()
        self._roster: list[Partition] | None = None
        self._items: ItemReader | None = None
        self.goals = Goals(client) if client.settings.reads_goals else None

    def read(self, raws: Sequence[Any]) -> list[WorkItem]:
        """Issues as work items, with their links to goals and to other tools where these are read."""
        items = [self.items.read(raw) for raw in raws]
        if self.goals is not None:
            items = [self.goals.onto(item) for item in items]
        return with_remote_links(self.client, items) if self.client.settings.remote_links else items

    @property
    def items(self) -> ItemReader:
        """Turns issues into work items; the first use asks for the site's fields."""
        if self._items is None:
            self._items = ItemReader(self.client.settings, self.client.fields, self.client.site.address)
        return self._items

    def partitions(self) -> list[Partition]:
        """The roster, as first seen."""
        with self._lock:
            if self._roster is None:
                with self.client.opening():
                    rows = projects(self.client)
                self._roster = roster(self.client, rows)
            return self._roster

    def pages(self, shard: Shard, mark: Mark | None) -> Iterator[Page]:
        """Walk a shard. The cursor is the server's time when the command first asked the site, minus the lag.

        That is never after the walk's first page; a walk that is gone on with keeps the time it began with.
        """
        since = (mark or {}).get("started")
        started = int(since) if since is not None else _millis(self.client.site.time)
        patience = self._patience()
        links = {} if self.goals is None else self.goals.links(shard.partitions)
        if shard.incremental:
            steps = self._changes(shard, mark, patience)
        else:
            steps = self._projects(shard.partitions, mark, patience)
        for step in ahead(steps):
            items, rest = self.read(step.issues), step.next
            if rest is None:
                lag = round(self.client.settings.lag.total_seconds() * 1000)
                if shard.incremental and self.goals is not None:
                    items += self._relinked((shard.query or {}).get("links") or {}, links)
                yield Page(items, cursor={"since": started - lag} | ({"links": links} if links else {}))
            else:
                yield Page(items, mark={**rest, "started": started})

    def _relinked(self, before: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> list[WorkItem]:
        """Issues whose links changed: that moves no clock of theirs, so no search tells of them."""
        keys = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        found: list[WorkItem] = []
        for start in range(0, len(keys), BULK):
            found += self._fetched(keys[start : start + BULK])[0]
        return found

    def _projects(self, keys: Sequence[str], mark: Mark | None, patience: Patience) -> Iterator[Step]:
        first = keys.index(mark["project"]) if mark and mark.get("project") in keys else 0
        for place, key in enumerate(keys[first:], first):
            resumed = (mark or {}).get("walk") if place == first else None
            for step in self._project(key, resumed, patience):
                if step.next is not None:
                    last = next(reversed(keys_of(step.issues)), "")
                    rest = {"project": key, "last_key": last, "token": step.next.get("token"), "walk": step.next}
                    yield Step(step.issues, rest)
                elif place + 1 < len(keys):
                    yield Step(step.issues, {"project": keys[place + 1], "last_key": "", "token": None, "walk": None})
                else:
                    yield step

    def _project(self, key: str, mark: Mapping[str, Any] | None, patience: Patience) -> Iterator[Step]:
        walk = self._walk(jql.whole(key), f"Reading {key}", patience, self.client.fields.wanted(), project=key)
        begun = mark is not None
        try:
            for step in walk.steps(mark):
                if begun and not step.issues and step.next is None:
                    self._must_see([key])  # the rest was deleted, or we were shut out: that is not the same
                begun = True
                yield step
        except Rejected as refusal:
            self._must_see([key])
            raise given_up(refusal) from refusal

    def _changes(self, shard: Shard, mark: Mark | None, patience: Patience) -> Iterator[Step]:
        query = jql.changed(shard.partitions, int((shard.query or {})["since"]))
        walk = self._walk(query, "Reading what changed", patience, self.client.fields.wanted())
        try:
            for step in walk.steps((mark or {}).get("walk")):
                rest = None if step.next is None else {"token": step.next.get("token"), "walk": step.next}
                yield Step(step.issues, rest)
        except Rejected as refusal:
            try:
                self._must_see(shard.partitions)
            except Forbidden as lost:
                raise Incomplete(
                    lost.message, fix="Run the same command again: what is readable is read then."
                ) from lost
            raise given_up(refusal) from refusal

    def _walk(
        self,
        query: str,
        what: str,
        patience: Patience,
        fields: list[str],
        *,
        project: str = "",
        keys_only: bool = False,
    ) -> Walk:
        cloud = self.client.site.cloud
        size = (_KEYS_PAGE if keys_only else _PAGE)[cloud]
        kind = CloudWalk if cloud else DcWalk
        return kind(self.client, query=query, fields=fields, size=size, what=what, patience=patience, project=project)

    def count(self, key: str) -> int:
        """How many issues a project holds; an estimate on Cloud. Raises `Forbidden` where it is not visible."""
        cloud = self.client.site.cloud
        path = "search/approximate-count" if cloud else "search"
        body: dict[str, Any] = {"jql": jql.inside(key)}
        if not cloud:
            body |= {"maxResults": 0, "fields": ["key"]}
        what = f"Counting {key}"
        try:
            data = self.client.call("POST", path, json=body, safe=True, what=what).data
        except Rejected as refusal:
            self._must_see([key])
            raise given_up(refusal) from refusal
        number = data.get("count" if cloud else "total") if isinstance(data, dict) else None
        if not isinstance(number, int) or number < 0:
            raise Incomplete(f"{what}: the answer holds no number.")
        return number

    def ids(self, key: str) -> Iterator[tuple[str, str | None]]:
        """Ids of a project's issues: 5,000 a request on Cloud, 1,000 on Data Center, `updated` as the version there."""
        cloud = self.client.site.cloud
        fields = ["key"] if cloud else ["updated"]
        walk = self._walk(jql.whole(key), f"Listing {key}", self._patience(), fields, project=key, keys_only=True)
        begun = False
        try:
            for step in walk.steps(None):
                if begun and not step.issues:
                    self._must_see([key])
                begun = True
                for raw in step.issues:
                    yield str(raw["id"]), (raw.get("fields") or {}).get("updated") if not cloud else None
        except Rejected as refusal:
            self._must_see([key])
            raise given_up(refusal) from refusal

    def get(self, ids: Sequence[str]) -> dict[str, WorkItem | Absent]:
        """Issues read directly, past the index.

        An id that Jira does not show is `GONE` when every project that was visible at first still is and none that
        the settings name is hidden, `FORBIDDEN` when none is visible, else `UNKNOWN`: Jira does not say in which
        project a hidden issue stands.
        """
        wanted = list(dict.fromkeys(ids))
        found: dict[str, WorkItem | Absent] = {}
        if self.goals is not None:
            self.goals.read(fresh=True)
        if self.client.site.cloud:
            for start in range(0, len(wanted), BULK):
                found |= self._bulkfetch(wanted[start : start + BULK])
        else:
            for id in wanted:
                found |= self._single(id)
        missing = [id for id in wanted if id not in found]
        return found | dict.fromkeys(missing, self._absence() if missing else Absent.UNKNOWN)

    def find(self, names: Sequence[str]) -> dict[str, WorkItem]:
        """Issues by key or by the address of their page, one request each: Jira also knows the keys of moved ones."""
        found = {}
        for name in dict.fromkeys(names):
            key = name
            if "://" in name:
                page, key = self.client.site.address + "/browse/", name.split("?")[0].rstrip("/")
                key = key.removeprefix(page) if key.startswith(page) else ""
            answer = self._single(key.upper()).get(key.upper()) if _KEY.fullmatch(key) else None
            if isinstance(answer, WorkItem):
                found[name] = answer
        return found

    def _bulkfetch(self, ids: Sequence[str]) -> dict[str, WorkItem | Absent]:
        items, errors = self._fetched(ids)
        found: dict[str, WorkItem | Absent] = {str(row.get("id")): Absent.UNKNOWN for row in errors}
        found |= {item.id: item for item in items}
        return {id: found[id] for id in ids if id in found}

    def _fetched(self, names: Sequence[str]) -> tuple[list[WorkItem], list[dict[str, Any]]]:
        """The issues of these ids or keys that Jira shows, and the rows of those that it cannot read."""
        what = f"Reading {len(names)} issues"
        body = {
            "issueIdsOrKeys": list(names),
            "fields": self.client.fields.wanted(),
            "fieldsByKeys": False,
            **self.client.properties,
        }
        data = self.client.call("POST", "issue/bulkfetch", json=body, safe=True, what=what).data
        if not isinstance(data, dict) or not isinstance(data.get("issues"), list):
            raise Incomplete(f"{what}: the answer holds no list of issues.")
        errors = [row for row in data.get("issueErrors") or [] if isinstance(row, dict)]
        return self.read(data["issues"]), errors

    def _single(self, id: str) -> dict[str, WorkItem | Absent]:
        """The issue of an id or key; nothing where Jira answers that there is none."""
        what = f"Reading issue {id}"
        params = {"fields": ",".join(self.client.fields.wanted())}
        params |= {name: ",".join(keys) for name, keys in self.client.properties.items()}
        try:
            raw = self.client.call("GET", f"issue/{quote(id, safe='')}", params=params, what=what).data
            (item,) = self.read([raw])
        except Forbidden:
            return {id: Absent.FORBIDDEN}
        except Rejected as refusal:
            if refusal.status == 404:
                return {}
            return {id: Absent.UNKNOWN}
        return {id: item}

    def _absence(self) -> Absent:
        roster = self.partitions()
        before = {partition.name for partition in roster if partition.readable}
        now = self._visible_now()
        if before <= now:
            return Absent.GONE if len(before) == len(roster) else Absent.UNKNOWN
        return Absent.UNKNOWN if before & now else Absent.FORBIDDEN

    def _must_see(self, keys: Sequence[str]) -> None:
        """Raise `Forbidden` naming those of `keys` that are not visible any more."""
        now = self._visible_now()
        lost = sorted(key for key in keys if key not in now)
        if lost:
            raise Forbidden(
                f"{', '.join(lost)}: not visible to this user any more.",
                fix="Give the user the permission Browse projects there, or leave the project out.",
            )

    def _visible_now(self) -> set[str]:
        return {partition.name for partition in roster(self.client, projects(self.client)) if partition.readable}

    def _patience(self) -> Patience:
        from veaf_sync.http import Patience  # requests costs start-up time

        return Patience(self.client.session.limits.wait_budget)


def since_of(cursors: Mapping[str, Cursor], keys: Sequence[str]) -> int:
    """The oldest instant that the cursors of these projects speak of, in epoch milliseconds."""
    return min(int(cursors[key]["since"]) for key in keys)


def _millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)
