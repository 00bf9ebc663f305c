"""Jira Cloud and Jira Data Center on the loopback interface, and what people do there meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from veaf_sync.clock import Clock
from veaf_sync.emulator import Emulator, Request, Response
from veaf_sync.emulator.routes import Match
from veaf_sync.model import WorkItem
from veaf_sync_jira.emulator.bulk import Bulk
from veaf_sync_jira.emulator.edition import EDITIONS
from veaf_sync_jira.emulator.edits import Edits
from veaf_sync_jira.emulator.goals import GoalsApi
from veaf_sync_jira.emulator.issues import Issues
from veaf_sync_jira.emulator.items import ItemLoader
from veaf_sync_jira.emulator.knobs import Knobs
from veaf_sync_jira.emulator.limits import Limits
from veaf_sync_jira.emulator.metadata import Metadata
from veaf_sync_jira.emulator.payloads import PayloadLoader
from veaf_sync_jira.emulator.people import People
from veaf_sync_jira.emulator.properties import PropertyApi
from veaf_sync_jira.emulator.refusal import Refused
from veaf_sync_jira.emulator.search import Search
from veaf_sync_jira.emulator.service import Service

_USER = "alignment-sync@example.invalid"


class JiraEmulator(People, Emulator):
    """A Jira site. Profile `cloud` speaks REST version 3, `dc` (Data Center) version 2.

    `knobs` sets how the site behaves (see `Knobs`); `People` has what people do there.
    """

    name = "jira"
    profiles: ClassVar[tuple[str, ...]] = ("cloud", "dc")

    def __init__(self, *, profile: str = "", clock: Clock | None = None, knobs: Knobs | None = None) -> None:
        super().__init__(profile=profile, clock=clock)
        self.knobs = knobs or Knobs()
        self.edition = EDITIONS[self.profile]
        self.service = Service(self.edition, self.clock, self.knobs, _USER, ("", ""))
        self.use_tokens(f"{self.profile}-reading-token", f"{self.profile}-writing-token")
        self._search = Search(self.service)
        self._edits = Edits(self.service)
        self._bulk = Bulk(self.service, self._edits)
        self._limits = Limits(self.service)
        self._search.add_to(self.routes)
        self._edits.add_to(self.routes)
        Issues(self.service).add_to(self.routes)
        Metadata(self.service, lambda: self.url).add_to(self.routes)
        self.goals = GoalsApi(self.service)
        if self.edition.cloud:
            self._bulk.add_to(self.routes)
            self.goals.add_to(self.routes)
            PropertyApi(self.service, self._edits, lambda: self.url).add_to(self.routes)

    def load(self, items: Iterable[WorkItem]) -> None:
        with self.lock:
            self.service.state.index.load(ItemLoader(self.service.state, self.clock.now()).load(items))

    def load_payloads(self, payloads: Iterable[Mapping[str, Any]]) -> None:
        """Hold recorded issues (raw JSON of any edition). Raises `ValueError` for what is no issue."""
        with self.lock:
            self.service.state.index.load(PayloadLoader(self.service.state).load(payloads))

    def source(self) -> dict[str, object]:
        """Cloud: site, user and token; Data Center: site and token. Where it may not write, `write_token` too."""
        stem = f"JIRA_{self.profile.upper()}"
        entry: dict[str, object] = {"connector": self.name, "site": self.url, "token": f"env:{stem}_TOKEN"}
        if self.edition.cloud:
            entry["user"] = f"env:{stem}_USER"
        if not self.knobs.reader_may_edit:
            entry["write_token"] = f"env:{stem}_WRITE_TOKEN"
        return entry

    def separate_credentials(self) -> None:
        with self.lock:
            self.knobs.reader_may_edit = False

    def use_tokens(self, reading: str, writing: str) -> None:
        stem = f"JIRA_{self.profile.upper()}"
        self.service.tokens = (reading, writing)
        self.environment = {f"{stem}_USER": _USER, f"{stem}_TOKEN": reading, f"{stem}_WRITE_TOKEN": writing}

    def tags(self) -> dict[str, tuple[str, ...]]:
        with self.lock:
            issues = sorted(self.service.state.issues.values(), key=lambda issue: (issue.project, issue.number))
            return {issue.key: tuple(sorted(issue.labels)) for issue in issues}

    @property
    def mailed(self) -> Sequence[str]:
        """Keys of the issues whose watchers were mailed because of an edit through the API, in order."""
        return tuple(self.service.mailed)

    def respond(self, request: Request, match: Match | None) -> Response:
        refusal = self._limits.refusal(request.method, match.template if match else "")
        if refusal:
            return refusal
        self._bulk.settle()
        try:
            response = super().respond(request, match)
        except Refused as refused:
            response = refused.response()
        headers = {**response.headers, **self._limits.headers()}
        if self._failed(request):
            headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
        return replace(response, headers=headers)

    def _failed(self, request: Request) -> bool:
        try:
            return self.service.caller(request).failed
        except Refused:
            return False

    def expire_tokens(self) -> None:
        """Page tokens made until now are no good any more (Cloud)."""
        with self.lock:
            self._search.generation += 1

    def forget_tasks(self) -> None:
        """Bulk tasks are no longer known; what they have done stays done, open ones do nothing (Cloud)."""
        with self.lock:
            self._bulk.tasks.clear()

    def settle_tasks(self) -> None:
        """Bulk tasks that have run their time have done what they do; otherwise seen at the next request (Cloud)."""
        with self.lock:
            self._bulk.settle()

    def finish_tasks(self) -> None:
        """Bulk tasks come to their end without being polled (Cloud)."""
        with self.lock:
            for task in self._bulk.tasks.values():
                if task.open:
                    self._bulk.finish(task)
