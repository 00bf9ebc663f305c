"""HTTP/1.1 on a socket: requests as they come in, answers as they go out, and the ways in which an answer can fail.

Written on the bare socket for two reasons: faults need it (a reset in mid-body is no HTTP), and it answers several
thousand requests a second, which the standard library's handler does not.
"""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

MAX_BODY = 64 * 1024 * 1024
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class BadRequest(Exception):
    """The request cannot be understood; the emulator answers 400 with this text."""


@dataclass(frozen=True)
class Request:
    """One request. Header names are lower case; `path` is decoded and has no query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    @cached_property
    def query(self) -> Mapping[str, list[str]]:
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def text(self, name: str, default: str = "") -> str:
        """The last value of a query parameter."""
        values = self.query.get(name)
        return values[-1] if values else default

    def json(self) -> Any:
        """The body as JSON. Raises `BadRequest`."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise BadRequest("The request body is not valid JSON.") from None


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `body` is sent as it stands; `Content-Length` is added on the way out."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json;charset=UTF-8"

    @classmethod
    def of(cls, document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """An answer that carries `document` as JSON."""
        return cls(status, json.dumps(document, ensure_ascii=False).encode(), headers or {})

    def head(self, *, length: int | None = None, extra: str = "") -> bytes:
        """Status line and headers; `length` overrides the announced length, a negative one leaves it out."""
        size = len(self.body) if length is None else length
        lines = [f"HTTP/1.1 {self.status} {_REASONS.get(self.status, 'Unknown')}"]
        if self.body or size > 0:
            lines.append(f"Content-Type: {self.content_type}")
        if size >= 0 and self.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {size}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n" + extra + "\r\n").encode("latin-1")


class Closed(Exception):
    """The connection is over: the peer went away, or a fault closed it."""


class Wire:
    """One connection: reads requests, sends answers, and breaks where a fault says so."""

    def __init__(self, connection: socket.socket, stopping: threading.Event) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connection
        self._reader = connection.makefile("rb", 65536)
        self._stopping = stopping

    def read(self) -> Request:
        """The next request. Raises `Closed` at the end of the connection and `BadRequest` for what is no HTTP."""
        try:
            line = self._reader.readline(65537)
            if not line.strip():
                raise Closed
            parts = line.decode("latin-1").split()
            if len(parts) != 3:
                raise BadRequest("The request line cannot be read.")
            headers = self._headers()
            return Request(parts[0].upper(), parts[1], headers, self._body(headers))
        except OSError:
            raise Closed from None

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while True:
            line = self._reader.readline(65537)
            if line in (b"\r\n", b"\n", b""):
                return headers
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()

    def _body(self, headers: Mapping[str, str]) -> bytes:
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY or "transfer-encoding" in headers:
            raise BadRequest("The request needs a Content-Length of at most 64 MiB.")
        if headers.get("expect", "").lower() == "100-continue":
            self.raw(b"HTTP/1.1 100 Continue\r\n\r\n")
        body: bytes = self._reader.read(int(length))
        if len(body) < int(length):
            raise Closed
        return body

    def raw(self, data: bytes) -> None:
        """Send bytes as they are. Raises `Closed` when the peer has gone."""
        try:
            self._socket.sendall(data)
        except OSError:
            raise Closed from None

    def send(self, response: Response) -> None:
        self.raw(response.head() + response.body)

    def wait(self, seconds: float) -> None:
        """Let real time pass. Raises `Closed` when the server stops meanwhile."""
        if self._stopping.wait(seconds):
            raise Closed

    def close(self) -> None:
        """End the connection in good order."""
        with contextlib.suppress(OSError):
            self._reader.close()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def reset(self) -> None:
        """Tear the connection down (RST), so that the peer sees `connection reset`. Raises `Closed`."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._reader.close()
        self._socket.close()
        raise Closed
