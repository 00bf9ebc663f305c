"""Bodies that stall, trickle, never end, or unpack to far more than they weigh."""

from __future__ import annotations

import gzip
import time

import pytest

from veaf_sync.errors import Incomplete

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _elapsed(call):
    started = time.monotonic()
    with pytest.raises(Incomplete) as caught:
        call()
    return time.monotonic() - started, str(caught.value)


def _trickle(wire, data):
    for byte in data:
        wire.send(bytes([byte]))
        time.sleep(0.05)


@pytest.mark.parametrize(
    "fault", ["stalled body", "one byte at a time", "one header byte at a time", "endless without length"]
)
def test_deadline_holds_over_the_whole_answer(server, make_session, fault):
    def script(wire, n):
        if fault == "stalled body":
            wire.send(HEAD + b"Content-Length: 100\r\n\r\n{")
            time.sleep(5)
        elif fault == "one byte at a time":
            wire.send(HEAD + b"Content-Length: 100000\r\n\r\n")
            _trickle(wire, b"x" * 100)
        elif fault == "one header byte at a time":
            _trickle(wire, HEAD * 20)
        else:
            wire.send(HEAD + b"\r\n")
            _trickle(wire, b"x" * 100)

    server.script = script
    session = make_session(deadline=0.6, read_timeout=30)
    seconds, said = _elapsed(lambda: session.call("GET", f"{server.url}/x"))
    assert "no complete answer within 0.6 s" in said
    assert 0.5 < seconds < 4


def test_deadline_holds_over_all_attempts(server, make_session):
    def script(wire, n):
        wire.send(HEAD + b"Content-Length: 100\r\n\r\n{")
        time.sleep(5)

    server.script = script
    session = make_session(deadline=2, read_timeout=0.8)
    seconds, said = _elapsed(lambda: session.call("GET", f"{server.url}/x"))
    assert "no complete answer within 2 s" in said
    assert seconds < 4
    assert 2 <= len(server.heads) <= 3


def test_stalled_body_is_repeated_after_the_read_timeout(server, make_session):
    def script(wire, n):
        if n == 1:
            wire.send(HEAD + b"Content-Length: 100\r\n\r\n{")
            time.sleep(5)
        else:
            wire.answer(body=b"[1]")

    server.script = script
    assert make_session(deadline=10, read_timeout=1).call("GET", f"{server.url}/x").data == [1]


def test_endless_body_ends_at_the_cap(server, make_session):
    def script(wire, n):
        wire.send(HEAD + b"\r\n")
        while True:
            wire.send(b"x" * 65536)

    server.script = script
    _, said = _elapsed(lambda: make_session(body_cap=2**20).call("GET", f"{server.url}/x"))
    assert "larger than 1 MB" in said


def test_gzip_bomb_ends_at_the_cap(server, make_session):
    bomb = gzip.compress(b"0" * (200 * 2**20))
    assert len(bomb) < 2**20
    server.script = lambda wire, n: wire.answer(body=bomb, Content_Encoding="gzip")
    _, said = _elapsed(lambda: make_session(body_cap=2**20).call("GET", f"{server.url}/x"))
    assert "larger than 1 MB" in said
    assert len(server.heads) == 1


def test_honest_gzip_is_read(server, make_session):
    body = gzip.compress(b'{"text": "' + b"a" * 300_000 + b'"}')
    server.script = lambda wire, n: wire.answer(body=body, Content_Encoding="gzip")
    assert len(make_session().call("GET", f"{server.url}/x").data["text"]) == 300_000


def test_kept_connection_is_watched_too(server, make_session):
    def script(wire, n):
        wire.send(HEAD + b"Content-Length: 2\r\n\r\n{}")
        wire.sock.recv(65536)
        wire.send(HEAD + b"Content-Length: 100000\r\n\r\n")
        _trickle(wire, b"x" * 200)

    server.script = script
    session = make_session(deadline=1.5)
    assert session.call("GET", f"{server.url}/x").data == {}
    seconds, said = _elapsed(lambda: session.call("GET", f"{server.url}/x"))
    assert len(server.heads) == 1
    assert "within 1.5 s" in said
    assert seconds < 5
