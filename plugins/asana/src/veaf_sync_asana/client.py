"""Asking Asana: who we are, lists page by page, and many small questions in one request."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from veaf_sync.clock import Clock
from veaf_sync.connector import Identity
from veaf_sync.connector.texts import line
from veaf_sync.credentials import redact
from veaf_sync.errors import AuthError, Forbidden, Incomplete, Rejected, SourceError, TokenExpired
from veaf_sync_asana.settings import AsanaSettings

if TYPE_CHECKING:
    from veaf_sync.http import Answer, Patience, Session

PAGE = 100
AT_ONCE = 10
"""Actions in one batch: https://developers.asana.com/docs/batch-requests"""
MOST_PAGES = 100_000
TRIES = 4
PAID = 402
"""What a feature that is paid for answers in a free workspace."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who asks, where, and what the server's clock said when first asked."""

    user: str
    workspace: str
    workspace_name: str
    time: datetime


@dataclass(frozen=True, slots=True)
class Action:
    """One question or change of a batch: a path, and `opt_fields` and `limit` (`get`) or data (`post`, `put`)."""

    method: str
    path: str
    given: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As a batch takes it: a path without a query, its parameters beside it."""
        sent: dict[str, Any] = {"method": self.method, "relative_path": self.path}
        if self.method != "get":
            return {**sent, "data": dict(self.given)}
        options = {"limit": self.given["limit"]} if "limit" in self.given else {}
        return {**sent, "options": {**options, "fields": self.given["opt_fields"].split(",")}}


@dataclass(frozen=True, slots=True)
class Reply:
    """What one action of a batch brought. `body` is the answer's JSON, an object."""

    status: int
    body: Mapping[str, Any]

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def data(self) -> Any:
        return self.body.get("data")

    @property
    def message(self) -> str:
        return said(self.body) or f"answered {self.status}"

    def raised(self, what: str) -> SourceError:
        """As the error that says what the caller does next."""
        text = f"{what}: {self.message.rstrip('.')} ({self.status})."
        if self.status == 401:
            return AuthError(text, fix="veaf-sync check --online")
        if self.status == 403:
            return Forbidden(text, fix="Give this user the permission, or leave it out.")
        if self.status in (408, 429) or self.status >= 500:
            return Incomplete(text, fix="Run the same command again.")
        return Rejected(text, status=self.status)


