"""What all topics of the interface share: who asks, what may be seen, how lists are cut into pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from veaf_sync.clock import Clock
from veaf_sync.emulator import Request, Response
from veaf_sync_asana.emulator.feeds import Feeds
from veaf_sync_asana.emulator.knobs import Knobs
from veaf_sync_asana.emulator.refusal import Refused, unknown
from veaf_sync_asana.emulator.state import WORKSPACE, Project, State, Task
from veaf_sync_asana.emulator.views import choose

MOST = 100


class Service:
    """State, knobs, clock and feeds of one emulator. `url` tells where it serves."""

    def __init__(self, clock: Clock, knobs: Knobs, url: Callable[[], str]) -> None:
        self.clock = clock
        self.knobs = knobs
        self.url = url
        self.state = State()
        self.feeds = Feeds(self.state, clock, knobs)

    def paid(self) -> None:
        """Raises `Refused` (402) in a workspace without a paid plan."""
        if self.knobs.free:
            raise Refused(402, "This feature is available to premium workspaces only.")

    def workspace(self, gid: str) -> None:
        if gid != WORKSPACE:
            raise unknown("workspace", gid)

    def project(self, gid: str) -> Project:
        """A project that the caller may see. Raises `Refused` (404)."""
        found = self.state.projects.get(gid)
        if found is None or found.hidden:
            raise unknown("project", gid)
        return found

    def task(self, gid: str) -> Task:
        """A task that the caller may see. Raises `Refused`."""
        found = self.state.tasks.get(gid)
        if found is None:
            raise unknown("task", gid)
        if not self.state.visible(found):
            if self.knobs.invisible == 403:
                raise Refused(403, "You do not have access to this task.")
            raise unknown("task", gid)
        return found

    def page(self, request: Request, ids: Sequence[str], show: Callable[[str], Any]) -> Response:
        """A page of a list, from where `offset` says. An offset is a place behind an entry, wherever that is now."""
        limit = request.text("limit")
        if limit and not (limit.isdigit() and 1 <= int(limit) <= MOST):
            raise Refused(400, "limit: Must be a number between 1 and 100.")
        if len(ids) > 1000 and not limit:
            raise Refused(
                400, "The result is too large. You should use pagination (may require specifying a workspace)."
            )
        start, size = self._start(request.text("offset"), ids), int(limit or MOST)
        shown = ids[start : start + size]
        more = start + size < len(ids)
        offset = f"{start + size}.{shown[-1]}.{self.clock.now().timestamp():.3f}" if more else ""
        rest = {"offset": offset, "path": f"{request.path}?offset={offset}", "uri": f"{self.url()}{request.path}"}
        return Response.of(
            {"data": [self.chosen(request, show(gid)) for gid in shown], "next_page": rest if more else None}
        )

    def _start(self, offset: str, ids: Sequence[str]) -> int:
        if not offset:
            return 0
        try:
            place, last, at = offset.split(".", 2)
            old = self.clock.now().timestamp() - float(at) > self.knobs.offset_seconds
            start = ids.index(last) + 1 if last in ids else int(place)
        except ValueError:
            old, start = True, 0
        if old:
            raise Refused(400, "offset: Your pagination token has expired.")
        return start

    def chosen(self, request: Request, document: Any) -> Any:
        """What the request's `opt_fields` leave of a document."""
        given = request.text("opt_fields")
        return choose(document, [name.split(".") for name in given.split(",")] if given else [])

    def one(self, request: Request, document: Any, status: int = 200) -> Response:
        return Response.of({"data": self.chosen(request, document)}, status)


def when(text: str, name: str) -> datetime:
    """A time in a query. Raises `Refused` (400)."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Refused(400, f"{name}: Not a valid ISO 8601 time.") from None
