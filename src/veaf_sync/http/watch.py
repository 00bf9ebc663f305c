"""A deadline over one exchange on the network, held by real time.

A socket's own time-out bounds each wait, not their sum: one byte a second keeps it content for ever. So a
timer shuts the socket when the deadline passes, whatever the exchange is waiting for: headers or body.
"""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_current = threading.local()


class Watch:
    """Context manager around one attempt: within it, this thread's connection is shut after `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = max(0.001, seconds)
        self._started = time.monotonic()
        self._socket: socket.socket | None = None
        self._shut = False
        self._timer = threading.Timer(self._seconds, self._shut_down)
        self._timer.daemon = True

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

    def _shut_down(self) -> None:
        self._shut = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except (OSError, ValueError):
                return  # it ended by itself meanwhile

    def __enter__(self) -> Watch:
        _current.watch = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        _current.watch = None


def _adopt(sock: Any) -> None:
    watch: Watch | None = getattr(_current, "watch", None)
    if watch is not None and sock is not None:
        watch.adopt(sock)


class _Watched(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _adopt(self.sock)

    def request(self, *args: Any, **kwargs: Any) -> None:
        _adopt(self.sock)  # a connection that was kept open does not connect again
        super().request(*args, **kwargs)


class _WatchedTLS(HTTPSConnection):
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
