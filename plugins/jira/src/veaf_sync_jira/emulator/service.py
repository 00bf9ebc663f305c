"""What all topics of the interface share: who is asking, what they may see, and at what time."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from veaf_sync.clock import Clock
from veaf_sync.emulator import Request
from veaf_sync_jira.emulator.edition import Edition
from veaf_sync_jira.emulator.issue import Issue
from veaf_sync_jira.emulator.knobs import Knobs
from veaf_sync_jira.emulator.refusal import Refused, missing_issue
from veaf_sync_jira.emulator.render import Renderer
from veaf_sync_jira.emulator.state import State, View


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `name` is empty for nobody in particular; `failed`: credentials came and were wrong."""

    name: str
    edits: bool = False
    failed: bool = False


class Service:
    """State, knobs and clock of one emulator. `user` is the account behind the right credentials."""

    def __init__(self, edition: Edition, clock: Clock, knobs: Knobs, user: str, tokens: tuple[str, str]) -> None:
        self.edition = edition
        self.clock = clock
        self.knobs = knobs
        self.user = user
        self.tokens = tokens
        self.state = State(edition)
        self.forbidden: set[str] = set()
        self.mailed: list[str] = []
        self.remote: dict[int, list[str]] = {}
        self.properties: dict[int, dict[str, Any]] = {}
        self._renderer: tuple[tuple[str, int], Renderer] | None = None

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def due(self) -> datetime:
        """When searches will show what changes now."""
        return self.now + timedelta(seconds=self.knobs.index_lag)

    @property
    def zone(self) -> tzinfo:
        return UTC if self.knobs.time_zone == "UTC" else ZoneInfo(self.knobs.time_zone)

    @property
    def renderer(self) -> Renderer:
        key = (self.knobs.time_zone, len(self.state.custom))
        if self._renderer is None or self._renderer[0] != key:
            self._renderer = (key, Renderer(self.state, self.zone))
        return self._renderer[1]

    def caller(self, request: Request) -> Caller:
        """Who asks. Raises `Refused` (401) where wrong credentials are refused."""
        header = request.headers.get("authorization", "")
        if not header:
            return Caller("")
        token = self._token(header)
        if token in self.tokens:
            return Caller(self.user, edits=token == self.tokens[1] or self.knobs.reader_may_edit)
        if self.knobs.wrong_credentials == "refuse":
            raise Refused(
                401,
                "You are not authenticated. Authentication required to perform this operation.",
                headers={
                    "WWW-Authenticate": 'Basic realm="protected-area"',
                    "X-Seraph-LoginReason": "AUTHENTICATED_FAILED",
                },
            )
        return Caller("", failed=True)

    def _token(self, header: str) -> str:
        scheme, _, value = header.partition(" ")
        if scheme.lower() == "bearer":
            return "" if self.edition.cloud else value
        try:
            user, _, token = base64.b64decode(value).decode().partition(":")
        except ValueError:
            return ""
        return token if user == self.user else ""

    def known_caller(self, request: Request) -> Caller:
        """Who asks; nobody in particular is refused (401)."""
        caller = self.caller(request)
        if not caller.name:
            raise Refused(401, "Client must be authenticated to access this resource.")
        return caller

    def visible(self, caller: Caller) -> frozenset[str]:
        """Keys of the projects that the caller may browse."""
        if self.knobs.empty:
            return frozenset()
        seen = frozenset(self.state.projects) - self.forbidden
        return seen if caller.name else seen & self.knobs.public

    def view(self, caller: Caller) -> View:
        return View(self.state, self.visible(caller), lenient=self.knobs.lenient or self.knobs.empty)

    def readable(self, caller: Caller, id_or_key: str) -> Issue:
        """An issue that the caller may see. Raises `Refused` (404)."""
        issue = self.state.find(id_or_key)
        if issue is None or issue.project not in self.visible(caller):
            raise missing_issue()
        return issue
