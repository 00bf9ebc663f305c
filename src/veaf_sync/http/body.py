"""Reading a body that may stall, trickle, never end or unpack to far more than it weighs."""

from __future__ import annotations

from requests import Response

from veaf_sync.http.watch import Watch

_CHUNK = 64 * 1024


class DeadlinePassed(Exception):
    """The exchange took longer than it may."""


class BodyTooLarge(Exception):
    """The body, after decompression, is larger than it may be."""


def read_body(response: Response, cap: int, watch: Watch) -> None:
    """Read the whole body into `response`. Raises `DeadlinePassed`, `BodyTooLarge` or urllib3's errors."""
    chunks: list[bytes] = []
    size = 0
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > cap:
            raise BodyTooLarge
        if watch.expired:
            raise DeadlinePassed
        chunks.append(chunk)
    if watch.expired:  # a socket that was shut looks like the end of a body without a length
        raise DeadlinePassed
    response._content = b"".join(chunks)
    response._content_consumed = True  # type: ignore[attr-defined]
    response.raw.release_conn()
