"""What can go wrong on the wire. When it does is planned in `planned`."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import ClassVar, Literal

from veaf_sync.emulator.wire import Closed, Response, Wire

Answer = Callable[[], Response]


class Fault:
    """One way to fail. The base class fails in nothing: it answers, and sends the answer."""

    replaces: ClassVar[bool] = False
    """Whether what is prepared is not the emulator's own answer."""

    @property
    def name(self) -> str:
        return type(self).__name__

    def prepare(self, answer: Answer, now: datetime) -> Response:
        """What is to be sent. Calling `answer` lets the request take effect; not calling it leaves it undone."""
        return answer()

    def deliver(self, wire: Wire, response: Response) -> None:
        """Put the answer on the wire."""
        wire.send(response)


@dataclass(frozen=True)
class Status(Fault):
    """Answers `status` instead; the request takes no effect."""

    replaces = True
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    content_type: str = "application/json;charset=UTF-8"

    @property
    def name(self) -> str:
        return f"Status {self.status}"

    def prepare(self, answer: Answer, now: datetime) -> Response:
        return Response(self.status, self.body, self.headers, self.content_type)


@dataclass(frozen=True)
class Throttle(Fault):
    """Answers 429 (or another `status`) with `Retry-After` of `wait` seconds in the given form.

    `wait` may be huge or negative; form "absent" leaves the header out; "date" and "iso" count from the
    emulator's clock.
    """

    replaces = True
    wait: float = 1
    form: Literal["seconds", "date", "iso", "absent"] = "seconds"
    status: int = 429
    headers: Mapping[str, str] = field(default_factory=dict)

    def prepare(self, answer: Answer, now: datetime) -> Response:
        headers = dict(self.headers)
        if self.form == "seconds":
            headers["Retry-After"] = f"{self.wait:.0f}"
        elif self.form == "date":
            headers["Retry-After"] = format_datetime(now + timedelta(seconds=self.wait), usegmt=True)
        elif self.form == "iso":
            headers["Retry-After"] = (now + timedelta(seconds=self.wait)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Response.of({"errorMessages": ["Rate limit exceeded."], "errors": {}}, self.status, headers)


@dataclass(frozen=True)
class Rewrite(Fault):
    """Answers, with the answer changed on the way out: a repeated token, a missing field, another content type."""

    replaces = True
    change: Callable[[Response], Response]

    def prepare(self, answer: Answer, now: datetime) -> Response:
        return self.change(answer())


@dataclass(frozen=True)
class Meanwhile(Fault):
    """Something happens just before the request is answered: somebody edits, deletes, loses a permission."""

    act: Callable[[], object]

    def prepare(self, answer: Answer, now: datetime) -> Response:
        self.act()
        return answer()


@dataclass(frozen=True)
class Latency(Fault):
    """Answers after `seconds` of real time."""

    seconds: float = 0.1

    def deliver(self, wire: Wire, response: Response) -> None:
        wire.wait(self.seconds)
        wire.send(response)


@dataclass(frozen=True)
class Truncate(Fault):
    """Announces the whole body, sends the first `share` of it, and closes in good order."""

    share: float = 0.5

    def deliver(self, wire: Wire, response: Response) -> None:
        wire.raw(response.head() + _first(response, self.share))
        wire.close()
        raise Closed


@dataclass(frozen=True)
class Reset(Fault):
    """Tears the connection down after `share` of the body; the request has taken effect."""

    share: float = 0.5

    def deliver(self, wire: Wire, response: Response) -> None:
        wire.raw(response.head() + _first(response, self.share))
        wire.wait(0.02)  # a reset overtakes data that the peer has not read yet
        wire.reset()


@dataclass(frozen=True)
class Refuse(Fault):
    """Tears the connection down before the request takes effect."""

    replaces = True

    def prepare(self, answer: Answer, now: datetime) -> Response:
        return Response(0)

    def deliver(self, wire: Wire, response: Response) -> None:
        wire.reset()


@dataclass(frozen=True)
class AnswerLost(Fault):
    """The request takes effect, and the connection is torn down before a byte of the answer is sent."""

    def deliver(self, wire: Wire, response: Response) -> None:
        wire.reset()


@dataclass(frozen=True)
class Stall(Fault):
    """Sends `share` of the body, then nothing for `seconds` of real time, then the rest."""

    seconds: float = 3600
    share: float = 0.5

    def deliver(self, wire: Wire, response: Response) -> None:
        first = _first(response, self.share)
        wire.raw(response.head() + first)
        wire.wait(self.seconds)
        wire.raw(response.body[len(first) :])


@dataclass(frozen=True)
class Drip(Fault):
    """Sends the body `size` bytes at a time, one piece every `interval` seconds of real time."""

    interval: float = 1.0
    size: int = 1

    def deliver(self, wire: Wire, response: Response) -> None:
        wire.raw(response.head())
        for start in range(0, len(response.body), self.size):
            wire.wait(self.interval)
            wire.raw(response.body[start : start + self.size])


@dataclass(frozen=True)
class Endless(Fault):
    """Sends blanks until the peer gives up: first the body's beginning, then no end."""

    def deliver(self, wire: Wire, response: Response) -> None:
        wire.raw(response.head(length=-1, extra="Transfer-Encoding: chunked\r\n"))
        piece = response.body[:1] or b"{"
        while True:
            wire.raw(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            wire.wait(0)
            piece = b" " * 65536


@dataclass(frozen=True)
class GzipBomb(Fault):
    """A small gzip body that unpacks to `megabytes` of JSON white space."""

    megabytes: int = 1024

    def deliver(self, wire: Wire, response: Response) -> None:
        block = gzip.compress(b" " * (1 << 20), 9)
        body = gzip.compress(b"{") + block * self.megabytes
        wire.send(replace(response, body=body, headers={**response.headers, "Content-Encoding": "gzip"}))


def _first(response: Response, share: float) -> bytes:
    return response.body[: int(len(response.body) * share)]


def login_page() -> Status:
    """A single sign-on page in the place of the answer, with status 200."""
    return Status(
        200, body=b"<!DOCTYPE html><html><title>Log in</title></html>", content_type="text/html;charset=UTF-8"
    )


def broken_json() -> Rewrite:
    """A body that announces JSON and stops in its middle, complete as far as HTTP can tell."""
    return Rewrite(lambda response: replace(response, body=_first(response, 0.5) or b"{"))


def wrong_type(content_type: str = "text/plain") -> Rewrite:
    """The right body under another content type."""
    return Rewrite(lambda response: replace(response, content_type=content_type))
