"""The site: its addresses, who we are there, its edition, its clock, its fields."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from veaf_sync.clock import Clock
from veaf_sync.connector import Identity
from veaf_sync.errors import AuthError, Incomplete, SourceError
from veaf_sync_jira.fields import Fields, discover
from veaf_sync_jira.settings import JiraSettings
from veaf_sync_jira.texts import instant, line

if TYPE_CHECKING:
    from veaf_sync.http import Answer, Patience, Session


@dataclass(frozen=True, slots=True)
class Site:
    """What the server says about itself. `address` is where people open it."""

    cloud: bool
    version: str
    address: str
    time: datetime


class _Library:
    """What the `jira` library sees as its session: our own, with its errors, and nothing of its retry layer."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, url: str, params: Mapping[str, Any] | None = None, **_: Any) -> Any:
        """A GET whose answer was judged already."""
        return self._session.call("GET", url, params=params).response

    def close(self) -> None:
        """The library closes its session when it is collected; ours is not its to close."""


class Client:
    """The `jira` library's client for addresses and metadata, on our session, and the calls that it does not know."""

    def __init__(self, settings: JiraSettings, session: Session, clock: Clock) -> None:
        from jira import JIRA  # takes 0.2 s to import, which commands that only read the store need not pay

        from veaf_sync.http import Credential

        self.settings = settings
        self.session = session
        self.clock = clock
        session.auth = Credential(settings.token, settings.user, hide_user=False)
        self._version = "3" if settings.cloud else "2"
        self._library = JIRA(
            settings.site, get_server_info=False, max_retries=0, options={"rest_api_version": self._version}
        )
        self._library._session = _Library(session)  # type: ignore[assignment]
        self._library.deploymentType = "Cloud"
        self._lock = threading.RLock()
        self._fields_lock = threading.Lock()
        self._site: Site | None = None
        self._identity: Identity | None = None
        self._fields: Fields | None = None

    def identify(self) -> Identity:
        """Who we are, by two requests at once. Raises `AuthError` for a credential that is refused or is nobody's.

        Where the settings do not say the edition, both are asked under version 2, which either answers.
        """
        with self._lock:
            if self._identity is not None:
                return self._identity
            with ThreadPoolExecutor(1, "jira-myself") as beside:
                asked = beside.submit(self._library.myself)
                self._site = self._ask_site()
                try:
                    myself = asked.result()
                except AuthError as refused:
                    raise self._scoped(refused) from refused
            self._library._options["rest_api_version"] = "3" if self._site.cloud else "2"
            user = next((text for key in ("emailAddress", "name", "accountId") if (text := _text(myself, key))), "")
            if not (_text(myself, "accountId") or _text(myself, "name") or _text(myself, "key")):
                raise AuthError(
                    "Jira answers, but as an anonymous visitor: the credentials were not taken.",
                    fix="Check the source's user and token, then: veaf-sync check --online",
                )
            notes = () if self.settings.site.startswith("https:") else ("The site is reached without TLS.",)
            self._identity = Identity(
                user=user,
                server_time=self._site.time,
                time_zone=_text(myself, "timeZone") or "UTC",
                product=f"Jira {'Cloud' if self._site.cloud else 'Data Center'} {self._site.version}".rstrip(),
                notes=notes,
            )
            return self._identity

    def _scoped(self, refused: AuthError) -> AuthError:
        """The same refusal, with what helps where the token is a scoped one: those work at the gateway only."""
        if not self.settings.user or self.settings.gateway or not self._site or not self._site.cloud:
            return refused
        try:
            told = self.session.call("GET", f"{self.settings.site}/_edge/tenant_info", what="Asking for the cloud id")
        except SourceError:
            return refused
        cloud = _text(told.data, "cloudId")
        if not cloud:
            return refused
        gateway = f"https://api.atlassian.com/ex/jira/{cloud}"
        return AuthError(refused.message, fix=f"A token with scopes works only at site: {gateway}. {refused.fix}")

    @property
    def site(self) -> Site:
        """The site; on first use it is asked, and who we are there."""
        with self._lock:
            if self._site is None or self._identity is None:
                self.identify()
            assert self._site is not None  # noqa: S101  identify() sets it or raises
            return self._site

    @property
    def fields(self) -> Fields:
        """The site's fields; one request on first use."""
        self._know_the_edition()
        with self._fields_lock:
            if self._fields is None:
                tag = (self.settings.tag.field or "") if self.settings.tag else ""
                self._fields = discover(self._library.fields(), self.settings.fields, tag)
            return self._fields

    @property
    def properties(self) -> dict[str, list[str]]:
        """What a reading request says of properties: that in which our tags stand, on Cloud."""
        tag = self.settings.tag
        return {"properties": [tag.property_]} if tag and tag.property_ and self.site.cloud else {}

    def _know_the_edition(self) -> None:
        """Before a request whose address depends on it; on Cloud, where the settings say it, nothing is asked.

        Data Center counts refused credentials and shuts their user out, so one request at a time is tried there.
        """
        if not self.settings.cloud:
            _ = self.site

    @contextmanager
    def opening(self) -> Iterator[None]:
        """Ask what every reading needs, who we are and the fields, while the caller asks for something else.

        The caller's failure waits for ours, which tell more: raises what `identify` does. Where the fields fail,
        whoever needs them first asks again and is told.
        """

        def ask_fields() -> None:
            with suppress(Exception):
                _ = self.fields

        self._know_the_edition()
        with ThreadPoolExecutor(2, "jira-opening") as beside:
            identity = beside.submit(self.identify)
            beside.submit(ask_fields)
            try:
                yield
            finally:
                identity.result()

    def call(
        self,
        method: str,
        path: str,
        *,
        what: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        safe: bool = False,
        taken: Sequence[int] = (),
        patience: Patience | None = None,
        prompt: bool = False,
    ) -> Answer:
        """A request to the site's API. Raises what `Session.call` raises, and `AuthError` for an anonymous answer."""
        self._know_the_edition()
        url = self._library._get_url(path)
        answer = self.session.call(
            method,
            url,
            params=params,
            json=json,
            safe=safe,
            taken=taken,
            what=what,
            patience=patience,
            prompt=prompt,
        )
        if answer.headers.get("X-AUSERNAME", "").lower() == "anonymous":
            raise AuthError(f"{what}: answered as to an anonymous visitor.", fix="veaf-sync check --online")
        return answer

    def _ask_site(self) -> Site:
        url = f"{self.settings.site}/rest/api/{self._version}/serverInfo"
        answer = self.session.call("GET", url, what="Asking for the server's edition and time")
        info = answer.data
        if not isinstance(info, dict) or not (info.get("deploymentType") or info.get("version")):
            raise Incomplete("The server does not answer like a Jira.", fix=f"Is {self.settings.site} the right site?")
        known = self.settings.cloud
        cloud = info.get("deploymentType") == "Cloud" if known is None else known
        shown = next(
            (text for key in ("displayUrl", "baseUrl") if (text := _text(info, key)).startswith("https://")), ""
        )
        address = shown.rstrip("/") if self.settings.gateway and shown else self.settings.site
        return Site(cloud, "" if cloud else _text(info, "version"), address, _server_time(answer, self.clock))


def _text(data: Any, key: str) -> str:
    return line(data.get(key)) if isinstance(data, dict) else ""


def _server_time(answer: Answer, clock: Clock) -> datetime:
    """The server's own clock: what it says, else the answer's `Date`, else ours."""
    from veaf_sync.http import server_time

    try:
        if told := instant(answer.data.get("serverTime")):
            return told
    except ValueError:
        pass  # an unusual form: the header says the same
    return server_time(answer.headers, clock.now())
