"""Rates, concurrency and pauses that all workers share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veaf_sync.clock import SystemClock
from veaf_sync.http import Budget, Endpoint, Limits, Patience, Session, Throttled, TokenBucket

gaps = st.lists(st.floats(min_value=0, max_value=5), min_size=1, max_size=60)


@given(gaps, st.floats(min_value=0.1, max_value=50), st.integers(min_value=1, max_value=20))
def test_bucket_never_exceeds_its_rate(gaps, rate, burst):
    bucket, now, due = TokenBucket(rate, burst), 0.0, []
    for gap in gaps:
        now += gap
        due.append(now + bucket.reserve(now))
    assert due == sorted(due)
    for first in range(len(due)):
        for last in range(first, len(due)):
            assert last - first + 1 <= burst + rate * (due[last] - due[first]) + 1e-6


@given(gaps, st.floats(min_value=0.1, max_value=50), st.integers(min_value=1, max_value=20))
def test_bucket_never_starves(gaps, rate, burst):
    bucket, now = TokenBucket(rate, burst), 0.0
    for number, gap in enumerate(gaps, 1):
        now += gap
        assert bucket.reserve(now) <= number / rate
    assert bucket.reserve(now + len(gaps) / rate + burst / rate + 1) == 0


def test_bucket_refuses_nonsense():
    with pytest.raises(ValueError, match="rate above 0"):
        TokenBucket(0, 1)


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/rest/api/3/issue/PAY-12", "/rest/api/3/issue/{}"),
        ("/rest/api/3/issue/10012", "/rest/api/3/issue/{}"),
        ("/rest/api/3/search/jql", "/rest/api/3/search/jql"),
        ("/ex/jira/11223344-a1b2-3b33-c444-def123456789/x", "/ex/jira/{}/x"),
    ],
)
def test_ids_do_not_make_endpoints(path, template):
    assert Endpoint.of("h", path).path == template


def test_turns_keep_to_the_rate_of_their_own_method(clock):
    budget, limits = Budget(clock), Limits(rates={"GET": 2, "POST": 100})
    endpoint = Endpoint("h", "/x")
    for _ in range(6):
        with budget.turn(endpoint, "GET", limits, Patience(0), ""):
            pass
    assert clock.monotonic() == pytest.approx(2.0)
    with budget.turn(endpoint, "POST", limits, Patience(0), ""):
        pass
    assert clock.monotonic() == pytest.approx(2.0)


def test_at_most_so_many_requests_at_once(server):
    running, most, lock = [0], [0], threading.Lock()
    gate = threading.Event()

    def script(wire, n):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
            if running[0] == 3:
                gate.set()
        gate.wait(2)
        with lock:
            running[0] -= 1
        wire.answer()

    server.script = script
    session = Session(clock=SystemClock(), hosts=(server.host,), limits=Limits(concurrency=3))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: session.call("GET", f"{server.url}/x"), range(12)))
    session.close()
    assert most[0] == 3
    assert len(server.heads) == 12


def test_one_pause_is_shared_and_nothing_is_sent_meanwhile(server):
    """Six workers; the first answer says wait 1 s. Whatever was not under way by then comes after that second."""
    server.script = lambda wire, n: wire.answer(429, Retry_After="1") if n == 1 else wire.answer()
    budget, clock = Budget(SystemClock()), SystemClock()
    sessions = [Session(clock=clock, hosts=(server.host,), budget=budget) for _ in range(6)]
    started = threading.Event()

    sessions[0].observers.append(lambda request, response: started.set())

    def work(number):
        if number:
            started.wait(5)
        return sessions[number].call("GET", f"{server.url}/issue/{number}").status

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(work, range(6))) == [200] * 6
    for session in sessions:
        session.close()
    assert len(server.times) == 7
    assert all(at - server.times[0] >= 1.0 for at in server.times[1:])


def test_other_endpoints_go_on_during_a_pause(clock):
    budget = Budget(clock)
    budget.pause(Endpoint("h", "/search"), 50)
    with budget.turn(Endpoint("h", "/field"), "GET", Limits(), Patience(0), ""):
        pass
    assert clock.slept == []
    with pytest.raises(Throttled), budget.turn(Endpoint("h", "/search"), "GET", Limits(), Patience(10), "search"):
        pass
    with budget.turn(Endpoint("h", "/search"), "POST", Limits(), Patience(60), ""):
        pass
    assert clock.slept == [50]


def test_a_shorter_pause_never_shortens_a_longer_one(clock):
    budget, endpoint = Budget(clock), Endpoint("h", "/x")
    budget.pause(endpoint, 50)
    budget.pause(endpoint, 5)
    assert budget.paused(endpoint) == 50


def test_refused_turn_is_given_back(clock):
    budget, endpoint, limits = Budget(clock), Endpoint("h", "/x"), Limits(concurrency=1)
    budget.pause(endpoint, 50)
    for _ in range(3):
        with pytest.raises(Throttled), budget.turn(endpoint, "GET", limits, Patience(1), ""):
            pass
    clock.advance(60)
    with budget.turn(endpoint, "GET", limits, Patience(1), ""):
        pass
