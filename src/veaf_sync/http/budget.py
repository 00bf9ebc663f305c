"""What the workers of a process share: rates, concurrency and pauses per host and endpoint."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from veaf_sync.clock import Clock, SystemClock
from veaf_sync.http.bucket import TokenBucket
from veaf_sync.http.limits import Limits, Patience

_ROUNDING = 1e-6  # seconds: a rest that a sleep of the same length may leave over
_IDENTIFIER = re.compile(r"\d+|[A-Z][A-Z0-9_]*-\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|[0-9a-fA-F]{16,}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A host and a path with its ids taken out: what a tool limits as one thing."""

    host: str
    path: str

    @classmethod
    def of(cls, host: str, path: str) -> Endpoint:
        """The endpoint of a request path: `/rest/api/3/issue/PAY-1` is `/rest/api/3/issue/{}`."""
        parts = path.split("/")
        named = [
            "{}" if _IDENTIFIER.fullmatch(part) and before != "api" else part for before, part in pairwise(["", *parts])
        ]
        return cls(host, "/".join(named))


@dataclass(slots=True)
class _Line:
    """The queue before one endpoint and method."""

    bucket: TokenBucket
    running: int = 0
    free: threading.Condition = field(default_factory=threading.Condition)


class Budget:
    """Turns for requests, asked for before each one is sent. Thread-safe; share one among all workers of a process."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._lines: dict[tuple[Endpoint, str], _Line] = {}
        self._pauses: dict[Endpoint, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, endpoint: Endpoint, method: str, limits: Limits, patience: Patience, what: str) -> Iterator[None]:
        """Wait for a turn and hold it. Raises `Throttled` when a pause outlasts `patience`."""
        line = self._line(endpoint, method, limits)
        with line.free:
            while line.running >= limits.concurrency:
                line.free.wait()
            line.running += 1
            wait = line.bucket.reserve(self._clock.monotonic())
        try:
            if wait > 0:
                self._clock.sleep(wait)
            self._sit_out(endpoint, patience, what)
            yield
        finally:
            with line.free:
                line.running -= 1
                line.free.notify()

    def pause(self, endpoint: Endpoint, seconds: float) -> None:
        """Nobody sends to `endpoint` for `seconds` from now; a longer pause already there stays."""
        until = self._clock.monotonic() + seconds
        with self._lock:
            self._pauses[endpoint] = max(until, self._pauses.get(endpoint, until))

    def paused(self, endpoint: Endpoint) -> float:
        """Seconds that `endpoint` is still paused, 0 when it is not."""
        with self._lock:
            left = self._pauses.get(endpoint, 0.0) - self._clock.monotonic()
        return left if left > _ROUNDING else 0.0

    def _sit_out(self, endpoint: Endpoint, patience: Patience, what: str) -> None:
        while (left := self.paused(endpoint)) > 0:
            patience.spend(left, self._clock, what)
            self._clock.sleep(left)

    def _line(self, endpoint: Endpoint, method: str, limits: Limits) -> _Line:
        with self._lock:
            if (endpoint, method) not in self._lines:
                rate = limits.rate(method)
                self._lines[endpoint, method] = _Line(TokenBucket(rate, max(1.0, rate)))
            return self._lines[endpoint, method]
