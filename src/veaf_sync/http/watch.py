"""A deadline over one exchange on the network, held by real time, and a look at whom a connection has reached.

A socket's own time-out bounds each wait, not their sum: one byte a second keeps it content for ever. So a
thread shuts the socket when the deadline passes, whatever the exchange is waiting for: headers or body.
"""

from __future__ import annotations

import math
import socket
import threading
import time
from types import TracebackType
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from veaf_sync.http.peers import refuse_metadata

_current = threading.local()


class Watch:
    """Context manager around one attempt: within it, this thread's connection is shut after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = max(0.001, seconds)
        self._started = time.monotonic()
        self._socket: socket.socket | None = None
        self._shut = False

    @property
    def expired(self) -> bool:
        """Whether the deadline passed."""
        return self._shut or self.elapsed >= self._seconds

    @property
    def elapsed(self) -> float:
        """Seconds since the attempt began."""
        return time.monotonic() - self._started

    def adopt(self, sock: Any) -> None:
        """Watch over `sock` from now on."""
        self._socket = sock

    def shut_down(self) -> None:
        """The deadline passed: end what the connection waits for."""
        self._shut = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except (OSError, ValueError):
                return  # it ended by itself meanwhile

    def __enter__(self) -> Watch:
        _current.watch = self
        _guard.add(self, self._started + self._seconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _guard.drop(self)
        _current.watch = None


class _Guard:
    """One thread for the deadlines of all exchanges: to start one for each costs more than the exchange."""

    def __init__(self) -> None:
        self._due: dict[Watch, float] = {}
        self._changed = threading.Condition()
        self._wakes = math.inf
        self._thread: threading.Thread | None = None

    def add(self, watch: Watch, due: float) -> None:
        """Shut `watch` down at `due` (monotonic seconds) unless it is dropped before."""
        with self._changed:
            self._due[watch] = due
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, daemon=True, name="deadlines")
                self._thread.start()
            elif due < self._wakes:
                self._changed.notify()

    def drop(self, watch: Watch) -> None:
        """Its exchange ended: from now on the connection may be another's, and is not shut for `watch`."""
        with self._changed:
            self._due.pop(watch, None)
            watch.adopt(None)

    def _run(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                late = [watch for watch, due in self._due.items() if due <= now]
                for watch in late:
                    del self._due[watch]
                    watch.shut_down()  # before `drop` can give its connection to another exchange
                self._wakes = min(self._due.values(), default=math.inf)
                if not late:
                    self._changed.wait(min(self._wakes - now, threading.TIMEOUT_MAX))


_guard = _Guard()


def _adopt(sock: Any) -> None:
    watch: Watch | None = getattr(_current, "watch", None)
    if watch is not None and sock is not None:
        watch.adopt(sock)


def _reached(connection: HTTPConnection, sock: socket.socket) -> socket.socket:
    if connection.proxy is None:  # a proxy looks names up itself
        refuse_metadata(connection.host, sock)
    return sock


class _Watched(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _reached(self, super()._new_conn())

    def connect(self) -> None:
        super().connect()
        _adopt(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _adopt(self.sock)  # a connection that was kept open does not connect again
        super().request(*args, **kwargs)


class _WatchedTLS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _reached(self, super()._new_conn())

    def connect(self) -> None:
        super().connect()
        _adopt(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _adopt(self.sock)
        super().request(*args, **kwargs)


class WatchedPool(HTTPConnectionPool):
    """Connections of which the thread's `Watch` knows."""

    ConnectionCls = _Watched


class WatchedTLSPool(HTTPSConnectionPool):
    """The same, with TLS."""

    ConnectionCls = _WatchedTLS


POOLS = {"http": WatchedPool, "https": WatchedTLSPool}