class Client:
    """Asana's interface on our session. What is no object with `data` is no answer."""

    def __init__(self, settings: AsanaSettings, session: Session, clock: Clock) -> None:
        from veaf_sync.http import Credential  # requests costs start-up time

        self.settings = settings
        self.session = session
        self.clock = clock
        session.auth = Credential(settings.token)
        self._site: Site | None = None
        self._lock = threading.RLock()

    @property
    def site(self) -> Site:
        """The site; one request on first use."""
        with self._lock:
            if self._site is None:
                self._site = self._ask_site()
            return self._site

    def identify(self) -> Identity:
        """Who we are, asked once. Raises `AuthError` where the token is refused or sees no such workspace."""
        site = self.site
        notes = () if self.settings.site.startswith("https:") else ("The site is reached without TLS.",)
        product = f"Asana, workspace {site.workspace_name or site.workspace}"
        return Identity(site.user, site.time, product=product, notes=notes)

    def ask(
        self, path: str, what: str, *, taken: Sequence[int] = (), patience: Patience | None = None, **params: Any
    ) -> Answer:
        """One question. Raises what `Session.call` raises, and `Incomplete` for what is no object."""
        url = f"{self.settings.api}{path}"
        answer = self.session.call("GET", url, params=params, taken=taken, what=what, patience=patience)
        if not isinstance(answer.data, dict):
            raise Incomplete(f"{what}: the answer is not one of Asana.")
        return answer

    def post(self, path: str, data: Mapping[str, Any], what: str) -> Any:
        """One change that is not sent twice; its answer's data."""
        answer = self.session.call("POST", f"{self.settings.api}{path}", json={"data": dict(data)}, what=what)
        if not isinstance(answer.data, dict):
            raise Incomplete(f"{what}: the answer is not one of Asana.")
        return answer.data.get("data")

    def pages(
        self, path: str, what: str, *, after: str | None = None, patience: Patience | None = None, **params: Any
    ) -> Iterator[tuple[list[Mapping[str, Any]], str | None]]:
        """A list page by page, each with the place behind it, `None` at the end.

        Raises `TokenExpired` where the place `after` is not known any more, `Incomplete` for what goes in circles.
        """
        offset, seen = after, set[str]()
        for _ in range(MOST_PAGES):
            sent = {**params, "limit": PAGE} | ({} if offset is None else {"offset": offset})
            try:
                answer = self.ask(path, what, patience=patience, **sent)
            except Rejected as refusal:
                if offset is not None and refusal.status == 400:
                    raise TokenExpired(f"{what}: the place in the list is not known any more.") from refusal
                raise
            rows, offset = rows_of(answer.data, what)
            if offset is not None and offset in seen:
                raise Incomplete(f"{what}: the same place was answered twice; the walk would not end.")
            yield rows, offset
            if offset is None:
                return
            seen.add(offset)
        raise Incomplete(f"{what}: more than {MOST_PAGES} pages.")

    def rows(self, path: str, what: str, **params: Any) -> list[Mapping[str, Any]]:
        """A whole list."""
        return [row for rows, _ in self.pages(path, what, **params) for row in rows]

    def batch(
        self, actions: Sequence[Action], what: str, *, patience: Patience | None = None, prompt: bool = False
    ) -> list[Reply]:
        """A reply for each of up to ten actions, in their order. They are done side by side.

        Reading is asked again where the answer is lost; a change is not. Where the limit of requests would be passed,
        none was done: the whole is sent again after the wait, unless it is `prompt`, as `Session.call` has it.
        """
        body = {"data": {"actions": [action.as_json() for action in actions]}}
        reads = all(action.method == "get" for action in actions)
        url = f"{self.settings.api}/batch"
        for attempt in range(TRIES):
            try:
                answer = self.session.call(
                    "POST", url, json=body, safe=reads, what=what, patience=patience, prompt=prompt
                )
                break
            except Incomplete as error:
                from veaf_sync.http import Throttled

                if reads or prompt or not isinstance(error, Throttled) or attempt == TRIES - 1:
                    raise  # a change whose answer was lost may be done; one refused with 429 is not
        rows = answer.data.get("data") if isinstance(answer.data, dict) else None
        if not isinstance(rows, list) or len(rows) != len(actions):
            raise Incomplete(f"{what}: the answer does not hold {len(actions)} replies.")
        return [_reply(row, what) for row in rows]

    def _ask_site(self) -> Site:
        from veaf_sync.http import server_time

        what = "Asking who we are"
        answer = self.ask("/users/me", what, opt_fields="name,email,workspaces,workspaces.name")
        data = answer.data.get("data")
        user = (line(data.get("email")) or line(data.get("name"))) if isinstance(data, dict) else ""
        if not user:
            raise AuthError("Asana answers, but as to nobody.", fix="Check the source's token.")
        seen = {
            str(one["gid"]): line(one.get("name"))
            for one in data.get("workspaces") or ()
            if isinstance(one, dict) and one.get("gid")
        }
        workspace = self._workspace(seen)
        return Site(user, workspace, seen[workspace], server_time(answer.headers, self.clock.now()))

    def _workspace(self, seen: Mapping[str, str]) -> str:
        wanted = self.settings.workspace.strip()
        found = [gid for gid, name in seen.items() if not wanted or wanted in (gid, name)]
        if len(found) == 1:
            return found[0]
        names = ", ".join(f"{name} ({gid})" for gid, name in sorted(seen.items(), key=lambda each: each[1])) or "none"
        if not found:
            raise AuthError(f"The token sees no workspace {wanted!r}.".replace(" ''", ""), fix=f"It sees: {names}.")
        raise AuthError(
            "The token sees several workspaces, and the source does not say which one is meant.",
            fix=f"Set workspace: to one of {names}.",
        )


def said(body: Any) -> str:
    """The messages of an error's body."""
    errors = body.get("errors") if isinstance(body, dict) else None
    texts = [line(one.get("message")) for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    return redact("; ".join(text for text in texts if text))[:300]


def rows_of(body: Mapping[str, Any], what: str) -> tuple[list[Mapping[str, Any]], str | None]:
    """The objects of a page, and the place behind it. Raises `Incomplete` for what is no page."""
    rows, rest = body.get("data"), body.get("next_page")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and row.get("gid") for row in rows):
        raise Incomplete(f"{what}: the answer holds no list of things with ids.")
    if rest is None:
        return rows, None
    offset = rest.get("offset") if isinstance(rest, dict) else None
    if not isinstance(offset, str) or not offset:
        raise Incomplete(f"{what}: the answer says that more follows, but not where.")
    return rows, offset


def _reply(row: Any, what: str) -> Reply:
    status = row.get("status_code") if isinstance(row, dict) else None
    body = row.get("body") if isinstance(row, dict) else None
    if not isinstance(status, int):
        raise Incomplete(f"{what}: a reply has no status.")
    return Reply(status, body if isinstance(body, dict) else {})
