"""Asana on the loopback interface: as much of its interface as the connector uses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from email.utils import format_datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from veaf_sync.clock import Clock
from veaf_sync.emulator import BadRequest, Emulator, Request, Response
from veaf_sync.emulator.routes import Match
from veaf_sync.model import WorkItem
from veaf_sync_asana.emulator.goals import GoalTopics
from veaf_sync_asana.emulator.items import ItemLoader
from veaf_sync_asana.emulator.knobs import Knobs
from veaf_sync_asana.emulator.people import People
from veaf_sync_asana.emulator.refusal import Refused
from veaf_sync_asana.emulator.service import Service
from veaf_sync_asana.emulator.topics import ROOT, Topics

_READING, _WRITING = "asana-reading-token", "asana-writing-token"
_USER = "alignment-sync@example.com"
_ACTIONS = 10


class AsanaEmulator(People, Emulator):
    """One workspace at a loopback address. `knobs` sets how it behaves; `People` has what people do there."""

    name = "asana"
    profiles: ClassVar[tuple[str, ...]] = ("default",)

    def __init__(self, *, profile: str = "", clock: Clock | None = None, knobs: Knobs | None = None) -> None:
        super().__init__(profile=profile, clock=clock)
        self.knobs = knobs or Knobs()
        self.service = Service(self.clock, self.knobs, lambda: self.url)
        self.state = self.service.state
        self.use_tokens(_READING, _WRITING)
        self._used: dict[int, int] = {}
        Topics(self.service, _USER).add_to(self.routes)
        self.goals = GoalTopics(self.service)
        self.goals.add_to(self.routes)
        self.routes.add("POST", f"{ROOT}/batch", self._batch)

    def load(self, items: Iterable[WorkItem]) -> None:
        with self.lock:
            ItemLoader(self.state, self.clock.now()).load(items)

    def source(self) -> dict[str, object]:
        entry: dict[str, object] = {"connector": self.name, "site": self.url, "token": "env:ASANA_TOKEN"}
        if not self.knobs.reader_may_edit:
            entry["write_token"] = "env:ASANA_WRITE_TOKEN"  # noqa: S105  a reference
        return entry

    def separate_credentials(self) -> None:
        with self.lock:
            self.knobs.reader_may_edit = False

    def use_tokens(self, reading: str, writing: str) -> None:
        self._tokens = (reading, writing)
        self.environment = {"ASANA_TOKEN": reading, "ASANA_WRITE_TOKEN": writing}

    def tags(self) -> dict[str, tuple[str, ...]]:
        with self.lock:
            held = sorted(self.state.tasks.values(), key=lambda task: task.gid)
            return {task.gid: tuple(sorted(self.state.tags[gid].name for gid in task.tags)) for task in held}

    def respond(self, request: Request, match: Match | None) -> Response:
        date = {"Date": format_datetime(self.clock.now(), usegmt=True)}
        response = self._answered(request, match)
        return Response(response.status, response.body, {**date, **response.headers}, response.content_type)

    def _answered(self, request: Request, match: Match | None) -> Response:
        token = request.headers.get("authorization", "").partition(" ")[2]
        if token not in self._tokens:
            return Refused(401, "Not Authorized").response()
        actions = _actions(request) if match is not None and match.template == f"{ROOT}/batch" else []
        if wait := self._over(max(1, len(actions))):
            refusal = Refused(429, "You've made too many requests and hit a rate limit. Please retry later.").response()
            return replace(refusal, headers={"Retry-After": str(wait)})
        if match is None:
            return Refused(404, "No matching route for request").response()
        changes = (request.method != "GET" and not actions) or any(a.get("method") != "get" for a in actions)
        if changes and token == self._tokens[0] and not self.knobs.reader_may_edit:
            return Refused(403, "You do not have write access.").response()
        try:
            return match.handler(request, *match.params.values())
        except Refused as refused:
            return refused.response()

    def _over(self, requests: int) -> int:
        """Seconds to wait where this many more requests would pass the limit of this minute, else 0."""
        if not self.knobs.per_minute:
            return 0
        now = self.clock.now().timestamp()
        minute = int(now // 60)
        used = self._used.get(minute, 0) + requests
        self._used = {minute: used}  # a request that is refused counts, too
        return int(60 * (minute + 1) - now) + 1 if used > self.knobs.per_minute else 0

    def _batch(self, request: Request) -> Response:
        actions = _actions(request)
        if not 1 <= len(actions) <= _ACTIONS:
            raise Refused(400, f"actions: Must hold 1 to {_ACTIONS} actions.")
        return Response.of({"data": [self._act(request, action) for action in actions]})

    def _act(self, request: Request, action: Mapping[str, Any]) -> dict[str, Any]:
        path, method = str(action.get("relative_path", "")), str(action.get("method", "")).upper()
        if "?" in path:
            raise Refused(400, "relative_path: Must not hold a query.")
        options = action.get("options") or {}
        data = action.get("data") or {}
        query = {"limit": str(options["limit"])} if "limit" in options else {}
        if options.get("fields"):
            query["opt_fields"] = ",".join(options["fields"])
        body = b""
        if method == "GET":
            query |= {name: str(value) for name, value in data.items()}
        else:
            body = Response.of({"data": data}).body
        inner = Request(method, f"{ROOT}{path}?{urlencode(query)}", request.headers, body)
        match = self.routes.match(inner)
        try:
            if match is None or match.template == f"{ROOT}/batch":
                raise Refused(404, "No matching route for request")
            answer = match.handler(inner, *match.params.values())
        except Refused as refused:
            answer = refused.response()
        inside = Request("POST", "/", {}, answer.body)
        return {"status_code": answer.status, "headers": {}, "body": inside.json()}


def _actions(request: Request) -> list[Mapping[str, Any]]:
    try:
        given = request.json()
    except BadRequest:
        return []
    data = given.get("data") if isinstance(given, dict) else None
    actions = data.get("actions") if isinstance(data, dict) else None
    return actions if isinstance(actions, list) else []
