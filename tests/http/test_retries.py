"""What is repeated, how long is waited, and when it ends."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from veaf_sync.errors import Forbidden, Incomplete
from veaf_sync.http import Patience, Throttled, Unavailable


def test_three_429_are_waited_out_as_told(server, clock, make_session):
    server.script = lambda wire, n: wire.answer(429, Retry_After="7") if n <= 3 else wire.answer(body=b'{"n": 1}')
    answer = make_session().call("GET", f"{server.url}/rest/api/3/field")
    assert answer.data == {"n": 1}
    assert len(server.heads) == 4
    assert len(clock.slept) == 3
    assert all(seconds >= 7 for seconds in clock.slept)


def test_thirty_429_end_as_throttled_without_thirty_requests(server, make_session):
    server.script = lambda wire, n: wire.answer(429, Retry_After="1")
    session = make_session(retries=5)
    with pytest.raises(Throttled, match="answered 429 after 6 attempts"):
        session.call("GET", f"{server.url}/x")
    assert session.requests_sent == len(server.heads) == 6


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_one_server_error_without_header_is_repeated_with_backoff(server, clock, make_session, status):
    server.script = lambda wire, n: wire.answer(status) if n == 1 else wire.answer()
    assert make_session().call("GET", f"{server.url}/x").status == 200
    assert len(clock.slept) == 1
    assert 1 <= clock.slept[0] <= 2


@pytest.mark.parametrize("status", [400, 404, 409, 422, 501])
def test_other_errors_are_not_repeated(server, make_session, status):
    server.script = lambda wire, n: wire.answer(status)
    make_session().get(f"{server.url}/x")
    assert len(server.heads) == 1


@pytest.mark.parametrize(
    ("method", "safe", "sent"),
    [
        ("GET", False, 2),
        ("PUT", False, 2),
        ("DELETE", False, 2),
        ("POST", False, 1),
        ("POST", True, 2),
        ("PATCH", False, 1),
    ],
)
@pytest.mark.parametrize("fault", ["503", "429", "reset"])
def test_only_what_may_be_repeated_is_repeated(server, make_session, method, safe, sent, fault):
    def script(wire, n):
        if n > 1:
            wire.answer()
        elif fault != "reset":
            wire.answer(int(fault))

    server.script = script
    session = make_session()
    if sent == 1:
        with pytest.raises(Incomplete):
            session.call(method, f"{server.url}/x", json={}, safe=safe)
    else:
        session.call(method, f"{server.url}/x", json={}, safe=safe)
    assert len(server.heads) == sent


def test_http_date_is_a_minimum(server, clock, make_session):
    at = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
    server.script = lambda wire, n: wire.answer(429, Retry_After=at) if n == 1 else wire.answer()
    make_session().call("GET", f"{server.url}/x")
    assert clock.slept[0] >= 90


@pytest.mark.parametrize("value", ["-5", "0", "soon", "", "Mon, 99 Foo 2026"])
def test_useless_retry_after_becomes_the_default_backoff(server, clock, make_session, value):
    server.script = lambda wire, n: wire.answer(429, Retry_After=value) if n == 1 else wire.answer()
    make_session().call("GET", f"{server.url}/x")
    assert len(clock.slept) == 1
    assert clock.slept[0] >= 1


def test_wait_beyond_the_budget_ends_at_once_and_says_until_when(server, clock, make_session):
    server.script = lambda wire, n: wire.answer(429, Retry_After="7200")
    with pytest.raises(Incomplete, match="until 2026-11-24 14:00:00 UTC"):
        make_session(wait_budget=300).call("GET", f"{server.url}/x")
    assert clock.slept == []
    assert len(server.heads) == 1


@pytest.mark.parametrize("value", ["1e300", "99999999999999", "inf"])
def test_absurd_wait_is_no_crash(server, make_session, value):
    server.script = lambda wire, n: wire.answer(503, Retry_After=value)
    with pytest.raises(Incomplete, match="more than a year"):
        make_session().call("GET", f"{server.url}/x")


def test_patience_is_spent_over_several_requests(server, make_session):
    server.script = lambda wire, n: wire.answer(429, Retry_After="40") if n % 2 else wire.answer()
    session, patience = make_session(), Patience(100)
    session.call("GET", f"{server.url}/a", patience=patience)
    session.call("GET", f"{server.url}/b", patience=patience)
    with pytest.raises(Throttled):
        session.call("GET", f"{server.url}/c", patience=patience)


def test_reset_and_truncation_are_repeated(server, make_session):
    def script(wire, n):
        if n == 1:
            wire.send(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"half":')
        elif n == 2:
            wire.send(
                b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"'
            )
        elif n == 3:
            return
        else:
            wire.answer(body=b'{"whole": true}')

    server.script = script
    assert make_session().call("GET", f"{server.url}/x").data == {"whole": True}
    assert len(server.heads) == 4


def test_refused_connection_is_repeated_then_incomplete(make_session, server, clock):
    server.close()
    with pytest.raises(Incomplete, match=r"connection failed .* after 3 attempts") as caught:
        make_session(retries=2).call("GET", f"{server.url}/x?q=private")
    assert "private" not in str(caught.value)
    assert len(clock.slept) == 2


def test_dc_retry_after_zero_on_a_good_answer_is_ordinary(server, clock, make_session):
    server.script = lambda wire, n: wire.answer(Retry_After="0", X_RateLimit_Remaining="9")
    make_session().call("GET", f"{server.url}/x")
    assert clock.slept == []


@pytest.mark.parametrize(
    "headers",
    [{"Retry_After": "30"}, {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "{reset}"}],
    ids=["told", "nothing left"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_403_that_speaks_of_a_limit_is_waited_out(server, clock, make_session, headers, method):
    reset = str(int(clock.now().timestamp()) + 30)
    told = {name: value.format(reset=reset) for name, value in headers.items()}
    server.script = lambda wire, n: wire.answer(403, **told) if n == 1 else wire.answer()
    assert make_session().call(method, f"{server.url}/x", safe=True).status == 200
    assert sum(clock.slept) >= 30


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Retry_After": "0"},
        {"X_RateLimit_Remaining": "7", "X_RateLimit_Reset": "1"},
        {"X_RateLimit_Remaining": "0"},
    ],
)
def test_403_that_does_not_is_final(server, make_session, headers):
    server.script = lambda wire, n: wire.answer(403, **headers)
    with pytest.raises(Forbidden):
        make_session().call("GET", f"{server.url}/x")
    assert len(server.heads) == 1


def test_a_status_that_is_final_to_the_caller_is_not_repeated(server, make_session):
    server.script = lambda wire, n: wire.answer(503 if n == 1 else 502)
    with pytest.raises(Unavailable, match="502") as caught:
        make_session().call("POST", f"{server.url}/x", safe=True, final={502, 504})
    assert caught.value.status == 502
    assert len(server.heads) == 2, "503 was repeated"
