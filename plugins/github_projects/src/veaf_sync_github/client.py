"""Asking GitHub: who we are, what the server knows, and every query and mutation with its limits."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from veaf_sync.clock import Clock
from veaf_sync.connector import Identity
from veaf_sync.connector.texts import line
from veaf_sync.errors import AuthError, Incomplete
from veaf_sync_github import queries
from veaf_sync_github.judging import Result, read_result
from veaf_sync_github.settings import GitHubSettings

if TYPE_CHECKING:
    from veaf_sync.http import Answer, Patience, Session

TRIES = 4
SECONDARY_WAIT = 60.0
"""Seconds to wait at a secondary limit that names none; doubled each time."""
WRITE_PAUSE = 1.0
"""Seconds between two requests that change something, as the vendor asks."""
TOO_HEAVY = frozenset({502, 504})
"""What the vendor answers after ten seconds: the same again costs as much and fails as well."""


@dataclass(frozen=True, slots=True)
class Server:
    """What the server's schema has: Enterprise Servers are older. `time` is its clock when first asked."""

    user: str
    time: datetime
    archived: bool
    issue_types: bool
    sub_issues: bool
    issue_fields: bool
    option_ids: bool
    """Whether an option of a choice can be sent back with its identity, so that adding one clears no other."""


class Client:
    """GraphQL on our session. Between two mutations lies at least `WRITE_PAUSE`; none is repeated that may be done."""

    def __init__(self, settings: GitHubSettings, session: Session, clock: Clock) -> None:
        from veaf_sync.http import Credential  # requests costs start-up time

        self.settings = settings
        self.session = session
        self.clock = clock
        session.auth = Credential(settings.token)
        self._server: Server | None = None
        self._lock = threading.RLock()
        self._wrote: float | None = None

    @property
    def server(self) -> Server:
        """The server; one request on first use."""
        with self._lock:
            if self._server is None:
                self._server = self._ask_server()
            return self._server

    def identify(self) -> Identity:
        """Who we are, asked once. Raises `AuthError` where the token is refused or belongs to nobody."""
        server = self.server
        notes = [] if self.settings.site.startswith("https:") else ["The site is reached without TLS."]
        if not server.archived:
            notes.append("This server does not show archived items: an archived one looks like one that was removed.")
        if not server.sub_issues:
            notes.append("This server has no sub-issues: items have no parents.")
        product = "GitHub" if self.settings.graphql.startswith("https://api.github.com") else "GitHub Enterprise Server"
        return Identity(server.user, server.time, product=product, notes=tuple(notes))

    def ask(
        self,
        query: str,
        variables: Mapping[str, Any],
        what: str,
        *,
        patience: Patience | None = None,
        less: bool = False,
    ) -> Result:
        """The result of a query, asked again after the wait where a limit is reached. Raises what `Session.call` does.

        `less`: the caller can ask for less. What is too heavy for the server then raises `Unavailable` at once (status
        502 or 504), and is asked again as any other failure of the server else.
        """
        return self._asked(query, variables, what, patience, less=less)[1]

    def _asked(
        self,
        query: str,
        variables: Mapping[str, Any],
        what: str,
        patience: Patience | None = None,
        *,
        less: bool = False,
    ) -> tuple[Answer, Result]:
        for attempt in range(TRIES):
            answer = self._call(query, variables, what, patience, safe=True, less=less)
            result = read_result(answer.data, what)
            if not any(error.limited for error in result.errors):
                return answer, result
            self._wait(answer, attempt, what, patience)
        raise self._exhausted(what)

    def change(self, mutation: str, variables: Mapping[str, Any], what: str, *, prompt: bool = False) -> Result:
        """The result of a mutation. Where a limit stopped all of it, it is sent again; what was done stays done.

        Aliases are executed one after the other; a limit in their middle leaves the rest undone, with an error each.
        `prompt`: it is not sent again. Raises `Throttled` where nothing of it was done.
        """
        from veaf_sync.http import Throttled

        for attempt in range(TRIES):
            self._pace()
            try:
                answer = self._call(mutation, variables, what, None, safe=False, prompt=prompt)
            except Throttled:
                if prompt or attempt == TRIES - 1:
                    raise
                continue  # it was refused unread, so asking again doubles nothing; the session waits as long as told
            result = read_result(answer.data, what)
            if not any(error.limited for error in result.errors):
                return result
            done = any(value is not None for value in result.data.values())
            try:
                self._wait(answer, attempt, what, None)
            except Throttled:
                if not (prompt and done):
                    raise
            if done:
                return result
            if prompt:
                raise Throttled(f"{what}: the rate limit was reached.", fix="Run the same command again later.")
        raise self._exhausted(what)

    def _call(
        self,
        query: str,
        variables: Mapping[str, Any],
        what: str,
        patience: Patience | None,
        *,
        safe: bool,
        less: bool = False,
        prompt: bool = False,
    ) -> Answer:
        return self.session.call(
            "POST",
            self.settings.graphql,
            json={"query": query, "variables": dict(variables)},
            safe=safe,
            final=TOO_HEAVY if less else (),
            what=what,
            patience=patience,
            prompt=prompt,
        )

    def _wait(self, answer: Answer, attempt: int, what: str, patience: Patience | None) -> None:
        """Sit a limit out. Raises `Throttled` where it lasts longer than there is patience."""
        from veaf_sync.http import Patience, told_wait

        told = told_wait(answer.headers, self.clock.now())
        seconds = SECONDARY_WAIT * 2**attempt if told is None else max(told, 1.0)
        (patience or Patience(self.session.limits.wait_budget)).spend(seconds, self.clock, what)
        self.clock.sleep(seconds)

    def _exhausted(self, what: str) -> Exception:
        from veaf_sync.http import Throttled

        return Throttled(f"{what}: the rate limit was reached {TRIES} times.", fix="Run the same command again later.")

    def _pace(self) -> None:
        now = self.clock.monotonic()
        if self._wrote is not None and (left := self._wrote + WRITE_PAUSE - now) > 0:
            self.clock.sleep(left)
        self._wrote = self.clock.monotonic()

    def _ask_server(self) -> Server:
        from veaf_sync.http import server_time

        what = "Asking who we are and what the server knows"
        answer, result = self._asked(queries.SERVER, {}, what)
        data = result.complete(what)
        user = line((data.get("viewer") or {}).get("login"))
        if not user:
            raise AuthError("GitHub answers, but as to nobody.", fix="Check the source's token.")
        project = _args(data.get("project"), "items")
        if project is None:
            raise Incomplete(
                "The server does not know projects.", fix="It is too old; upgrade the GitHub Enterprise Server."
            )
        issue = _names(data.get("issue"))
        return Server(
            user=user,
            time=server_time(answer.headers, self.clock.now()),
            archived="archivedStates" in project,
            issue_types="issueType" in issue,
            sub_issues="parent" in issue,
            issue_fields=data.get("issueField") is not None,
            option_ids="id" in _names(data.get("option"), "inputFields"),
        )


def _names(type_: Any, of: str = "fields") -> frozenset[str]:
    fields = type_.get(of) if isinstance(type_, dict) else None
    return frozenset(line(field.get("name")) for field in fields or () if isinstance(field, dict))


def _args(type_: Any, name: str) -> frozenset[str] | None:
    """The names of the arguments of a type's field; `None` where the server does not have it."""
    for field in (type_.get("fields") or ()) if isinstance(type_, dict) else ():
        if isinstance(field, dict) and field.get("name") == name:
            return frozenset(line(arg.get("name")) for arg in field.get("args") or () if isinstance(arg, dict))
    return None
