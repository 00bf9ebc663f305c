"""The adapter that every request of a source passes through."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from requests import PreparedRequest, Response, exceptions
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from urllib3.exceptions import HTTPError

from veaf_sync.clock import Clock
from veaf_sync.errors import Incomplete, Rejected
from veaf_sync.http.body import BodyTooLarge, DeadlinePassed, read_body
from veaf_sync.http.budget import Budget, Endpoint
from veaf_sync.http.hosts import Hosts
from veaf_sync.http.limits import Limits, Patience, Throttled
from veaf_sync.http.waits import told_wait
from veaf_sync.http.watch import POOLS, Watch
from veaf_sync.http.wording import RedactSecrets, network_reason, tidy

log = logging.getLogger("veaf_sync.http")
for _name in ("veaf_sync.http", "urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(RedactSecrets())

REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
TRANSIENT = frozenset({429, 500, 502, 503, 504})
_jitter = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Manner:
    """How one request is to be treated: may it be repeated, how long may it wait, what is it called in errors.

    `final` are statuses behind which it is not repeated, whatever it is. `prompt`: it is not repeated at all.
    """

    safe: bool = False
    patience: Patience | None = None
    what: str = ""
    final: frozenset[int] = frozenset()
    prompt: bool = False

    def mark(self, request: PreparedRequest) -> None:
        """Let `request` carry this to the adapter."""
        request.veaf_manner = self  # type: ignore[attr-defined]

    @classmethod
    def hand_on(cls, request: PreparedRequest, following: PreparedRequest) -> None:
        """Let what follows a redirected `request` be treated like it."""
        cls.of(request).mark(following)

    @classmethod
    def of(cls, request: PreparedRequest) -> Manner:
        """What `request` carries; the defaults for one that was not sent by `Session.call`."""
        carried = getattr(request, "veaf_manner", None)
        return carried if isinstance(carried, Manner) else cls()


class _Again(Exception):
    """An attempt failed in a way that may pass. `seconds`: how long to wait before the next."""

    def __init__(self, reason: str, seconds: float, throttled: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds
        self.throttled = throttled


@dataclass(slots=True)
class _Exchange:
    """One request with all its attempts."""

    request: PreparedRequest
    endpoint: Endpoint
    patience: Patience
    what: str
    repeatable: bool
    final: frozenset[int]
    network: Mapping[str, Any]
    seconds_left: float
    attempts: int = 0


class Adapter(HTTPAdapter):
    """Holds a source's requests to its hosts, limits, deadline and body cap, and repeats what may be repeated.

    `answered` is called with every request and answer, `sending` before every attempt.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        hosts: Hosts,
        budget: Budget,
        limits: Limits,
        sending: Callable[[], None],
        answered: Callable[[PreparedRequest, Response], None],
    ) -> None:
        self._clock = clock
        self._hosts = hosts
        self._budget = budget
        self._limits = limits
        self._sending = sending
        self._answered = answered
        super().__init__(pool_connections=4, pool_maxsize=4 * limits.concurrency, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Response:
        """Send `request` and read the whole answer, whatever its status.

        A caller's own `timeout` and `stream` are not used: the limits hold always. Raises `Rejected` for a host
        that is not configured, `Throttled` and `Incomplete` where no usable answer came in time.
        """
        url = self._hosts.require(request.url or "")
        if not verify:
            raise Rejected(
                "A request without TLS verification was refused. Nothing was sent.",
                fix="Set REQUESTS_CA_BUNDLE to your organisation's certificate file.",
            )
        manner, method = Manner.of(request), (request.method or "GET").upper()
        exchange = _Exchange(
            request=request,
            endpoint=Endpoint.of(url.netloc or "", url.path or "/"),
            patience=manner.patience or Patience(self._limits.wait_budget),
            what=manner.what or f"{method} {tidy(url.path or '/', 120)}",
            repeatable=not manner.prompt and (manner.safe or method in REPEATABLE),
            final=manner.final,
            network={"verify": verify, "cert": cert, "proxies": proxies},
            seconds_left=self._limits.deadline,
        )
        attempts = self._limits.retries + 1 if exchange.repeatable else 1
        retrying = Retrying(
            stop=stop_after_attempt(attempts),
            retry=retry_if_exception_type(_Again),
            wait=lambda state: _failure(state).seconds,
            before_sleep=lambda state: exchange.patience.spend(_failure(state).seconds, self._clock, exchange.what),
            sleep=self._clock.sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, exchange)
        except _Again as again:
            tries = f" after {exchange.attempts} attempts" if exchange.attempts > 1 else ""
            said, fix = f"{exchange.what}: {again.reason}{tries}.", "Run the same command again; it goes on from here."
            if again.throttled:
                raise Throttled(said, fix=fix, seconds=again.seconds) from None
            raise Incomplete(said, fix=fix) from None

    def _attempt(self, exchange: _Exchange) -> Response:
        method = exchange.request.method or "GET"
        with self._budget.turn(exchange.endpoint, method, self._limits, exchange.patience, exchange.what):
            exchange.attempts += 1
            self._sending()
            response = self._exchange(exchange)
            again = self._refusal(exchange, response)
        log.debug("%s %s: %s, %d bytes", method, exchange.endpoint.path, response.status_code, len(response.content))
        self._answered(exchange.request, response)
        if again is not None:
            raise again
        return response

    def _refusal(self, exchange: _Exchange, response: Response) -> _Again | None:
        """Why `response` must be asked for again; pauses the endpoint for everybody before the turn is given back."""
        throttled = response.status_code == 429 or _asks_to_wait(response)
        if not throttled and (response.status_code not in TRANSIENT or response.status_code in exchange.final):
            return None
        told = told_wait(response.headers, self._clock.now())
        seconds = max(told or 0.0, self._backoff(exchange.attempts))
        if throttled or (response.status_code == 503 and told):
            self._budget.pause(exchange.endpoint, seconds)
        if throttled or exchange.repeatable:
            return _Again(f"answered {response.status_code}", seconds, throttled)
        return None

    def _exchange(self, exchange: _Exchange) -> Response:
        limits = self._limits
        if exchange.seconds_left <= 0:
            raise self._too_late(exchange)
        timeout = (limits.connect_timeout, min(limits.read_timeout, exchange.seconds_left))
        response: Response | None = None
        with Watch(exchange.seconds_left) as watch:
            try:
                response = super().send(exchange.request, stream=True, timeout=timeout, **exchange.network)
                read_body(response, limits.body_cap, watch)
            except BodyTooLarge:
                cap = f"{limits.body_cap / 2**20:g} MB"
                raise Incomplete(f"{exchange.what}: the answer is larger than {cap}; it was not read on.") from None
            except (DeadlinePassed, exceptions.RequestException, HTTPError, OSError) as error:
                if watch.expired:
                    raise self._too_late(exchange) from None
                raise self._failed(exchange, error) from None
            else:
                return response
            finally:
                exchange.seconds_left -= watch.elapsed
                if response is not None and not vars(response).get("_content_consumed"):
                    response.close()

    def _failed(self, exchange: _Exchange, error: Exception) -> Exception:
        if isinstance(error, (exceptions.InvalidURL, exceptions.InvalidSchema, exceptions.InvalidHeader)):
            return Rejected(f"{exchange.what}: the request cannot be sent ({tidy(str(error), 120)}).")
        reason = network_reason(error)
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return Incomplete(
                f"{exchange.what}: the server's TLS certificate is not trusted.",
                fix="Set REQUESTS_CA_BUNDLE to your organisation's certificate file.",
            )
        return _Again(reason, self._backoff(exchange.attempts))

    def _too_late(self, exchange: _Exchange) -> Incomplete:
        return Incomplete(
            f"{exchange.what}: no complete answer within {self._limits.deadline:g} s.",
            fix="Run the same command again; it goes on from here.",
        )

    def _backoff(self, attempt: int) -> float:
        """Exponential from `limits.backoff`, with up to as much again as jitter."""
        seconds = min(self._limits.backoff * 2.0 ** (attempt - 1), self._limits.backoff_max)
        return seconds * (1 + _jitter.random())


def _asks_to_wait(response: Response) -> bool:
    """Some tools say with 403 that a limit is reached: then nothing is left, or the answer says how long to wait."""
    if response.status_code != 403:
        return False
    spent = response.headers.get("X-RateLimit-Remaining") == "0" and "X-RateLimit-Reset" in response.headers
    return spent or response.headers.get("Retry-After", "0").strip() != "0"


def _failure(state: RetryCallState) -> _Again:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, _Again)  # noqa: S101  tenacity waits only after a failure that it retries
    return error
