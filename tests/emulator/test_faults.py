"""Faults really happen on the wire, to the requests they were planned for."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from veaf_sync.clock import ManualClock
from veaf_sync.emulator import (
    AnswerLost,
    Drip,
    Endless,
    GzipBomb,
    Latency,
    Meanwhile,
    Refuse,
    Reset,
    Rewrite,
    Stall,
    Status,
    Throttle,
    Truncate,
    broken_json,
    login_page,
    wrong_type,
)
from veaf_sync.emulator.wire import Response

BROKEN_OFF = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)


def test_a_status_strikes_as_often_as_planned_and_leaves_things_undone(counter, web):
    counter.faults.add(Status(503, {"Retry-After": "2"}, b"busy", "text/plain"), method="post", times=2)
    answers = [web.post(f"{counter.url}/count", json={"by": 1}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [503, 503, 201]
    assert (answers[0].headers["Retry-After"], answers[0].text) == ("2", "busy")
    assert counter.count == 1
    assert [(r.fault, r.replaced) for r in counter.requests] == [("Status 503", True)] * 2 + [("", False)]


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        (Throttle(1), "1"),
        (Throttle(-5), "-5"),
        (Throttle(1e9), "1000000000"),
        (Throttle(90, form="iso"), "2026-03-01T12:01:30Z"),
        (Throttle(form="absent"), None),
    ],
)
def test_throttling_says_when_to_come_back(counter_class, web, fault, value):
    with counter_class(clock=ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))) as counter:
        counter.faults.add(fault)
        answer = web.get(f"{counter.url}/count")
    assert answer.status_code == 429
    assert answer.headers.get("Retry-After") == value


def test_throttling_with_a_date_counts_from_the_emulators_clock(counter_class, web):
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    with counter_class(clock=ManualClock(at)) as counter:
        counter.faults.add(Throttle(60, form="date"))
        header = web.get(f"{counter.url}/count").headers["Retry-After"]
    assert (parsedate_to_datetime(header) - at).total_seconds() == 60


@pytest.mark.parametrize("fault", [Truncate(), Truncate(0), Reset()])
def test_a_body_that_breaks_off(counter, web, fault):
    counter.faults.add(fault, method="POST")
    with pytest.raises(BROKEN_OFF):
        web.post(f"{counter.url}/count", json={"by": 1})
    assert counter.count == 1
    assert web.get(f"{counter.url}/count").json()["count"] == 1


def test_an_answer_that_is_lost_was_carried_out(counter, web):
    counter.faults.add(AnswerLost(), method="POST")
    with pytest.raises(requests.ConnectionError):
        web.post(f"{counter.url}/count", json={"by": 1})
    assert counter.count == 1
    assert (counter.requests[0].status, counter.requests[0].fault) == (201, "AnswerLost")


def test_a_refused_connection_was_not_carried_out(counter, web):
    counter.faults.add(Refuse(), method="POST")
    with pytest.raises(requests.ConnectionError):
        web.post(f"{counter.url}/count", json={"by": 1})
    assert counter.count == 0
    assert counter.requests[0].status == 0


def test_bodies_that_lie(counter, web):
    for fault in (broken_json(), login_page(), wrong_type()):
        counter.faults.add(fault)
    broken, login, plain = (web.get(f"{counter.url}/count") for _ in range(3))
    with pytest.raises(ValueError):
        broken.json()
    assert broken.headers["Content-Type"].startswith("application/json")
    assert login.status_code == 200
    assert login.headers["Content-Type"].startswith("text/html")
    assert "<html>" in login.text
    assert plain.headers["Content-Type"] == "text/plain"
    assert plain.json()["count"] == 0


def test_a_rewritten_answer(counter, web):
    counter.faults.add(Rewrite(lambda response: Response.of({"was": response.status})))
    assert web.get(f"{counter.url}/count").json() == {"was": 200}


def test_a_stalled_body_times_out(counter, web):
    counter.faults.add(Stall())
    with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
        web.get(f"{counter.url}/count", timeout=0.3)


def test_a_body_that_stalls_for_a_while_comes_in_the_end(counter, web):
    counter.faults.add(Stall(seconds=0.2))
    assert web.get(f"{counter.url}/count", timeout=5).json()["count"] == 0


def test_stopping_ends_a_stalled_answer(counter, web):
    counter.faults.add(Stall())
    failed: list[Exception] = []

    def get() -> None:
        try:
            web.get(f"{counter.url}/count", timeout=20)
        except requests.RequestException as error:
            failed.append(error)

    waiting = threading.Thread(target=get)
    waiting.start()
    while not counter.requests:
        time.sleep(0.01)
    begun = time.monotonic()
    counter.stop()
    waiting.join()
    assert failed
    assert time.monotonic() - begun < 5


def test_a_dripping_body_never_trips_a_read_timeout(counter, web):
    counter.faults.add(Drip(interval=0.02, size=100))
    begun = time.monotonic()
    assert web.get(f"{counter.url}/count", timeout=0.5).json()["count"] == 0
    assert time.monotonic() - begun > 0.2


def test_an_endless_body_has_no_end(counter, web):
    counter.faults.add(Endless())
    with web.get(f"{counter.url}/count", stream=True, timeout=5) as answer:
        read = 0
        for piece in answer.iter_content(1 << 20):
            read += len(piece)
            if read > 20_000_000:
                break
    assert read > 20_000_000


def test_a_gzip_bomb_is_small_on_the_wire(counter, web):
    counter.faults.add(GzipBomb(megabytes=50))
    with web.get(f"{counter.url}/count", stream=True) as answer:
        assert int(answer.headers["Content-Length"]) < 100_000
        unpacked = sum(len(piece) for piece in answer.iter_content(1 << 20))
    assert unpacked > 50_000_000


def test_latency_delays_an_answer_that_is_right(counter, web):
    counter.faults.add(Latency(0.3))
    begun = time.monotonic()
    assert web.get(f"{counter.url}/count").json()["count"] == 0
    assert time.monotonic() - begun >= 0.3


def test_something_happens_meanwhile(counter, web):
    counter.faults.add(Meanwhile(lambda: setattr(counter, "count", 7)), nth=2)
    assert [web.get(f"{counter.url}/count").json()["count"] for _ in range(3)] == [0, 7, 7]


def test_faults_strike_only_what_they_were_planned_for(counter, web):
    planned = counter.faults.add(
        Status(500),
        method="POST",
        path="^/count$",
        when=lambda request: request.json()["by"] == 2,
        nth=2,
        every=2,
        times=None,
    )
    statuses = [web.post(f"{counter.url}/count", json={"by": by}).status_code for by in (2, 1, 2, 2, 1, 2, 2)]
    assert statuses == [201, 201, 500, 201, 201, 500, 201]
    assert web.get(f"{counter.url}/count").status_code == 200
    assert planned.hits == 2


def test_the_first_planned_fault_wins_and_can_be_taken_back(counter, web):
    first = counter.faults.add(Status(500), times=None)
    counter.faults.add(Status(502), times=None)
    assert web.get(f"{counter.url}/count").status_code == 500
    counter.faults.remove(first)
    assert web.get(f"{counter.url}/count").status_code == 502
    counter.faults.clear()
    assert web.get(f"{counter.url}/count").status_code == 200
