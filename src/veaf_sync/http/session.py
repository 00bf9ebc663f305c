"""The session that a connector, and the client library it may use, talk through."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import requests
from requests import PreparedRequest, Response
from requests.auth import AuthBase
from requests.exceptions import TooManyRedirects

from veaf_sync._version import __version__
from veaf_sync.clock import Clock
from veaf_sync.errors import Incomplete
from veaf_sync.http.adapter import REPEATABLE, Adapter, Manner
from veaf_sync.http.answers import Answer, Unreadable, judge
from veaf_sync.http.auth import NoCredential
from veaf_sync.http.budget import Budget
from veaf_sync.http.hosts import Hosts
from veaf_sync.http.limits import Limits, Patience

_REDIRECTS = 5


class Session(requests.Session):
    """A `requests` session held to `hosts`, `limits` and the shared `budget`. Safe for several threads.

    `requests_sent` counts what went out, repeats included; every function in `observers` is called with each
    request and its answer. Plain `get`, `post` … return answers of any status, as `requests` does; `call` maps
    them to data or errors.
    """

    def __init__(
        self, *, clock: Clock, hosts: Sequence[str], budget: Budget | None = None, limits: Limits | None = None
    ) -> None:
        super().__init__()
        self.clock = clock
        self.limits = limits or Limits()
        self.requests_sent = 0
        self.observers: list[Callable[[PreparedRequest, Response], None]] = []
        self._hosts = Hosts(hosts)
        self._count_lock = threading.Lock()
        self._environment: dict[tuple[str | None, str | None], Mapping[str, Any]] = {}
        self.max_redirects = _REDIRECTS
        self.headers["User-Agent"] = f"veaf-sync/{__version__}"
        self.headers["Accept"] = "application/json"
        adapter = Adapter(
            clock=clock,
            hosts=self._hosts,
            budget=budget or Budget(clock),
            limits=self.limits,
            sending=self._count,
            answered=self._observe,
        )
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    @property
    def auth(self) -> AuthBase:
        """What is set on every request. There is always one: without, `requests` would look into ~/.netrc."""
        return self._auth

    @auth.setter
    def auth(self, value: Any) -> None:
        self._auth = value or NoCredential()

    def call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
        final: Collection[int] = (),
        taken: Collection[int] = (),
        what: str = "",
        patience: Patience | None = None,
        prompt: bool = False,
    ) -> Answer:
        """Send a request and return its JSON.

        `safe` marks a POST that may be repeated, `final` are statuses behind which it is not, `taken` those that are an
        answer as good as 200, `what` names the request in errors, `patience` is the waiting that a longer piece of work
        may still do (default: `limits.wait_budget` for this request alone). An unreadable 200 is asked for once more.
        `prompt`: it rests on what was just read, so it is sent now and once, or not at all: `Throttled`, which says how
        long to wait, where the tool wants to be left alone.
        Raises `AuthError` (401, failed login on any status), `Forbidden` (403), `Rejected` (other 4xx, a host that is
        not configured), `Throttled`, `Unavailable` (5xx), `Unreadable` and `Incomplete`.
        """
        method = method.upper()
        what = what or f"{method} {url.partition('?')[0].partition('://')[2].partition('/')[2]}"
        waiting = Patience(0) if prompt else patience or Patience(self.limits.wait_budget)
        manner = Manner(safe, waiting, what, frozenset(final), prompt)
        try:
            return judge(self._send(method, url, params, json, headers, manner), what, taken)
        except Unreadable:
            if prompt or (not safe and method not in REPEATABLE):
                raise
        return judge(self._send(method, url, params, json, headers, manner), what, taken)

    def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None,
        json: Any,
        headers: Mapping[str, str] | None,
        manner: Manner,
    ) -> Response:
        address = self._hosts.require(url)
        request = self.prepare_request(requests.Request(method, url, params=params, json=json, headers=headers))
        manner.mark(request)
        place = (address.scheme, address.netloc)
        if place not in self._environment:
            self._environment[place] = self.merge_environment_settings(request.url, {}, None, None, None)
        try:
            return self.send(request, allow_redirects=method in ("GET", "HEAD"), **self._environment[place])
        except TooManyRedirects:
            raise Incomplete(f"{manner.what}: redirected more than {_REDIRECTS} times.") from None

    def get_redirect_target(self, resp: Response) -> str | None:
        """Where `resp` leads; `None` (not followed) where that is another host or gives up TLS."""
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        absolute = requests.compat.urljoin(resp.url, target)
        if not self._hosts.allows(absolute):
            return None
        here, there = requests.compat.urlparse(resp.url), requests.compat.urlparse(absolute)
        if here.hostname != there.hostname or (here.scheme == "https" and there.scheme != "https"):
            return None
        return target

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Credentials go only to the host they were set for; ~/.netrc is never looked into."""
        Manner.hand_on(response.request, prepared_request)
        before = response.request.url or ""
        if self.should_strip_auth(before, prepared_request.url or ""):  # type: ignore[no-untyped-call]
            prepared_request.headers.pop("Authorization", None)

    def _count(self) -> None:
        with self._count_lock:
            self.requests_sent += 1

    def _observe(self, request: PreparedRequest, response: Response) -> None:
        for observer in tuple(self.observers):
            observer(request, response)

    def __repr__(self) -> str:
        return f"Session({', '.join(self._hosts.names)})"
