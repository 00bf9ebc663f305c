"""A small real server on loopback whose answers a test writes as raw bytes."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from veaf_sync.clock import ManualClock
from veaf_sync.http import Budget, Limits, Session

Script = Callable[["Wire", int], None]


class Wire:
    """One accepted connection: what came in, and raw bytes out."""

    def __init__(self, sock: socket.socket, head: bytes) -> None:
        self.sock = sock
        self.head = head.decode("latin-1")

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, status: int = 200, body: bytes = b"{}", **headers: str) -> None:
        """A whole answer; header names are written with underscores."""
        lines = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        lines.update({name.replace("_", "-"): value for name, value in headers.items()})
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.send(f"HTTP/1.1 {status} Word\r\n{head}Connection: close\r\n\r\n".encode() + body)


class RawServer:
    """Runs `script(wire, n)` for the n-th request (from 1), one thread a connection."""

    def __init__(self) -> None:
        self.script: Script = lambda wire, n: wire.answer()
        self.heads: list[str] = []
        self.times: list[float] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            try:
                data = b""
                while b"\r\n\r\n" not in data:
                    chunk = sock.recv(65536)
                    if not chunk:
                        return
                    data += chunk
                head, _, rest = data.partition(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.lower()[:15] == b"content-length:"), 0
                )
                while len(rest) < length:
                    rest += sock.recv(65536)
                with self._lock:
                    self.heads.append(head.decode("latin-1"))
                    self.times.append(time.monotonic())
                    number = len(self.heads)
                self.script(Wire(sock, head), number)
            except OSError:
                return

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accepting thread
        self._listener.close()


@pytest.fixture
def server() -> Iterator[RawServer]:
    raw = RawServer()
    yield raw
    raw.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 24, 12, tzinfo=UTC))


@pytest.fixture
def make_session(server: RawServer, clock: ManualClock) -> Iterator[Callable[..., Session]]:
    """`make_session(**limits)`: a session that may talk to the server; `budget` can be shared."""
    made: list[Session] = []

    def make(*, budget: Budget | None = None, hosts: tuple[str, ...] = (), **limits: object) -> Session:
        session = Session(
            clock=clock,
            hosts=(server.host, *hosts),
            budget=budget,
            limits=Limits(**limits),  # type: ignore[arg-type]
        )
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()
