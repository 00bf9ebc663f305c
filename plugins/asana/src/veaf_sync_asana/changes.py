"""What a project's change feed tells: https://developers.asana.com/docs/events

A token is good for a day at most and the feed may lose an event, so the feed says *which* tasks to read, never what
they are, and a census of all ids now and then finds what it lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from veaf_sync.errors import Incomplete
from veaf_sync_asana.client import Client

if TYPE_CHECKING:
    from veaf_sync.http import Patience

EXPIRED = 412
MOST_PAGES = 200
"""So many pages of a hundred events are read; more than that is read faster as a whole."""
_FIELDS = "action,resource,parent,change.field"


@dataclass(slots=True)
class Changes:
    """`token` is where the feed goes on. `expired`: the place asked from is not known any more, so nothing is told.

    `touched` tasks changed, `arrived` ones were added (with what is below them, of which the feed says nothing),
    `left` ones were removed or deleted, or are below another task now. `whole`: something changed that all tasks show.
    """

    token: str
    expired: bool = False
    touched: set[str] = field(default_factory=set)
    arrived: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    whole: bool = False

    @property
    def any(self) -> bool:
        return bool(self.touched or self.arrived or self.left or self.whole)


def begin(client: Client, project: str, patience: Patience) -> str:
    """A token for the changes from now on."""
    return _page(client, project, None, patience)[0]


def read(client: Client, project: str, token: str, patience: Patience) -> Changes:
    """All changes of a project and of what is in it since `token`."""
    changes, seen = Changes(token), {token}
    for _ in range(MOST_PAGES):
        changes.token, body = _page(client, project, changes.token, patience)
        if body is None:
            return Changes(changes.token, expired=True)
        for event in body["data"]:
            _note(event, project, changes)
        if not body.get("has_more"):
            return changes
        if changes.token in seen:
            raise Incomplete(f"The changes of project {project}: the same place was answered twice.")
        seen.add(changes.token)
    return Changes(begin(client, project, patience), expired=True)


def _page(client: Client, project: str, token: str | None, patience: Patience) -> tuple[str, Mapping[str, Any] | None]:
    """The token behind a page of the feed, and the page; none where `token` is not known any more."""
    what = f"Asking for the changes of project {project}"
    params = {"resource": project, "opt_fields": _FIELDS} | ({} if token is None else {"sync": token})
    body = client.ask("/events", what, taken=(EXPIRED,), patience=patience, **params).data
    following = body.get("sync")
    if not isinstance(following, str) or not following:
        raise Incomplete(f"{what}: the answer does not say where the feed goes on.")
    if "errors" in body:
        return following, None
    if not isinstance(body.get("data"), list):
        raise Incomplete(f"{what}: the answer holds no list.")
    return following, body


def _note(event: Any, project: str, changes: Changes) -> None:
    resource = event.get("resource") if isinstance(event, dict) else None
    if not isinstance(resource, dict) or not resource.get("gid"):
        changes.whole = True  # something changed, and it is not said what
        return
    gid, kind, action = str(resource["gid"]), resource.get("resource_type"), event.get("action")
    parent = event.get("parent") if isinstance(event.get("parent"), dict) else {}
    if kind == "section" and action == "changed":
        changes.whole = True  # its name stands on every task in it
    if kind == "story" and parent.get("gid"):
        changes.touched.add(str(parent["gid"]))
    if kind != "task":
        return
    above = parent.get("resource_type")
    if action == "deleted" or (action == "removed" and above != "section"):
        changes.left.add(gid)
    elif action in ("added", "undeleted"):
        changes.touched.add(gid)
        if above != "section":
            changes.arrived.add(gid)
    else:
        changes.touched.add(gid)
        if (event.get("change") or {}).get("field") == "parent":
            changes.left.add(gid)
